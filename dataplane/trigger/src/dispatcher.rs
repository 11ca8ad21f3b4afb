//! The mappings of a node.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::Duration;

use partita_mapping::limits::MAPPINGS_MAX;
use partita_mapping::{Mapping, MappingId};
use partita_model::clock::{Clock, SystemClock};
use partita_model::name::Scope;
use partita_stream::Streams;
use partita_table::TableEngine;
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinSet;

use crate::Error;
use crate::endpoint::Connect;
use crate::runner::Runner;
use crate::source::Source;
use crate::state::State;
use crate::status::{MappingStatus, Status};

/// Mappings that are remembered as removed, so that a call that was under way then does not bring them back: far more than calls
/// can be under way.
const REMOVED_MAX: usize = 1024;

/// How mappings are carried out.
#[derive(Clone, Debug)]
pub struct DispatcherOptions {
    /// Tells how old records are.
    pub clock: Arc<dyn Clock>,
    /// Records of this age are given up, whatever a mapping says: as long as streams keep them.
    pub retention: Duration,
}

impl Default for DispatcherOptions {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), retention: Duration::from_secs(24 * 60 * 60) }
    }
}

/// Carries out the mappings of a node. Dropping it ends all deliveries at once, as a crash would.
pub struct Dispatcher {
    engine: Arc<TableEngine>,
    streams: Arc<Streams>,
    scope: Arc<Scope>,
    connect: Arc<dyn Connect>,
    options: DispatcherOptions,
    state: State,
    /// Changes are made one after the other. Holds the mappings that were removed lately, oldest first.
    changes: Mutex<VecDeque<MappingId>>,
    mappings: StdMutex<BTreeMap<MappingId, Running>>,
}

/// A mapping and its task.
struct Running {
    mapping: Arc<Mapping>,
    status: Status,
    /// Empty when the mapping is disabled. Dropping it ends the task at once.
    task: JoinSet<()>,
    /// Dropping it lets the task end in order.
    stop: oneshot::Sender<Infallible>,
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Dispatcher {
    /// Goes on with the mappings that the engine's shard keeps. Those that cannot be read are in the log, and keep their place.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(
        engine: Arc<TableEngine>,
        streams: Arc<Streams>,
        scope: Scope,
        connect: Arc<dyn Connect>,
        options: DispatcherOptions,
    ) -> Result<Self, Error> {
        let state = State::new(Arc::clone(&engine));
        let kept = state.mappings().await?;
        let (changes, mappings) = (Mutex::default(), StdMutex::default());
        let dispatcher =
            Self { engine, streams, scope: Arc::new(scope), connect, options, state, changes, mappings };
        for mapping in kept {
            dispatcher.start(mapping, None);
        }
        Ok(dispatcher)
    }

    /// Carries out a mapping from now on, unless a newer generation is known or it was removed lately. Durable before it returns. What the generation before
    /// had under way is delivered again.
    ///
    /// # Errors
    /// When there are too many mappings, or the store fails.
    pub async fn apply(&self, mapping: Mapping) -> Result<(), Error> {
        let removed = self.changes.lock().await;
        if removed.contains(&mapping.id) {
            return Ok(());
        }
        {
            let mappings = self.mappings();
            let known = mappings.get(&mapping.id);
            if known.is_some_and(|known| known.mapping.generation >= mapping.generation) {
                return Ok(());
            }
            if known.is_none() && mappings.len() >= MAPPINGS_MAX {
                return Err(Error::TooMany { mapping: mapping.id, limit: MAPPINGS_MAX });
            }
        }
        self.state.put(&mapping).await?;
        let before = self.take(&mapping.id);
        let status = match before {
            Some(before) => Some(before.stop().await),
            None => None,
        };
        self.start(mapping, status);
        Ok(())
    }

    /// Ends a mapping and forgets it. Durable before it returns; an unknown mapping is no error.
    ///
    /// # Errors
    /// When the store fails. The mapping has stopped all the same.
    pub async fn remove(&self, id: &MappingId) -> Result<(), Error> {
        let mut removed = self.changes.lock().await;
        if !removed.contains(id) {
            removed.push_back(id.clone());
        }
        if removed.len() > REMOVED_MAX {
            removed.pop_front();
        }
        if let Some(running) = self.take(id) {
            running.stop().await;
        }
        self.state.delete(id).await
    }

    /// How a mapping is doing; `None` when there is none.
    pub fn status(&self, id: &MappingId) -> Option<MappingStatus> {
        self.mappings().get(id).map(|running| running.status.get())
    }

    /// The mappings that are carried out here, by id.
    pub fn list(&self) -> Vec<Arc<Mapping>> {
        self.mappings().values().map(|running| Arc::clone(&running.mapping)).collect()
    }

    /// Ends all deliveries. What is under way is delivered again when the next dispatcher opens.
    pub async fn stop(&self) {
        let _changes = self.changes.lock().await;
        let all = std::mem::take(&mut *self.mappings());
        for running in all.into_values() {
            running.stop().await;
        }
    }

    fn start(&self, mapping: Mapping, status: Option<Status>) {
        let mapping = Arc::new(mapping);
        let (generation, enabled) = (mapping.generation, mapping.settings.enabled);
        let status = status.unwrap_or_else(|| Status::new(generation, enabled));
        status.changed(generation, enabled);
        let mut task = JoinSet::new();
        let (stop, stopped) = oneshot::channel();
        if enabled {
            task.spawn(self.runner(&mapping, &status).run(stopped));
        }
        self.mappings().insert(mapping.id.clone(), Running { mapping, status, task, stop });
    }

    fn runner(&self, mapping: &Arc<Mapping>, status: &Status) -> Runner {
        let source = Source {
            engine: Arc::clone(&self.engine),
            streams: Arc::clone(&self.streams),
            scope: Arc::clone(&self.scope),
            arn: mapping.source.clone(),
        };
        Runner {
            mapping: Arc::clone(mapping),
            source,
            state: self.state.clone(),
            connect: Arc::clone(&self.connect),
            clock: Arc::clone(&self.options.clock),
            retention: self.options.retention,
            status: status.clone(),
        }
    }

    fn take(&self, id: &MappingId) -> Option<Running> {
        self.mappings().remove(id)
    }

    fn mappings(&self) -> MutexGuard<'_, BTreeMap<MappingId, Running>> {
        // Nothing panics while holding the lock, and nothing is awaited.
        self.mappings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// Ends the task, and returns when it has.
    async fn stop(self) -> Status {
        let Self { status, mut task, stop, .. } = self;
        drop(stop);
        while let Some(ended) = task.join_next().await {
            if let Err(error) = ended {
                tracing::error!(error = &error as &dyn std::error::Error, "a mapping ended abnormally");
            }
        }
        status
    }
}
