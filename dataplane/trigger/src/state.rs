//! What is kept of mappings: themselves, and how far they have come.
//!
//! ```text
//! 0D | 8 zero bytes | uuid, 36         the mapping, as JSON behind a version byte
//! 0D | 8 zero bytes | uuid, 36 | /     there when the mapping has begun
//! 0D | 8 zero bytes | uuid, 36 | / | stream shard     01 | 1 if the shard is finished | last finished position, 8 BE
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use partita_mapping::{Mapping, MappingId};
use partita_model::TableId;
use partita_protocol::stream::ShardId;
use partita_storage::{KeyRange, Order, Visibility, WriteBatch, space};
use partita_table::TableEngine;

use crate::Error;

/// The format of all rows here.
const VERSION: u8 = 1;
/// Stands between a mapping's id and a shard's name.
const SHARD_MARK: char = '/';
/// In the place of a table's id: a mapping outlives its stream's table.
const NO_TABLE: TableId = TableId(0);

/// How far a mapping has come in a shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Everything up to this position is finished.
    pub(crate) position: u64,
    /// The shard has ended, and all of it is finished.
    pub(crate) done: bool,
}

/// The rows of a node's mappings.
#[derive(Clone)]
pub(crate) struct State {
    engine: Arc<TableEngine>,
}

impl State {
    pub(crate) fn new(engine: Arc<TableEngine>) -> Self {
        Self { engine }
    }

    /// All mappings that can be read. Rows without a mapping are removed: a worker that was cut off may have left them behind.
    ///
    /// One that cannot be read is reported and stays, with how far it has come: it is no reason to serve no items at all, and the
    /// control plane, which has it too, puts it right by telling the node of it again.
    pub(crate) async fn mappings(&self) -> Result<Vec<Mapping>, Error> {
        let (mut mappings, mut strays) = (Vec::new(), WriteBatch::new());
        let mut met = BTreeSet::new();
        for (rest, value) in self.rows("").await? {
            match rest.split_once(SHARD_MARK) {
                Some((id, _)) if met.contains(id) => {}
                Some(_) => {
                    strays.delete(key(&rest));
                }
                None => {
                    match decode_mapping(&rest, &value) {
                        Ok(mapping) => mappings.push(mapping),
                        Err(error) => {
                            let error = &error as &dyn std::error::Error;
                            tracing::error!(mapping = rest, error, "a mapping is not carried out");
                        }
                    }
                    met.insert(rest);
                }
            }
        }
        if !strays.is_empty() {
            self.write(strays).await?;
        }
        Ok(mappings)
    }

    /// Keeps a mapping. Durable before it returns.
    pub(crate) async fn put(&self, mapping: &Mapping) -> Result<(), Error> {
        let mut row = vec![VERSION];
        row.extend(serde_json::to_vec(mapping).expect("a mapping has no map keys that are not strings"));
        let mut batch = WriteBatch::new();
        batch.put(key(mapping.id.as_str()), Bytes::from(row));
        self.write_durably(batch).await
    }

    /// Forgets a mapping and how far it has come. Durable before it returns.
    pub(crate) async fn delete(&self, id: &MappingId) -> Result<(), Error> {
        let mut batch = WriteBatch::new();
        for (rest, _) in self.rows(id.as_str()).await? {
            batch.delete(key(&rest));
        }
        self.write_durably(batch).await
    }

    /// How far a mapping has come; `None` when it has not begun.
    pub(crate) async fn cursors(&self, id: &MappingId) -> Result<Option<BTreeMap<ShardId, Cursor>>, Error> {
        let rows = self.rows(&format!("{id}{SHARD_MARK}")).await?;
        let mut cursors = BTreeMap::new();
        for (rest, value) in &rows {
            let Some((_, shard)) = rest.split_once(SHARD_MARK).filter(|(_, shard)| !shard.is_empty()) else {
                continue;
            };
            let cursor = decode_cursor(value).ok_or_else(|| corrupt(id.as_str(), shard))?;
            cursors.insert(ShardId::new(shard), cursor);
        }
        Ok((!rows.is_empty()).then_some(cursors))
    }

