//! The `Authorization` header: `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.

/// The header taken apart. Parts may be missing or empty; nothing is checked yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authorization<'a> {
    pub(crate) algorithm: &'a str,
    pub(crate) credential: Option<&'a str>,
    pub(crate) signed_headers: Option<&'a str>,
    pub(crate) signature: Option<&'a str>,
}

/// A credential: who signs, and for which day and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Credential<'a> {
    pub(crate) access_key_id: &'a str,
    pub(crate) date: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) terminator: &'a str,
}

impl<'a> Authorization<'a> {
    /// Takes a header apart; `None` when it is of another scheme than AWS's.
    ///
    /// Parameters are separated by commas, spaces or both, may come in any order, and the first of a name counts. Unknown
    /// ones are ignored, as AWS does.
    pub(crate) fn parse(header: &'a str) -> Option<Self> {
        // By bytes: the separators are ASCII, and the header is as long as all other headers together.
        let words = header.as_bytes().split(|byte| matches!(byte, b',' | b' ' | b'\t'));
        let mut words =
            words.filter(|word| !word.is_empty()).filter_map(|word| std::str::from_utf8(word).ok());
        let algorithm = words.next().filter(|word| word.starts_with("AWS4-"))?;
        let mut parsed = Self { algorithm, credential: None, signed_headers: None, signature: None };
        for (name, value) in
            words.filter_map(|word| word.split_once('=')).filter(|(_, value)| !value.is_empty())
        {
            let part = match name {
                "Credential" => &mut parsed.credential,
                "SignedHeaders" => &mut parsed.signed_headers,
                "Signature" => &mut parsed.signature,
                _ => continue,
            };
            part.get_or_insert(value);
        }
        Some(parsed)
    }
}

impl<'a> Credential<'a> {
    /// Takes `<access key id>/<date>/<region>/<service>/<terminator>` apart; `None` unless it has exactly five parts.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split('/');
        let credential = Self {
            access_key_id: parts.next()?,
            date: parts.next()?,
            region: parts.next()?,
            service: parts.next()?,
            terminator: parts.next()?,
        };
        parts.next().is_none().then_some(credential)
    }
}

/// Entry point for fuzzing: takes any bytes as a header apart.
#[doc(hidden)]
pub fn fuzz_authorization(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(parsed) = Authorization::parse(&text) {
        assert!(parsed.algorithm.starts_with("AWS4-"));
        if let Some(credential) = parsed.credential.and_then(Credential::parse) {
            assert!(!credential.terminator.contains('/'));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn separators_and_order_do_not_matter() {
        let expected = Authorization {
            algorithm: "AWS4-HMAC-SHA256",
            credential: Some("A/20260101/r/s/aws4_request"),
            signed_headers: Some("host;x-amz-date"),
            signature: Some("ab"),
        };
        for header in [
            "AWS4-HMAC-SHA256 Credential=A/20260101/r/s/aws4_request, SignedHeaders=host;x-amz-date, Signature=ab",
            "AWS4-HMAC-SHA256 Credential=A/20260101/r/s/aws4_request,SignedHeaders=host;x-amz-date,Signature=ab",
            " AWS4-HMAC-SHA256  Signature=ab  New=1 SignedHeaders=host;x-amz-date Credential=A/20260101/r/s/aws4_request Signature=cd",
        ] {
            assert_eq!(Authorization::parse(header), Some(expected), "{header}");
        }
    }

    #[test]
    fn empty_parameters_are_missing() {
        let parsed = Authorization::parse("AWS4-HMAC-SHA256 Credential=, Signature").expect("AWS scheme");
        assert_eq!((parsed.credential, parsed.signature, parsed.signed_headers), (None, None, None));
    }

    #[test]
    fn other_schemes_are_not_ours() {
        for header in ["", " ", "Bearer abc", "Basic QTpC", "aws4-hmac-sha256 Credential=a"] {
            assert_eq!(Authorization::parse(header), None, "{header}");
        }
    }

    #[test]
    fn a_credential_has_exactly_five_parts() {
        assert!(Credential::parse("a/b/c/d/e").is_some());
        assert!(Credential::parse("a/b/c/d").is_none());
        assert!(Credential::parse("a/b/c/d/e/f").is_none());
        assert!(Credential::parse("").is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_apart_without_a_panic(data in proptest::collection::vec(any::<u8>(), 0..300)) {
            fuzz_authorization(&data);
        }

        #[test]
        fn near_headers_are_taken_apart_without_a_panic(tail in "[ ,=/;A-Za-z0-9é]{0,120}") {
            fuzz_authorization(format!("AWS4-HMAC-SHA256 {tail}").as_bytes());
        }

        #[test]
        fn what_is_written_is_read(id in "[A-Z0-9]{1,20}", names in "[a-z;-]{1,40}", signature in "[0-9a-f]{64}") {
            let credential = format!("{id}/20260101/eu-west-1/dynamodb/aws4_request");
            let header = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}");
            let parsed = Authorization::parse(&header).expect("AWS scheme");
            prop_assert_eq!(parsed.credential, Some(credential.as_str()));
            prop_assert_eq!(parsed.signed_headers, Some(names.as_str()));
            prop_assert_eq!(parsed.signature, Some(signature.as_str()));
            prop_assert_eq!(Credential::parse(&credential).expect("five parts").access_key_id, id);
        }
    }
}
