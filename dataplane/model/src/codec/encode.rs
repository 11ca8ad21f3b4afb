//! Writing: a plain walk over the value. Maps and sets come in order because they are B-trees. The `…_length` functions
//! say beforehand how many bytes the functions of the same name will append.

use super::tag;
use crate::number::ordered;
use crate::{AttributeValue, Item};

pub(super) fn attributes(item: &Item, out: &mut Vec<u8>) {
    length(item.len(), out);
    for (name, attribute) in item {
        bytes(name.as_bytes(), out);
        value(attribute, out);
    }
}

pub(super) fn value(value: &AttributeValue, out: &mut Vec<u8>) {
    match value {
        AttributeValue::Null => out.push(tag::NULL),
        AttributeValue::Bool(false) => out.push(tag::FALSE),
        AttributeValue::Bool(true) => out.push(tag::TRUE),
        AttributeValue::N(number) => ordered::write(number, out),
        AttributeValue::S(text) => {
            out.push(tag::STRING);
            bytes(text.as_bytes(), out);
        }
        AttributeValue::B(binary) => {
            out.push(tag::BINARY);
            bytes(binary, out);
        }
        AttributeValue::M(map) => {
            out.push(tag::MAP);
            attributes(map, out);
        }
        AttributeValue::L(list) => sequence(tag::LIST, list, out, self::value),
        AttributeValue::Ss(set) => {
            sequence(tag::STRING_SET, set, out, |text, out| bytes(text.as_bytes(), out))
        }
        AttributeValue::Ns(set) => sequence(tag::NUMBER_SET, set, out, ordered::write),
        AttributeValue::Bs(set) => sequence(tag::BINARY_SET, set, out, |binary, out| bytes(binary, out)),
    }
}

pub(super) fn attributes_length(item: &Item) -> usize {
    let pairs = item.iter().map(|(name, value)| bytes_length(name.as_bytes()) + value_length(value));
    length_length(item.len()) + pairs.sum::<usize>()
}

fn value_length(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::Null | AttributeValue::Bool(_) => 1,
        AttributeValue::N(number) => ordered::length(number),
        AttributeValue::S(text) => 1 + bytes_length(text.as_bytes()),
        AttributeValue::B(binary) => 1 + bytes_length(binary),
        AttributeValue::M(map) => 1 + attributes_length(map),
        AttributeValue::L(list) => sequence_length(list, value_length),
        AttributeValue::Ss(set) => sequence_length(set, |text| bytes_length(text.as_bytes())),
        AttributeValue::Ns(set) => sequence_length(set, ordered::length),
        AttributeValue::Bs(set) => sequence_length(set, |binary| bytes_length(binary)),
    }
}

fn sequence_length<'a, T: 'a, I>(elements: I, measure: impl Fn(&'a T) -> usize) -> usize
where
    I: IntoIterator<Item = &'a T, IntoIter: ExactSizeIterator>,
{
    let elements = elements.into_iter();
    1 + length_length(elements.len()) + elements.map(measure).sum::<usize>()
}

fn bytes_length(bytes: &[u8]) -> usize {
    length_length(bytes.len()) + bytes.len()
}

/// Seven bits go into a byte, and zero takes one too.
fn length_length(length: usize) -> usize {
    (length.checked_ilog2().unwrap_or(0) / 7 + 1) as usize
}

fn sequence<'a, T: 'a, I>(tag: u8, elements: I, out: &mut Vec<u8>, write: impl Fn(&'a T, &mut Vec<u8>))
where
    I: IntoIterator<Item = &'a T, IntoIter: ExactSizeIterator>,
{
    let elements = elements.into_iter();
    out.push(tag);
    length(elements.len(), out);
    for element in elements {
        write(element, out);
    }
}

fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
    length(bytes.len(), out);
    out.extend_from_slice(bytes);
}

/// LEB128: seven bits to a byte, the lowest first; the high bit says that more follow.
fn length(length: usize, out: &mut Vec<u8>) {
    let mut rest = length;
    while rest >= 0x80 {
        out.push(0x80 | (rest & 0x7F) as u8);
        rest >>= 7;
    }
    out.push(rest as u8);
}
