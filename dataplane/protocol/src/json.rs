//! Typed reading of request bodies: the step that answers `SerializationException`.
//!
//! A body becomes [`Members`]; each operation takes its members out by name and type. Unknown members are ignored, `null`
//! members count as absent, and of duplicate members the last one counts. Values move: no string of an item is copied.
//!
//! Bodies of the hot operations are first tried by [`pull`], which reads what is unremarkable faster and leaves the rest to this.

mod attribute;
pub(crate) mod base64;
mod plain;
mod pull;
mod tree;

use std::collections::BTreeMap;

use partita_model::clock::UnixMillis;
use serde_json::{Map, Value};

pub(crate) use attribute::{Candidate, SetKind, ValueFault, attribute_value, candidate, item};
pub(crate) use plain::plain_length;
pub(crate) use pull::{Cursor, Pull, Taken, Text, once};

use crate::ServiceError;

/// How the JSON reader says that it follows objects and arrays no deeper (128 levels); it has no other way to say it.
const READER_TOO_DEEP: &str = "recursion limit exceeded";

/// The members of a JSON object that are still to be read.
#[derive(Debug)]
pub(crate) struct Members(Map<String, Value>);

/// The model's scalar types, as the service names them.
#[derive(Clone, Copy, Debug)]
enum Scalar {
    String,
    Boolean,
    Integer,
    Long,
    Timestamp,
}

impl Scalar {
    fn name(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::Boolean => "Boolean",
            Self::Integer => "Integer",
            Self::Long => "Long",
            Self::Timestamp => "Date",
        }
    }
}

impl Members {
    /// Reads a request body. Whatever is not one JSON object is malformed. JSON that the reader refuses to follow for its
    /// depth is far beyond what attribute values may nest, and is told so.
    pub(crate) fn of_body(body: &[u8]) -> Result<Self, ServiceError> {
        match tree::object(body) {
            Ok(Some(members)) => Ok(Self(members)),
            Err(error) if error.to_string().starts_with(READER_TOO_DEEP) => Err(ValueFault::TooDeep.into()),
            Ok(None) | Err(_) => Err(ServiceError::malformed_json()),
        }
    }

    /// Reads a nested structure.
    pub(crate) fn of_value(value: Value) -> Result<Self, ServiceError> {
        match value {
            Value::Object(members) => Ok(Self(members)),
            Value::Array(_) => Err(unrecognized_collection("java.util.Map")),
            _ => Err(unexpected_field_type()),
        }
    }

    /// The member's JSON, unless absent or `null`.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// A member read by `read`.
    pub(crate) fn read<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Value) -> Result<T, ServiceError>,
    ) -> Result<Option<T>, ServiceError> {
        self.take(name).map(read).transpose()
    }

    /// A `String` member.
    pub(crate) fn string(&mut self, name: &str) -> Result<Option<String>, ServiceError> {
        self.read(name, string)
    }

    /// A `String` member, as [`pull`] gives it too.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<Text<'static>>, ServiceError> {
        Ok(self.string(name)?.map(Text::Owned))
    }

    /// A `Boolean` member.
    pub(crate) fn boolean(&mut self, name: &str) -> Result<Option<bool>, ServiceError> {
        self.read(name, boolean)
    }

    /// An `Integer` member; decimals are truncated.
    pub(crate) fn integer(&mut self, name: &str) -> Result<Option<i64>, ServiceError> {
        self.read(name, |value| whole_number(value, Scalar::Integer))
    }

    /// A `Long` member; decimals are truncated.
    pub(crate) fn long(&mut self, name: &str) -> Result<Option<i64>, ServiceError> {
        self.read(name, |value| whole_number(value, Scalar::Long))
    }

    /// A `Timestamp` member: seconds since the epoch, with a fraction. What is before the epoch counts as the epoch.
    pub(crate) fn timestamp(&mut self, name: &str) -> Result<Option<UnixMillis>, ServiceError> {
        self.read(name, timestamp)
    }

    /// A structure member.
    pub(crate) fn structure(&mut self, name: &str) -> Result<Option<Members>, ServiceError> {
        self.read(name, Self::of_value)
    }

    /// A list member, each element read by `element`.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        element: impl FnMut(Value) -> Result<T, ServiceError>,
    ) -> Result<Option<Vec<T>>, ServiceError> {
        self.read(name, |value| list(value, element))
    }

    /// A list of strings.
    pub(crate) fn strings(&mut self, name: &str) -> Result<Option<Vec<String>>, ServiceError> {
        self.list(name, string)
    }

    /// A map member, each value read by `value`.
    pub(crate) fn map<T>(
        &mut self,
        name: &str,
        value: impl FnMut(Value) -> Result<T, ServiceError>,
    ) -> Result<Option<BTreeMap<String, T>>, ServiceError> {
        self.read(name, |members| map(members, value))
    }

    /// A map of strings.
    pub(crate) fn string_map(
        &mut self,
        name: &str,
    ) -> Result<Option<BTreeMap<String, String>>, ServiceError> {
        self.map(name, string)
    }
}

