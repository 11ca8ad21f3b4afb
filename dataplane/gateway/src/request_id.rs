//! Names for requests, by which a caller and the logs can speak of the same one.

use std::fmt::Debug;

use http::HeaderValue;
use rand::RngExt;

const LENGTH: usize = 52;
const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The value of `x-amzn-RequestId`: 52 of `[0-9A-Z]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id whose characters are chosen by `choices`, each taken modulo 36.
    pub fn from_choices(choices: [u8; LENGTH]) -> Self {
        let text = choices.map(|choice| ALPHABET[usize::from(choice) % ALPHABET.len()]);
        let text = bytes::Bytes::copy_from_slice(&text);
        Self(HeaderValue::from_maybe_shared(text).expect("letters and digits are a header value"))
    }

    /// As a header carries it.
    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().expect("letters and digits are text")
    }
}

/// A source of request ids.
pub trait RequestIds: Debug + Send + Sync {
    /// An id not given out before.
    fn next(&self) -> RequestId;
}

/// Ids of more than 256 random bits, so that they are unique without anybody keeping count.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomRequestIds;

impl RequestIds for RandomRequestIds {
    fn next(&self) -> RequestId {
        // Four letters get eight of the 256 bytes and the others seven: 0.0014 bits a letter less than evenly, 268 in all.
        RequestId::from_choices(rand::rng().random())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_form_that_sdks_log_and_differ() {
        let (one, two) = (RandomRequestIds.next(), RandomRequestIds.next());
        assert_ne!(one, two);
        assert_eq!(one.as_str().len(), 52);
        assert!(one.as_str().bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()));
        assert_eq!(RequestId::from_choices([255; 52]).as_str(), "3".repeat(52));
    }
}
