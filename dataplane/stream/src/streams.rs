//! Which streams there are, and what their shards are.

mod list;
mod read;
mod tend;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use partita_model::clock::{Clock, SystemClock, UnixMillis};
use partita_model::name::Scope;
use partita_model::{TableDescriptor, TableId};
use partita_protocol::ServiceError;
use partita_protocol::stream::{ShardId, StreamArn, StreamName};
use partita_storage::{KeyRange, LogReader, Order, Shard, Visibility, space};
use partita_table::{StreamReader, TableEngine};

use crate::Error;
use crate::lineage::{Extent, Lineage};

/// How streams behave.
#[derive(Clone, Debug)]
pub struct StreamOptions {
    /// Tells what is too old.
    pub clock: Arc<dyn Clock>,
    /// How long records are kept. The service's time is 24 hours.
    pub retention: Duration,
    /// The age at which a shard that has records is continued by a child. The service's is about four hours.
    pub shard_age_max: Duration,
    /// The number of records at which it is, whatever its age. The service tells of no such number: this one is for tests.
    pub shard_records_max: u64,
    /// Pause between two looks at every stream: how much longer than they should records may be kept.
    pub pause: Duration,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            retention: Duration::from_secs(24 * 60 * 60),
            shard_age_max: Duration::from_secs(4 * 60 * 60),
            shard_records_max: u64::MAX,
            pause: Duration::from_secs(60),
        }
    }
}

/// Serves the streams of an engine's tables. Share it in an `Arc`; every method may be called from many tasks at once.
pub struct Streams {
    engine: Arc<TableEngine>,
    scope: Scope,
    region: Arc<str>,
    options: StreamOptions,
    /// The shards of every stream that somebody has asked about; the rest are as their names say, or as their rows do.
    lineages: Mutex<HashMap<StreamKey, Lineage>>,
}

/// A stream, by its table and its label.
type StreamKey = (TableId, String);

/// A stream that is there.
#[derive(Debug)]
struct Stream {
    table: TableDescriptor,
    identity: StreamReader,
    reader: LogReader,
}

/// What of a shard can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bounds {
    /// The position of the shard's first record.
    first: u64,
    /// The last position that has grown too old, in whatever shard.
    horizon: u64,
    /// As in [`Extent`].
    end: Option<u64>,
    /// As in [`Extent`].
    closed: bool,
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Streams {
    /// Serves the streams of `engine`, whose tables are in `scope`. Takes time by the number of streams.
    ///
    /// # Errors
    /// When the store fails, or what is kept of a stream cannot be read.
    pub async fn open(engine: Arc<TableEngine>, scope: Scope, options: StreamOptions) -> Result<Self, Error> {
        let snapshot = engine.shard().store().snapshot(Visibility::Durable).await?;
        let mut rows = snapshot.scan(KeyRange::prefix(vec![space::STREAMS]), Order::Ascending).await?;
        let mut lineages = HashMap::new();
        while let Some(row) = rows.next().await? {
            let Some((_, table, label)) = space::split(&row.key) else { continue };
            let label = String::from_utf8_lossy(label).into_owned();
            let Some(lineage) = Lineage::decode(&row.value) else {
                return Err(Error::CorruptLineage { table, label });
            };
            lineages.insert((table, label), lineage);
        }
        let region = scope.region.as_str().into();
        Ok(Self { engine, scope, region, options, lineages: Mutex::new(lineages) })
    }

    fn shard(&self) -> &Shard {
        self.engine.shard()
    }

    fn now(&self) -> UnixMillis {
        self.options.clock.now()
    }

    /// The stream that a request names.
    fn find(&self, arn: &StreamArn) -> Result<Stream, Error> {
        let name = arn.name(&self.scope)?;
        self.stream(&name).ok_or_else(|| ServiceError::stream_not_found(arn).into())
    }

    fn stream(&self, name: &StreamName) -> Option<Stream> {
        let table = self.engine.descriptor_of(&name.table)?;
        let mut streams = self.streams_of(table.id);
        let (identity, reader) = streams.find(|(identity, _)| identity.label == name.label)?;
        Some(Stream { table, identity, reader })
    }

    /// The streams of a table, oldest first.
    fn streams_of(&self, table: TableId) -> impl Iterator<Item = (StreamReader, LogReader)> + use<> {
        let readers = self.shard().log_readers(table).into_iter();
        readers.filter_map(|reader| StreamReader::parse(&reader.name).map(|identity| (identity, reader)))
    }

    /// Looks at the shards of a stream, or changes them. One that has no row has the shard that it began with: its cursor moves only
    /// in the batch that writes the row.
    fn with_lineage<T>(
        &self,
        table: TableId,
        label: &str,
        reader: &LogReader,
        look: impl FnOnce(&mut Lineage) -> T,
    ) -> T {
        // Nothing panics while holding the lock.
        let mut lineages = self.lineages.lock().unwrap_or_else(PoisonError::into_inner);
        let lineage = lineages.entry((table, label.to_owned()));
        look(lineage.or_insert_with(|| Lineage::new(table, label, reader.cursor.0)))
    }

    /// What of a shard can be read now; `None` when the stream has no such shard, or no more.
    fn bounds(&self, stream: &Stream, shard: &ShardId) -> Option<Bounds> {
        let reader = &stream.reader;
        let closed_at = reader.closed_at.map(|at| at.0);
        self.with_lineage(stream.table.id, &stream.identity.label, reader, |lineage| {
            let Extent { first, end, closed, .. } = lineage.extent(shard, closed_at)?;
            Some(Bounds { first, horizon: reader.cursor.0, end, closed })
        })
    }
}

impl Stream {
    fn name(&self) -> StreamName {
        StreamName { table: self.table.name.clone(), label: self.identity.label.clone() }
    }
}
