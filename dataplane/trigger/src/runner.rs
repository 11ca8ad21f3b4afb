//! One mapping: the shards of its stream, parents before children, each with a worker.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use partita_mapping::{Mapping, StartingPosition};
use partita_model::clock::Clock;
use partita_protocol::stream::ShardId;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;

use crate::Error;
use crate::batch::Policy;
use crate::deliver::Courier;
use crate::endpoint::Connect;
use crate::source::{Source, StreamShard};
use crate::state::{Cursor, State};
use crate::status::Status;
use crate::worker::Worker;

/// How often the stream's shards are looked at, for new ones whose parents are finished. It costs a look into memory.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The pause after a failure of the node's own, such as of its store.
const PAUSE: Duration = Duration::from_secs(5);

/// Carries out a mapping.
pub(crate) struct Runner {
    pub(crate) mapping: Arc<Mapping>,
    pub(crate) source: Source,
    pub(crate) state: State,
    pub(crate) connect: Arc<dyn Connect>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) retention: Duration,
    pub(crate) status: Status,
}

/// The workers there are.
#[derive(Default)]
struct Workers {
    tasks: JoinSet<(ShardId, Result<(), Error>)>,
    shards: BTreeSet<ShardId>,
}

impl Runner {
    /// Runs until the other end of `stop` is dropped. All its workers have ended when it returns.
    pub(crate) async fn run(self, mut stop: oneshot::Receiver<Infallible>) {
        loop {
            let mut workers = Workers::default();
            let failure = tokio::select! {
                Err(error) = self.follow(&mut workers) => Some(error),
                _ = &mut stop => None,
            };
            workers.tasks.shutdown().await;
            let Some(error) = failure else { return };
            self.failed(&error);
            if tokio::time::timeout(PAUSE, &mut stop).await.is_ok() {
                return;
            }
        }
    }

    fn failed(&self, error: &Error) {
        let (mapping, error) = (self.mapping.id.as_str(), error as &dyn std::error::Error);
        tracing::error!(mapping, error, "a mapping stands still, trying again later");
        self.status.problem("Internal error, see the log of the node");
    }

    /// Follows the stream until something fails.
    async fn follow(&self, workers: &mut Workers) -> Result<Infallible, Error> {
        // The shards at the last look, unless something else has changed since.
        let mut seen = None;
        loop {
            match self.source.shards()? {
                Some(shards) => {
                    let ids = Some(shards.iter().map(|shard| shard.id.clone()).collect::<Vec<_>>());
                    if seen != ids {
                        self.look(&shards, workers).await?;
                        seen = ids;
                    }
                }
                None => self.status.problem("The stream was not found"),
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                Some(ended) = workers.tasks.join_next() => {
                    workers.ended(ended)?;
                    seen = None;
                }
            }
        }
    }

    /// Starts workers for shards that may be begun, and forgets shards that are gone.
    async fn look(&self, shards: &[StreamShard], workers: &mut Workers) -> Result<(), Error> {
        let cursors = match self.state.cursors(&self.mapping.id).await? {
            Some(cursors) => cursors,
            None => self.begin(shards).await?,
        };
        let is_done = |shard: &ShardId| cursors.get(shard).is_some_and(|cursor| cursor.done);
        let is_there = |id: &ShardId| shards.iter().any(|shard| shard.id == *id);
        for shard in shards {
            let waits = shard.parent.as_ref().is_some_and(|parent| is_there(parent) && !is_done(parent));
            if !waits && !is_done(&shard.id) && workers.shards.insert(shard.id.clone()) {
                let cursor = cursors.get(&shard.id).copied().unwrap_or_default();
                workers.start(shard.id.clone(), self.worker(shard, cursor));
            }
        }
        let gone: Vec<_> =
            cursors.into_keys().filter(|id| !is_there(id) && !workers.shards.contains(id)).collect();
        if gone.is_empty() { Ok(()) } else { self.state.forget(&self.mapping.id, &gone).await }
    }

    /// Notes where the mapping begins. It has begun when that is durable, and never begins again.
    async fn begin(&self, shards: &[StreamShard]) -> Result<BTreeMap<ShardId, Cursor>, Error> {
        let cursors = match self.mapping.settings.starting_position {
            StartingPosition::TrimHorizon => BTreeMap::new(),
            StartingPosition::Latest => {
                // It need not be durable: what is noted here comes later in the same log than the record that it names.
                let position = self.source.newest().unwrap_or_default();
                let cursor =
                    |shard: &StreamShard| (shard.id.clone(), Cursor { position, done: shard.closed });
                shards.iter().map(cursor).collect()
            }
        };
        self.state.begin(&self.mapping.id, &cursors).await?;
        Ok(cursors)
    }

    fn worker(&self, shard: &StreamShard, cursor: Cursor) -> Worker {
        let settings = &self.mapping.settings;
        let courier = Courier {
            mapping: Arc::clone(&self.mapping),
            scope: Arc::clone(&self.source.scope),
            shard: shard.id.clone(),
            policy: Policy::new(settings, self.retention),
            target: self.connect.target(&self.mapping.target),
            destination: settings.on_failure.as_ref().map(|url| self.connect.destination(url)),
            clock: Arc::clone(&self.clock),
            status: self.status.clone(),
            progressed: Notify::new(),
        };
        Worker::new(self.source.clone(), shard.clone(), self.state.clone(), courier, cursor)
    }
}

impl Workers {
    fn start(&mut self, shard: ShardId, worker: Worker) {
        self.tasks.spawn(async move { (shard, worker.run().await) });
    }

    fn ended(
        &mut self,
        ended: Result<(ShardId, Result<(), Error>), tokio::task::JoinError>,
    ) -> Result<(), Error> {
        let (shard, result) = ended.map_err(Error::Abnormal)?;
        self.shards.remove(&shard);
        result
    }
}
