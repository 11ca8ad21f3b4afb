//! Deleting what is due.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use partita_model::clock::UnixMillis;
use partita_storage::{Order, Visibility, WriteBatch};

use super::ExpiryRow;
use super::setting::{Setting, Turn};
use crate::Error;
use crate::engine::{Core, TableEngine};
use crate::table::Table;
use crate::uncut::Uncut;
use crate::write::{Commit, Effect, Held, Images, ItemChange};

/// Deletions between taking a latch and being applied. They wait for a sync once for a whole piece, so that more would gain nothing,
/// and they are a small part of the writes that a shard lets in at a time.
const DELETIONS_MAX: usize = 32;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Items that were deleted, durably.
    pub items: u64,
    /// True when nothing is due any more, but for items of transactions under way.
    pub finished: bool,
}

/// What became of a row that was due.
enum Fate {
    /// The item was deleted.
    Deleted,
    /// The row was removed: its item is gone or says another time.
    Removed,
    /// The item belongs to a transaction, or cannot be read. The next sweep looks again.
    Left,
}

impl TableEngine {
    /// Deletes items that have expired, of each table so many at most, and returns when that is durable. Costs by what is due, not by
    /// what tables hold.
    ///
    /// # Errors
    /// When the store fails. What was not dealt with is found by the next call.
    ///
    /// # Cancellation
    /// When the future is dropped, some of the items are deleted, each as a whole, and the next call finds the others.
    pub async fn sweep_expired(&self, rows: usize) -> Result<Expired, Error> {
        let now = self.core.clock.now();
        let mut sum = Expired { items: 0, finished: true };
        for (table, setting) in self.expiring() {
            let swept = self.core.sweep_table(&table, &setting, now, rows.max(1)).await?;
            sum.items += swept.items;
            sum.finished &= swept.finished;
        }
        Ok(sum)
    }

    /// Items that have expired and were deleted since the engine was opened.
    pub fn expired_items(&self) -> u64 {
        self.core.expired_items.load(Ordering::Relaxed)
    }
}

impl Core {
    async fn sweep_table(
        self: &Arc<Self>,
        table: &Arc<Table>,
        setting: &Arc<Setting>,
        now: UnixMillis,
        limit: usize,
    ) -> Result<Expired, Error> {
        // Its global indexes are too far behind: they are given time, as by any other writer.
        if table.admit_write(&self.scope).is_err() {
            return Ok(Expired { items: 0, finished: true });
        }
        let turn = setting.begin_sweep(now);
        if turn.range().is_empty() {
            turn.end(None, None);
            return Ok(Expired { items: 0, finished: true });
        }
        let keys = self.due_rows(&turn, limit).await?;
        let last = if keys.len() < limit { None } else { keys.last().cloned() };
        let fates =
            keys.into_iter().map(|key| async move { (key.clone(), self.expire(table, setting, key).await) });
        let mut fates = stream::iter(fates).buffer_unordered(DELETIONS_MAX);
        let (mut items, mut left) = (0, None);
        while let Some((key, fate)) = fates.next().await {
            match fate? {
                Fate::Deleted => items += 1,
                Fate::Removed => {}
                Fate::Left => left = left.into_iter().chain([key]).min(),
            }
        }
        self.shard.store().barrier().await?;
        self.expired_items.fetch_add(items, Ordering::Relaxed);
        turn.end(last.as_ref(), left);
        Ok(Expired { items, finished: last.is_none() })
    }

    /// The first rows that are due.
    async fn due_rows(&self, turn: &Turn<'_>, limit: usize) -> Result<Vec<Bytes>, Error> {
        let snapshot = self.shard.store().snapshot(Visibility::Durable).await?;
        let mut rows = snapshot.scan(turn.range().clone(), Order::Ascending).await?;
        let mut keys = Vec::new();
        while keys.len() < limit {
            let Some(row) = rows.next().await? else { break };
            keys.push(row.key);
        }
        Ok(keys)
    }

    /// Deletes the item of a due row if it says so itself, and removes the row.
    async fn expire(
        self: &Arc<Self>,
        table: &Arc<Table>,
        setting: &Setting,
        key: Bytes,
    ) -> Result<Fate, Error> {
        let expired = match ExpiryRow::read(table.id(), key) {
            Ok(row) => self.expire_latched(table, setting, row).await,
            Err(error) => Err(error),
        };
        match expired {
            // The setting was ended, or the table dropped.
            Err(Error::Storage(partita_storage::Error::TableDropped { .. })) => Ok(Fate::Removed),
            Err(error @ Error::Storage(_)) => Err(error),
            // One damaged row must not keep others.
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, table = %table.descriptor.name, "cannot delete an expired item");
                Ok(Fate::Left)
            }
            Ok(fate) => Ok(fate),
        }
    }

    async fn expire_latched(
        self: &Arc<Self>,
        table: &Arc<Table>,
        setting: &Setting,
        row: ExpiryRow,
    ) -> Result<Fate, Error> {
        let permit = self.permit(1).await?;
        let latch = self.item_latches.acquire(row.item.row()).await;
        if self.locks.holder(row.item.row()).is_some() {
            return Ok(Fate::Left);
        }
        let mut held = Held { items: vec![latch], _collections: Vec::new(), _permit: permit };
        let attribute = &setting.time_to_live.attribute;
        let before = self.current(&row.item).await?.filter(|value| row.is_of(value.item(), attribute));
        let (mut batch, mut changes, mut fate) = (WriteBatch::new(), Vec::new(), Fate::Removed);
        if before.is_some() {
            let mut effect = Effect::of(table, &row.item, before.as_ref(), None);
            let collection = self.collection(table, &row.item, &mut effect).await?;
            held._collections.extend(collection.map(|collection| collection.latch));
            let images = Images { before: before.map(|value| value.into_item()), after: None };
            changes.push(ItemChange::new(table, &row.item, &images, &effect).by_expiry());
            batch = effect.batch;
            fate = Fate::Deleted;
        }
        // Also keeps the shard from deleting under a setting that was ended: its id is refused.
        batch.delete(row.key);
        let written = Uncut::new(Commit::new(self, changes, batch, held).run()).await?;
        // One barrier for all deletions makes them durable.
        drop(written);
        Ok(fate)
    }
}