/// A `String`.
pub(crate) fn string(value: Value) -> Result<String, ServiceError> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(not_convertible(&other, Scalar::String)),
    }
}

fn boolean(value: Value) -> Result<bool, ServiceError> {
    match value {
        Value::Bool(truth) => Ok(truth),
        other => Err(not_convertible(&other, Scalar::Boolean)),
    }
}

fn whole_number(value: Value, scalar: Scalar) -> Result<i64, ServiceError> {
    match value {
        // A float-to-integer cast saturates, and truncates as the service does.
        Value::Number(number) => Ok(number.as_i64().unwrap_or_else(|| number.as_f64().unwrap_or(0.0) as i64)),
        other => Err(not_convertible(&other, scalar)),
    }
}

fn timestamp(value: Value) -> Result<UnixMillis, ServiceError> {
    match value {
        // A float-to-integer cast saturates; milliseconds are rounded since seconds in binary seldom are exact.
        Value::Number(number) => Ok(UnixMillis((number.as_f64().unwrap_or(0.0) * 1000.0).round() as u64)),
        other => Err(not_convertible(&other, Scalar::Timestamp)),
    }
}

/// A list.
pub(crate) fn list<T>(
    value: Value,
    element: impl FnMut(Value) -> Result<T, ServiceError>,
) -> Result<Vec<T>, ServiceError> {
    match value {
        Value::Array(elements) => elements.into_iter().map(element).collect(),
        Value::Object(_) => Err(unexpected_structure()),
        _ => Err(unexpected_field_type()),
    }
}

/// A map.
pub(crate) fn map<T>(
    members: Value,
    mut value: impl FnMut(Value) -> Result<T, ServiceError>,
) -> Result<BTreeMap<String, T>, ServiceError> {
    let Members(members) = Members::of_value(members)?;
    members.into_iter().map(|(key, member)| Ok((key, value(member)?))).collect()
}

fn not_convertible(value: &Value, scalar: Scalar) -> ServiceError {
    let token = match value {
        Value::Object(_) => return unexpected_structure(),
        Value::Array(_) => return unrecognized_collection(&format!("class java.lang.{}", scalar.name())),
        Value::Null => return ServiceError::serialization("Unexpected token received from parser"),
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(number) if number.is_f64() => "DECIMAL_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
    };
    ServiceError::serialization(format!("{token} cannot be converted to {}", scalar.name()))
}

fn unexpected_structure() -> ServiceError {
    ServiceError::serialization("Start of structure or map found where not expected")
}

fn unexpected_field_type() -> ServiceError {
    ServiceError::serialization("Unexpected field type")
}

fn unrecognized_collection(wanted: &str) -> ServiceError {
    ServiceError::serialization(format!("Unrecognized collection type {wanted}"))
}

#[cfg(test)]
mod tests;
