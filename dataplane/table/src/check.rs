//! Rules that need a table's schema: whether keys and items fit it. Synchronous, no I/O.
//!
//! For each key attribute the order is the service's: it is there, it has the right type, it is not empty, it is not too long.

use std::collections::BTreeSet;

use partita_expression::Update;
use partita_model::codec::StoredItem;
use partita_model::limits::{HASH_KEY_BYTES_MAX, ITEM_BYTES_MAX, RANGE_KEY_BYTES_MAX};
use partita_model::schema::KeyAttribute;
use partita_model::size::{item_size, value_size};
use partita_model::{AttributeValue, IndexName, Item, KeyType, TableDescriptor};
use partita_protocol::ServiceError;
use partita_protocol::error::EmptyKeyValue;

use crate::index::entry_size;
use crate::row::{ItemKey, KeyValues};
use crate::table::Table;

/// The place of the item that a `Key` names: exactly the key's attributes, of the right types.
pub(crate) fn key(descriptor: &TableDescriptor, key: &Item) -> Result<ItemKey, ServiceError> {
    let mismatch = ServiceError::key_does_not_match_schema;
    if key.len() != descriptor.key.attributes().count() {
        return Err(mismatch());
    }
    place(descriptor, KeyValues::of_item(&descriptor.key, key).ok_or_else(mismatch)?)
}

/// The place of an item that is to be put: its key attributes are there, of the right types.
fn item(descriptor: &TableDescriptor, item: &Item) -> Result<ItemKey, ServiceError> {
    for attribute in descriptor.key.attributes() {
        let value = item.get(&attribute.name).ok_or_else(|| ServiceError::missing_key(&attribute.name))?;
        if value.scalar_type() != Some(attribute.scalar) {
            let actual = value.attribute_type();
            return Err(ServiceError::key_type_mismatch(&attribute.name, attribute.scalar, actual));
        }
    }
    let values = KeyValues::of_item(&descriptor.key, item);
    place(descriptor, values.ok_or_else(ServiceError::key_does_not_match_schema)?)
}

/// The place of an item that is to be put, which fits its table, all its indexes and the size limit.
pub(crate) fn put(table: &Table, put: &Item) -> Result<ItemKey, ServiceError> {
    let key = item(&table.descriptor, put)?;
    put_at(table, key, put)
}

/// The same in a batch, where a missing or mistyped key attribute is told as in a `Key`.
pub(crate) fn put_in_batch(table: &Table, put: &Item) -> Result<ItemKey, ServiceError> {
    let values = KeyValues::of_item(&table.descriptor.key, put);
    let key = place(&table.descriptor, values.ok_or_else(ServiceError::key_does_not_match_schema)?)?;
    put_at(table, key, put)
}

fn put_at(table: &Table, key: ItemKey, put: &Item) -> Result<ItemKey, ServiceError> {
    index_keys(&table.descriptor, None, put)?;
    match fits(table, put) {
        true => Ok(key),
        false => Err(ServiceError::item_size_exceeded()),
    }
}

fn place(descriptor: &TableDescriptor, key: KeyValues<'_>) -> Result<ItemKey, ServiceError> {
    hash_value(&descriptor.key.hash, key.hash)?;
    if let (Some(attribute), Some(value)) = (&descriptor.key.range, key.range) {
        not_empty(attribute, value)?;
        size(KeyType::Range, value_size(value))?;
    }
    ItemKey::new(descriptor.id, key).ok_or_else(ServiceError::key_does_not_match_schema)
}

/// A partition-key value of the right type: neither empty nor too long.
fn hash_value(attribute: &KeyAttribute, value: &AttributeValue) -> Result<(), ServiceError> {
    not_empty(attribute, value)?;
    size(KeyType::Hash, value_size(value))
}

/// The values of partition attributes, of the right types: none empty, and together not too long.
pub(crate) fn hash_values(
    attributes: &[KeyAttribute],
    values: &[AttributeValue],
) -> Result<(), ServiceError> {
    for (attribute, value) in attributes.iter().zip(values) {
        not_empty(attribute, value)?;
    }
    size(KeyType::Hash, values.iter().map(value_size).sum())
}

