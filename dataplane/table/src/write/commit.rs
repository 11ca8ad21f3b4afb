//! The commit of one or several writes: statistics, expiry rows and change records join the batch, and the batch is applied.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use partita_model::TableId;
use partita_storage::{Attachment, LogEntry, Visibility, WriteBatch, Written};

use super::{Held, Images};
use crate::engine::Core;
use crate::expiry::{self, Setting};
use crate::global::EntryMove;
use crate::row::ItemKey;
use crate::statistics::{StripeGuard, Tally, TallyChange, stripe_of};
use crate::table::Table;
use crate::write::effect::Effect;
use crate::{Error, change, row};

/// What becomes of one item, and of everything that is kept in step with it.
#[derive(Debug)]
pub(crate) struct ItemChange {
    pub(crate) table: Arc<Table>,
    stripe: u8,
    pub(crate) key: ItemKey,
    pub(crate) images: Images,
    /// What becomes of the entries in the global indexes that the write knew of; `None` where that is nothing.
    pub(crate) entries: Vec<(TableId, Option<EntryMove>)>,
    tally: TallyChange,
    /// Whether the item is deleted because its time has come.
    expired: bool,
}

/// Writes that are ready to be applied together. It owns their latches, and releases them when it is applied or has failed.
pub(crate) struct Commit {
    core: Arc<Core>,
    changes: Vec<ItemChange>,
    batch: WriteBatch,
    held: Held,
}

/// A stripe that is being changed, and its figures afterwards.
struct NewTally {
    guard: StripeGuard,
    tally: Tally,
}

impl ItemChange {
    /// The change of an item of `table`.
    pub(crate) fn new(table: &Arc<Table>, key: &ItemKey, images: &Images, effect: &Effect) -> Self {
        Self {
            table: Arc::clone(table),
            stripe: stripe_of(key.hash()),
            key: key.clone(),
            images: images.clone(),
            entries: effect.entries.clone(),
            tally: effect.tally,
            expired: false,
        }
    }

    /// The same for an item that nobody deletes: its time has come.
    pub(crate) fn by_expiry(self) -> Self {
        Self { expired: true, ..self }
    }

    /// Makes the batch move the item's expiry row, by the setting that holds now. The row that is new, if one is.
    fn follow_expiry(&self, batch: &mut WriteBatch) -> Option<(Arc<Setting>, Bytes)> {
        let setting = self.table.expiring.setting()?;
        let row = expiry::follow(&setting.time_to_live, self.key.row(), &self.images, batch)?;
        Some((setting, row))
    }
}

impl Commit {
    /// `batch` holds all rows of the changes but those of statistics and expiry.
    pub(crate) fn new(core: &Arc<Core>, changes: Vec<ItemChange>, batch: WriteBatch, held: Held) -> Self {
        Self { core: Arc::clone(core), changes, batch, held }
    }

    /// Applies the writes. To be run uncut: dropped halfway, it would leave the order of writes unknown.
    pub(crate) async fn run(self) -> Result<Written, Error> {
        let Self { core, changes, mut batch, mut held } = self;
        let tallies = core.new_tallies(&changes, &mut batch).await?;
        let expiries: Vec<_> = changes.iter().filter_map(|change| change.follow_expiry(&mut batch)).collect();
        // Whoever finds the same count twice must not have missed a write, not even one whose outcome is unknown.
        held.items.iter_mut().for_each(|latch| **latch += 1);
        let read = changes.iter().filter(|change| core.shard.has_reader(change.table.id()));
        let records = read.filter_map(|change| core.record(change)).collect();
        let written = core.shard.commit(batch, records).await?;
        for NewTally { mut guard, tally } in tallies {
            *guard = Some(tally);
        }
        expiries.iter().for_each(|(setting, row)| setting.note_row(row, core.clock.now()));
        drop(held);
        Ok(written)
    }
}

impl Core {
    /// Takes the stripes that the changes count in, each once and in one order for all, and puts their new rows into the batch.
    async fn new_tallies(
        &self,
        changes: &[ItemChange],
        batch: &mut WriteBatch,
    ) -> Result<Vec<NewTally>, Error> {
        let mut stripes: BTreeMap<(TableId, u8), (&Table, TallyChange)> = BTreeMap::new();
        for ItemChange { table, stripe, tally, .. } in changes {
            let entry = stripes.entry((table.id(), *stripe));
            entry.or_insert_with(|| (table, TallyChange::default())).1.add(tally);
        }
        let mut tallies = Vec::with_capacity(stripes.len());
        for ((id, stripe), (table, change)) in stripes {
            let mut guard = table.stripes.acquire(stripe).await;
            let row = row::statistics(id, stripe);
            // Taken out: a commit that fails leaves nothing behind that could be wrong.
            let tally = match guard.take() {
                Some(tally) => tally,
                None => self.stored_tally(&row).await?,
            };
            let tally = tally.changed(&change).ok_or_else(|| row::corrupt(&row))?;
            batch.put(row, tally.value(table.descriptor.local_indexes.len()));
            tallies.push(NewTally { guard, tally });
        }
        Ok(tallies)
    }

    /// A stripe's figures as last applied.
    async fn stored_tally(&self, row: &[u8]) -> Result<Tally, Error> {
        match self.shard.store().get(row, Visibility::Applied).await? {
            Some(value) => Tally::read(row, &value),
            None => Ok(Tally::default()),
        }
    }

    /// What the log is to say of a change; `None` when that is nothing, because it is nothing to those who read it.
    fn record(&self, change: &ItemChange) -> Option<LogEntry> {
        let ItemChange { table, images, expired, .. } = change;
        let moves = table.recording.moves(change);
        let payload = if table.recording.has_images() {
            change::encode(images.before.as_ref(), images.after.as_ref(), *expired)
        } else {
            moves.as_ref().filter(|moves| !moves.entries.is_empty())?.encode()
        };
        let attachment = moves.map(|moves| {
            let size_bytes = moves.size_bytes();
            Attachment::new(moves, size_bytes)
        });
        Some(LogEntry { table: table.id(), at: self.clock.now(), payload, attachment })
    }
}
