//! The engine: which tables a shard serves.

mod indexes;
mod registry;
mod streams;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use partita_model::clock::{Clock, SystemClock};
use partita_model::descriptor::{Progress, Statistics};
use partita_model::limits::ITEM_COLLECTION_BYTES_MAX;
use partita_model::name::Scope;
use partita_model::{IndexName, TableDescriptor, TableId, TableName};
use partita_protocol::ServiceError;
use partita_protocol::operation::TableRef;
use partita_storage::{KeyRange, LogSequence, LogStart, Order, Shard, Visibility, WriteBatch, space};
use tokio::sync::{Mutex, Semaphore, watch};
use uuid::Uuid;

use crate::Error;
use crate::expiry::{self, Setting};
use crate::global;
use crate::latch::Latches;
use crate::row;
use crate::statistics::{self, Tally};
use crate::table::Table;
use crate::transact::{Ledger, Locks, Tokens};
use registry::Registry;

/// Writes of a shard between taking a latch and being applied. Bounds the memory they hold, two items each and the new entries of its
/// indexes, and is far above what keeps a log busy.
const WRITES_MAX: usize = 1024;

/// What an engine is opened with besides its shard.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Stamps change records.
    pub clock: Arc<dyn Clock>,
    /// The size over which the item collection of a table with local indexes cannot grow. DynamoDB's is 10 GB.
    pub collection_bytes_max: u64,
    /// The changes that the global indexes of a table may be behind before its writes are throttled.
    pub index_backlog_max: u64,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            collection_bytes_max: ITEM_COLLECTION_BYTES_MAX,
            index_backlog_max: global::BACKLOG_RECORDS_MAX,
        }
    }
}

/// Sizes and counts of a table and its local indexes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableStatistics {
    /// Of the table's items.
    pub table: Statistics,
    /// Of the entries of each local index, and of each global one that is maintained.
    pub indexes: BTreeMap<IndexName, Statistics>,
    /// How far what is made in the background is.
    pub progress: Progress,
}

/// Serves the tables of one shard. Share it in an `Arc`; every method may be called from many tasks at once.
pub struct TableEngine {
    pub(crate) core: Arc<Core>,
    registry: Registry,
    /// Orders changes of the registry. Requests do not take it.
    changes: Mutex<()>,
    /// Tells of changes of the registry.
    changed: watch::Sender<()>,
    scope: Scope,
}

/// What an operation needs of the engine, and what the tasks it starts hold on to.
pub(crate) struct Core {
    pub(crate) shard: Shard,
    pub(crate) scope: Scope,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) collection_bytes_max: u64,
    pub(crate) index_backlog_max: u64,
    pub(crate) item_latches: Latches,
    pub(crate) collection_latches: Latches,
    /// Tokens of transactions under way.
    pub(crate) tokens: Arc<Tokens>,
    /// Items of transactions under way.
    pub(crate) locks: Locks,
    /// Outcomes of transactions over several shards.
    pub(crate) ledger: Ledger,
    /// Another one each time a shard is opened.
    pub(crate) instance: u128,
    /// Items deleted since the opening because their time had come.
    pub(crate) expired_items: AtomicU64,
    /// Permits for writes; closed when the engine is.
    pub(crate) writes: Arc<Semaphore>,
}

