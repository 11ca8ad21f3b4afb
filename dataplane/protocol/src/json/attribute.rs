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
use super::{Members, boolean, list, string};
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
    DuplicateStrings(Vec<String>),
    /// Numerically equal numbers in a set.
    DuplicateNumbers,
    /// Equal binaries in a set; the set as given, in base64.
    DuplicateBinaries(Vec<String>),
    /// An attribute without a name.
    EmptyName,
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

/// Reads a map of attribute values: an item, a key, or the values of expressions. Its attributes have names; those of the
/// maps inside may be empty.
pub(crate) fn item(value: Value) -> Result<Candidate<Item>, ServiceError> {
    let read = map_of_values(value, 0)?;
    Ok(read.and_then(|item| if item.contains_key("") { Err(ValueFault::EmptyName) } else { Ok(item) }))
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
    let Members(members) = Members::of_value(value)?;
    let mut found = Err(ValueFault::NoType);
    for (letters, member) in members {
        if let Some(value) = typed(&letters, member, depth)? {
            found = only_one(found, value);
        }
    }
    Ok(match found {
        Ok(AttributeValue::L(_) | AttributeValue::M(_)) if depth >= limits::NESTING_DEPTH_MAX => {
            Err(ValueFault::TooDeep)
        }
        found => found,
    })
}

/// The value of one type member; `None` of an absent or unknown one.
fn typed(
    letters: &str,
    member: Value,
    depth: usize,
) -> Result<Option<Candidate<AttributeValue>>, ServiceError> {
    if member.is_null() {
        return Ok(None);
    }
    Ok(Some(match letters {
        "S" => Ok(AttributeValue::S(string(member)?)),
        "N" => number(&string(member)?).map(AttributeValue::N),
        "B" => Ok(AttributeValue::B(binary(member)?)),
        "BOOL" => Ok(AttributeValue::Bool(boolean(member)?)),
        "NULL" => null(member)?,
        "SS" => string_set(list(member, string)?),
        "NS" => number_set(list(member, string)?),
        "BS" => binary_set(list(member, binary)?),
        "L" => elements(member, depth + 1)?.map(AttributeValue::L),
        "M" => map_of_values(member, depth + 1)?.map(AttributeValue::M),
        _ => return Ok(None),
    }))
}

/// What the members read so far and another one come to. A fault inside a value is told before that there are several.
fn only_one(
    found: Candidate<AttributeValue>,
    another: Candidate<AttributeValue>,
) -> Candidate<AttributeValue> {
    match (found, another) {
        (Err(ValueFault::NoType), another) => another,
        (Ok(_) | Err(ValueFault::SeveralTypes), Ok(_)) => Err(ValueFault::SeveralTypes),
        (Ok(_) | Err(ValueFault::SeveralTypes), fault) | (fault, _) => fault,
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
        true => Err(ValueFault::DuplicateStrings(members)),
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
        true => Err(ValueFault::DuplicateBinaries(members.iter().map(|bytes| encode(bytes)).collect())),
        false => Ok(AttributeValue::Bs(members.into_iter().collect())),
    }
}

fn has_duplicates<T: Ord>(members: &[T]) -> bool {
    members.iter().collect::<BTreeSet<_>>().len() < members.len()
}
