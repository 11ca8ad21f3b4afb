//! The second phase over several shards: what was prepared happens, or is forgotten.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use partita_model::TableId;
use partita_model::clock::UnixMillis;
use partita_storage::{KeyRange, Order, Visibility, WriteBatch, Written, space};

use super::rows::{self, LockRow, LockedChange};
use super::{Outcome, STALLED_AFTER_MS, ShardId, TransactionId};
use crate::Error;
use crate::engine::{Core, TableEngine};
use crate::row::ItemKey;
use crate::table::Table;
use crate::uncut::Uncut;
use crate::write::{Commit, Effect, Held, Images, ItemChange, put_collection};

/// An item whose new state is known.
struct Settled {
    table: Arc<Table>,
    key: ItemKey,
    change: LockedChange,
}

impl TableEngine {
    /// Carries out what a transaction has prepared here, or forgets it, and frees its items. Durable before it returns.
    /// Doing it again changes nothing, and neither does settling what was never prepared.
    ///
    /// # Errors
    /// When the store fails; it should be done again.
    ///
    /// # Cancellation
    /// When the future is dropped, everything is settled or nothing.
    pub async fn settle(&self, transaction: TransactionId, outcome: Outcome) -> Result<(), Error> {
        let Some(locked) = self.core.locks.of(transaction) else { return Ok(()) };
        // A transaction locks at most 100 items.
        let permit = self.core.permit(locked.items.len() as u32).await?;
        let items = self.core.item_latches.acquire_all(&locked.items).await;
        let mut held = Held { items, _collections: Vec::new(), _permit: permit };
        let mut batch = WriteBatch::new();
        let mut settled = Vec::new();
        for item in &locked.items {
            // A table that was dropped has no items any more, and its locks went with it.
            let Some(table) = self.table_of(item) else { continue };
            let key = rows::lock(item)?;
            // Absent when somebody else has settled it and not yet freed the items.
            let Some(row) = self.core.lock_row(&key, transaction).await? else { continue };
            batch.delete(key);
            if outcome == Outcome::Committed {
                settled.push(Settled { table, key: ItemKey::of_row(item)?, change: row.change });
            }
        }
        let changes = self.core.settle_items(settled, &mut batch, &mut held).await?;
        let commit = Commit::new(&self.core, changes, batch, held);
        let written: Written = Uncut::new(commit.run()).await?;
        written.durable().await?;
        self.core.locks.free(transaction);
        Ok(())
    }

    /// The transactions whose locks are older than [`STALLED_AFTER_MS`], with the shards whose ledger knows what becomes of
    /// them.
    pub fn stalled(&self) -> Vec<(TransactionId, ShardId)> {
        let now = self.core.clock.now();
        self.core.locks.stalled(UnixMillis(now.0.saturating_sub(STALLED_AFTER_MS)), now)
    }

    fn table_of(&self, item_row: &[u8]) -> Option<Arc<Table>> {
        space::split(item_row).and_then(|(_, table, _)| self.served(table))
    }
}

impl Core {
    /// Adds the removal of the locks of a table that is being dropped.
    pub(crate) fn drop_locks(&self, table: TableId, batch: &mut WriteBatch) {
        for item in self.locks.in_table(table) {
            if let Ok(lock) = rows::lock(&item) {
                batch.delete(lock);
            }
        }
    }

    /// Reads the locks that an earlier process has left.
    pub(crate) async fn load_locks(&self) -> Result<(), Error> {
        let snapshot = self.shard.store().snapshot(Visibility::Durable).await?;
        let mut rows = snapshot.scan(KeyRange::prefix(vec![space::LOCKS]), Order::Ascending).await?;
        while let Some(row) = rows.next().await? {
            let lock = LockRow::decode(&row.key, row.value)?;
            let item = rows::locked_item(&row.key)?;
            self.locks.lock(lock.transaction, lock.ledger, lock.locked, [item]);
        }
        Ok(())
    }

    /// The lock of an item, if it is this transaction's.
    async fn lock_row(&self, key: &Bytes, transaction: TransactionId) -> Result<Option<LockRow>, Error> {
        let value = self.shard.store().get(key, Visibility::Applied).await?;
        let row = value.map(|value| LockRow::decode(key, value)).transpose()?;
        Ok(row.filter(|row| row.transaction == transaction))
    }

    /// Adds what becomes of the items, which are latched, to the batch. Item collections may pass their limit here: it was
    /// kept when the items were locked, and what is decided cannot fail.
    async fn settle_items(
        &self,
        settled: Vec<Settled>,
        batch: &mut WriteBatch,
        held: &mut Held,
    ) -> Result<Vec<ItemChange>, Error> {
        let mut changes = Vec::with_capacity(settled.len());
        let mut growths: BTreeMap<Bytes, i64> = BTreeMap::new();
        for Settled { table, key, change } in settled {
            let before = self.current(&key).await?;
            let after = match change {
                LockedChange::Check => continue,
                LockedChange::Delete => None,
                LockedChange::Put(after) => Some(after),
            };
            let effect = Effect::of(&table, &key, before.as_ref(), after.as_ref());
            if effect.batch.is_empty() {
                continue;
            }
            if table.has_local_indexes() {
                *growths.entry(key.collection()).or_default() += effect.tally.bytes();
            }
            let [before, after] = [before, after].map(|value| value.map(|value| value.into_item()));
            changes.push(ItemChange::new(&table, &key, &Images { before, after }, &effect));
            batch.append(effect.batch);
        }
        held._collections = self.collection_latches.acquire_all(growths.keys()).await;
        for (row, growth) in growths {
            let bytes = self.collection_after(&row, growth).await?;
            put_collection(row, bytes, batch);
        }
        Ok(changes)
    }
}
