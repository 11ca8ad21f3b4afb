//! `NextToken`: where a SELECT goes on.
//!
//! ```text
//! token = base64url of  version  checksum  stamp  read  after
//! version      0x01
//! checksum     4 bytes: CRC-32 of what follows
//! stamp        8 bytes: of the statement and its parameters, see `stamp`
//! read         2 bytes: which of the plan's reads goes on
//! after        nothing for its beginning, or the stored form of the key after which it goes on
//! ```
//!
//! Numbers are big-endian. The checksum tells a damaged token, the stamp one of another statement. Neither keeps anyone from
//! making tokens: what a token says is checked as a start key that a caller gives.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use partita_model::codec::{decode_item, encode_item, encode_value};
use partita_model::{AttributeValue, Item};
use partita_protocol::error::StatementFault;
use xxhash_rust::xxh3::Xxh3;

const VERSION: u8 = 0x01;

/// A place in the reads of a plan.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Continuation {
    /// Of the statement.
    pub(crate) stamp: u64,
    /// Which read.
    pub(crate) read: u16,
    /// The key that was evaluated last; nothing yet if absent.
    pub(crate) after: Option<Item>,
}

/// What tells a statement with its parameters from others: XXH3 of the text, a zero byte and the stored forms of the values.
pub(crate) fn stamp(text: &str, parameters: &[AttributeValue]) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(text.as_bytes());
    hash.update(&[0]);
    for value in parameters {
        hash.update(&encode_value(value));
    }
    hash.digest()
}

impl Continuation {
    pub(crate) fn encode(&self) -> String {
        let mut body = self.stamp.to_be_bytes().to_vec();
        body.extend(self.read.to_be_bytes());
        if let Some(key) = &self.after {
            body.extend(encode_item(key));
        }
        let mut token = vec![VERSION];
        token.extend(crc32fast::hash(&body).to_be_bytes());
        token.extend(body);
        URL_SAFE_NO_PAD.encode(token)
    }

    /// The place of a token that this statement's answers have held.
    pub(crate) fn decode(token: &str, stamp: u64) -> Result<Self, StatementFault> {
        let found = Self::read(token).ok_or(StatementFault::InvalidToken)?;
        match found.stamp == stamp {
            true => Ok(found),
            false => Err(StatementFault::ForeignToken),
        }
    }

    fn read(token: &str) -> Option<Self> {
        let token = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (&[version], rest) = token.split_first_chunk()?;
        let (checksum, body) = rest.split_first_chunk()?;
        if version != VERSION || u32::from_be_bytes(*checksum) != crc32fast::hash(body) {
            return None;
        }
        let (stamp, rest) = body.split_first_chunk()?;
        let (read, key) = rest.split_first_chunk()?;
        let after = if key.is_empty() { None } else { Some(decode_item(key).ok()?) };
        Some(Self { stamp: u64::from_be_bytes(*stamp), read: u16::from_be_bytes(*read), after })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place() -> Continuation {
        let after = Item::from([("p".to_owned(), AttributeValue::from("a"))]);
        Continuation { stamp: 7, read: 3, after: Some(after) }
    }

    #[test]
    fn a_token_comes_back_as_it_was() {
        for place in [place(), Continuation { after: None, ..place() }] {
            assert_eq!(Continuation::decode(&place.encode(), 7), Ok(place));
        }
    }

    #[test]
    fn a_token_of_another_statement_is_told_from_a_damaged_one() {
        let token = place().encode();
        assert_eq!(Continuation::decode(&token, 8), Err(StatementFault::ForeignToken));
        assert_eq!(token, "AbpvdEkAAAAAAAAABwADAQEBcAQBYQ");
        for damaged in ["", "AbpvdEkAAAAAAAAABwADAQEBcAQBYg", "not base64!", "AgAA"] {
            assert_eq!(Continuation::decode(damaged, 7), Err(StatementFault::InvalidToken), "{damaged}");
        }
    }

    #[test]
    fn a_stamp_is_of_the_text_and_of_the_values() {
        let values =
            |texts: &[&str]| texts.iter().map(|text| AttributeValue::from(*text)).collect::<Vec<_>>();
        let one = stamp("SELECT", &values(&["a", "b"]));
        assert_eq!(one, stamp("SELECT", &values(&["a", "b"])));
        assert_ne!(one, stamp("SELECT", &values(&["ab"])));
        assert_ne!(one, stamp("SELECT ", &values(&["a", "b"])));
    }

    proptest! {
        #[test]
        fn no_token_panics(token in "[A-Za-z0-9_-]{0,60}") {
            prop_assert!(Continuation::decode(&token, 7).is_err());
        }
    }
}
