//! Primary keys, their ordered bytes and the hash that places them.
//!
//! # Ordered bytes
//!
//! [`encode_scalar`] gives a key value the bytes by which rows sort. Within a type their order is DynamoDB's:
//! strings by UTF-8 bytes, binaries by unsigned bytes, numbers by value. No value's bytes begin another's, so
//! that the order also holds when more key bytes follow. Rows on disk are sorted by them: **this form never
//! changes.**
//!
//! ```text
//! N   0x20, 0x21 or 0x22 and what `number::ordered` says: sign, magnitude, digits in pairs; 1 to 21 bytes
//! S   0x30  escaped UTF-8   0x00 0x01
//! B   0x40  escaped bytes   0x00 0x01
//! ```
//!
//! *Escaped*: each 0x00 becomes 0x00 0xFF, every other byte stands for itself. The end mark sorts before all
//! that could go on, so that `"a"` comes before `"a\0"`.
//!
//! | value | bytes |
//! | --- | --- |
//! | `S "ab"` | `30 61 62 00 01` |
//! | `S "a\0"` | `30 61 00 FF 00 01` |
//! | `N 0` | `21` |
//! | `N 1` | `22 82 14` |
//! | `N 123` | `22 84 19 3C` |
//! | `N -1` | `20 7D EB` |
//!
//! # Partition hash
//!
//! [`partition_hash`] is XXH3-128 with seed 0, in big-endian bytes, of one letter (`S`, `N`, `B`) and the
//! value: the UTF-8 bytes, the raw bytes, or a number's ordered bytes. It says on which partition an item
//! lies: **it never changes either.** Of several values, as a global index may have them, [`partition_hash_of`] takes the letter
//! `M` and their ordered bytes, one after the other.

use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_128;

use crate::number::ordered;
use crate::schema::KeyAttribute;
use crate::{AttributeValue, Item, KeySchema, codec, size};

#[cfg(test)]
mod tests;

const STRING: u8 = 0x30;
const BINARY: u8 = 0x40;
const ESCAPE: u8 = 0x00;
/// After [`ESCAPE`]: a 0x00 of the value.
const ESCAPED_ZERO: u8 = 0xFF;
/// After [`ESCAPE`]: the end of the value. Below [`ESCAPED_ZERO`], so that the shorter value sorts first.
const END: u8 = 0x01;

/// The values of a table's key attributes, without their names. Each is a string, a number or a binary.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PrimaryKey {
    /// Value of the partition key.
    pub hash: AttributeValue,
    /// Value of the sort key, if the schema has one.
    pub range: Option<AttributeValue>,
}

impl PrimaryKey {
    /// The key of `item`; `None` if a key attribute is missing or of another type than the schema says. Other
    /// attributes do not matter.
    pub fn of_item(schema: &KeySchema, item: &Item) -> Option<Self> {
        let value_of = |attribute: &KeyAttribute| {
            let value = item.get(&attribute.name)?;
            (value.scalar_type() == Some(attribute.scalar)).then(|| value.clone())
        };
        let range = match &schema.range {
            Some(attribute) => Some(value_of(attribute)?),
            None => None,
        };
        Some(Self { hash: value_of(&schema.hash)?, range })
    }

    /// The item of only the key attributes, as `LastEvaluatedKey` shows it. The key must be of this schema.
    pub fn to_item(&self, schema: &KeySchema) -> Item {
        let values = std::iter::once(&self.hash).chain(&self.range);
        schema
            .attributes()
            .zip(values)
            .map(|(attribute, value)| (attribute.name.clone(), value.clone()))
            .collect()
    }

    /// Bytes of the key's values by the rules of item sizes, names not counted.
    pub fn size(&self) -> usize {
        std::iter::once(&self.hash).chain(&self.range).map(size::value_size).sum()
    }
}

/// The ordered bytes of a key value; `None` if it is not a string, a number or a binary. See the module's
/// page.
pub fn encode_scalar(value: &AttributeValue) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    write_scalar(value, &mut out)?;
    Some(out)
}

/// Appends what [`encode_scalar`] returns; `None`, and nothing appended, if that is nothing.
pub fn write_scalar(value: &AttributeValue, out: &mut Vec<u8>) -> Option<()> {
    if let AttributeValue::N(number) = value {
        ordered::write(number, out);
    } else {
        write_prefix(value, out)?;
        out.extend_from_slice(&[ESCAPE, END]);
    }
    Some(())
}

