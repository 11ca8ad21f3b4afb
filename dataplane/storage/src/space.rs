//! The spaces of a shard's keys.
//!
//! The first byte of a key names its space and the next eight its table, big-endian, so that everything of one
//! table in one space is contiguous.
//!
//! | space | key | owner |
//! | --- | --- | --- |
//! | [`TABLE_ROWS`] | `01 table hash…` | the table engine |
//! | [`CHANGE_LOG`] | `02 table sequence` | [`crate::Shard`] |
//! | [`LOG_READERS`] | `03 table name` | [`crate::Shard`] |
//! | [`DROPPED_TABLES`] | `04 table` | [`crate::Shard`] |
//! | [`DESCRIPTORS`] | `05 table` | the table engine |
//! | [`STATISTICS`] | `06 …` | the table engine |
//! | [`EXPIRIES`] | `07 id expiry…` | the table engine |
//! | [`BUILDS`] | `08 id` | the table engine, global indexes |
//! | [`STREAMS`] | `09 table label…` | streams |
//! | [`TOKENS`] | `0A bucket token` | transactions |
//! | [`LEDGER`] | `0B 0 transaction` | transactions |
//! | [`LOCKS`] | `0C table row` | transactions |
//! | [`MAPPINGS`] | `0D 0 mapping…` | triggers |
//!
//! A global index and a time-to-live setting have ids of their own, from the same sequence as tables, and their rows lie under
//! them: [`TABLE_ROWS`] and [`EXPIRIES`] of such an id go as those of a dropped table go.

use bytes::{BufMut, Bytes, BytesMut};
use partita_model::TableId;

/// Items and the rows of their local indexes.
pub const TABLE_ROWS: u8 = 0x01;
/// Change records.
pub const CHANGE_LOG: u8 = 0x02;
/// Cursors of the readers of the change log.
pub const LOG_READERS: u8 = 0x03;
/// Tables whose rows are dead.
pub const DROPPED_TABLES: u8 = 0x04;
/// Table descriptors.
pub const DESCRIPTORS: u8 = 0x05;
/// Statistics and bookkeeping of the table engine.
pub const STATISTICS: u8 = 0x06;

/// When items expire, by the id of the setting.
pub const EXPIRIES: u8 = 0x07;
/// How far the rows under an id are built from what a table has.
pub const BUILDS: u8 = 0x08;
/// Streams and their shards.
pub const STREAMS: u8 = 0x09;
/// Tokens of finished transactions. In the place of a table's id stands the time.
pub const TOKENS: u8 = 0x0A;
/// Outcomes of transactions over several shards. In the place of a table's id stands zero.
pub const LEDGER: u8 = 0x0B;
/// Items that belong to a transaction under way.
pub const LOCKS: u8 = 0x0C;
/// Event source mappings, and how far they have come. In the place of a table's id stands zero.
pub const MAPPINGS: u8 = 0x0D;

/// The spaces whose rows go with their table: they are discarded by its id alone.
pub(crate) const DATA_SPACES: [u8; 4] = [TABLE_ROWS, CHANGE_LOG, EXPIRIES, STREAMS];

/// The length of a space and a table id, in bytes.
pub const TABLE_PREFIX_BYTES: usize = 9;

/// What all keys of `table` in `space` begin with.
#[must_use]
pub fn table_prefix(space: u8, table: TableId) -> [u8; TABLE_PREFIX_BYTES] {
    let mut prefix = [space; TABLE_PREFIX_BYTES];
    for (to, from) in prefix.iter_mut().skip(1).zip(table.0.to_be_bytes()) {
        *to = from;
    }
    prefix
}

/// A key of `table` in `space`.
#[must_use]
pub fn table_key(space: u8, table: TableId, rest: &[u8]) -> Bytes {
    let mut key = BytesMut::with_capacity(TABLE_PREFIX_BYTES + rest.len());
    key.put_slice(&table_prefix(space, table));
    key.put_slice(rest);
    key.freeze()
}

/// The space, table and remainder of a key; `None` when it is too short to name a table.
#[must_use]
pub fn split(key: &[u8]) -> Option<(u8, TableId, &[u8])> {
    let (&space, rest) = key.split_first()?;
    let (table, rest) = rest.split_first_chunk::<8>()?;
    Some((space, TableId(u64::from_be_bytes(*table)), rest))
}

/// The table that a row or change record belongs to; `None` for keys of every other space.
pub(crate) fn table_of_data(key: &[u8]) -> Option<TableId> {
    split(key).filter(|(space, ..)| DATA_SPACES.contains(space)).map(|(_, table, _)| table)
}

/// The table of a row that goes with its table or names it; `None` for spaces that are not kept by table.
pub(crate) fn table_of(key: &[u8]) -> Option<TableId> {
    split(key).filter(|(space, ..)| !matches!(*space, TOKENS | LEDGER | MAPPINGS)).map(|(_, table, _)| table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_split_into_what_they_were_made_of() {
        let table = TableId(0x0102_0304_0506_0708);
        let key = table_key(TABLE_ROWS, table, b"rest");
        assert_eq!(key.as_ref(), b"\x01\x01\x02\x03\x04\x05\x06\x07\x08rest");
        assert_eq!(split(&key), Some((TABLE_ROWS, table, &b"rest"[..])));
        assert_eq!(split(b"\x01\x00"), None);
        assert_eq!(table_of_data(&key), Some(table));
        assert_eq!(table_of_data(&table_key(DESCRIPTORS, table, b"")), None);
        assert_eq!(table_of(&table_key(DESCRIPTORS, table, b"")), Some(table));
        assert_eq!(table_of(&table_key(TOKENS, table, b"token")), None);
    }
}
