//! The commit of one write: statistics and change record join the batch, and the batch is applied.

use std::sync::Arc;

use partita_storage::{LogEntry, Visibility, Written};

use super::effect::Effect;
use super::{Held, Images};
use crate::engine::Core;
use crate::row::ItemKey;
use crate::statistics::{Tally, stripe_of};
use crate::table::Table;
use crate::{Error, change, row};

/// A write that is ready to be applied. It owns its latches, and releases them when it is applied or has failed.
pub(super) struct Commit {
    core: Arc<Core>,
    table: Arc<Table>,
    stripe: u8,
    images: Images,
    effect: Effect,
    held: Held,
}

impl Commit {
    pub(super) fn new(
        core: &Arc<Core>,
        table: &Arc<Table>,
        key: &ItemKey,
        images: &Images,
        effect: Effect,
        held: Held,
    ) -> Self {
        Self {
            core: Arc::clone(core),
            table: Arc::clone(table),
            stripe: stripe_of(key.hash()),
            images: images.clone(),
            effect,
            held,
        }
    }

    /// Applies the write. To be run uncut: dropped halfway, it would leave the order of writes unknown.
    pub(super) async fn run(self) -> Result<Written, Error> {
        let Self { core, table, stripe, images, effect, held } = self;
        let mut batch = effect.batch;
        let mut guard = table.stripes.acquire(stripe).await;
        let row = row::statistics(table.id(), stripe);
        // Taken out: a commit that fails leaves nothing behind that could be wrong.
        let tally = match guard.take() {
            Some(tally) => tally,
            None => core.stored_tally(&row).await?,
        };
        let tally = tally.changed(&effect.tally).ok_or_else(|| row::corrupt(&row))?;
        batch.put(row, tally.value(table.descriptor.local_indexes.len()));
        let record = core.shard.has_reader(table.id()).then(|| core.record(&table, &images));
        let written = core.shard.commit(batch, record.into_iter().collect()).await?;
        *guard = Some(tally);
        drop((guard, held));
        Ok(written)
    }
}

impl Core {
    /// A stripe's figures as last applied.
    async fn stored_tally(&self, row: &[u8]) -> Result<Tally, Error> {
        match self.shard.store().get(row, Visibility::Applied).await? {
            Some(value) => Tally::read(row, &value),
            None => Ok(Tally::default()),
        }
    }

    fn record(&self, table: &Table, images: &Images) -> LogEntry {
        let (before, after) = (images.before.as_ref(), images.after.as_ref());
        let keys = after.or(before).map(|item| table.keys_of(item)).unwrap_or_default();
        let payload = change::encode(self.clock.now(), &keys, before, after);
        LogEntry { table: table.id(), payload }
    }
}