/// The bytes with which [`encode_scalar`] begins for exactly those values that begin with `value`; `None` if
/// it is neither a string nor a binary.
pub fn encode_prefix(value: &AttributeValue) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    write_prefix(value, &mut out)?;
    Some(out)
}

fn write_prefix(value: &AttributeValue, out: &mut Vec<u8>) -> Option<()> {
    let (tag, bytes) = match value {
        AttributeValue::S(text) => (STRING, text.as_bytes()),
        AttributeValue::B(bytes) => (BINARY, bytes.as_ref()),
        _ => return None,
    };
    out.reserve(bytes.len() + 3); // tag and end mark; zeros are rare
    out.push(tag);
    let mut plain = bytes.split(|byte| *byte == ESCAPE);
    out.extend_from_slice(plain.next().unwrap_or_default());
    for part in plain {
        out.extend_from_slice(&[ESCAPE, ESCAPED_ZERO]);
        out.extend_from_slice(part);
    }
    Some(())
}

/// Takes one key value off the front of `bytes` and returns it with what follows; `None` unless
/// [`encode_scalar`] makes such bytes.
pub fn decode_scalar(bytes: &[u8]) -> Option<(AttributeValue, &[u8])> {
    let (&tag, escaped) = bytes.split_first()?;
    match tag {
        STRING => {
            let (raw, rest) = unescape(escaped)?;
            Some((AttributeValue::S(String::from_utf8(raw).ok()?), rest))
        }
        BINARY => {
            let (raw, rest) = unescape(escaped)?;
            Some((AttributeValue::B(Bytes::from(raw)), rest))
        }
        _ => ordered::read(bytes).map(|(number, rest)| (AttributeValue::N(number), rest)),
    }
}

/// The place of a partition key among a table's partitions; see the module's page.
///
/// A value that cannot be a key is hashed in its stored form, so that the function is total; nothing may rely
/// on that hash.
pub fn partition_hash(value: &AttributeValue) -> [u8; 16] {
    let mut input = Vec::with_capacity(64); // most keys are shorter
    match value {
        AttributeValue::S(text) => return hash_of(b'S', text.as_bytes()),
        AttributeValue::B(bytes) => return hash_of(b'B', bytes),
        AttributeValue::N(number) => {
            input.push(b'N');
            ordered::write(number, &mut input);
        }
        other => input.extend_from_slice(&codec::encode_value(other)),
    }
    xxh3_128(&input).to_be_bytes()
}

/// The place of a partition key of one or several values; see the module's page. For one value it is [`partition_hash`].
pub fn partition_hash_of(values: &[&AttributeValue]) -> [u8; 16] {
    if let [value] = values {
        return partition_hash(value);
    }
    let mut input = vec![b'M'];
    for value in values {
        // A value that cannot be a key adds nothing; nothing may rely on that hash.
        write_scalar(value, &mut input);
    }
    xxh3_128(&input).to_be_bytes()
}

/// The hash of a letter and the bytes of a value, put together on the stack if they are as short as most keys.
fn hash_of(letter: u8, value: &[u8]) -> [u8; 16] {
    let mut short = [letter; 128];
    if let Some(place) = short.get_mut(1..=value.len()) {
        place.copy_from_slice(value);
        return xxh3_128(short.get(..=value.len()).unwrap_or_default()).to_be_bytes();
    }
    let mut long = Vec::with_capacity(1 + value.len());
    long.push(letter);
    long.extend_from_slice(value);
    xxh3_128(&long).to_be_bytes()
}

/// The value up to the end mark, and what follows the mark.
fn unescape(mut escaped: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut raw = Vec::new();
    loop {
        let plain = escaped.iter().position(|byte| *byte == ESCAPE)?;
        let (before, mark) = escaped.split_at(plain);
        raw.extend_from_slice(before);
        let (&kind, rest) = mark.get(1..)?.split_first()?;
        match kind {
            END => return Some((raw, rest)),
            ESCAPED_ZERO => raw.push(ESCAPE),
            _ => return None,
        }
        escaped = rest;
    }
}
