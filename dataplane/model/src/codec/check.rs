//! Checking without decoding: the same steps and refusals as [`super::decode`], but all that is made is the size.

use super::decode::Reader;
use super::{CodecError, DEPTH_MAX, tag};
use crate::number::ordered;
use crate::size::{CONTAINER_BYTES, ELEMENT_BYTES};

impl<'a> Reader<'a> {
    /// Checks names and values, `depth` lists and maps deep. Returns how many there are, and how many bytes DynamoDB counts
    /// for them, what each element costs left out.
    pub(super) fn check_attributes(&mut self, depth: usize) -> Result<(usize, usize), CodecError> {
        let (count, mut size) = (self.length()?, 0);
        let mut last = None;
        for _ in 0..count {
            let at = self.at();
            let name = self.str()?;
            if last.is_some_and(|last| last >= name) {
                return Err(CodecError::Unordered { at });
            }
            last = Some(name);
            size += name.len() + self.check_value(depth)?;
        }
        Ok((count, size))
    }

    /// Checks a value that lies within `depth` lists and maps, and returns how many bytes DynamoDB counts for it.
    fn check_value(&mut self, depth: usize) -> Result<usize, CodecError> {
        let at = self.at();
        if matches!(self.rest.first(), Some(&(ordered::NEGATIVE | ordered::ZERO | ordered::POSITIVE))) {
            return self.check_number().map(|(_, size)| size);
        }
        match self.byte()? {
            tag::NULL | tag::FALSE | tag::TRUE => Ok(1),
            tag::STRING => self.str().map(str::len),
            tag::BINARY => self.bytes().map(<[u8]>::len),
            tag::LIST | tag::MAP if depth >= DEPTH_MAX => Err(CodecError::TooDeep { at }),
            tag::LIST => self.check_list(depth + 1),
            tag::MAP => {
                let (count, size) = self.check_attributes(depth + 1)?;
                Ok(CONTAINER_BYTES + count * ELEMENT_BYTES + size)
            }
            tag::STRING_SET => {
                self.check_set(|reader| reader.str().map(|text| (text.as_bytes(), text.len())))
            }
            tag::NUMBER_SET => self.check_set(Self::check_number),
            tag::BINARY_SET => self.check_set(|reader| reader.bytes().map(|bytes| (bytes, bytes.len()))),
            tag => Err(CodecError::UnknownTag { tag, at }),
        }
    }

    fn check_list(&mut self, depth: usize) -> Result<usize, CodecError> {
        let mut size = CONTAINER_BYTES;
        for _ in 0..self.length()? {
            size += ELEMENT_BYTES + self.check_value(depth)?;
        }
        Ok(size)
    }

    /// Checks a set. `member` checks one and returns the bytes it sorts by, and its size.
    fn check_set(
        &mut self,
        member: impl Fn(&mut Self) -> Result<(&'a [u8], usize), CodecError>,
    ) -> Result<usize, CodecError> {
        let (mut last, mut sum): (Option<&[u8]>, _) = (None, 0);
        for _ in 0..self.length()? {
            let at = self.at();
            let (bytes, size) = member(self)?;
            if last.is_some_and(|last| last >= bytes) {
                return Err(CodecError::Unordered { at });
            }
            last = Some(bytes);
            sum += size;
        }
        Ok(sum)
    }

    /// The order of numbers is that of their bytes.
    fn check_number(&mut self) -> Result<(&'a [u8], usize), CodecError> {
        let whole = self.rest;
        let (size, rest) = ordered::measure(whole).ok_or(CodecError::Number { at: self.at() })?;
        self.rest = rest;
        let bytes = whole.get(..whole.len() - rest.len()).expect("what is left is the end of what was there");
        Ok((bytes, size))
    }
}
