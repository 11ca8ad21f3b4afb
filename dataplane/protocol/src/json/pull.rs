//! The fast way from a body to the members of an operation: one pass, no JSON values in between.
//!
//! It reads only what is well-formed and unremarkable. On anything else (a member it does not know, `null`, a member twice, another
//! type than expected, a value that is none, a syntax error) it gives up with `None`, and the body is read again by
//! [`super::Members`], which alone knows what the service says then. So nothing here has to know more than that everything is as
//! it should be, and whatever is read must be what the other reader would have read.

mod attribute;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::plain::plain_length;

/// A text of the body: a part of it, unless there were escapes in it.
pub(crate) type Text<'b> = Cow<'b, str>;

/// Whether the member was known and has been read; `None` to give up.
pub(crate) type Taken = Option<bool>;

/// Longest integer that is read; a longer one is remarkable.
const INTEGER_DIGITS_MAX: usize = 9;

/// What is left of a body.
#[derive(Debug)]
pub(crate) struct Cursor<'b> {
    rest: &'b str,
}

/// Something that is read from the members of an object.
pub(crate) trait Pull<'b>: Default {
    /// Takes the value of the member `name` off the cursor, if it is one of these members.
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken;

    /// Reads a whole body.
    fn pull_body(body: &'b [u8]) -> Option<Self> {
        let mut cursor = Cursor { rest: std::str::from_utf8(body).ok()? };
        let read = Self::pull(&mut cursor)?;
        cursor.skip_space();
        cursor.rest.is_empty().then_some(read)
    }

    /// Reads an object.
    fn pull(cursor: &mut Cursor<'b>) -> Option<Self> {
        let mut read = Self::default();
        cursor.object(|cursor, name| read.member(&name, cursor)?.then_some(()))?;
        Some(read)
    }
}

/// Puts a value where there was none. A member that is there twice is remarkable.
pub(crate) fn once<T>(place: &mut Option<T>, value: Option<T>) -> Taken {
    match place {
        Some(_) => None,
        None => {
            *place = Some(value?);
            Some(true)
        }
    }
}

impl<'b> Cursor<'b> {
    /// A string.
    pub(crate) fn text(&mut self) -> Option<Text<'b>> {
        self.expect(b'"')?;
        let plain = self.take(plain_length(self.rest.as_bytes()))?;
        match self.next_byte()? {
            b'"' => Some(Cow::Borrowed(plain)),
            b'\\' => self.text_with_escapes(plain).map(Cow::Owned),
            _ => None,
        }
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&mut self) -> Option<bool> {
        self.skip_space();
        let (truth, length) = match self.rest.as_bytes() {
            [b't', b'r', b'u', b'e', ..] => (true, 4),
            [b'f', b'a', b'l', b's', b'e', ..] => (false, 5),
            _ => return None,
        };
        self.take(length)?;
        Some(truth)
    }

    /// A number without sign, fraction and exponent.
    pub(crate) fn integer(&mut self) -> Option<i64> {
        self.skip_space();
        let length = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let digits = self.take(length)?;
        let is_plain =
            (1..=INTEGER_DIGITS_MAX).contains(&length) && (length == 1 || !digits.starts_with('0'));
        let goes_on = self.rest.starts_with(['.', 'e', 'E']);
        if is_plain && !goes_on { digits.parse().ok() } else { None }
    }

    /// An object: `member` is called for each member when its value comes.
    pub(crate) fn object(&mut self, mut member: impl FnMut(&mut Self, Text<'b>) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        if self.eat(b'}') {
            return Some(());
        }
        loop {
            let name = self.text()?;
            self.expect(b':')?;
            member(self, name)?;
            if !self.goes_on(b'}')? {
                return Some(());
            }
        }
    }

    /// An array: `element` is called for each element when it comes.
    pub(crate) fn array(&mut self, mut element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(b'[')?;
        if self.eat(b']') {
            return Some(());
        }
        loop {
            element(self)?;
            if !self.goes_on(b']')? {
                return Some(());
            }
        }
    }

    /// A list of what `read` reads.
    pub(crate) fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut list = Vec::new();
        self.array(|cursor| {
            list.push(read(cursor)?);
            Some(())
        })?;
        Some(list)
    }

    /// A map of what `read` reads; no key may come twice.
    pub(crate) fn map<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<BTreeMap<String, T>> {
        let mut map = BTreeMap::new();
        self.object(|cursor, name| match map.insert(name.into_owned(), read(cursor)?) {
            None => Some(()),
            Some(_) => None,
        })?;
        Some(map)
    }

    /// What follows the first backslash of a string that began with `plain`.
    fn text_with_escapes(&mut self, plain: &str) -> Option<String> {
        let mut text = plain.to_owned();
        loop {
            text.push(self.escaped()?);
            text.push_str(self.take(plain_length(self.rest.as_bytes()))?);
            match self.next_byte()? {
                b'"' => return Some(text),
                b'\\' => {}
                _ => return None,
            }
        }
    }

    /// The character of an escape, whose backslash has been taken.
    fn escaped(&mut self) -> Option<char> {
        Some(match self.next_byte()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{C}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.utf16(),
            _ => return None,
        })
    }

    /// The character of a `\u` escape, or of two that are a surrogate pair.
    fn utf16(&mut self) -> Option<char> {
        let first = self.hex()?;
        if let Some(character) = char::from_u32(first.into()) {
            return Some(character);
        }
        if self.next_byte()? != b'\\' || self.next_byte()? != b'u' {
            return None;
        }
        let second = self.hex()?;
        char::decode_utf16([first, second]).next()?.ok()
    }

    fn hex(&mut self) -> Option<u16> {
        let digits = self.take(4)?;
        // A sign would be no digit of JSON.
        let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if are_digits { u16::from_str_radix(digits, 16).ok() } else { None }
    }

    /// Whether a comma comes next and not `end`.
    fn goes_on(&mut self, end: u8) -> Option<bool> {
        self.skip_space();
        match self.next_byte()? {
            b',' => Some(true),
            byte => (byte == end).then_some(false),
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    /// Whether `byte` comes next; if so it is taken.
    fn eat(&mut self, byte: u8) -> bool {
        self.skip_space();
        let found = self.rest.as_bytes().first() == Some(&byte);
        found && self.next_byte().is_some()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.rest.as_bytes().first() {
            self.next_byte();
        }
    }

    /// The next byte; `None` also of a character that is longer.
    fn next_byte(&mut self) -> Option<u8> {
        self.take(1)?.bytes().next()
    }

    /// So many bytes, which must end with a character.
    fn take(&mut self, length: usize) -> Option<&'b str> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }
}
