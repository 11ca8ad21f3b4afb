//! What conditions look into: an item, decoded or in its stored form.

use std::borrow::Cow;

use partita_model::codec::{StoredItem, StoredValue};
use partita_model::value::AttributeType;
use partita_model::{AttributeValue, Item};

use crate::{Path, Step};

/// An item whose values can be looked up by their paths. A step into a value of another type leads nowhere.
pub trait Document {
    /// The value at `path`, if there is one. Of a stored item nothing else is decoded.
    fn find(&self, path: &Path) -> Option<Cow<'_, AttributeValue>>;

    /// The type of the value at `path`, if there is one. Of a stored item nothing is decoded.
    fn find_type(&self, path: &Path) -> Option<AttributeType>;
}

impl Document for Item {
    fn find(&self, path: &Path) -> Option<Cow<'_, AttributeValue>> {
        path.resolve(self).map(Cow::Borrowed)
    }

    fn find_type(&self, path: &Path) -> Option<AttributeType> {
        path.resolve(self).map(AttributeValue::attribute_type)
    }
}

impl Document for StoredItem {
    fn find(&self, path: &Path) -> Option<Cow<'_, AttributeValue>> {
        resolve(self, path).map(|value| Cow::Owned(value.decode()))
    }

    fn find_type(&self, path: &Path) -> Option<AttributeType> {
        resolve(self, path).map(|value| value.attribute_type())
    }
}

fn resolve<'s>(item: &'s StoredItem, path: &Path) -> Option<StoredValue<'s>> {
    path.rest.iter().try_fold(item.get(&path.head)?, |value, step| match (step, value) {
        (Step::Field(name), StoredValue::M(map)) => map.find(name),
        (Step::Index(index), StoredValue::L(mut list)) => list.nth(*index),
        _ => None,
    })
}
