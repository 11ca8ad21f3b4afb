//! GetItem.

use partita_expression::Projection;
use partita_model::CapacityUnits;
use partita_model::capacity::Consistency;
use partita_model::codec::StoredItem;
use partita_protocol::output::ItemForm;
use partita_protocol::{operation, output};
use partita_storage::Visibility;

use crate::capacity::Spent;
use crate::engine::{Core, TableEngine};
use crate::row::{self, ItemKey};
use crate::{Error, check};

impl TableEngine {
    /// Reads an item by its key.
    ///
    /// # Errors
    /// When the key does not fit the table's schema; otherwise the store failed.
    pub async fn get_item(&self, get: &operation::GetItem) -> Result<output::GetItem, Error> {
        let table = self.table(&get.table)?;
        let key = check::key(&table.descriptor, &get.key)?;
        let item = self.core.durable_item(&key).await?;
        let spent = Spent::on_table(read_units(item.as_ref(), get.consistency));
        let item = item.map(|item| shown(item, get.projection.as_ref()));
        Ok(output::GetItem { item, capacity: spent.shown(get.table.as_given(), get.capacity) })
    }
}

impl Core {
    /// The item as no crash can take it back.
    pub(super) async fn durable_item(&self, key: &ItemKey) -> Result<Option<StoredItem>, Error> {
        let row = key.row();
        match self.shard.store().get(row, Visibility::Durable).await? {
            Some(value) => row::read_item(row, &value).map(Some),
            None => Ok(None),
        }
    }
}

/// What reading an item by its key costs: by its whole size, and the least if there is none.
pub(super) fn read_units(item: Option<&StoredItem>, consistency: Consistency) -> CapacityUnits {
    CapacityUnits::read(item.map_or(0, StoredItem::size) as u64, consistency)
}

/// What a projection leaves of an item. A whole item stays in its stored form.
pub(super) fn shown(item: StoredItem, projection: Option<&Projection>) -> ItemForm {
    match projection {
        Some(projection) => projection.apply_stored(&item).into(),
        None => item.into(),
    }
}
