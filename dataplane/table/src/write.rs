//! Writing one item: latch, read, check, change, commit, acknowledge.
//!
//! ```text
//!  latch item ─▶ read (applied) ─▶ condition ─▶ change ─▶ effect ─▶ commit ─▶ release latches ─▶ durable ─▶ answer
//!                                     │            │
//!                                     └─ refused ──┴─▶ release latches ─▶ barrier ─▶ answer
//! ```
//!
//! What is read may not be durable yet, and neither may a refusal's reason be: both answers wait until it is. The commit
//! runs in a task of its own, so that a caller who goes away cannot leave a write half ordered; the task holds the latches.

mod batch;
mod commit;
mod delete;
mod effect;
mod put;
mod update;

use std::sync::Arc;

use partita_expression::Condition;
use partita_model::size::item_size;
use partita_model::{CapacityUnits, Item};
use partita_protocol::ServiceError;
use partita_protocol::operation::ReturnCapacity;
use partita_protocol::output::{ItemCollectionMetrics, WriteItem};
use partita_storage::Visibility;
use tokio::sync::OwnedSemaphorePermit;

use crate::Error;
use crate::capacity::Spent;
use crate::engine::Core;
use crate::latch::LatchGuard;
use crate::row::{self, ItemKey};
use crate::table::Table;

use commit::Commit;
use effect::Effect;

/// One gigabyte, as DynamoDB counts them.
const GIGABYTE: u64 = 1 << 30;

/// An item before and after a write; `None` is no item.
#[derive(Debug)]
struct Images {
    before: Option<Item>,
    after: Option<Item>,
}

/// A write of one item, checked against the schema.
struct Intent<'a, F> {
    table: &'a Arc<Table>,
    key: &'a ItemKey,
    condition: Option<&'a Condition>,
    /// Whether a failed condition shows the item.
    show_item: bool,
    /// The new item, from the old one.
    change: F,
}

/// What a write did.
#[derive(Debug)]
struct Outcome {
    images: Arc<Images>,
    spent: Spent,
    /// The size of the item collection afterwards; `None` when the table has no local index.
    collection_bytes: Option<u64>,
}

/// What a write keeps others from doing until it is applied.
struct Held {
    _item: LatchGuard,
    _collection: Option<LatchGuard>,
    _permit: OwnedSemaphorePermit,
}

/// The size row of the item collection, latched.
struct Collection {
    latch: LatchGuard,
    bytes: u64,
}

