//! JSON straight into the body of an answer: what [`serde_json`] would write, without its way through a serializer.

use partita_model::codec::{StoredAttributes, StoredValue};
use partita_model::{AttributeValue, Item, Number};
use serde::Serialize;

use super::ItemForm;
use crate::json::{base64, plain_length};

/// An object being written.
pub(super) struct ObjectWriter<'o> {
    out: &'o mut Vec<u8>,
    /// What stands before the next member: the brace, then commas.
    separator: u8,
}

impl<'o> ObjectWriter<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, separator: b'{' }
    }

    /// Begins a member: its value is to be appended to what is returned.
    pub(super) fn member(&mut self, name: &[u8]) -> &mut Vec<u8> {
        self.out.push(self.separator);
        self.separator = b',';
        string(name, self.out);
        self.out.push(b':');
        self.out
    }

    /// A member in the form that serde gives it.
    pub(super) fn serialized(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        let written = serde_json::to_writer(self.member(name.as_bytes()), value);
        written.expect("answers have string keys and serialise without a fallible step");
    }

    pub(super) fn end(self) {
        if self.separator == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}

/// An array of `elements`, each written by `write`.
pub(super) fn array<T>(
    elements: impl IntoIterator<Item = T>,
    out: &mut Vec<u8>,
    write: impl Fn(T, &mut Vec<u8>),
) {
    out.push(b'[');
    for (place, element) in elements.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write(element, out);
    }
    out.push(b']');
}

pub(super) fn item_form(form: &ItemForm, out: &mut Vec<u8>) {
    match form {
        ItemForm::Decoded(decoded) => item(decoded, out),
        ItemForm::Stored(stored) => attributes(stored.attributes(), out),
    }
}

pub(super) fn item(item: &Item, out: &mut Vec<u8>) {
    let mut object = ObjectWriter::new(out);
    for (name, attribute) in item {
        value(attribute, object.member(name.as_bytes()));
    }
    object.end();
}

fn value(value: &AttributeValue, out: &mut Vec<u8>) {
    begin(value.attribute_type().wire_name(), out);
    match value {
        AttributeValue::S(text) => string(text.as_bytes(), out),
        AttributeValue::N(one) => number(one, out),
        AttributeValue::B(bytes) => binary(bytes, out),
        AttributeValue::Bool(truth) => boolean(*truth, out),
        AttributeValue::Null => boolean(true, out),
        AttributeValue::M(map) => item(map, out),
        AttributeValue::L(list) => array(list, out, self::value),
        AttributeValue::Ss(set) => array(set, out, |text, out| string(text.as_bytes(), out)),
        AttributeValue::Ns(set) => array(set, out, number),
        AttributeValue::Bs(set) => array(set, out, |bytes, out| binary(bytes, out)),
    }
    out.push(b'}');
}

fn attributes(attributes: StoredAttributes<'_>, out: &mut Vec<u8>) {
    let mut object = ObjectWriter::new(out);
    for (name, attribute) in attributes {
        stored_value(attribute, object.member(name.as_bytes()));
    }
    object.end();
}

fn stored_value(value: StoredValue<'_>, out: &mut Vec<u8>) {
    begin(value.attribute_type().wire_name(), out);
    match value {
        StoredValue::S(text) => string(text.as_bytes(), out),
        StoredValue::N(one) => number(&one, out),
        StoredValue::B(bytes) => binary(bytes, out),
        StoredValue::Bool(truth) => boolean(truth, out),
        StoredValue::Null => boolean(true, out),
        StoredValue::M(map) => attributes(map, out),
        StoredValue::L(list) => array(list, out, stored_value),
        StoredValue::Ss(set) => array(set, out, |text, out| string(text.as_bytes(), out)),
        StoredValue::Ns(set) => array(set, out, |one, out| number(&one, out)),
        StoredValue::Bs(set) => array(set, out, binary),
    }
    out.push(b'}');
}

/// The beginning of a value: the object whose only member is its type.
fn begin(letters: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"");
    out.extend_from_slice(letters.as_bytes());
    out.extend_from_slice(b"\":");
}

fn boolean(truth: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if truth { b"true" } else { b"false" });
}

fn number(number: &Number, out: &mut Vec<u8>) {
    out.push(b'"');
    number.push_text(out);
    out.push(b'"');
}

fn binary(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    base64::encode_to(bytes, out);
    out.push(b'"');
}

/// A JSON string of UTF-8 bytes.
pub(super) fn string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    loop {
        let (plain, after) = rest.split_at(plain_length(rest));
        out.extend_from_slice(plain);
        let Some((&byte, after)) = after.split_first() else { break };
        escape(byte, out);
        rest = after;
    }
    out.push(b'"');
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0C => b'f',
        _ => {
            let digit = |half: u8| HEX[usize::from(half & 0x0F)]; // a half byte is below 16
            return out.extend([b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte)]);
        }
    };
    out.extend([b'\\', short]);
}

#[cfg(test)]
mod tests;
