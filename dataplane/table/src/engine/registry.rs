//! The tables that are served, by name and by id, and the rules for changing them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::{BufMut, Bytes, BytesMut};
use partita_model::limits::LOCAL_INDEXES_MAX;
use partita_model::{TableDescriptor, TableId, TableName};

use crate::Error;
use crate::expiry::Setting;
use crate::row::{self, VALUE_VERSION};
use crate::table::Table;

/// The served tables. Its lock is held for a look-up or an insertion, never while anything is awaited.
#[derive(Debug, Default)]
pub(super) struct Registry {
    tables: RwLock<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    by_id: HashMap<TableId, Arc<Table>>,
    by_name: HashMap<TableName, TableId>,
}

impl Registry {
    pub(super) fn by_id(&self, id: TableId) -> Option<Arc<Table>> {
        self.read().by_id.get(&id).cloned()
    }

    pub(super) fn by_name(&self, name: &TableName) -> Option<Arc<Table>> {
        let tables = self.read();
        tables.by_id.get(tables.by_name.get(name)?).cloned()
    }

    pub(super) fn names(&self) -> BTreeMap<TableName, TableId> {
        self.read().by_name.iter().map(|(name, id)| (name.clone(), *id)).collect()
    }

    /// The tables whose items expire, with the settings that hold now.
    pub(super) fn expiring(&self) -> Vec<(Arc<Table>, Arc<Setting>)> {
        let tables = self.read();
        let expiring = |table: &Arc<Table>| Some((Arc::clone(table), table.expiring.setting()?));
        tables.by_id.values().filter_map(expiring).collect()
    }

    /// The table as it will be served by `descriptor`; `None` when that is not newer than the one in use.
    pub(super) fn plan(&self, descriptor: &TableDescriptor) -> Result<Option<Arc<Table>>, Error> {
        let tables = self.read();
        if descriptor.local_indexes.len() > LOCAL_INDEXES_MAX {
            return Err(Error::FixedPartChanged { id: descriptor.id, what: "number of local indexes" });
        }
        if let Some(&holder) = tables.by_name.get(&descriptor.name)
            && holder != descriptor.id
        {
            return Err(Error::NameTaken { name: descriptor.name.clone(), holder, id: descriptor.id });
        }
        let planned = match tables.by_id.get(&descriptor.id) {
            None => Table::new(descriptor.clone()),
            Some(served) => {
                // Before the generations are compared: if the fixed parts differ, it is another table under the same id.
                fixed_parts_agree(&served.descriptor, descriptor)?;
                if descriptor.generation <= served.descriptor.generation {
                    return Ok(None);
                }
                served.with_descriptor(descriptor.clone())
            }
        };
        Ok(Some(Arc::new(planned)))
    }

    /// Serves a planned table from now on.
    pub(super) fn insert(&self, table: Arc<Table>) {
        let mut tables = self.write();
        tables.by_name.insert(table.descriptor.name.clone(), table.id());
        tables.by_id.insert(table.id(), table);
    }

    /// Serves a table no more.
    pub(super) fn remove(&self, id: TableId) {
        let mut tables = self.write();
        if let Some(table) = tables.by_id.remove(&id) {
            tables.by_name.remove(&table.descriptor.name);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Tables> {
        // Nothing panics while holding the lock; if it did, the maps would still be whole.
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tables> {
        self.tables.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rows lie by these parts of the descriptor ([`crate::row`]), so they are fixed when the table is created.
fn fixed_parts_agree(served: &TableDescriptor, newer: &TableDescriptor) -> Result<(), Error> {
    let changed = [
        (served.name != newer.name, "name"),
        (served.key != newer.key, "key schema"),
        (served.local_indexes != newer.local_indexes, "local indexes"),
        (reshaped_index(served, newer), "global index without a new id"),
        (renamed_expiry(served, newer), "time-to-live attribute without a new id"),
    ];
    match changed.into_iter().find(|(changed, _)| *changed) {
        Some((_, what)) => Err(Error::FixedPartChanged { id: newer.id, what }),
        None => Ok(()),
    }
}

/// Whether the entries of one global index would come to be of another key or hold something else.
fn reshaped_index(served: &TableDescriptor, newer: &TableDescriptor) -> bool {
    served.global_indexes.iter().filter(|index| index.is_maintained()).any(|before| {
        let after = newer.global_indexes.iter().find(|after| after.id == before.id);
        after.is_some_and(|after| {
            (&after.hash, &after.range, &after.projection)
                != (&before.hash, &before.range, &before.projection)
        })
    })
}

/// Whether the rows of one setting would come to speak of another attribute.
fn renamed_expiry(served: &TableDescriptor, newer: &TableDescriptor) -> bool {
    match (&served.time_to_live, &newer.time_to_live) {
        (Some(served), Some(newer)) => served.id == newer.id && served != newer,
        _ => false,
    }
}

/// The value of a descriptor's row.
pub(super) fn descriptor_value(descriptor: &TableDescriptor) -> Bytes {
    let json = serde_json::to_vec(descriptor).expect("a descriptor has no map keys that are not strings");
    let mut value = BytesMut::with_capacity(1 + json.len());
    value.put_u8(VALUE_VERSION);
    value.put_slice(&json);
    value.freeze()
}

/// The descriptor in a row's value. The row must be that table's.
pub(super) fn read_descriptor(key: &[u8], value: &[u8]) -> Result<TableDescriptor, Error> {
    let descriptor: TableDescriptor =
        serde_json::from_slice(row::body(key, value)?).map_err(|_| row::corrupt(key))?;
    match row::descriptor(descriptor.id) == key {
        true => Ok(descriptor),
        false => Err(row::corrupt(key)),
    }
}
