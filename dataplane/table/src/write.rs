//! Writing one item: latch, read, check, change, commit, acknowledge.
//!
//! ```text
//!  latch item ─▶ read (applied) ─▶ condition ─▶ change ─▶ effect ─▶ commit ─▶ release latches ─▶ durable ─▶ answer
//!                                     │            │
//!                                     └─ refused ──┴─▶ release latches ─▶ barrier ─▶ answer
//! ```
//!
//! What is read may not be durable yet, and neither may a refusal's reason be: both answers wait until it is. The commit
//! runs on when its caller goes away ([`crate::uncut`]), so that nobody can leave a write half ordered; it holds the latches.

mod batch;
mod commit;
mod delete;
mod effect;
mod put;
mod update;

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use partita_expression::Condition;
use partita_model::codec::StoredItem;
use partita_model::{CapacityUnits, Item};
use partita_protocol::ServiceError;
use partita_protocol::operation::ReturnCapacity;
use partita_protocol::output::{ItemCollectionMetrics, ItemForm, WriteItem};
use partita_storage::{Visibility, WriteBatch};
use tokio::sync::OwnedSemaphorePermit;

use crate::Error;
use crate::capacity::Spent;
use crate::engine::Core;
use crate::latch::LatchGuard;
use crate::row::{self, ItemKey, ItemValue};
use crate::table::Table;
use crate::uncut::Uncut;

pub(crate) use commit::{Commit, ItemChange};
pub(crate) use effect::Effect;
pub(crate) use update::changed;

/// One gigabyte, as DynamoDB counts them.
const GIGABYTE: u64 = 1 << 30;

/// An item before and after a write; `None` is no item.
#[derive(Clone, Debug)]
pub(crate) struct Images {
    pub(crate) before: Option<StoredItem>,
    pub(crate) after: Option<StoredItem>,
}

/// A write of one item, checked against the schema.
pub(crate) struct Intent<'a, F> {
    pub(crate) table: &'a Arc<Table>,
    pub(crate) key: &'a ItemKey,
    pub(crate) condition: Option<&'a Condition>,
    /// Whether a failed condition shows the item.
    pub(crate) show_item: bool,
    /// The new item, from the old one.
    pub(crate) change: F,
}

/// What a write did.
#[derive(Debug)]
struct Outcome {
    images: Images,
    spent: Spent,
    /// The size of the item collection afterwards; `None` when the table has no local index.
    collection_bytes: Option<u64>,
}

/// What writes keep others from doing until they are applied.
pub(crate) struct Held {
    pub(crate) items: Vec<LatchGuard>,
    pub(crate) _collections: Vec<LatchGuard>,
    pub(crate) _permit: OwnedSemaphorePermit,
}

/// The size row of the item collection, latched.
pub(crate) struct Collection {
    pub(crate) latch: LatchGuard,
    bytes: u64,
}

impl Core {
    /// Carries out a write and returns when it, or what its refusal tells, is durable.
    ///
    /// # Cancellation
    /// When the future is dropped, the write is carried out as a whole or not at all; it may be applied after the drop, but
    /// before any later write to the item.
    async fn write<'i, F>(self: &Arc<Self>, intent: Intent<'_, F>) -> Result<Outcome, Error>
    where
        F: FnOnce(Option<&StoredItem>) -> Result<Option<Cow<'i, Item>>, ServiceError>,
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
    async fn apply_write<'i, F>(
        self: &Arc<Self>,
        intent: Intent<'_, F>,
    ) -> Result<(Outcome, Option<partita_storage::Written>), Error>
    where
        F: FnOnce(Option<&StoredItem>) -> Result<Option<Cow<'i, Item>>, ServiceError>,
    {
        let (table, key) = (intent.table, intent.key);
        table.admit_write(&self.scope)?;
        let permit = self.permit(1).await?;
        let latch = self.item_latches.acquire(key.row()).await;
        if self.locks.holder(key.row()).is_some() {
            return Err(ServiceError::transaction_conflict().into());
        }
        let before = self.current(key).await?;
        let (images, mut effect) = intent.decide(before)?;
        // Asked before the size of the collection joins the batch, which is there whether or not it changes.
        let nothing_changes = effect.batch.is_empty();
        let collection = self.collection(table, key, &mut effect).await?;
        let outcome = Outcome {
            images,
            spent: effect.spent.clone(),
            collection_bytes: collection.as_ref().map(|collection| collection.bytes),
        };
        if nothing_changes {
            return Ok((outcome, None));
        }
        let collections = collection.map(|collection| collection.latch).into_iter().collect();
        let held = Held { items: vec![latch], _collections: collections, _permit: permit };
        let changes = vec![ItemChange::new(table, key, &outcome.images, &effect)];
        let commit = Commit::new(self, changes, effect.batch, held);
        let written = Uncut::new(commit.run()).await?;
        Ok((outcome, Some(written)))
    }

    /// Waits for room for the writes of so many items.
    pub(crate) async fn permit(&self, items: u32) -> Result<OwnedSemaphorePermit, Error> {
        let permit = Arc::clone(&self.writes).acquire_many_owned(items).await;
        permit.map_err(|_| partita_storage::Error::Closed.into())
    }

    /// The item as last applied.
    pub(crate) async fn current(&self, key: &ItemKey) -> Result<Option<ItemValue>, Error> {
        let row = key.row();
        match self.shard.store().get(row, Visibility::Applied).await? {
            Some(value) => ItemValue::read(row, value).map(Some),
            None => Ok(None),
        }
    }

    /// Latches the item collection of a table with local indexes, adds its new size to the effect, and refuses growth over
    /// the limit.
    pub(crate) async fn collection(
        &self,
        table: &Table,
        key: &ItemKey,
        effect: &mut Effect,
    ) -> Result<Option<Collection>, Error> {
        if !table.has_local_indexes() {
            return Ok(None);
        }
        let row = key.collection();
        let latch = self.collection_latches.acquire(&row).await;
        let growth = effect.tally.bytes();
        let bytes = self.collection_after(&row, growth).await?;
        if self.is_too_much(growth, bytes) {
            return Err(ServiceError::item_collection_size().into());
        }
        put_collection(row, bytes, &mut effect.batch);
        Ok(Some(Collection { latch, bytes }))
    }

    /// The size of a latched item collection after it has grown by so many bytes.
    pub(crate) async fn collection_after(&self, row: &Bytes, growth: i64) -> Result<u64, Error> {
        let size = match self.shard.store().get(row, Visibility::Applied).await? {
            Some(value) => row::read_collection(row, &value)?,
            None => 0,
        };
        size.checked_add_signed(growth).ok_or_else(|| row::corrupt(row))
    }

    /// Whether a write may not make an item collection that large. One that is too large already may shrink.
    pub(crate) fn is_too_much(&self, growth: i64, bytes: u64) -> bool {
        growth > 0 && bytes > self.collection_bytes_max
    }
}

