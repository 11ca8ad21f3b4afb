//! Reading several items as they were at one moment.
//!
//! With all items on this shard that is one durable snapshot. Over several shards it takes two rounds: the items with the
//! counts of their latches, then the counts again. If none has changed, then every item was what was read at the moment
//! between the rounds. No item may be locked in either round: its transaction may have happened on another shard already.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use partita_model::CapacityUnits;
use partita_model::capacity::Consistency;
use partita_model::codec::StoredItem;
use partita_model::limits::TRANSACTION_BYTES_MAX;
use partita_protocol::error::CancellationReason;
use partita_protocol::operation::{TransactGet, TransactGetItems};
use partita_protocol::output::{Access, ItemForm};
use partita_protocol::{ServiceError, output};
use partita_storage::{Snapshot, Visibility};

use super::action::only_once;
use super::cost::{self, FACTOR};
use super::rows;
use crate::capacity::Spent;
use crate::engine::TableEngine;
use crate::row::{self, ItemKey, ItemValue};
use crate::{Error, check};

/// One shard's part of the first round: the items, or which of the reads met a transaction under way.
#[derive(Clone, Debug)]
pub enum ReadAnswer {
    /// No item was locked.
    Items(VersionedItems),
    /// Whether each item was locked.
    Conflict(Vec<bool>),
}

/// Items as last applied, durable or not.
#[derive(Clone, Debug)]
pub struct VersionedItems {
    /// In the order of the reads; `None` where there is no item.
    pub items: Vec<Option<StoredItem>>,
    /// What to compare with the second round.
    pub versions: ReadVersions,
}

/// Which state of some items was seen. Equal only if none of them has changed in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadVersions {
    /// Another one each time a shard is opened.
    instance: u128,
    /// The counts of the items' latches, in the order of the latches.
    counts: Vec<u64>,
}

impl TableEngine {
    /// Reads items, all of this shard, as they were at one moment.
    ///
    /// # Errors
    /// `TransactionCanceledException` when an item is locked by a transaction under way; when a table is absent, a key does
    /// not fit its schema, or the items are too large together. Otherwise the store failed.
    pub async fn transact_get_items(
        &self,
        request: &TransactGetItems,
    ) -> Result<output::TransactItems, Error> {
        let keys = self.read_keys(&request.gets)?;
        let snapshot = self.core.shard.store().snapshot(Visibility::Durable).await?;
        // Locks are durable before their transaction can happen anywhere, so those in the snapshot are those that matter.
        if self.core.locks.used() {
            let locked = try_join_all(keys.iter().map(|key| is_locked(snapshot.as_ref(), key))).await?;
            if locked.contains(&true) {
                return Err(read_conflicts(&locked)?.into());
            }
        }
        let items = try_join_all(keys.iter().map(|key| read(snapshot.as_ref(), key))).await?;
        Ok(read_answer(request, items)?)
    }

    /// The first round: items with their versions.
    ///
    /// # Errors
    /// When a table is absent, a key does not fit its schema or is there twice; otherwise the store failed.
    pub async fn read_versions_of(&self, gets: &[&TransactGet]) -> Result<ReadAnswer, Error> {
        let keys = self.read_keys(gets.iter().copied())?;
        let latches = self.core.item_latches.acquire_all(keys.iter().map(ItemKey::row)).await;
        if let Some(locked) = self.locked(&keys) {
            return Ok(ReadAnswer::Conflict(locked));
        }
        let items = try_join_all(keys.iter().map(|key| self.core.current(key))).await?;
        let items = items.into_iter().map(|item| item.map(ItemValue::into_item)).collect();
        let counts = latches.iter().map(|latch| **latch).collect();
        let versions = ReadVersions { instance: self.core.instance, counts };
        Ok(ReadAnswer::Items(VersionedItems { items, versions }))
    }

    /// The second round: whether the items are still what they were, and none of them is locked. If so, they are durable
    /// when it returns.
    ///
    /// # Errors
    /// As [`Self::read_versions_of`].
    pub async fn confirm_versions(
        &self,
        gets: &[&TransactGet],
        versions: &ReadVersions,
    ) -> Result<bool, Error> {
        let keys = self.read_keys(gets.iter().copied())?;
        {
            let latches = self.core.item_latches.acquire_all(keys.iter().map(ItemKey::row)).await;
            let same = versions.instance == self.core.instance
                && latches.iter().map(|latch| **latch).eq(versions.counts.iter().copied());
            if !same || self.locked(&keys).is_some() {
                return Ok(false);
            }
        }
        self.core.shard.store().barrier().await?;
        Ok(true)
    }

    /// Which of the items are locked; `None` when none is. The caller holds their latches.
    fn locked(&self, keys: &[ItemKey]) -> Option<Vec<bool>> {
        let locked: Vec<bool> = keys.iter().map(|key| self.core.locks.holder(key.row()).is_some()).collect();
        locked.contains(&true).then_some(locked)
    }

    fn read_keys<'r>(
        &self,
        gets: impl IntoIterator<Item = &'r TransactGet>,
    ) -> Result<Vec<ItemKey>, ServiceError> {
        let mut keys = Vec::new();
        for get in gets {
            let table = self.table(&get.table)?;
            keys.push(check::key(&table.descriptor, &get.key)?);
        }
        only_once(keys.iter())?;
        Ok(keys)
    }
}

async fn read(snapshot: &dyn Snapshot, key: &ItemKey) -> Result<Option<StoredItem>, Error> {
    match snapshot.get(key.row()).await? {
        Some(value) => row::read_item(key.row(), &value).map(Some),
        None => Ok(None),
    }
}

async fn is_locked(snapshot: &dyn Snapshot, key: &ItemKey) -> Result<bool, Error> {
    Ok(snapshot.get(&rows::lock(key.row())?).await?.is_some())
}

/// The error of reads of which some met a transaction under way.
pub fn read_conflicts(locked: &[bool]) -> Result<ServiceError, ServiceError> {
    let reason = |locked: &bool| match locked {
        true => CancellationReason::of(ServiceError::transaction_conflict()),
        false => Ok(CancellationReason::NONE),
    };
    Ok(ServiceError::transaction_canceled(locked.iter().map(reason).collect::<Result<_, _>>()?))
}

/// The answer to a request, from its items in the order of its reads.
pub fn read_answer(
    request: &TransactGetItems,
    items: Vec<Option<StoredItem>>,
) -> Result<output::TransactItems, ServiceError> {
    let bytes: usize = items.iter().flatten().map(StoredItem::size).sum();
    if bytes > TRANSACTION_BYTES_MAX {
        return Err(ServiceError::transaction_answer_too_large());
    }
    let mut spent: BTreeMap<&str, Spent> = BTreeMap::new();
    let mut responses = Vec::with_capacity(items.len());
    for (get, item) in request.gets.iter().zip(items) {
        let size = item.as_ref().map_or(0, StoredItem::size) as u64;
        let units = CapacityUnits::read(size, Consistency::Strong) * FACTOR;
        spent.entry(get.table.as_given()).or_default().table += units;
        responses.push(item.map(|item| match &get.projection {
            Some(projection) => ItemForm::from(projection.apply_stored(&item)),
            None => item.into(),
        }));
    }
    let capacity = spent
        .into_iter()
        .filter_map(|(given, spent)| cost::shown(given, &spent, request.capacity, Access::Read));
    Ok(output::TransactItems { responses, capacity: capacity.collect() })
}
