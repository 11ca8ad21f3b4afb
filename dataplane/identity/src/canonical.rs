//! The canonical request, as AWS's Signature Version 4 documentation defines it: what both sides hash.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sha2::{Digest, Sha256};

use crate::verify::SignedRequest;

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// In a path the slash stays as it is.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// A request with more headers than this looks them up by hash; comparing the few names of a usual one is quicker than hashing.
const HEADERS_COMPARED_MAX: usize = 32;

/// A SHA-256 in lower-case hexadecimal digits.
pub(crate) type HexHash = [u8; 64];

/// SHA-256 of the canonical request.
///
/// `signed_headers` is the list as the client wrote it; `body_hash` is the hash of the body as received.
pub(crate) fn request_hash(
    request: &SignedRequest<'_>,
    signed_headers: &str,
    body_hash: &HexHash,
) -> HexHash {
    let mut text = Vec::with_capacity(1024);
    for line in [request.method, &path(request.path), &query(request.query)] {
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
    }
    for name in signed_headers.split(';') {
        text.extend_from_slice(name.as_bytes());
        text.push(b':');
        push_values(&mut text, request.headers, name);
        text.push(b'\n');
    }
    for part in [b"\n", signed_headers.as_bytes(), b"\n", body_hash] {
        text.extend_from_slice(part);
    }
    hash(&text)
}

/// SHA-256 in lower-case hexadecimal digits.
pub(crate) fn hash(data: &[u8]) -> HexHash {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 64];
    for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(Sha256::digest(data)) {
        *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    }
    text
}

/// Without dot segments and repeated slashes, then percent-encoded once more: the path came encoded once already.
fn path(path: &str) -> Cow<'_, str> {
    if path == "/" {
        return Cow::Borrowed(path);
    }
    let normal =
        if path.contains("//") || path.contains('.') { without_dots(path) } else { Cow::Borrowed(path) };
    let rooted = if normal.starts_with('/') { normal } else { Cow::Owned(format!("/{normal}")) };
    Cow::Owned(percent_encode(rooted.as_bytes(), RESERVED_IN_PATH).to_string())
}

/// RFC 3986, section 5.2.4.
fn without_dots(path: &str) -> Cow<'_, str> {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    let ends_open = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end)) && !segments.is_empty();
    Cow::Owned(format!("/{}{}", segments.join("/"), if ends_open { "/" } else { "" }))
}

/// Parameters in one spelling of their encoding, sorted by it.
fn query(query: &str) -> String {
    if query.is_empty() {
        return String::new();
    }
    let recode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encode(&percent_decode_str(&spaced).collect::<Vec<u8>>(), RESERVED).to_string()
    };
    let mut parameters: Vec<(String, String)> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
        .map(|(name, value)| (recode(name), recode(value)))
        .collect();
    parameters.sort();
    parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// A header's values, each trimmed and with runs of spaces made one, joined by commas.
fn push_values(text: &mut Vec<u8>, headers: &HeaderMap, name: &str) {
    if headers.len() > HEADERS_COMPARED_MAX {
        push_joined(text, headers.get_all(name).iter());
    } else {
        let named = headers.iter().filter(|(found, _)| found.as_str().eq_ignore_ascii_case(name));
        push_joined(text, named.map(|(_, value)| value));
    }
}

fn push_joined<'a>(text: &mut Vec<u8>, values: impl Iterator<Item = &'a HeaderValue>) {
    for (at, value) in values.map(HeaderValue::as_bytes).enumerate() {
        if at > 0 {
            text.push(b',');
        }
        if value.contains(&b' ') {
            push_words(text, value);
        } else {
            text.extend_from_slice(value);
        }
    }
}

fn push_words(text: &mut Vec<u8>, value: &[u8]) {
    let words = value.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    for (at, word) in words.enumerate() {
        if at > 0 {
            text.push(b' ');
        }
        text.extend_from_slice(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normal_and_encoded_twice() {
        for (wire, canonical) in [
            ("", "/"),
            ("/", "/"),
            ("/a%20b", "/a%2520b"),
            ("/a/./b/../c//d/", "/a/c/d/"),
            ("/../..", "/"),
            ("/a/..", "/"),
            ("/a/b/..", "/a/"),
            ("/apis/partita.dev/v1", "/apis/partita.dev/v1"),
            ("/é", "/%C3%A9"),
        ] {
            assert_eq!(path(wire), canonical, "{wire}");
        }
    }

    #[test]
    fn queries_are_sorted_and_encoded_once() {
        for (wire, canonical) in [
            ("", ""),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=1&a", "a=&a=1&a=2"),
            ("a=x y&b=%20+", "a=x%20y&b=%20%20"),
            ("a=b=c", "a=b%3Dc"),
            ("a=%7e%zz", "a=~%25zz"),
            ("&&a=%ff", "a=%FF"),
        ] {
            assert_eq!(query(wire), canonical, "{wire}");
        }
    }

    #[test]
    fn header_values_lose_needless_spaces_and_join() {
        let mut headers = HeaderMap::new();
        headers.append("x-a", "  one   two ".parse().expect("a header value"));
        headers.append("x-a", "three".parse().expect("a header value"));
        let mut text = Vec::new();
        headers.append("x-b", "other".parse().expect("a header value"));
        push_values(&mut text, &headers, "x-a");
        assert_eq!(text, b"one two,three");
    }

    #[test]
    fn the_number_of_headers_does_not_change_what_is_hashed() {
        let mut headers = HeaderMap::new();
        for at in 0..=HEADERS_COMPARED_MAX {
            let mut text = Vec::new();
            headers.append("x-a", format!("value  {at}").parse().expect("a header value"));
            push_values(&mut text, &headers, "X-A");
            let expected: Vec<_> = (0..=at).map(|at| format!("value {at}")).collect();
            assert_eq!(text, expected.join(",").as_bytes());
        }
    }

    #[test]
    fn a_hash_is_written_in_lower_case_digits() {
        let empty = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(&hash(b""), empty);
    }
}
