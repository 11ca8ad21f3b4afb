//! Items that stay in their stored form: checked once, then looked into without decoding what is not asked for.

use std::fmt;

use bytes::Bytes;

use super::decode::Reader;
use super::{CodecError, VERSION, decode_item, encode_item, encode_item_after, tag};
use crate::number::ordered;
use crate::value::{AttributeType, type_of};
use crate::{AttributeValue, Item, Number, size};

/// Why nothing here can fail: no [`StoredItem`] exists whose bytes have not passed the check.
const CHECKED: &str = "a stored item has been checked when it was made";

/// An item as it lies on disk, known to be well-formed. Equal items have equal bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct StoredItem {
    bytes: Bytes,
    size: usize,
}

/// A value of a stored item; scalars are read, the rest is still in its stored form.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the variants are those of `AttributeValue`")]
pub enum StoredValue<'s> {
    S(StoredText<'s>),
    N(Number),
    B(&'s [u8]),
    Bool(bool),
    Null,
    M(StoredAttributes<'s>),
    L(StoredSequence<'s, StoredValue<'s>>),
    Ss(StoredSequence<'s, StoredText<'s>>),
    Ns(StoredSequence<'s, Number>),
    Bs(StoredSequence<'s, &'s [u8]>),
}

/// A name or string of a stored item.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredText<'s>(&'s [u8]);

/// The attributes of a stored item, or of a map in it: ascending by the UTF-8 bytes of their names.
#[derive(Clone)]
pub struct StoredAttributes<'s> {
    rest: &'s [u8],
    left: usize,
}

/// The elements of a stored list, or the ascending members of a stored set.
#[derive(Clone)]
pub struct StoredSequence<'s, T> {
    rest: &'s [u8],
    left: usize,
    take: fn(&mut &'s [u8]) -> T,
}

impl StoredItem {
    /// Takes what [`encode_item`] made, after one pass over it that decodes nothing and allocates nothing. Refuses just what
    /// [`decode_item`] refuses, for the same reason.
    pub fn check(bytes: Bytes) -> Result<Self, CodecError> {
        let (_, size) = Reader::versioned(&bytes, |reader| reader.check_attributes(0))?;
        Ok(Self { bytes, size })
    }

    /// The stored form of an item.
    pub fn of(item: &Item) -> Self {
        Self { bytes: encode_item(item), size: size::item_size(item) }
    }

    /// The stored form of an item behind a `prefix`: all bytes together, and the item, which shares them. For a caller who keeps
    /// an item behind bytes of its own, so that it need not copy the item there.
    pub fn after(prefix: &[u8], item: &Item) -> (Bytes, Self) {
        let whole = encode_item_after(prefix, item);
        let bytes = whole.slice(prefix.len()..);
        (whole, Self { bytes, size: size::item_size(item) })
    }

    /// The item's size as DynamoDB counts it: [`size::item_size`] of the decoded item.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The stored form.
    pub fn as_bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The item.
    pub fn decode(&self) -> Item {
        decode_item(&self.bytes).expect(CHECKED)
    }

    /// All attributes.
    pub fn attributes(&self) -> StoredAttributes<'_> {
        let mut rest: &[u8] = &self.bytes;
        let version = take_byte(&mut rest);
        debug_assert_eq!(version, VERSION);
        let left = take_length(&mut rest);
        StoredAttributes { rest, left }
    }

    /// The attribute of that name.
    pub fn get(&self, name: &str) -> Option<StoredValue<'_>> {
        self.attributes().find(name)
    }
}

impl fmt::Debug for StoredItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoredItem").field(&self.decode()).finish()
    }
}

impl StoredValue<'_> {
    /// The type of this value.
    pub fn attribute_type(&self) -> AttributeType {
        type_of!(self)
    }

    /// The value. Binaries are copied, so that it does not keep the item's bytes alive.
    pub fn decode(&self) -> AttributeValue {
        match self {
            Self::S(text) => AttributeValue::S(text.as_str().to_owned()),
            Self::N(number) => AttributeValue::N(*number),
            Self::B(bytes) => AttributeValue::B(Bytes::copy_from_slice(bytes)),
            Self::Bool(truth) => AttributeValue::Bool(*truth),
            Self::Null => AttributeValue::Null,
            Self::M(map) => AttributeValue::M(map.decode()),
            Self::L(list) => AttributeValue::L(list.clone().map(|element| element.decode()).collect()),
            Self::Ss(set) => AttributeValue::Ss(set.clone().map(|text| text.as_str().to_owned()).collect()),
            Self::Ns(set) => AttributeValue::Ns(set.clone().collect()),
            Self::Bs(set) => AttributeValue::Bs(set.clone().map(Bytes::copy_from_slice).collect()),
        }
    }
}

impl<'s> StoredText<'s> {
    /// The text's UTF-8 bytes.
    pub fn as_bytes(&self) -> &'s [u8] {
        self.0
    }

    /// The text.
    pub fn as_str(&self) -> &'s str {
        std::str::from_utf8(self.0).expect(CHECKED)
    }
}

