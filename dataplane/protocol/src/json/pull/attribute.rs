//! Attribute values, the fast way.

use std::collections::BTreeSet;

use bytes::Bytes;
use partita_model::{AttributeValue, Item, Number, limits};

use super::Cursor;
use crate::json::base64;

impl Cursor<'_> {
    /// A map of attribute values whose names are not empty.
    pub(crate) fn item(&mut self) -> Option<Item> {
        let item = self.attributes(0)?;
        // The empty name is the first one.
        item.first_key_value().is_none_or(|(name, _)| !name.is_empty()).then_some(item)
    }

    /// One attribute value.
    pub(crate) fn attribute_value(&mut self) -> Option<AttributeValue> {
        self.value(0)
    }

    fn attributes(&mut self, depth: usize) -> Option<Item> {
        self.map(|cursor| cursor.value(depth))
    }

    /// `depth` counts the lists and maps around the value, and bounds the recursion.
    fn value(&mut self, depth: usize) -> Option<AttributeValue> {
        self.expect(b'{')?;
        let letters = self.text()?;
        self.expect(b':')?;
        let value = match letters.as_ref() {
            "S" => AttributeValue::S(self.text()?.into_owned()),
            "N" => AttributeValue::N(self.number()?),
            "B" => AttributeValue::B(self.binary()?),
            "BOOL" => AttributeValue::Bool(self.boolean()?),
            "NULL" => self.boolean()?.then_some(AttributeValue::Null)?,
            "SS" => AttributeValue::Ss(self.set(|cursor| cursor.text().map(|text| text.into_owned()))?),
            "NS" => AttributeValue::Ns(self.set(Self::number)?),
            "BS" => AttributeValue::Bs(self.set(Self::binary)?),
            "L" | "M" if depth >= limits::NESTING_DEPTH_MAX => return None,
            "L" => AttributeValue::L(self.list(|cursor| cursor.value(depth + 1))?),
            "M" => AttributeValue::M(self.attributes(depth + 1)?),
            _ => return None,
        };
        self.expect(b'}')?;
        Some(value)
    }

    fn number(&mut self) -> Option<Number> {
        self.text()?.parse().ok()
    }

    fn binary(&mut self) -> Option<Bytes> {
        base64::decode_plain(&self.text()?)
    }

    /// A set: at least one member, and none twice.
    fn set<T: Ord>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<BTreeSet<T>> {
        let mut set = BTreeSet::new();
        self.array(|cursor| set.insert(read(cursor)?).then_some(()))?;
        (!set.is_empty()).then_some(set)
    }
}
