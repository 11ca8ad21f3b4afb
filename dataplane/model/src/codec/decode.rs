//! Reading: one pass over untrusted bytes, each step of which can fail.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::{CodecError, DEPTH_MAX, VERSION, tag};
use crate::number::ordered;
use crate::{AttributeValue, Item, Number};

/// What is left of the input.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a [u8],
    total: usize,
}

impl<'a> Reader<'a> {
    /// Reads the version byte and then, with `read`, all that follows.
    pub(super) fn versioned<T>(
        bytes: &'a [u8],
        read: impl FnOnce(&mut Self) -> Result<T, CodecError>,
    ) -> Result<T, CodecError> {
        let mut reader = Self { rest: bytes, total: bytes.len() };
        let version = reader.byte()?;
        if version != VERSION {
            return Err(CodecError::UnknownVersion { version });
        }
        let value = read(&mut reader)?;
        if reader.rest.is_empty() { Ok(value) } else { Err(CodecError::Trailing { at: reader.at() }) }
    }

    /// Names and values, `depth` lists and maps deep.
    pub(super) fn attributes(&mut self, depth: usize) -> Result<Item, CodecError> {
        let (mut attributes, mut last) = (BTreeMap::new(), None);
        for _ in 0..self.length()? {
            let at = self.at();
            let name = self.str()?;
            if last.is_some_and(|last| last >= name) {
                return Err(CodecError::Unordered { at });
            }
            last = Some(name);
            attributes.insert(name.to_owned(), self.value(depth)?);
        }
        Ok(attributes)
    }

    /// A value that lies within `depth` lists and maps.
    pub(super) fn value(&mut self, depth: usize) -> Result<AttributeValue, CodecError> {
        let at = self.at();
        if matches!(self.rest.first(), Some(&(ordered::NEGATIVE | ordered::ZERO | ordered::POSITIVE))) {
            return self.number().map(AttributeValue::N);
        }
        match self.byte()? {
            tag::NULL => Ok(AttributeValue::Null),
            tag::FALSE => Ok(AttributeValue::Bool(false)),
            tag::TRUE => Ok(AttributeValue::Bool(true)),
            tag::STRING => self.text().map(AttributeValue::S),
            tag::BINARY => self.binary().map(AttributeValue::B),
            tag::LIST | tag::MAP if depth >= DEPTH_MAX => Err(CodecError::TooDeep { at }),
            tag::LIST => self.list(depth + 1).map(AttributeValue::L),
            tag::MAP => self.attributes(depth + 1).map(AttributeValue::M),
            tag::STRING_SET => self.set(Self::text).map(AttributeValue::Ss),
            tag::NUMBER_SET => self.set(Self::number).map(AttributeValue::Ns),
            tag::BINARY_SET => self.set(Self::binary).map(AttributeValue::Bs),
            tag => Err(CodecError::UnknownTag { tag, at }),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<AttributeValue>, CodecError> {
        (0..self.length()?).map(|_| self.value(depth)).collect()
    }

    fn set<T: Ord>(
        &mut self,
        read: impl Fn(&mut Self) -> Result<T, CodecError>,
    ) -> Result<BTreeSet<T>, CodecError> {
        let mut set = BTreeSet::new();
        for _ in 0..self.length()? {
            let at = self.at();
            let member = read(self)?;
            if set.last().is_some_and(|last| *last >= member) {
                return Err(CodecError::Unordered { at });
            }
            set.insert(member);
        }
        Ok(set)
    }

    fn number(&mut self) -> Result<Number, CodecError> {
        let (number, rest) = ordered::read(self.rest).ok_or(CodecError::Number { at: self.at() })?;
        self.rest = rest;
        Ok(number)
    }

    fn text(&mut self) -> Result<String, CodecError> {
        self.str().map(str::to_owned)
    }

    pub(super) fn str(&mut self) -> Result<&'a str, CodecError> {
        let at = self.at();
        std::str::from_utf8(self.bytes()?).map_err(|_| CodecError::NotUtf8 { at })
    }

    fn binary(&mut self) -> Result<Bytes, CodecError> {
        self.bytes().map(Bytes::copy_from_slice)
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], CodecError> {
        let length = self.length()?;
        let (bytes, rest) =
            self.rest.split_at_checked(length).ok_or(CodecError::Truncated { at: self.total })?;
        self.rest = rest;
        Ok(bytes)
    }

    pub(super) fn length(&mut self) -> Result<usize, CodecError> {
        if let Some((&byte @ ..0x80, rest)) = self.rest.split_first() {
            self.rest = rest;
            return Ok(byte.into());
        }
        let at = self.at();
        let mut length = 0u64;
        // Five groups of seven bits hold what is below 2^32.
        for group in 0..5 {
            let byte = self.byte()?;
            length |= u64::from(byte & 0x7F) << (7 * group);
            if byte & 0x80 == 0 {
                // A last group of zero, but for zero itself, would be a second form of the same length.
                let is_shortest = byte != 0 || group == 0;
                let length = u32::try_from(length).ok().filter(|_| is_shortest);
                return length.map(|length| length as usize).ok_or(CodecError::Length { at });
            }
        }
        Err(CodecError::Length { at })
    }

    pub(super) fn byte(&mut self) -> Result<u8, CodecError> {
        let (&byte, rest) = self.rest.split_first().ok_or(CodecError::Truncated { at: self.total })?;
        self.rest = rest;
        Ok(byte)
    }

    pub(super) fn at(&self) -> usize {
        self.total - self.rest.len()
    }
}
