//! What happens to streams by themselves: records grow too old, shards end, and what has ended is forgotten.

use std::collections::HashSet;
use std::sync::PoisonError;

use bytes::Bytes;
use partita_model::TableId;
use partita_model::clock::UnixMillis;
use partita_storage::{LogReader, LogSequence, LogSpan, Visibility, WriteBatch, space};
use partita_table::StreamReader;
use tokio::sync::watch;

use super::Streams;
use crate::Error;
use crate::lineage::Lineage;

impl Streams {
    /// Tends the streams until `stopped` says so.
    pub async fn run(&self, mut stopped: watch::Receiver<bool>) {
        loop {
            if let Err(error) = self.tend().await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "cannot tend the streams, trying again later");
            }
            // An error means that the sender is gone, and with it the service.
            if tokio::time::timeout(self.options.pause, stopped.wait_for(|stopped| *stopped)).await.is_ok() {
                return;
            }
        }
    }

    /// Looks at every stream once: lets go of records that are too old, continues shards that are old or full enough, and forgets
    /// streams that ended long ago. Costs a few reads for each stream, however many records it has. Not to be called twice at once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tend(&self) -> Result<(), Error> {
        let mut met = HashSet::new();
        for table in self.engine.tables().into_values() {
            for (identity, reader) in self.streams_of(table) {
                met.insert((table, identity.label.clone()));
                match self.tend_one(table, &identity, &reader).await {
                    // The table was dropped under our hands.
                    Err(Error::Storage(partita_storage::Error::TableDropped { .. })) => {}
                    tended => tended?,
                }
            }
        }
        let mut lineages = self.lineages.lock().unwrap_or_else(PoisonError::into_inner);
        lineages.retain(|stream, _| met.contains(stream));
        Ok(())
    }

    async fn tend_one(
        &self,
        table: TableId,
        identity: &StreamReader,
        reader: &LogReader,
    ) -> Result<(), Error> {
        let label = &identity.label;
        self.trim(table, label, reader).await?;
        if reader.closed_at.is_none() {
            // It was closed because its descriptor had not become durable, and the next attempt opened it.
            if self.with_lineage(table, label, reader, |lineage| lineage.ended.is_some()) {
                self.change(table, label, reader, |lineage| lineage.ended = None).await?;
            }
            return self.roll(table, label, reader).await;
        }
        let now = self.now();
        match self.with_lineage(table, label, reader, |lineage| lineage.ended) {
            None => self.change(table, label, reader, |lineage| lineage.ended = Some(now)).await,
            Some(ended) if ended <= self.horizon() => self.forget(table, label, reader).await,
            Some(_) => Ok(()),
        }
    }

    /// Records before this time are too old.
    fn horizon(&self) -> UnixMillis {
        let retention = u64::try_from(self.options.retention.as_millis()).unwrap_or(u64::MAX);
        UnixMillis(self.now().0.saturating_sub(retention))
    }

    /// Lets go of records that are too old, and of shards that have no others.
    async fn trim(&self, table: TableId, label: &str, reader: &LogReader) -> Result<(), Error> {
        let shard = self.shard();
        let oldest = shard.read_log_after(table, reader.cursor, 1, Visibility::Durable).await?;
        let horizon = self.horizon();
        if oldest.first().is_none_or(|oldest| oldest.at >= horizon) {
            return Ok(());
        }
        let newest = shard.log_span(table).map_or(reader.cursor, |span| span.newest);
        let newest = reader.closed_at.map_or(newest, |at| at.min(newest));
        let span = LogSpan { oldest: reader.cursor.next(), newest };
        let passed = shard.first_record_at(table, span, horizon).await?.previous();
        if passed <= reader.cursor {
            return Ok(());
        }
        let trimmed = self.with_lineage(table, label, reader, |lineage| lineage.trimmed(passed.0));
        let batch = row_of(table, label, &trimmed);
        // The row and the cursor together: a lineage without a row is made of the cursor.
        let written = shard.commit_advancing(batch, table, &reader.name, passed).await?;
        written.durable().await?;
        self.with_lineage(table, label, reader, |lineage| *lineage = trimmed);
        Ok(())
    }

    /// Continues the open shard by a child, when it is time.
    async fn roll(&self, table: TableId, label: &str, reader: &LogReader) -> Result<(), Error> {
        let now = self.now();
        let continued = self.with_lineage(table, label, reader, |lineage| {
            // Looked at under the lock that readers take after they have read: what anybody has read is not behind it.
            let newest = self.shard().log_span(table)?.newest.0;
            let open = self.shard().log_reader(table, &reader.name)?.closed_at.is_none();
            if !open || !self.is_full(lineage, newest, now) {
                return None;
            }
            lineage.begin_to_end(newest);
            Some(lineage.continued(table, label, now))
        });
        let Some(continued) = continued else { return Ok(()) };
        let written = self.shard().commit(row_of(table, label, &continued), Vec::new()).await?;
        written.durable().await?;
        self.with_lineage(table, label, reader, |lineage| *lineage = continued);
        Ok(())
    }

    /// Whether the open shard has had its time. One without records has all the time there is.
    fn is_full(&self, lineage: &Lineage, newest: u64, now: UnixMillis) -> bool {
        let (created, first) = lineage.last();
        let records = (newest + 1).saturating_sub(first);
        let age = u128::from(now.0.saturating_sub(created.0));
        records > 0
            && (age >= self.options.shard_age_max.as_millis() || records >= self.options.shard_records_max)
    }

    async fn change(
        &self,
        table: TableId,
        label: &str,
        reader: &LogReader,
        change: impl FnOnce(&mut Lineage),
    ) -> Result<(), Error> {
        let mut changed = self.with_lineage(table, label, reader, |lineage| lineage.clone());
        change(&mut changed);
        let written = self.shard().commit(row_of(table, label, &changed), Vec::new()).await?;
        written.durable().await?;
        self.with_lineage(table, label, reader, |lineage| *lineage = changed);
        Ok(())
    }

    /// Ends the existence of a stream. If it is cut off half way, the stream is one that has just ended.
    async fn forget(&self, table: TableId, label: &str, reader: &LogReader) -> Result<(), Error> {
        let mut batch = WriteBatch::new();
        batch.delete(row_key(table, label));
        let end = reader.closed_at.unwrap_or(LogSequence(0)).max(reader.cursor);
        self.shard().commit_advancing(batch, table, &reader.name, end).await?.durable().await?;
        Ok(self.shard().unregister_reader(table, &reader.name).await?)
    }
}

fn row_key(table: TableId, label: &str) -> Bytes {
    space::table_key(space::STREAMS, table, label.as_bytes())
}

fn row_of(table: TableId, label: &str, lineage: &Lineage) -> WriteBatch {
    let mut batch = WriteBatch::new();
    batch.put(row_key(table, label), lineage.encode());
    batch
}