impl Core {
    /// Carries out a write and returns when it, or what its refusal tells, is durable.
    ///
    /// # Cancellation
    /// When the future is dropped, the write is carried out as a whole or not at all; it may be applied after the drop, but
    /// before any later write to the item.
    async fn write<F>(self: &Arc<Self>, intent: Intent<'_, F>) -> Result<Outcome, Error>
    where
        F: FnOnce(Option<&Item>) -> Result<Option<Item>, ServiceError>,
    {
        match self.apply_write(intent).await {
            Ok((outcome, Some(written))) => {
                written.durable().await?;
                Ok(outcome)
            }
            Ok((outcome, None)) => {
                self.shard.store().barrier().await?;
                Ok(outcome)
            }
            Err(error) => {
                if error.reveals_state() {
                    self.shard.store().barrier().await?;
                }
                Err(error)
            }
        }
    }

    /// Carries out a write up to its being applied. Without a `Written` nothing had to change.
    async fn apply_write<F>(
        self: &Arc<Self>,
        intent: Intent<'_, F>,
    ) -> Result<(Outcome, Option<partita_storage::Written>), Error>
    where
        F: FnOnce(Option<&Item>) -> Result<Option<Item>, ServiceError>,
    {
        let Intent { table, key, condition, show_item, change } = intent;
        let permit = Arc::clone(&self.writes).acquire_owned().await;
        let permit = permit.map_err(|_| partita_storage::Error::Closed)?;
        let latch = self.item_latches.acquire(&key.row()).await;
        let before = self.current(key).await?;
        if !condition.is_none_or(|condition| holds(condition, before.as_ref())) {
            return Err(condition_failed(before, show_item));
        }
        let after = change(before.as_ref())?;
        let mut effect = Effect::of(table, key, before.as_ref(), after.as_ref());
        let collection = self.collection(table, key, &mut effect).await?;
        let outcome = Outcome {
            images: Arc::new(Images { before, after }),
            spent: effect.spent.clone(),
            collection_bytes: collection.as_ref().map(|collection| collection.bytes),
        };
        if outcome.images.before == outcome.images.after {
            return Ok((outcome, None));
        }
        let held = Held { _item: latch, _collection: collection.map(|c| c.latch), _permit: permit };
        let commit = Commit::new(self, table, key, &outcome.images, effect, held);
        let written = tokio::spawn(commit.run()).await.map_err(|_| Error::CommitAborted)??;
        Ok((outcome, Some(written)))
    }

    /// The item as last applied.
    async fn current(&self, key: &ItemKey) -> Result<Option<Item>, Error> {
        let row = key.row();
        match self.shard.store().get(&row, Visibility::Applied).await? {
            Some(value) => row::read_item(&row, &value).map(Some),
            None => Ok(None),
        }
    }

    /// Latches the item collection of a table with local indexes, adds its new size to the effect, and refuses growth over
    /// the limit.
    async fn collection(
        &self,
        table: &Table,
        key: &ItemKey,
        effect: &mut Effect,
    ) -> Result<Option<Collection>, Error> {
        if !table.has_local_indexes() {
            return Ok(None);
        }
        let row = key.partition().collection();
        let latch = self.collection_latches.acquire(&row).await;
        let size = match self.shard.store().get(&row, Visibility::Applied).await? {
            Some(value) => row::read_collection(&row, &value)?,
            None => 0,
        };
        let growth = effect.tally.bytes();
        let bytes = size.checked_add_signed(growth).ok_or_else(|| row::corrupt(&row))?;
        if growth > 0 && bytes > self.collection_bytes_max {
            return Err(ServiceError::item_collection_size().into());
        }
        match bytes {
            0 => effect.batch.delete(row),
            bytes => effect.batch.put(row, row::collection_value(bytes)),
        }
        Ok(Some(Collection { latch, bytes }))
    }
}

impl Outcome {
    /// The answer of a single write that shows `attributes`.
    fn answer(
        self,
        table: &Table,
        key: &ItemKey,
        table_as_given: &str,
        attributes: Option<Item>,
        wanted: ReturnCapacity,
        metrics_wanted: bool,
    ) -> WriteItem {
        let capacity = self.spent.shown(table_as_given, wanted);
        let metrics = self.collection_bytes.filter(|_| metrics_wanted);
        let metrics = metrics.map(|bytes| collection_metrics(table, key, bytes));
        WriteItem { attributes: attributes.map(Into::into), capacity, metrics }
    }
}

/// A missing item counts as one without attributes.
fn holds(condition: &Condition, item: Option<&Item>) -> bool {
    match item {
        Some(item) => condition.evaluate(item),
        None => condition.evaluate(&Item::new()),
    }
}

fn condition_failed(item: Option<Item>, show: bool) -> Error {
    let size = item.as_ref().map_or(0, item_size);
    let consumed = CapacityUnits::write(size as u64);
    Error::ConditionFailed { item: item.filter(|_| show).map(Box::new), consumed }
}

/// The size of an item collection as answers show it: between two whole gigabytes.
fn collection_metrics(table: &Table, key: &ItemKey, bytes: u64) -> ItemCollectionMetrics {
    let hash = (table.descriptor.key.hash.name.clone(), key.primary().hash.clone());
    // Exact: collections are far smaller than 2^53 gigabytes.
    let low = (bytes / GIGABYTE) as f64;
    ItemCollectionMetrics { key: Item::from([hash]), size_range_gb: [low, low + 1.0] }
}
