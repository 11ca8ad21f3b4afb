//! A data plane in memory, and faults for it and the catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use partita_model::descriptor::{Build, Progress, Statistics};
use partita_model::name::Scope;
use partita_model::{TableDescriptor, TableId, TableName};

use crate::Error;
use crate::catalog::{
    Catalog, NewTable, ObjectKey, SqliteCatalog, StoredObject, TableRecord, TagChange, Tags,
};
use crate::data_plane::{DataPlane, DataPlaneError, TableStatistics};

/// Applies newer descriptors only, forgets dropped tables for good, and can be away. What it is told to build it builds one item
/// at a time, or when asked to.
#[derive(Debug, Default)]
pub(super) struct MemoryPlane {
    tables: Mutex<BTreeMap<TableId, TableDescriptor>>,
    dropped: Mutex<Vec<TableId>>,
    statistics: Mutex<Option<TableStatistics>>,
    /// By the ids of indexes and of expiry settings; each has one table.
    builds: Mutex<BTreeMap<TableId, Build>>,
    /// Every id that ever was in a descriptor and is in none any more.
    gone: Mutex<BTreeSet<TableId>>,
    away: AtomicBool,
    /// Whether builds wait to be asked.
    slow: AtomicBool,
    applied: AtomicUsize,
}

/// The ids of what a table has to be built for.
fn parts(descriptor: &TableDescriptor) -> BTreeSet<TableId> {
    let indexes = descriptor.global_indexes.iter().map(|index| index.id);
    indexes.chain(descriptor.time_to_live.as_ref().map(|setting| setting.id)).collect()
}

impl MemoryPlane {
    /// Whether every call fails from now on.
    pub(super) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// Whether builds wait to be asked from now on.
    pub(super) fn set_slow(&self, slow: bool) {
        self.slow.store(slow, Ordering::SeqCst);
    }

    /// Finishes every build.
    pub(super) fn build(&self) {
        self.begin_builds();
        self.builds.lock().unwrap().values_mut().for_each(|build| build.finished = true);
    }

    /// Looks at one item for every build.
    pub(super) fn begin_builds(&self) {
        let descriptors: Vec<_> = self.tables().into_values().collect();
        for id in descriptors.iter().flat_map(parts) {
            self.builds.lock().unwrap().entry(id).or_default().scanned_items += 1;
        }
    }

    /// How many descriptors came, newer or not.
    pub(super) fn applied(&self) -> usize {
        self.applied.load(Ordering::SeqCst)
    }

    /// What the data plane does with the parts of a table when its descriptor changes.
    fn change_parts(&self, before: Option<&TableDescriptor>, after: &TableDescriptor) {
        let (old, new) = (before.map(parts).unwrap_or_default(), parts(after));
        let (mut gone, mut builds) = (self.gone.lock().unwrap(), self.builds.lock().unwrap());
        assert!(!new.contains(&TableId(0)), "every part has an id");
        assert!(gone.is_disjoint(&new), "a part that went came back");
        gone.extend(old.difference(&new));
        builds.retain(|id, _| !gone.contains(id));
        let quick = !self.slow.load(Ordering::SeqCst);
        for id in new.difference(&old) {
            let made_with_table =
                before.is_none() && after.global_indexes.iter().any(|i| i.id == *id && i.active);
            if quick || made_with_table {
                builds.insert(*id, Build { scanned_items: 0, finished: true });
            }
        }
        for index in after.global_indexes.iter().filter(|index| index.active) {
            assert!(builds.get(&index.id).is_some_and(|build| build.finished), "{index:?} was never built");
        }
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
        self.applied.fetch_add(1, Ordering::SeqCst);
        if known.is_none_or(|known| known.generation < descriptor.generation) {
            self.change_parts(known, &descriptor);
            tables.insert(descriptor.id, descriptor);
        }
        Ok(())
    }

    async fn drop_table(&self, table: TableId) -> Result<(), DataPlaneError> {
        self.check_present()?;
        let dropped = self.tables.lock().unwrap().remove(&table);
        self.gone.lock().unwrap().extend(dropped.iter().flat_map(parts));
        self.dropped.lock().unwrap().push(table);
        Ok(())
    }

    async fn statistics(&self, table: TableId) -> Result<TableStatistics, DataPlaneError> {
        self.check_present()?;
        let tables = self.tables();
        let descriptor = tables.get(&table).ok_or("no such table")?;
        let builds = self.builds.lock().unwrap();
        let known = parts(descriptor).into_iter().filter_map(|id| Some((id, *builds.get(&id)?)));
        let progress = Progress { builds: known.collect() };
        Ok(TableStatistics { progress, ..self.statistics.lock().unwrap().clone().unwrap_or_default() })
    }
}

pub(super) fn some_statistics() -> TableStatistics {
    TableStatistics { table: Statistics { item_count: 3, size_bytes: 456 }, ..TableStatistics::default() }
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
        self.crash.step(self.inner.statistics(table)).await.unwrap_or_else(|| Err("dead".into()))
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

    async fn take_ids(&self, count: usize) -> Result<Vec<TableId>, Error> {
        self.crash.step(self.inner.take_ids(count)).await.unwrap_or_else(dead)
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
