//! How far a global index is built from the items that its table had.
//!
//! A build goes through the table's items in the order of their rows, in chunks. A chunk reads a snapshot that holds the changes
//! up to a position *s* of the log, which is never before the cursor; its items are in the index as they were at *s*. Until the
//! cursor reaches *s*, records up to *s* concern the items before the chunk only; from there on they concern all items up to the
//! end of the chunk, and the next chunk may begin. Records about items further on concern nobody yet: the snapshot
//! that comes by them will hold what they say.
//!
//! ```text
//!   items by row ──▶   ... settled | chunk as of s       | not yet
//!   record n ≤ s           follows | passes              | passes
//!   record n > s           follows | follows             | passes
//!
//! value   01 | finished, 1 | items looked at, 8 BE | s, 8 BE | length, 2 BE | end of settled rows | end of the chunk
//! ```
//!
//! Ends are row keys behind their table's prefix; an index with its table has nothing to build, and all of it follows.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use partita_model::descriptor::Build;
use partita_storage::LogSequence;
use partita_storage::space::TABLE_PREFIX_BYTES;

use crate::Error;
use crate::row::{self, VALUE_VERSION};

/// Bytes of a build's value without the two row keys.
const FIXED_BYTES: usize = 1 + 1 + 8 + 8 + 2;

/// The state of a build. The default has not begun.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BuildState {
    pub(crate) finished: bool,
    /// Items looked at, in the index or not.
    pub(crate) scanned_items: u64,
    /// The log position of the last chunk's snapshot.
    at: LogSequence,
    /// Items up to here were in the index before the last chunk.
    settled: Bytes,
    /// Where the last chunk ends. Without meaning when the build is finished: the chunk has no end then.
    end: Bytes,
}

impl BuildState {
    /// Of an index of a table that has no items yet.
    pub(crate) fn of_empty_table() -> Self {
        Self { finished: true, ..Self::default() }
    }

    /// As told to the control plane.
    pub(crate) fn told(&self) -> Build {
        Build { scanned_items: self.scanned_items, finished: self.finished }
    }

    /// Whether the index follows a record about the item of this row.
    pub(crate) fn follows(&self, item_row: &[u8], record: LogSequence) -> bool {
        let item = place(item_row);
        let settled = !self.settled.is_empty() && item <= self.settled.as_ref();
        settled || record > self.at && (self.finished || item <= self.end.as_ref())
    }

    /// Whether the next chunk may begin.
    pub(crate) fn is_due(&self, cursor: LogSequence) -> bool {
        !self.finished && cursor >= self.at
    }

    /// The rows that are done: the next chunk begins behind them. `None` at first.
    pub(crate) fn done(&self) -> Option<&Bytes> {
        Some(&self.end).filter(|end| !end.is_empty())
    }

    /// After a chunk over a snapshot that holds the changes up to `at`: it looked at so many items up to the row `last`; `None` for
    /// the end of the table.
    pub(crate) fn after_chunk(&self, at: LogSequence, scanned_items: u64, last: Option<&[u8]>) -> Self {
        Self {
            finished: last.is_none(),
            scanned_items: self.scanned_items + scanned_items,
            at,
            settled: self.end.clone(),
            end: last.map_or_else(Bytes::new, |row| Bytes::copy_from_slice(place(row))),
        }
    }

    /// The row's value.
    pub(crate) fn encode(&self) -> Bytes {
        let mut value = BytesMut::with_capacity(FIXED_BYTES + self.settled.len() + self.end.len());
        value.put_u8(VALUE_VERSION);
        value.put_u8(u8::from(self.finished));
        value.put_u64(self.scanned_items);
        value.put_u64(self.at.0);
        // A row key has at most 65,535 bytes.
        value.put_u16(self.settled.len() as u16);
        value.put_slice(&self.settled);
        value.put_slice(&self.end);
        value.freeze()
    }

    /// The state in a row's value.
    pub(crate) fn decode(key: &[u8], value: &Bytes) -> Result<Self, Error> {
        let corrupt = || row::corrupt(key);
        let mut rest = value.slice_ref(row::body(key, value)?);
        if rest.len() < FIXED_BYTES - 1 {
            return Err(corrupt());
        }
        let finished = match rest.get_u8() {
            0 => false,
            1 => true,
            _ => return Err(corrupt()),
        };
        let (scanned_items, at) = (rest.get_u64(), LogSequence(rest.get_u64()));
        let length = usize::from(rest.get_u16());
        if length > rest.len() {
            return Err(corrupt());
        }
        let settled = rest.split_to(length);
        Ok(Self { finished, scanned_items, at, settled, end: rest })
    }
}

/// What is behind the table's prefix.
fn place(row: &[u8]) -> &[u8] {
    row.get(TABLE_PREFIX_BYTES..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