impl fmt::Debug for StoredText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl<'s> StoredAttributes<'s> {
    /// The attribute of that name, among those not yet taken.
    pub fn find(mut self, name: &str) -> Option<StoredValue<'s>> {
        while self.left > 0 {
            self.left -= 1;
            match take_bytes(&mut self.rest).cmp(name.as_bytes()) {
                std::cmp::Ordering::Less => skip_value(&mut self.rest),
                std::cmp::Ordering::Equal => return Some(take_value(&mut self.rest)),
                std::cmp::Ordering::Greater => return None,
            }
        }
        None
    }

    /// The attributes not yet taken.
    pub fn decode(&self) -> Item {
        self.clone().map(|(name, value)| (name.as_str().to_owned(), value.decode())).collect()
    }

    /// Takes a count and as many names and values off the front of `rest`.
    fn take_from(rest: &mut &'s [u8]) -> Self {
        let left = take_length(rest);
        let attributes = Self { rest, left };
        for _ in 0..left {
            skip_bytes(rest);
            skip_value(rest);
        }
        attributes
    }
}

impl<'s> Iterator for StoredAttributes<'s> {
    type Item = (StoredText<'s>, StoredValue<'s>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some((take_text(&mut self.rest), take_value(&mut self.rest)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for StoredAttributes<'_> {}

impl fmt::Debug for StoredAttributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.clone()).finish()
    }
}

impl<'s, T> StoredSequence<'s, T> {
    /// Takes a count and as many elements off the front of `rest`; `skip` passes over one.
    fn take_from(rest: &mut &'s [u8], skip: fn(&mut &'s [u8]), take: fn(&mut &'s [u8]) -> T) -> Self {
        let left = take_length(rest);
        let sequence = Self { rest, left, take };
        (0..left).for_each(|_| skip(rest));
        sequence
    }
}

impl<T> Iterator for StoredSequence<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        Some((self.take)(&mut self.rest))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for StoredSequence<'_, T> {}

impl<T: Clone + fmt::Debug> fmt::Debug for StoredSequence<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

fn take_value<'s>(rest: &mut &'s [u8]) -> StoredValue<'s> {
    if is_number(rest) {
        return StoredValue::N(take_number(rest));
    }
    match take_byte(rest) {
        tag::NULL => StoredValue::Null,
        tag::FALSE => StoredValue::Bool(false),
        tag::TRUE => StoredValue::Bool(true),
        tag::STRING => StoredValue::S(take_text(rest)),
        tag::BINARY => StoredValue::B(take_bytes(rest)),
        tag::LIST => StoredValue::L(StoredSequence::take_from(rest, skip_value, take_value)),
        tag::MAP => StoredValue::M(StoredAttributes::take_from(rest)),
        tag::STRING_SET => StoredValue::Ss(StoredSequence::take_from(rest, skip_bytes, take_text)),
        tag::NUMBER_SET => StoredValue::Ns(StoredSequence::take_from(rest, skip_number, take_number)),
        tag::BINARY_SET => StoredValue::Bs(StoredSequence::take_from(rest, skip_bytes, take_bytes)),
        tag => unreachable!("{CHECKED}, yet there is the tag {tag}"),
    }
}

/// Recursion ends: the check has bounded how deep values lie in each other.
fn skip_value(rest: &mut &[u8]) {
    if is_number(rest) {
        return skip_number(rest);
    }
    match take_byte(rest) {
        tag::STRING | tag::BINARY => skip_bytes(rest),
        tag::LIST => (0..take_length(rest)).for_each(|_| skip_value(rest)),
        tag::MAP => (0..take_length(rest)).for_each(|_| {
            skip_bytes(rest);
            skip_value(rest);
        }),
        tag::STRING_SET | tag::BINARY_SET => (0..take_length(rest)).for_each(|_| skip_bytes(rest)),
        tag::NUMBER_SET => (0..take_length(rest)).for_each(|_| skip_number(rest)),
        _ => {}
    }
}

fn is_number(rest: &[u8]) -> bool {
    matches!(rest.first(), Some(&(ordered::NEGATIVE | ordered::ZERO | ordered::POSITIVE)))
}

fn take_number(rest: &mut &[u8]) -> Number {
    let (number, after) = ordered::read(rest).expect(CHECKED);
    *rest = after;
    number
}

fn skip_number(rest: &mut &[u8]) {
    let (_, after) = ordered::measure(rest).expect(CHECKED);
    *rest = after;
}

fn take_text<'s>(rest: &mut &'s [u8]) -> StoredText<'s> {
    StoredText(take_bytes(rest))
}

fn skip_bytes(rest: &mut &[u8]) {
    take_bytes(rest);
}

fn take_bytes<'s>(rest: &mut &'s [u8]) -> &'s [u8] {
    let length = take_length(rest);
    let (bytes, after) = rest.split_at_checked(length).expect(CHECKED);
    *rest = after;
    bytes
}

fn take_length(rest: &mut &[u8]) -> usize {
    if let Some((&byte @ ..0x80, after)) = rest.split_first() {
        *rest = after;
        return byte.into();
    }
    let (mut length, mut shift) = (0, 0);
    loop {
        let byte = take_byte(rest);
        length |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return length;
        }
        shift += 7;
    }
}

fn take_byte(rest: &mut &[u8]) -> u8 {
    let (&byte, after) = rest.split_first().expect(CHECKED);
    *rest = after;
    byte
}

#[cfg(test)]
mod tests;