    /// Notes that a mapping has begun, behind these positions. Durable before it returns.
    pub(crate) async fn begin(
        &self,
        id: &MappingId,
        cursors: &BTreeMap<ShardId, Cursor>,
    ) -> Result<(), Error> {
        let mut batch = WriteBatch::new();
        batch.put(key(&format!("{id}{SHARD_MARK}")), Bytes::from_static(&[VERSION]));
        for (shard, cursor) in cursors {
            batch.put(cursor_key(id, shard), encode_cursor(*cursor));
        }
        self.write_durably(batch).await
    }

    /// Notes how far a mapping has come in a shard. Returns when that is applied: a cursor that a crash takes back costs a second
    /// delivery, which is what may happen anyway.
    pub(crate) async fn save(&self, id: &MappingId, shard: &ShardId, cursor: Cursor) -> Result<(), Error> {
        let mut batch = WriteBatch::new();
        batch.put(cursor_key(id, shard), encode_cursor(cursor));
        self.write(batch).await
    }

    /// Forgets shards that the stream has no more.
    pub(crate) async fn forget(&self, id: &MappingId, shards: &[ShardId]) -> Result<(), Error> {
        let mut batch = WriteBatch::new();
        for shard in shards {
            batch.delete(cursor_key(id, shard));
        }
        self.write(batch).await
    }

    /// Returns when a batch is applied: nobody is told of it.
    async fn write(&self, batch: WriteBatch) -> Result<(), Error> {
        Ok(self.engine.shard().commit(batch, Vec::new()).await.map(drop)?)
    }

    async fn write_durably(&self, batch: WriteBatch) -> Result<(), Error> {
        Ok(self.engine.shard().commit(batch, Vec::new()).await?.durable().await?)
    }

    /// The rows whose names begin with `prefix`, in order, applied or durable.
    async fn rows(&self, prefix: &str) -> Result<Vec<(String, Bytes)>, Error> {
        let snapshot = self.engine.shard().store().snapshot(Visibility::Applied).await?;
        let mut rows = snapshot.scan(KeyRange::prefix(key(prefix)), Order::Ascending).await?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().await? {
            let rest = space::split(&row.key).map(|(_, _, rest)| String::from_utf8_lossy(rest).into_owned());
            found.push((rest.unwrap_or_default(), row.value));
        }
        Ok(found)
    }
}

fn key(rest: &str) -> Bytes {
    space::table_key(space::MAPPINGS, NO_TABLE, rest.as_bytes())
}

fn cursor_key(id: &MappingId, shard: &ShardId) -> Bytes {
    key(&format!("{id}{SHARD_MARK}{}", shard.as_str()))
}

fn corrupt(mapping: &str, row: &str) -> Error {
    Error::Corrupt { mapping: mapping.to_owned(), row: row.to_owned() }
}

fn decode_mapping(id: &str, row: &[u8]) -> Result<Mapping, Error> {
    let mapping = row.strip_prefix(&[VERSION]).and_then(|json| serde_json::from_slice(json).ok());
    mapping.filter(|mapping: &Mapping| mapping.id.as_str() == id).ok_or_else(|| corrupt(id, "itself"))
}

fn encode_cursor(cursor: Cursor) -> Bytes {
    let mut row = BytesMut::with_capacity(10);
    row.put_u8(VERSION);
    row.put_u8(cursor.done.into());
    row.put_u64(cursor.position);
    row.freeze()
}

fn decode_cursor(row: &[u8]) -> Option<Cursor> {
    let (&done, position) = row.strip_prefix(&[VERSION])?.split_first()?;
    let position = u64::from_be_bytes(position.try_into().ok()?);
    (done <= 1).then_some(Cursor { position, done: done == 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_never_change_their_form() {
        let cursor = Cursor { position: 0x0102, done: true };
        assert_eq!(encode_cursor(cursor).as_ref(), b"\x01\x01\0\0\0\0\0\0\x01\x02");
        assert_eq!(decode_cursor(&encode_cursor(cursor)), Some(cursor));
        for damaged in
            [&b""[..], b"\x01", b"\x02\x00\0\0\0\0\0\0\0\0", b"\x01\x02\0\0\0\0\0\0\0\0", b"\x01\x00\0"]
        {
            assert_eq!(decode_cursor(damaged), None);
        }
    }
}