fn not_empty(attribute: &KeyAttribute, value: &AttributeValue) -> Result<(), ServiceError> {
    match emptiness(value) {
        Some(empty) => Err(ServiceError::empty_key_value(&attribute.name, empty)),
        None => Ok(()),
    }
}

fn emptiness(value: &AttributeValue) -> Option<EmptyKeyValue> {
    match value {
        AttributeValue::S(text) if text.is_empty() => Some(EmptyKeyValue::Text),
        AttributeValue::B(bytes) if bytes.is_empty() => Some(EmptyKeyValue::Binary),
        _ => None,
    }
}

fn size(role: KeyType, bytes: usize) -> Result<(), ServiceError> {
    match role {
        KeyType::Hash if bytes > HASH_KEY_BYTES_MAX => Err(ServiceError::hash_key_too_large()),
        KeyType::Range if bytes > RANGE_KEY_BYTES_MAX => Err(ServiceError::range_key_too_large()),
        _ => Ok(()),
    }
}

/// Whether the key attributes of every index, local and global, have the right types and sizes where they are present. Only
/// attributes that differ from `before` are looked at: an item may be older than a global index that could not take it.
pub(crate) fn index_keys(
    descriptor: &TableDescriptor,
    before: Option<&StoredItem>,
    after: &Item,
) -> Result<(), ServiceError> {
    for index in &descriptor.local_indexes {
        index_key_part(&index.name, KeyType::Range, index.key.range.as_slice(), before, after)?;
    }
    for index in &descriptor.global_indexes {
        index_key_part(&index.name, KeyType::Hash, &index.hash, before, after)?;
        index_key_part(&index.name, KeyType::Range, &index.range, before, after)?;
    }
    Ok(())
}

/// The partition attributes or the sort attributes of one index; their sizes count together.
fn index_key_part(
    index: &IndexName,
    role: KeyType,
    attributes: &[KeyAttribute],
    before: Option<&StoredItem>,
    after: &Item,
) -> Result<(), ServiceError> {
    let mut changed = false;
    let mut bytes = 0;
    for attribute in attributes {
        let Some(value) = after.get(&attribute.name) else { continue };
        bytes += value_size(value);
        let old = before.and_then(|before| before.get(&attribute.name));
        if old.is_some_and(|old| old.decode() == *value) {
            continue;
        }
        changed = true;
        if value.scalar_type() != Some(attribute.scalar) {
            let actual = value.attribute_type();
            return Err(ServiceError::index_key_type_mismatch(
                &attribute.name,
                attribute.scalar,
                actual,
                index,
            ));
        }
        if let Some(empty) = emptiness(value) {
            return Err(ServiceError::empty_index_key_value(&attribute.name, empty, index));
        }
    }
    if changed { size(role, bytes) } else { Ok(()) }
}

/// An update may not name a key attribute as its target.
pub(crate) fn update_targets(descriptor: &TableDescriptor, update: &Update) -> Result<(), ServiceError> {
    let targets = update.targets();
    match targets.iter().find(|path| descriptor.key.contains(&path.head)) {
        Some(path) => Err(ServiceError::cannot_update_key(&path.head)),
        None => Ok(()),
    }
}

/// Whether an item, with its entries in all local indexes, is within the limit (AWS: "Item size for tables with local secondary
/// indexes").
pub(crate) fn fits(table: &Table, item: &Item) -> bool {
    let TableDescriptor { key, local_indexes, .. } = &table.descriptor;
    let entries = local_indexes.iter().map(|index| entry_size(key, index, item));
    item_size(item) + entries.sum::<usize>() <= ITEM_BYTES_MAX
}

/// The same key twice in one batch.
pub(crate) fn no_duplicates<'k>(keys: impl Iterator<Item = &'k ItemKey>) -> Result<(), ServiceError> {
    let mut seen = BTreeSet::new();
    for key in keys {
        if !seen.insert(key.row()) {
            return Err(ServiceError::duplicate_keys());
        }
    }
    Ok(())
}
