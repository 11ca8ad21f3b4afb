//! The stored form of items and values: compact, versioned, one form for each item.
//!
//! # Layout
//!
//! ```text
//! row     = 0x01 version   attributes            encode_item
//! single  = 0x01 version   value                 encode_value
//!
//! attributes = count  (text value)*              names strictly ascending by UTF-8 bytes
//! value   = 0x01                                 NULL
//!         | 0x02 | 0x03                          BOOL false, true
//!         | 0x04 text                            S
//!         | 0x05 bytes                           B
//!         | 0x06 count value*                    L
//!         | 0x07 attributes                      M
//!         | 0x08 count text*                     SS, strictly ascending
//!         | 0x09 count number*                   NS, strictly ascending
//!         | 0x0A count bytes*                    BS, strictly ascending
//!         | number                               N: begins with 0x20, 0x21 or 0x22
//! text    = length  UTF-8 bytes
//! bytes   = length  bytes
//! number  = as `number::ordered` says, 1 to 21 bytes
//! count, length = LEB128, no longer than needed, below 2^32
//! ```
//!
//! These bytes stay on disk for ever. A tag never changes meaning; a change that old readers would misread
//! gets a new version byte, and version 1 stays readable.
//!
//! Items that are equal have equal bytes, and the decoder refuses any other form, so that a comparison of
//! rows is a comparison of items. Input is not trusted: nothing here panics, recurses beyond [`DEPTH_MAX`],
//! or reserves memory for a length that the input does not hold.

use bytes::Bytes;

use crate::limits::NESTING_DEPTH_MAX;
use crate::{AttributeValue, Item};

mod check;
mod decode;
mod encode;
mod stored;
#[cfg(test)]
mod tests;

pub use stored::{StoredAttributes, StoredItem, StoredSequence, StoredText, StoredValue};

/// Lists and maps within each other that the decoder follows. Twice what the API accepts, so that whatever
/// was written can be read, and little enough for any thread's stack.
pub const DEPTH_MAX: usize = 2 * NESTING_DEPTH_MAX;

const VERSION: u8 = 0x01;

/// The tags of values; a number has its own first byte.
mod tag {
    pub(super) const NULL: u8 = 0x01;
    pub(super) const FALSE: u8 = 0x02;
    pub(super) const TRUE: u8 = 0x03;
    pub(super) const STRING: u8 = 0x04;
    pub(super) const BINARY: u8 = 0x05;
    pub(super) const LIST: u8 = 0x06;
    pub(super) const MAP: u8 = 0x07;
    pub(super) const STRING_SET: u8 = 0x08;
    pub(super) const NUMBER_SET: u8 = 0x09;
    pub(super) const BINARY_SET: u8 = 0x0A;
}

/// Why bytes are not a stored item or value: they were damaged, or a newer release wrote them. `at` counts
/// bytes from the start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The form is not one this release knows.
    #[error("unknown version {version} of a stored value")]
    UnknownVersion {
        /// The first byte.
        version: u8,
    },
    /// The bytes end within a value.
    #[error("a stored value ends early, at byte {at}")]
    Truncated {
        /// Where more was needed.
        at: usize,
    },
    /// More bytes follow the value.
    #[error("a stored value is followed by other bytes, at byte {at}")]
    Trailing {
        /// The first byte too many.
        at: usize,
    },
    /// A byte that begins no value.
    #[error("unknown tag {tag:#04x} of a stored value, at byte {at}")]
    UnknownTag {
        /// The byte.
        tag: u8,
        /// Where it stands.
        at: usize,
    },
    /// A count or length out of range or written too long.
    #[error("malformed length in a stored value, at byte {at}")]
    Length {
        /// Where it begins.
        at: usize,
    },
    /// A name or string that is not UTF-8.
    #[error("a stored string is not UTF-8, at byte {at}")]
    NotUtf8 {
        /// Where it begins.
        at: usize,
    },
    /// A number that is not in its one form.
    #[error("malformed stored number, at byte {at}")]
    Number {
        /// Where it begins.
        at: usize,
    },
    /// Names or members of a set that are not strictly ascending.
    #[error("stored names or set members out of order, at byte {at}")]
    Unordered {
        /// Where the offender begins.
        at: usize,
    },
    /// More than [`DEPTH_MAX`] lists and maps within each other.
    #[error("a stored value nests deeper than {DEPTH_MAX}, at byte {at}")]
    TooDeep {
        /// Where the innermost begins.
        at: usize,
    },
}

/// The stored form of an item. Its lists and maps must nest no deeper than [`DEPTH_MAX`], which the API's
/// limit ensures.
pub fn encode_item(item: &Item) -> Bytes {
    encode_item_after(&[], item)
}

/// `prefix` and then the stored form of an item, in one allocation of just that size.
fn encode_item_after(prefix: &[u8], item: &Item) -> Bytes {
    let mut out = Vec::with_capacity(prefix.len() + 1 + encode::attributes_length(item));
    out.extend_from_slice(prefix);
    out.push(VERSION);
    encode::attributes(item, &mut out);
    Bytes::from(out)
}

/// The inverse of [`encode_item`].
pub fn decode_item(bytes: &[u8]) -> Result<Item, CodecError> {
    decode::Reader::versioned(bytes, |reader| reader.attributes(0))
}

/// The stored form of a single value; the same bound on nesting applies.
pub fn encode_value(value: &AttributeValue) -> Bytes {
    let mut out = vec![VERSION];
    encode::value(value, &mut out);
    Bytes::from(out)
}

/// The inverse of [`encode_value`].
pub fn decode_value(bytes: &[u8]) -> Result<AttributeValue, CodecError> {
    decode::Reader::versioned(bytes, |reader| reader.value(0))
}
