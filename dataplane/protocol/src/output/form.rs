//! Items of answers, decoded or as they lie on disk.

use std::borrow::Cow;

use partita_model::codec::StoredItem;
use partita_model::{Item, size};

/// What an attribute takes in JSON besides its name and its text, about: quotes, colons, braces, the type.
const ATTRIBUTE_FRAME_BYTES: usize = 16;

/// An item in either of its two forms. Both are written alike, a stored one without being decoded.
#[derive(Clone, Debug)]
pub enum ItemForm {
    /// Its values.
    Decoded(Item),
    /// Its stored form.
    Stored(StoredItem),
}

impl ItemForm {
    /// The item's values.
    pub fn decoded(&self) -> Cow<'_, Item> {
        match self {
            Self::Decoded(item) => Cow::Borrowed(item),
            Self::Stored(stored) => Cow::Owned(stored.decode()),
        }
    }

    /// About how many bytes of JSON the item takes: enough in most cases.
    pub(super) fn json_bytes(&self) -> usize {
        let (bytes, attributes) = match self {
            Self::Decoded(item) => (size::item_size(item), item.len()),
            Self::Stored(stored) => (stored.as_bytes().len(), stored.attributes().len()),
        };
        bytes + bytes / 8 + ATTRIBUTE_FRAME_BYTES * (attributes + 1)
    }
}

/// Forms of equal items are equal.
impl PartialEq for ItemForm {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Stored(one), Self::Stored(other)) => one == other,
            (one, other) => one.decoded() == other.decoded(),
        }
    }
}

impl From<Item> for ItemForm {
    fn from(item: Item) -> Self {
        Self::Decoded(item)
    }
}

impl From<StoredItem> for ItemForm {
    fn from(stored: StoredItem) -> Self {
        Self::Stored(stored)
    }
}
