//! GetItem.

use partita_model::capacity::Consistency;
use partita_model::size::item_size;
use partita_model::{CapacityUnits, Item};
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
        let item = match &get.projection {
            Some(projection) => item.map(|item| projection.apply(&item)),
            None => item,
        };
        let item = item.map(Into::into);
        Ok(output::GetItem { item, capacity: spent.shown(get.table.as_given(), get.capacity) })
    }
}

impl Core {
    /// The item as no crash can take it back.
    pub(super) async fn durable_item(&self, key: &ItemKey) -> Result<Option<Item>, Error> {
        let row = key.row();
        match self.shard.store().get(&row, Visibility::Durable).await? {
            Some(value) => row::read_item(&row, &value).map(Some),
            None => Ok(None),
        }
    }
}

/// What reading an item by its key costs: by its whole size, and the least if there is none.
pub(super) fn read_units(item: Option<&Item>, consistency: Consistency) -> CapacityUnits {
    CapacityUnits::read(item.map_or(0, item_size) as u64, consistency)
}
