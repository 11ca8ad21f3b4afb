//! UpdateItem.

use std::borrow::Cow;

use partita_expression::Update;
use partita_model::Item;
use partita_model::codec::StoredItem;
use partita_protocol::ServiceError;
use partita_protocol::operation::{self, ReturnValues};
use partita_protocol::output::{self, ItemForm};

use super::{Images, Intent};
use crate::engine::TableEngine;
use crate::table::Table;
use crate::{Error, check};

impl TableEngine {
    /// Changes attributes of an item, and makes it if it is not there.
    ///
    /// # Errors
    /// When the key or the changed item does not fit the table's schema or limits, the update does not fit the item, or the
    /// condition does not hold. After any error that is not the caller's fault the outcome is unknown.
    pub async fn update_item(&self, update: &operation::UpdateItem) -> Result<output::WriteItem, Error> {
        let table = self.table(&update.table)?;
        let key = check::key(&table.descriptor, &update.key)?;
        if let Some(change) = &update.update {
            check::update_targets(&table.descriptor, change)?;
        }
        let intent = Intent {
            table: &table,
            key: &key,
            condition: update.condition.as_ref(),
            show_item: update.on_condition_failure,
            change: |before: Option<&StoredItem>| {
                let after = changed(&table, &update.key, update.update.as_ref(), before)?;
                Ok(after.map(Cow::Owned))
            },
        };
        let outcome = self.core.write(intent).await?;
        let shown = shown(update, &outcome.images);
        let given = update.table.as_given();
        Ok(outcome.answer(&table, &update.key, given, shown, update.capacity, update.collection_metrics))
    }
}

/// The item after the update; `None` when there is none before and the update only takes away.
pub(crate) fn changed(
    table: &Table,
    key: &Item,
    update: Option<&Update>,
    before: Option<&StoredItem>,
) -> Result<Option<Item>, ServiceError> {
    if before.is_none() && update.is_some_and(Update::only_removes) {
        return Ok(None);
    }
    // The right-hand sides of an update that makes an item see one without attributes.
    let mut after = before.map_or_else(Item::new, StoredItem::decode);
    if let Some(update) = update {
        after = update.apply_to(after).map_err(|error| ServiceError::update(&error))?;
    }
    if before.is_none() {
        after.extend(key.clone());
    }
    check::index_keys(&table.descriptor, before, &after)?;
    if !check::fits(table, &after) {
        return Err(ServiceError::item_size_to_update_exceeded());
    }
    Ok(Some(after))
}

/// What the answer shows; nothing when that would be empty.
fn shown(update: &operation::UpdateItem, images: &Images) -> Option<ItemForm> {
    let whole = |image: &Option<StoredItem>| image.clone().map(Into::into);
    let touched = |image: &Option<StoredItem>| {
        let shown = update.update.as_ref()?.touched(&image.as_ref()?.decode());
        (!shown.is_empty()).then(|| shown.into())
    };
    match update.return_values {
        ReturnValues::None => None,
        // An item has its key at least.
        ReturnValues::AllOld => whole(&images.before),
        ReturnValues::AllNew => whole(&images.after),
        ReturnValues::UpdatedOld => touched(&images.before),
        ReturnValues::UpdatedNew => touched(&images.after),
    }
}
