//! The shards of a stream: who continues whom, and which positions of the log belong to which.
//!
//! A stream begins with one shard. From time to time the open shard ends and a child continues it, so the shards of a stream
//! cut the log into ranges that touch. One numbering runs through all of them, so that sequence numbers are ordered across
//! parents and children. A shard goes when all its records are too old, but never the open one.

use bytes::{BufMut, Bytes, BytesMut};
use partita_model::TableId;
use partita_model::clock::UnixMillis;
use partita_protocol::stream::ShardId;
use serde::{Deserialize, Serialize};

/// The format of a stored lineage.
const VERSION: u8 = 1;

/// The shards that a stream still has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lineage {
    /// Never empty; each continues the one before it, and has a greater name.
    shards: Vec<StreamShard>,
    /// When the stream was found to have ended; what is left of it can be read for as long as records are kept.
    #[serde(default)]
    pub(crate) ended: Option<UnixMillis>,
    /// Where the last shard is about to end. Nobody reads beyond it there, but until that is durable nobody is told.
    #[serde(skip)]
    ending: Option<u64>,
}

/// A shard as it is kept. It ends where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StreamShard {
    id: ShardId,
    parent: Option<ShardId>,
    /// The position of its first record, whether or not there is one yet.
    first: u64,
    created: UnixMillis,
}

/// A shard as it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent<'a> {
    pub(crate) id: &'a ShardId,
    pub(crate) parent: Option<&'a ShardId>,
    /// The position of its first record.
    pub(crate) first: u64,
    /// Nothing behind this position can be read here; `None` while nobody knows where the shard will end.
    pub(crate) end: Option<u64>,
    /// Whether it has ended, durably.
    pub(crate) closed: bool,
}

impl Lineage {
    /// The lineage of a stream that was never continued. The same arguments always give the same one.
    pub(crate) fn new(table: TableId, label: &str, begins_behind: u64) -> Self {
        let created = created(label).unwrap_or_default();
        let first = StreamShard {
            id: shard_id(table, label, created),
            parent: None,
            first: begins_behind + 1,
            created,
        };
        Self { shards: vec![first], ended: None, ending: None }
    }

    /// All shards, parents before children. `closed_at` is where the stream itself has ended.
    pub(crate) fn extents(&self, closed_at: Option<u64>) -> impl Iterator<Item = Extent<'_>> {
        let ends = self.shards.iter().skip(1).map(|child| Some(child.first - 1)).chain([None]);
        self.shards.iter().zip(ends).map(move |(shard, continued)| {
            let end = continued.or(closed_at);
            Extent {
                id: &shard.id,
                parent: shard.parent.as_ref(),
                first: shard.first,
                end: end.or(self.ending),
                closed: end.is_some(),
            }
        })
    }

    /// The shard of this name.
    pub(crate) fn extent(&self, id: &ShardId, closed_at: Option<u64>) -> Option<Extent<'_>> {
        self.extents(closed_at).find(|extent| extent.id == id)
    }

    /// When the last shard began, and with which position.
    pub(crate) fn last(&self) -> (UnixMillis, u64) {
        self.shards.last().map(|shard| (shard.created, shard.first)).unwrap_or_default()
    }

    /// Lets nobody read the last shard beyond `end` from now on. Whoever has read it before has not come as far.
    pub(crate) fn begin_to_end(&mut self, end: u64) {
        self.ending = Some(end);
    }

    /// This lineage with a child that continues the last shard behind where that is about to end.
    pub(crate) fn continued(&self, table: TableId, label: &str, now: UnixMillis) -> Self {
        let mut next = self.clone();
        let (Some(last), Some(end)) = (self.shards.last(), next.ending.take()) else { return next };
        // Names grow with the lineage, also when the clock goes back or stands still.
        let created = UnixMillis(now.0.max(last.created.0 + 1));
        let id = shard_id(table, label, created);
        next.shards.push(StreamShard { id, parent: Some(last.id.clone()), first: end + 1, created });
        next
    }

    /// This lineage without the shards whose last record is at `cursor` or before.
    pub(crate) fn trimmed(&self, cursor: u64) -> Self {
        let mut next = self.clone();
        let gone = self.shards.iter().skip(1).take_while(|child| child.first <= cursor + 1).count();
        next.shards.drain(..gone);
        next
    }

    pub(crate) fn encode(&self) -> Bytes {
        let json = serde_json::to_vec(self).expect("a lineage has no map keys that are not strings");
        let mut row = BytesMut::with_capacity(1 + json.len());
        row.put_u8(VERSION);
        row.put_slice(&json);
        row.freeze()
    }

    /// The inverse of [`encode`](Self::encode).
    pub(crate) fn decode(row: &[u8]) -> Option<Self> {
        let json = row.strip_prefix(&[VERSION])?;
        serde_json::from_slice(json).ok().filter(|lineage: &Self| !lineage.shards.is_empty())
    }
}

/// When a stream was asked for: its label says so.
pub(crate) fn created(label: &str) -> Option<UnixMillis> {
    let time: jiff::civil::DateTime = label.parse().ok()?;
    let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    u64::try_from(time.as_millisecond()).ok().map(UnixMillis)
}

/// `shardId-`, the time in milliseconds, and something that tells apart the streams of one time. 37 characters.
fn shard_id(table: TableId, label: &str, created: UnixMillis) -> ShardId {
    let mut hash = crc32fast::Hasher::new();
    hash.update(&table.0.to_be_bytes());
    hash.update(&created.0.to_be_bytes());
    hash.update(label.as_bytes());
    ShardId::new(format!("shardId-{:020}-{:08x}", created.0, hash.finalize()))
}

#[cfg(test)]
mod tests;
