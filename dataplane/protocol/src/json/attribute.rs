//! Attribute values from JSON.
//!
//! The service first converts the whole request (a wrong JSON type is a `SerializationException`), and only later, in an order
//! that depends on the operation, looks whether each value is an attribute value at all. One walk does both: what it returns is
//! a [`Candidate`], whose fault the operation raises when its turn comes.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use partita_model::number::NumberError;
use partita_model::{AttributeValue, Item, Number, limits};
use serde_json::Value;

use super::base64::{binary, encode};
use super::{Members, boolean, list};
use crate::ServiceError;

/// Something made of attribute values, or the first reason why one of them is none.
pub(crate) type Candidate<T> = Result<T, ValueFault>;

/// Why a value with the right JSON types is no attribute value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ValueFault {
    /// `{}`.
    NoType,
    /// More than one type member.
    SeveralTypes,
    /// `{"NULL": false}`.
    NullNotTrue,
    /// A set without members.
    EmptySet(SetKind),
    /// Equal strings in a set; the set as given.
    DuplicateStrings(String),
    /// Numerically equal numbers in a set.
    DuplicateNumbers,
    /// Equal binaries in a set; the set as given, in base64.
    DuplicateBinaries(String),
    /// A number that is none, or out of range.
    Number(NumberError),
    /// Lists and maps inside each other beyond the limit.
    TooDeep,
}

/// The three kinds of set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetKind {
    /// `SS`.
    Strings,
    /// `NS`.
    Numbers,
    /// `BS`.
    Binaries,
}

/// Reads a map of attribute values: an item, a key, or the values of expressions.
pub(crate) fn item(value: Value) -> Result<Candidate<Item>, ServiceError> {
    map_of_values(value, 0)
}

/// Reads one attribute value.
pub(crate) fn attribute_value(value: Value) -> Result<Candidate<AttributeValue>, ServiceError> {
    value_at(value, 0)
}

/// Turns many candidates into a candidate of many.
pub(crate) fn candidate<T, C: FromIterator<T>>(
    parts: impl IntoIterator<Item = Candidate<T>>,
) -> Candidate<C> {
    parts.into_iter().collect()
}

/// `depth` counts the lists and maps around the value. The JSON reader bounds the recursion.
fn value_at(value: Value, depth: usize) -> Result<Candidate<AttributeValue>, ServiceError> {
    if value.is_null() {
        return Ok(Err(ValueFault::NoType));
    }
    let mut members = Members::of_value(value)?;
    let mut found: Vec<Candidate<AttributeValue>> = Vec::with_capacity(1);
    found.extend(members.string("S")?.map(|text| Ok(AttributeValue::S(text))));
    found.extend(members.string("N")?.map(|text| number(&text).map(AttributeValue::N)));
    found.extend(members.read("B", binary)?.map(|bytes| Ok(AttributeValue::B(bytes))));
    found.extend(members.boolean("BOOL")?.map(|truth| Ok(AttributeValue::Bool(truth))));
    found.extend(members.read("NULL", null)?);
    found.extend(members.strings("SS")?.map(string_set));
    found.extend(members.strings("NS")?.map(number_set));
    found.extend(members.list("BS", binary)?.map(binary_set));
    found.extend(members.read("L", |value| elements(value, depth + 1))?.map(|l| l.map(AttributeValue::L)));
    found.extend(
        members.read("M", |value| map_of_values(value, depth + 1))?.map(|m| m.map(AttributeValue::M)),
    );
    Ok(only_one(found, depth))
}

/// The value of the only type given. A fault inside a value is told before a second type is.
fn only_one(found: Vec<Candidate<AttributeValue>>, depth: usize) -> Candidate<AttributeValue> {
    let several = found.len() > 1;
    let mut last = Err(ValueFault::NoType);
    for value in found {
        last = Ok(value?);
    }
    match &last {
        Ok(_) if several => Err(ValueFault::SeveralTypes),
        Ok(AttributeValue::L(_) | AttributeValue::M(_)) if depth >= limits::NESTING_DEPTH_MAX => {
            Err(ValueFault::TooDeep)
        }
        _ => last,
    }
}

fn elements(value: Value, depth: usize) -> Result<Candidate<Vec<AttributeValue>>, ServiceError> {
    list(value, |element| value_at(element, depth)).map(candidate)
}

fn map_of_values(
    value: Value,
    depth: usize,
) -> Result<Candidate<BTreeMap<String, AttributeValue>>, ServiceError> {
    let Members(members) = Members::of_value(value)?;
    let mut map: Candidate<BTreeMap<String, AttributeValue>> = Ok(BTreeMap::new());
    for (name, member) in members {
        // Every value is converted, also after a fault: a wrong JSON type further on is told first.
        let value = value_at(member, depth)?;
        if let Ok(values) = &mut map {
            match value {
                Ok(value) => {
                    values.insert(name, value);
                }
                Err(fault) => map = Err(fault),
            }
        }
    }
    Ok(map)
}

/// Of this member alone the service converts text other than `true` and `false`, always to false.
fn null(value: Value) -> Result<Candidate<AttributeValue>, ServiceError> {
    Ok(match value {
        Value::String(text) if text != "true" && text != "false" => Err(ValueFault::NullNotTrue),
        other => match boolean(other)? {
            true => Ok(AttributeValue::Null),
            false => Err(ValueFault::NullNotTrue),
        },
    })
}

fn number(text: &str) -> Candidate<Number> {
    text.parse().map_err(ValueFault::Number)
}

fn string_set(members: Vec<String>) -> Candidate<AttributeValue> {
    if members.is_empty() {
        return Err(ValueFault::EmptySet(SetKind::Strings));
    }
    match has_duplicates(&members) {
        true => Err(ValueFault::DuplicateStrings(members.join(", "))),
        false => Ok(AttributeValue::Ss(members.into_iter().collect())),
    }
}

fn number_set(members: Vec<String>) -> Candidate<AttributeValue> {
    if members.is_empty() {
        return Err(ValueFault::EmptySet(SetKind::Numbers));
    }
    let given = members.len();
    let set: BTreeSet<Number> = members.iter().map(|text| number(text)).collect::<Candidate<_>>()?;
    match set.len() == given {
        true => Ok(AttributeValue::Ns(set)),
        false => Err(ValueFault::DuplicateNumbers),
    }
}

fn binary_set(members: Vec<Bytes>) -> Candidate<AttributeValue> {
    if members.is_empty() {
        return Err(ValueFault::EmptySet(SetKind::Binaries));
    }
    match has_duplicates(&members) {
        true => {
            let shown: Vec<String> = members.iter().map(|bytes| encode(bytes)).collect();
            Err(ValueFault::DuplicateBinaries(shown.join(", ")))
        }
        false => Ok(AttributeValue::Bs(members.into_iter().collect())),
    }
}

fn has_duplicates<T: Ord>(members: &[T]) -> bool {
    members.iter().collect::<BTreeSet<_>>().len() < members.len()
}
