//! Sentences about signatures and rights.

use std::borrow::Cow;

use super::{ErrorKind, ServiceError};

/// What is wrong with a credential's scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningScope<'a> {
    /// Another region.
    Region,
    /// Another service than this one.
    Service(&'a str),
    /// Another end than `aws4_request`: this one.
    Terminator(&'a str),
    /// Another day than the request's.
    Date {
        /// Day of the scope, `YYYYMMDD`.
        scope: &'a str,
        /// Time of the request, in the form of `X-Amz-Date`, of which the first eight characters are the day.
        request: &'a str,
    },
}

impl SigningScope<'_> {
    /// The spaces at the ends are the service's.
    fn sentence(self) -> String {
        match self {
            Self::Region => "Credential should be scoped to a valid region. ".to_owned(),
            Self::Service(service) => {
                format!("Credential should be scoped to correct service: '{service}'. ")
            }
            Self::Terminator(found) => {
                format!(
                    "Credential should be scoped with a valid terminator: 'aws4_request', not '{found}'. "
                )
            }
            Self::Date { scope, request } => {
                let day: String = request.chars().take(8).collect();
                format!(
                    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
                     '{scope}' != '{day}', from '{request}'. "
                )
            }
        }
    }
}

impl ServiceError {
    /// No signature at all.
    pub fn missing_authentication_token() -> Self {
        Self::fixed(ErrorKind::MissingAuthenticationToken, "Request is missing Authentication Token")
    }

    /// An `Authorization` header without some of its parameters, or a request without a date; `header` is as received.
    pub fn incomplete_authorization(missing: &[&str], dateless: bool, header: &str) -> Self {
        let mut sentences: Vec<String> =
            missing.iter().map(|name| format!("Authorization header requires '{name}' parameter.")).collect();
        if dateless {
            let sentence =
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
            sentences.push(sentence.to_owned());
        }
        sentences.push(format!("Authorization={header}"));
        Self::incomplete_signature(sentences.join(" "))
    }

    /// A signature in the query string without some of its parameters.
    pub fn incomplete_query_signature(missing: &[&str]) -> Self {
        let mut sentences: Vec<String> = missing
            .iter()
            .map(|name| format!("AWS query-string parameters must include '{name}'."))
            .collect();
        sentences.push("Re-examine the query-string parameters.".to_owned());
        Self::incomplete_signature(sentences.join(" "))
    }

    /// A whole signature in the query string, which is not served.
    pub fn query_signature() -> Self {
        Self::invalid_signature(
            "Signatures in the query string are not supported. Sign the request with the 'Authorization' header.",
        )
    }

    /// An algorithm other than `AWS4-HMAC-SHA256`.
    pub fn unsupported_signing_algorithm(algorithm: &str) -> Self {
        Self::incomplete_signature(format!("Unsupported AWS 'algorithm': '{algorithm}'."))
    }

    /// A credential that has not five parts.
    pub fn malformed_credential(credential: &str) -> Self {
        Self::incomplete_signature(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
        ))
    }

    /// A signing date in no known form.
    pub fn malformed_signing_date(date: &str) -> Self {
        Self::incomplete_signature(format!(
            "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
        ))
    }

    fn incomplete_signature(sentence: String) -> Self {
        Self::fixed(ErrorKind::IncompleteSignature, sentence)
    }

    /// The access key is unknown.
    pub fn unrecognized_client() -> Self {
        Self::fixed(ErrorKind::UnrecognizedClient, "The security token included in the request is invalid.")
    }

    /// The session token's time is over.
    pub fn expired_token() -> Self {
        Self::fixed(ErrorKind::ExpiredToken, "The security token included in the request is expired")
    }

    /// The signature does not fit the request.
    pub fn signature_mismatch() -> Self {
        Self::invalid_signature(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        )
    }

    /// The signature was made more than five minutes ago. The times are in the form of `X-Amz-Date`.
    pub fn signature_expired(signed: &str, earliest: &str, now: &str) -> Self {
        Self::invalid_signature(format!(
            "Signature expired: {signed} is now earlier than {earliest} ({now} - 5 min.)"
        ))
    }

    /// The signature's time is more than five minutes ahead.
    pub fn signature_not_yet_current(signed: &str, latest: &str, now: &str) -> Self {
        Self::invalid_signature(format!(
            "Signature not yet current: {signed} is still later than {latest} ({now} + 5 min.)"
        ))
    }

    /// The credential's scope is of another place, service or day.
    pub fn wrong_signing_scope<'a>(problems: impl IntoIterator<Item = SigningScope<'a>>) -> Self {
        Self::invalid_signature(problems.into_iter().map(SigningScope::sentence).collect::<String>())
    }

    /// A header that must be covered by the signature is not; `name` is its name in lower case.
    pub fn unsigned_header(name: &str) -> Self {
        let name = if name == "host" { "'Host' or ':authority'".to_owned() } else { format!("'{name}'") };
        Self::invalid_signature(format!("{name} must be a 'SignedHeader' in the AWS Authorization."))
    }

    /// A signature in the header and in the query string.
    pub fn ambiguous_signature() -> Self {
        Self::invalid_signature(
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
        )
    }

    fn invalid_signature(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::fixed(ErrorKind::InvalidSignature, sentence)
    }

    /// The principal may not do this; both are ARNs, `action` is without its `dynamodb:`.
    pub fn access_denied(principal: &str, action: &str, resource: &str) -> Self {
        Self::fixed(
            ErrorKind::AccessDenied,
            format!(
                "User: {principal} is not authorized to perform: dynamodb:{action} on resource: {resource} because no \
                 identity-based policy allows the dynamodb:{action} action"
            ),
        )
    }
}
