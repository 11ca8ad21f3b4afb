//! A data plane in memory, and faults for it and the catalog.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use partita_model::descriptor::Statistics;
use partita_model::name::Scope;
use partita_model::{TableDescriptor, TableId, TableName};

use crate::Error;
use crate::catalog::{
    Catalog, NewTable, ObjectKey, SqliteCatalog, StoredObject, TableRecord, TagChange, Tags,
};
use crate::data_plane::{DataPlane, DataPlaneError, TableStatistics};

/// Applies newer descriptors only, forgets dropped tables for good, and can be away.
#[derive(Debug, Default)]
pub(super) struct MemoryPlane {
    tables: Mutex<BTreeMap<TableId, TableDescriptor>>,
    dropped: Mutex<Vec<TableId>>,
    statistics: Mutex<Option<TableStatistics>>,
    away: AtomicBool,
}

impl MemoryPlane {
    /// Whether every call fails from now on.
    pub(super) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    pub(super) fn set_statistics(&self, statistics: TableStatistics) {
        *self.statistics.lock().unwrap() = Some(statistics);
    }

    /// Forgets everything, like a new data plane.
    pub(super) fn wipe(&self) {
        self.tables.lock().unwrap().clear();
    }

    pub(super) fn tables(&self) -> BTreeMap<TableId, TableDescriptor> {
        self.tables.lock().unwrap().clone()
    }

    pub(super) fn dropped(&self) -> Vec<TableId> {
        self.dropped.lock().unwrap().clone()
    }

    /// The one table of that name.
    pub(super) fn table(&self, name: &str) -> TableDescriptor {
        let tables = self.tables();
        let mut found = tables.into_values().filter(|table| table.name.as_str() == name);
        let table = found.next().expect("the data plane has the table");
        assert!(found.next().is_none(), "two tables of one name");
        table
    }

    fn check_present(&self) -> Result<(), DataPlaneError> {
        match self.away.load(Ordering::SeqCst) {
            true => Err("the data plane is away".into()),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl DataPlane for MemoryPlane {
    async fn apply(&self, descriptor: TableDescriptor) -> Result<(), DataPlaneError> {
        self.check_present()?;
        assert!(!self.dropped().contains(&descriptor.id), "a dropped table came back");
        let mut tables = self.tables.lock().unwrap();
        let known = tables.get(&descriptor.id);
        if let Some(known) = known.filter(|known| known.generation == descriptor.generation) {
            assert_eq!(*known, descriptor, "two descriptors of one generation");
        }
        if known.is_none_or(|known| known.generation < descriptor.generation) {
            tables.insert(descriptor.id, descriptor);
        }
        Ok(())
    }

    async fn drop_table(&self, table: TableId) -> Result<(), DataPlaneError> {
        self.check_present()?;
        self.tables.lock().unwrap().remove(&table);
        self.dropped.lock().unwrap().push(table);
        Ok(())
    }

    async fn statistics(&self, _table: TableId) -> Result<TableStatistics, DataPlaneError> {
        self.check_present()?;
        Ok(self.statistics.lock().unwrap().clone().unwrap_or_default())
    }
}

pub(super) fn some_statistics() -> TableStatistics {
    TableStatistics { table: Statistics { item_count: 3, size_bytes: 456 }, indexes: BTreeMap::new() }
}

/// When the process dies: at the step of this number, before or after the step did its work.
#[derive(Debug)]
pub(super) struct Crash {
    at: usize,
    after_work: bool,
    steps: Mutex<usize>,
}

impl Crash {
    pub(super) fn new(at: usize, after_work: bool) -> Arc<Self> {
        Arc::new(Self { at, after_work, steps: Mutex::new(0) })
    }

    /// Whether the process died.
    pub(super) fn happened(&self) -> bool {
        *self.steps.lock().unwrap() > self.at
    }

    /// Does one step, unless the process is dead or dies before it; loses its outcome if the process dies after it.
    async fn step<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let step = {
            let mut steps = self.steps.lock().unwrap();
            *steps += 1;
            *steps - 1
        };
        match step {
            step if step < self.at => Some(work.await),
            step if step == self.at && self.after_work => {
                work.await;
                None
            }
            _ => None,
        }
    }
}

/// A data plane and a catalog that stop working when the process dies.
#[derive(Debug)]
pub(super) struct Mortal<T> {
    pub(super) inner: T,
    pub(super) crash: Arc<Crash>,
}

#[async_trait]
impl DataPlane for Mortal<Arc<MemoryPlane>> {
    async fn apply(&self, descriptor: TableDescriptor) -> Result<(), DataPlaneError> {
        self.crash.step(self.inner.apply(descriptor)).await.unwrap_or_else(|| Err("dead".into()))
    }

    async fn drop_table(&self, table: TableId) -> Result<(), DataPlaneError> {
        self.crash.step(self.inner.drop_table(table)).await.unwrap_or_else(|| Err("dead".into()))
    }

    async fn statistics(&self, table: TableId) -> Result<TableStatistics, DataPlaneError> {
        self.inner.statistics(table).await
    }
}

fn dead<T>() -> Result<T, Error> {
    Err(Error::Database { action: "live", source: sqlx::Error::PoolClosed })
}

#[async_trait]
impl Catalog for Mortal<SqliteCatalog> {
    async fn claim(&self, scope: &Scope) -> Result<Scope, Error> {
        self.inner.claim(scope).await
    }

    async fn insert_table(&self, table: NewTable, tables_max: u64) -> Result<TableRecord, Error> {
        self.crash.step(self.inner.insert_table(table, tables_max)).await.unwrap_or_else(dead)
    }

    async fn table(&self, name: &TableName) -> Result<Option<TableRecord>, Error> {
        self.crash.step(self.inner.table(name)).await.unwrap_or_else(dead)
    }

    async fn tables(&self, after: Option<&TableName>, limit: usize) -> Result<Vec<TableRecord>, Error> {
        self.crash.step(self.inner.tables(after, limit)).await.unwrap_or_else(dead)
    }

    async fn table_names(&self, after: Option<&TableName>, limit: usize) -> Result<Vec<TableName>, Error> {
        self.crash.step(self.inner.table_names(after, limit)).await.unwrap_or_else(dead)
    }

    async fn count_tables(&self) -> Result<u64, Error> {
        self.inner.count_tables().await
    }

    async fn update_table(&self, table: TableRecord) -> Result<TableRecord, Error> {
        self.crash.step(self.inner.update_table(table)).await.unwrap_or_else(dead)
    }

    async fn remove_table(&self, id: TableId) -> Result<(), Error> {
        self.crash.step(self.inner.remove_table(id)).await.unwrap_or_else(dead)
    }

    async fn tags(&self, id: TableId) -> Result<Tags, Error> {
        self.inner.tags(id).await
    }

    async fn change_tags(&self, id: TableId, change: TagChange) -> Result<(), Error> {
        self.crash.step(self.inner.change_tags(id, change)).await.unwrap_or_else(dead)
    }

    async fn put_object(&self, object: StoredObject) -> Result<(), Error> {
        self.inner.put_object(object).await
    }

    async fn object(&self, key: &ObjectKey) -> Result<Option<StoredObject>, Error> {
        self.inner.object(key).await
    }

    async fn objects(&self, kind: &str) -> Result<Vec<StoredObject>, Error> {
        self.inner.objects(kind).await
    }

    async fn delete_object(&self, key: &ObjectKey) -> Result<(), Error> {
        self.inner.delete_object(key).await
    }
}
