//! Making the expiry rows of items that were there before their table's setting.
//!
//! A build goes through the table in pieces, each from a durable snapshot of its own, and notes how far it is in the batch of the
//! piece's rows. Writes that come later than the setting keep their rows themselves, and every earlier one is in the first
//! snapshot: the batch that began the setting was applied after it and was durable before a build could begin. A row that is put for
//! an item that is changed meanwhile stays until its time comes, when the sweep looks at the item and removes it; to latch
//! every item of a table would cost more than such rows do.

use std::sync::Arc;

use bytes::Bytes;
use partita_storage::{KeyRange, Order, Row, Visibility, WriteBatch};

use super::Setting;
use super::row::put_for;
use super::state::BuildState;
use crate::Error;
use crate::engine::{Core, TableEngine};
use crate::row::{self, RowKind};
use crate::table::Table;
use crate::uncut::Uncut;

/// A piece ends when it has read this much, however few rows that are: as much as four pages of a Scan.
const PIECE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One piece of a build.
struct Piece {
    state: BuildState,
    batch: WriteBatch,
    /// The keys of the rows in the batch.
    rows: Vec<Bytes>,
}

impl TableEngine {
    /// Takes every unfinished build of expiry rows one piece of at most so many rows of its table further, durably. True when
    /// none is unfinished.
    ///
    /// # Errors
    /// When the store fails, or a row cannot be read.
    pub async fn build_expiries(&self, rows: usize) -> Result<bool, Error> {
        let mut finished = true;
        for (table, setting) in self.expiring() {
            if !setting.is_built() {
                finished &= self.core.build_piece(&table, &setting, rows).await?;
            }
        }
        Ok(finished)
    }
}

impl Core {
    /// True when the build is finished, or there is nothing to build any more.
    async fn build_piece(
        self: &Arc<Self>,
        table: &Table,
        setting: &Arc<Setting>,
        rows: usize,
    ) -> Result<bool, Error> {
        let Some(Piece { state, mut batch, rows }) = self.next_piece(table, setting, rows).await? else {
            setting.note_built();
            return Ok(true);
        };
        let finished = state.build.finished;
        batch.put(row::build(setting.id()), state.encode());
        let (core, noted) = (Arc::clone(self), Arc::clone(setting));
        let committed = Uncut::new(async move {
            let written = core.shard.commit(batch, Vec::new()).await?;
            // The sweep may have been where these rows are.
            let now = core.clock.now();
            rows.iter().for_each(|key| noted.note_row(key, now));
            Ok::<_, partita_storage::Error>(written)
        });
        match committed.await {
            Ok(written) => written.durable().await?,
            // The setting was ended.
            Err(partita_storage::Error::TableDropped { .. }) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
        if finished {
            setting.note_built();
        }
        Ok(finished)
    }

    /// The next piece; `None` when there is none.
    async fn next_piece(
        &self,
        table: &Table,
        setting: &Setting,
        rows: usize,
    ) -> Result<Option<Piece>, Error> {
        let snapshot = self.shard.store().snapshot(Visibility::Durable).await?;
        let key = row::build(setting.id());
        let state = match snapshot.get(&key).await? {
            Some(value) => BuildState::decode(&key, &value)?,
            None => BuildState::default(),
        };
        if state.build.finished {
            return Ok(None);
        }
        let range = KeyRange::prefix(row::table_prefix(table.id())).after(&state.behind);
        let mut source = snapshot.scan(range, Order::Ascending).await?;
        let mut piece = Piece { state, batch: WriteBatch::new(), rows: Vec::new() };
        let (mut left, mut bytes) = (rows.max(1), 0);
        while left > 0 && bytes < PIECE_BYTES_MAX {
            let Some(row) = source.next().await? else {
                piece.state.build.finished = true;
                break;
            };
            left -= 1;
            bytes += row.value.len();
            piece.take(setting, row)?;
        }
        Ok(Some(piece))
    }
}

impl Piece {
    fn take(&mut self, setting: &Setting, row: Row) -> Result<(), Error> {
        if row::kind(&row.key) == Some(RowKind::Item) {
            let item = row::read_item(&row.key, &row.value)?;
            self.state.build.scanned_items += 1;
            self.rows.extend(put_for(&setting.time_to_live, &row.key, &item, &mut self.batch));
        }
        self.state.behind = row.key;
        Ok(())
    }
}
