//! Attribute values and items.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::Number;
use crate::schema::ScalarType;

/// An item: attribute values by name, ordered by the UTF-8 bytes of the name.
pub type Item = BTreeMap<String, AttributeValue>;

/// One of the ten DynamoDB attribute types. Sets are never empty and hold no duplicates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AttributeValue {
    /// `S`, UTF-8 text.
    S(String),
    /// `N`, a decimal of up to 38 significant digits.
    N(Number),
    /// `B`, raw bytes.
    B(Bytes),
    /// `BOOL`.
    Bool(bool),
    /// `NULL`, whose only value is true.
    Null,
    /// `M`, a map; equality is deep.
    M(BTreeMap<String, AttributeValue>),
    /// `L`, a list.
    L(Vec<AttributeValue>),
    /// `SS`, ordered by UTF-8 bytes.
    Ss(BTreeSet<String>),
    /// `NS`, ordered by numeric value.
    Ns(BTreeSet<Number>),
    /// `BS`, ordered by unsigned bytes.
    Bs(BTreeSet<Bytes>),
}

/// The ten types, spelled as on the wire by [`AttributeType::wire_name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are DynamoDB's own type letters")]
pub enum AttributeType {
    S,
    N,
    B,
    Bool,
    Null,
    M,
    L,
    Ss,
    Ns,
    Bs,
}

impl AttributeType {
    /// `S`, `N`, `B`, `BOOL`, `NULL`, `M`, `L`, `SS`, `NS`, `BS`.
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
            Self::Bool => "BOOL",
            Self::Null => "NULL",
            Self::M => "M",
            Self::L => "L",
            Self::Ss => "SS",
            Self::Ns => "NS",
            Self::Bs => "BS",
        }
    }

    /// The long spelling that update-expression errors use: `STRING`, `NUMBER_SET`, ….
    pub fn long_name(self) -> &'static str {
        match self {
            Self::S => "STRING",
            Self::N => "NUMBER",
            Self::B => "BINARY",
            Self::Bool => "BOOLEAN",
            Self::Null => "NULL",
            Self::M => "MAP",
            Self::L => "LIST",
            Self::Ss => "STRING_SET",
            Self::Ns => "NUMBER_SET",
            Self::Bs => "BINARY_SET",
        }
    }
}

/// The type of a value in either of its forms, [`AttributeValue`] and [`StoredValue`](crate::codec::StoredValue), whose
/// variants have the same names.
macro_rules! type_of {
    ($value:expr) => {
        match $value {
            Self::S(_) => AttributeType::S,
            Self::N(_) => AttributeType::N,
            Self::B(_) => AttributeType::B,
            Self::Bool(_) => AttributeType::Bool,
            Self::Null => AttributeType::Null,
            Self::M(_) => AttributeType::M,
            Self::L(_) => AttributeType::L,
            Self::Ss(_) => AttributeType::Ss,
            Self::Ns(_) => AttributeType::Ns,
            Self::Bs(_) => AttributeType::Bs,
        }
    };
}

pub(crate) use type_of;

impl AttributeValue {
    /// The type of this value.
    pub fn attribute_type(&self) -> AttributeType {
        type_of!(self)
    }

    /// The type as a key attribute's type; `None` if a key cannot have it.
    pub fn scalar_type(&self) -> Option<ScalarType> {
        match self {
            Self::S(_) => Some(ScalarType::S),
            Self::N(_) => Some(ScalarType::N),
            Self::B(_) => Some(ScalarType::B),
            _ => None,
        }
    }

    /// Whether the value is of a type that a key can have: a string, a number or a binary.
    pub fn is_scalar_key(&self) -> bool {
        self.scalar_type().is_some()
    }

    /// The text, if this is a string.
    pub fn as_s(&self) -> Option<&str> {
        match self {
            Self::S(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_n(&self) -> Option<&Number> {
        match self {
            Self::N(number) => Some(number),
            _ => None,
        }
    }

    /// The bytes, if this is a binary.
    pub fn as_b(&self) -> Option<&Bytes> {
        match self {
            Self::B(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The pairs, if this is a map.
    pub fn as_m(&self) -> Option<&BTreeMap<String, AttributeValue>> {
        match self {
            Self::M(map) => Some(map),
            _ => None,
        }
    }

    /// The elements, if this is a list.
    pub fn as_l(&self) -> Option<&[AttributeValue]> {
        match self {
            Self::L(list) => Some(list),
            _ => None,
        }
    }
}

impl From<&str> for AttributeValue {
    fn from(text: &str) -> Self {
        Self::S(text.to_owned())
    }
}

impl From<String> for AttributeValue {
    fn from(text: String) -> Self {
        Self::S(text)
    }
}

impl From<Number> for AttributeValue {
    fn from(number: Number) -> Self {
        Self::N(number)
    }
}

impl From<Bytes> for AttributeValue {
    fn from(bytes: Bytes) -> Self {
        Self::B(bytes)
    }
}

impl From<bool> for AttributeValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