impl fmt::Debug for TableEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableEngine").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl TableEngine {
    /// Serves the tables whose descriptors are in the shard. Takes time by the number of tables, not of items.
    ///
    /// # Errors
    /// When the store fails or a descriptor cannot be read.
    pub async fn open(shard: Shard, scope: Scope, options: EngineOptions) -> Result<Self, Error> {
        let registry = Registry::default();
        let snapshot = shard.store().snapshot(Visibility::Durable).await?;
        let mut rows = snapshot.scan(KeyRange::prefix(vec![space::DESCRIPTORS]), Order::Ascending).await?;
        while let Some(row) = rows.next().await? {
            let descriptor = registry::read_descriptor(&row.key, &row.value)?;
            streams::begin(&shard, &descriptor, None).await?;
            let planned = registry.plan(&descriptor)?.ok_or_else(|| row::corrupt(&row.key))?;
            streams::end(&shard, &planned).await?;
            indexes::begin(&shard, &planned, None, options.index_backlog_max).await?;
            indexes::end(&shard, &planned).await?;
            planned.expiring.set(planned.descriptor.time_to_live.clone().map(Setting::new).map(Arc::new));
            registry.insert(planned);
        }
        let core = Core {
            shard,
            scope: scope.clone(),
            clock: options.clock,
            collection_bytes_max: options.collection_bytes_max,
            index_backlog_max: options.index_backlog_max,
            item_latches: Latches::new(),
            collection_latches: Latches::new(),
            tokens: Arc::default(),
            locks: Locks::default(),
            ledger: Ledger::default(),
            instance: Uuid::new_v4().as_u128(),
            expired_items: AtomicU64::new(0),
            writes: Arc::new(Semaphore::new(WRITES_MAX)),
        };
        core.load_locks().await?;
        core.load_ledger().await?;
        Ok(Self {
            core: Arc::new(core),
            registry,
            changes: Mutex::new(()),
            changed: watch::Sender::new(()),
            scope,
        })
    }

    /// Serves a table, or serves it by a newer descriptor; an older one or one of the same generation changes nothing. Durable
    /// before it returns.
    ///
    /// # Errors
    /// When another table has the name, when the descriptor changes what is fixed at creation, or when the store fails.
    pub async fn apply(&self, descriptor: TableDescriptor) -> Result<(), Error> {
        let _changes = self.changes.lock().await;
        let served = self.registry.by_id(descriptor.id);
        let Some(planned) = self.registry.plan(&descriptor)? else {
            // The last attempt may have failed behind the point where the descriptor was in use.
            return match served {
                Some(served) => self.end_readers(&served).await,
                None => Ok(()),
            };
        };
        streams::begin(&self.core.shard, &descriptor, served.as_deref()).await?;
        let backlog_max = self.core.index_backlog_max;
        indexes::begin(&self.core.shard, &planned, served.as_deref(), backlog_max).await?;
        let row = row::descriptor(descriptor.id);
        let store = self.core.shard.store();
        if store.get(&row, Visibility::Applied).await?.is_none() {
            // Rows come after the descriptor, and it goes only with a table whose id is not used again.
            store.created(descriptor.id);
        }
        let mut batch = WriteBatch::new();
        batch.put(row, registry::descriptor_value(&descriptor));
        let expiry = self.core.setting_change(&planned, &mut batch).await?;
        let mut ended = indexes::change(&self.core.shard, &descriptor, served.as_deref(), &mut batch);
        ended.extend(expiry.iter().filter_map(|change| change.ended));
        self.core.shard.drop_tables_with(&ended, batch).await?;
        if let Some(change) = expiry {
            change.done(&planned);
        }
        // Before anything else may fail: what was dropped must not be served any more.
        self.registry.insert(Arc::clone(&planned));
        self.changed.send_replace(());
        self.end_readers(&planned).await
    }

    /// Lets readers go that the table's descriptor does not ask for. Doing it again changes nothing.
    async fn end_readers(&self, table: &Table) -> Result<(), Error> {
        streams::end(&self.core.shard, table).await?;
        indexes::end(&self.core.shard, table).await
    }

    /// Serves a table no more and drops its rows, its statistics and its change log. Takes no longer for a large table; durable
    /// before it returns. Dropping a table that is not there changes nothing.
    ///
    /// # Errors
    /// When the store fails; the table may be dropped all the same, and the call should be repeated.
    pub async fn drop_table(&self, table: TableId) -> Result<(), Error> {
        let _changes = self.changes.lock().await;
        // Asked of the store, for this may be the second attempt.
        let row = row::descriptor(table);
        let stored = self.core.shard.store().get(&row, Visibility::Applied).await?;
        let stored = stored.map(|value| registry::read_descriptor(&row, &value)).transpose()?;
        self.registry.remove(table);
        self.changed.send_replace(());
        // A write that found the table before this is applied before the drop, or the shard refuses it.
        let (mut ids, mut batch) = (vec![table], WriteBatch::new());
        // Without a descriptor it is dropped already, and then the shard refuses any change under its id.
        if let Some(descriptor) = stored {
            let expiries = descriptor.time_to_live.iter().map(|setting| setting.id);
            ids.extend(indexes::ids(&descriptor).chain(expiries));
            statistics::rows(table).for_each(|row| batch.delete(row));
            self.core.drop_locks(table, &mut batch);
            ids.iter().skip(1).for_each(|part| indexes::forget(*part, &mut batch));
        }
        Ok(self.core.shard.drop_tables_with(&ids, batch).await?)
    }

    /// The exact durable sizes and counts of a table.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when the table is not served here; otherwise the store failed.
    pub async fn statistics(&self, table: TableId) -> Result<TableStatistics, Error> {
        let table = self.registry.by_id(table).ok_or_else(ServiceError::resource_not_found)?;
        let snapshot = self.core.shard.store().snapshot(Visibility::Durable).await?;
        let range = KeyRange::prefix(row::statistics_prefix(table.id()));
        let mut rows = snapshot.scan(range, Order::Ascending).await?;
        let mut sum = Tally::default();
        while let Some(row) = rows.next().await? {
            sum.add(&Tally::read(&row.key, &row.value)?);
        }
        let indexes = table.descriptor.local_indexes.iter().enumerate();
        let mut indexes: BTreeMap<_, _> =
            indexes.map(|(ordinal, index)| (index.name.clone(), sum.index(ordinal))).collect();
        let mut progress = Progress::default();
        for index in table.maintained_indexes() {
            let (build, statistics) = global::stored(snapshot.as_ref(), index.id).await?;
            indexes.insert(index.name.clone(), statistics);
            progress.builds.insert(index.id, build.told());
        }
        if let Some(setting) = &table.descriptor.time_to_live {
            let build = expiry::build_of(setting.id, snapshot.as_ref()).await?;
            progress.builds.extend(build.map(|build| (setting.id, build)));
        }
        Ok(TableStatistics { table: sum.table(), indexes, progress })
    }

    /// The descriptor by which a table is served.
    pub fn descriptor(&self, table: TableId) -> Option<TableDescriptor> {
        self.registry.by_id(table).map(|table| table.descriptor.clone())
    }

    /// The descriptor by which the table of this name is served.
    pub fn descriptor_of(&self, table: &TableName) -> Option<TableDescriptor> {
        self.registry.by_name(table).map(|table| table.descriptor.clone())
    }

    /// The descriptor by which the table that a request names is served.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when there is no such table here.
    pub fn descriptor_named(&self, table: &TableRef) -> Result<TableDescriptor, ServiceError> {
        self.table(table).map(|table| table.descriptor.clone())
    }

    /// The names of the tables that are served, in byte order, with their ids.
    pub fn tables(&self) -> BTreeMap<TableName, TableId> {
        self.registry.names()
    }

    /// Tells whenever a table is served by another descriptor, anew, or no more.
    pub fn watch_tables(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Registers a reader of a table's change log. Every write that a snapshot taken after the return does not hold has its
    /// change record in the log: a reader that copies the table and then follows the log misses nothing. Returns the position
    /// behind which it begins. Records from before it was there may be without images.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when the table is not served here; otherwise the store refused the name or failed.
    pub async fn register_reader(
        &self,
        table: TableId,
        reader: &str,
        from: LogStart,
    ) -> Result<LogSequence, Error> {
        let _changes = self.changes.lock().await;
        let table = self.registry.by_id(table).ok_or_else(ServiceError::resource_not_found)?;
        let start = streams::register(&self.core.shard, table.id(), Some(&table), reader, from).await?;
        self.core.shard.store().barrier().await?;
        Ok(start)
    }

    /// The shard below: its change log is read there, by records that [`ChangeRecord`](crate::ChangeRecord) decodes.
    pub fn shard(&self) -> &Shard {
        &self.core.shard
    }

    /// Returns when the store answers nothing any more, and why: it was closed, or it failed and the shard must be opened
    /// again.
    pub async fn ended(&self) -> partita_storage::Error {
        self.core.shard.store().ended().await
    }

    /// Ends the running writes, refuses further ones, makes everything durable and closes the store.
    ///
    /// # Errors
    /// When the store fails to close.
    pub async fn close(&self) -> Result<(), Error> {
        // Waits for the permits of the running writes; an error says that the engine was closed before.
        if let Ok(permits) = self.core.writes.acquire_many(WRITES_MAX as u32).await {
            permits.forget();
            self.core.writes.close();
        }
        Ok(self.core.shard.store().close().await?)
    }

    /// The table of this id.
    pub(crate) fn served(&self, table: TableId) -> Option<Arc<Table>> {
        self.registry.by_id(table)
    }

    /// The tables whose items expire, with the settings that hold now.
    pub(crate) fn expiring(&self) -> Vec<(Arc<Table>, Arc<Setting>)> {
        self.registry.expiring()
    }

    /// The account that this engine's tables belong to.
    pub fn account(&self) -> &str {
        &self.scope.account_id
    }

    /// The table that a request names.
    pub(crate) fn table(&self, table: &TableRef) -> Result<Arc<Table>, ServiceError> {
        let name = table.name(&self.scope)?;
        self.registry.by_name(&name).ok_or_else(ServiceError::resource_not_found)
    }
}
