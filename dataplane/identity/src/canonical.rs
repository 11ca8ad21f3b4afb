//! The canonical request, as AWS's Signature Version 4 documentation defines it: what both sides hash.

use std::borrow::Cow;

use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sha2::{Digest, Sha256};

use crate::verify::SignedRequest;

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// In a path the slash stays as it is.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// SHA-256 of the canonical request, in lower-case hexadecimal digits.
///
/// `signed_headers` is the list as the client wrote it; `body_hash` is the hash of the body as received.
pub(crate) fn request_hash(request: &SignedRequest<'_>, signed_headers: &str, body_hash: &str) -> String {
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
    for part in ["\n", signed_headers, "\n", body_hash] {
        text.extend_from_slice(part.as_bytes());
    }
    hash(&text)
}

/// SHA-256 in lower-case hexadecimal digits.
pub(crate) fn hash(data: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(data).iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
        text
    })
}

/// Without dot segments and repeated slashes, then percent-encoded once more: the path came encoded once already.
fn path(path: &str) -> String {
    let normal =
        if path.contains("//") || path.contains('.') { without_dots(path) } else { Cow::Borrowed(path) };
    let rooted = if normal.starts_with('/') { normal } else { Cow::Owned(format!("/{normal}")) };
    percent_encode(rooted.as_bytes(), RESERVED_IN_PATH).to_string()
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
    for (at, value) in headers.get_all(name).iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        let words = value.as_bytes().split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        for (at, word) in words.enumerate() {
            if at > 0 {
                text.push(b' ');
            }
            text.extend_from_slice(word);
        }
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
        push_values(&mut text, &headers, "x-a");
        assert_eq!(text, b"one two,three");
    }
}