/// Notes the size of an item collection; an empty one has no row.
pub(crate) fn put_collection(row: Bytes, bytes: u64, batch: &mut WriteBatch) {
    match bytes {
        0 => batch.delete(row),
        bytes => batch.put(row, row::collection_value(bytes)),
    }
}

impl<'i, F> Intent<'_, F>
where
    F: FnOnce(Option<&StoredItem>) -> Result<Option<Cow<'i, Item>>, ServiceError>,
{
    /// What the write does to the item it meets.
    pub(crate) fn decide(self, before: Option<ItemValue>) -> Result<(Images, Effect), Error> {
        let item = before.as_ref().map(ItemValue::item);
        if !self.condition.is_none_or(|condition| holds(condition, item)) {
            return Err(condition_failed(item, self.show_item));
        }
        let after = (self.change)(item)?.as_deref().map(ItemValue::of);
        let effect = Effect::of(self.table, self.key, before.as_ref(), after.as_ref());
        let [before, after] = [before, after].map(|value| value.map(ItemValue::into_item));
        Ok((Images { before, after }, effect))
    }
}

impl Outcome {
    /// The answer of a single write that shows `attributes`; `keys` holds the item's key, and may hold more.
    fn answer(
        self,
        table: &Table,
        keys: &Item,
        table_as_given: &str,
        attributes: Option<ItemForm>,
        wanted: ReturnCapacity,
        metrics_wanted: bool,
    ) -> WriteItem {
        let capacity = self.spent.shown(table_as_given, wanted);
        let metrics = self.collection_bytes.filter(|_| metrics_wanted);
        let metrics = metrics.map(|bytes| collection_metrics(table, keys, bytes));
        WriteItem { attributes, capacity, metrics }
    }
}

/// A missing item counts as one without attributes.
fn holds(condition: &Condition, item: Option<&StoredItem>) -> bool {
    match item {
        Some(item) => condition.evaluate(item),
        None => condition.evaluate(&Item::new()),
    }
}

fn condition_failed(before: Option<&StoredItem>, show: bool) -> Error {
    let consumed = CapacityUnits::write(before.map_or(0, StoredItem::size) as u64);
    let shown = before.filter(|_| show).map(|item| Box::new(item.decode()));
    Error::ConditionFailed { item: shown, consumed }
}

/// The size of an item collection as answers show it: between two whole gigabytes.
pub(crate) fn collection_metrics(table: &Table, keys: &Item, bytes: u64) -> ItemCollectionMetrics {
    let hash = keys.get_key_value(&table.descriptor.key.hash.name);
    let key = hash.map(|(name, value)| (name.clone(), value.clone())).into_iter().collect();
    // Exact: collections are far smaller than 2^53 gigabytes.
    let low = (bytes / GIGABYTE) as f64;
    ItemCollectionMetrics { key, size_range_gb: [low, low + 1.0] }
}
