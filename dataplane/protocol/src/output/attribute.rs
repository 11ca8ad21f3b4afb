//! Attribute values to JSON: each value is an object whose only member is its type.

use std::collections::BTreeMap;

use partita_model::{AttributeValue, Item};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::json::base64;

/// An item, or the map inside an `M`.
pub(crate) struct WireItem<'a>(pub(crate) &'a BTreeMap<String, AttributeValue>);

struct WireValue<'a>(&'a AttributeValue);

/// Text made while writing.
struct Text<T>(T);

struct Base64<'a>(&'a [u8]);

impl Serialize for WireItem<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, WireValue(value))))
    }
}

impl Serialize for WireValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(1))?;
        let letters = self.0.attribute_type().wire_name();
        match self.0 {
            AttributeValue::S(text) => object.serialize_entry(letters, text),
            AttributeValue::N(number) => object.serialize_entry(letters, &Text(number)),
            AttributeValue::B(bytes) => object.serialize_entry(letters, &Base64(bytes)),
            AttributeValue::Bool(truth) => object.serialize_entry(letters, truth),
            AttributeValue::Null => object.serialize_entry(letters, &true),
            AttributeValue::M(map) => object.serialize_entry(letters, &WireItem(map)),
            AttributeValue::L(list) => object.serialize_entry(letters, &Sequence(list.iter().map(WireValue))),
            AttributeValue::Ss(set) => object.serialize_entry(letters, set),
            AttributeValue::Ns(set) => object.serialize_entry(letters, &Sequence(set.iter().map(Text))),
            AttributeValue::Bs(set) => {
                object.serialize_entry(letters, &Sequence(set.iter().map(|bytes| Base64(bytes))))
            }
        }?;
        object.end()
    }
}

/// An array of what an iterator yields.
struct Sequence<I>(I);

impl<I: Iterator<Item = T> + Clone, T: Serialize> Serialize for Sequence<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

impl<T: std::fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64::encode(self.0))
    }
}

/// For a member that is an item.
pub(super) fn item<S: Serializer>(item: &Item, serializer: S) -> Result<S::Ok, S::Error> {
    WireItem(item).serialize(serializer)
}

/// For a member that is a list of items.
pub(super) fn items<S: Serializer>(items: &[Item], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(items.iter().map(WireItem))
}
