//! Where the node is in its life, shared by what serves and what tells.

use std::sync::{Arc, OnceLock};

use partita_model::TableId;
use partita_model::clock::{Clock, UnixMillis};
use partita_table::TableEngine;
use partita_trigger::Dispatcher;
use tokio::sync::watch;

use crate::wire::{IndexLag, NodeStatus, Phase, ServedTable};

/// Where a node is in its life, and its engine and dispatcher once it has them.
#[derive(Debug)]
pub(crate) struct NodeState {
    phase: watch::Sender<Phase>,
    engine: OnceLock<Arc<TableEngine>>,
    dispatcher: OnceLock<Arc<Dispatcher>>,
    shard: String,
    clock: Arc<dyn Clock>,
    started: UnixMillis,
}

impl NodeState {
    pub(crate) fn new(shard: String, clock: Arc<dyn Clock>) -> Self {
        let started = clock.now();
        let (engine, dispatcher) = (OnceLock::new(), OnceLock::new());
        Self { phase: watch::Sender::new(Phase::Opening), engine, dispatcher, shard, clock, started }
    }

    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// For waiting until the node gets somewhere.
    pub(crate) fn watch(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// The engine, once the shard is open.
    pub(crate) fn engine(&self) -> Option<&Arc<TableEngine>> {
        self.engine.get()
    }

    /// The shard is open.
    pub(crate) fn opened(&self, engine: Arc<TableEngine>) {
        // It is opened once in a node's life.
        drop(self.engine.set(engine));
    }

    /// The event source mappings, once the node goes on with them.
    pub(crate) fn dispatcher(&self) -> Option<&Arc<Dispatcher>> {
        self.dispatcher.get()
    }

    /// The node goes on with its event source mappings.
    pub(crate) fn dispatches(&self, dispatcher: Arc<Dispatcher>) {
        // Once in a node's life, as the shard.
        drop(self.dispatcher.set(dispatcher));
    }

    pub(crate) fn reach(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    pub(crate) async fn status(&self) -> NodeStatus {
        let mut tables = Vec::new();
        if let Some(engine) = self.engine() {
            for served in engine.tables().into_values().filter_map(|id| engine.descriptor(id)) {
                tables.push(ServedTable {
                    id: served.id,
                    index_lag: index_lag(engine, served.id).await,
                    name: served.name,
                    generation: served.generation,
                });
            }
        }
        NodeStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            phase: self.phase(),
            uptime_ms: self.clock.now().0.saturating_sub(self.started.0),
            shard: self.shard.clone(),
            tables,
        }
    }
}

/// A store that fails is told of elsewhere.
async fn index_lag(engine: &TableEngine, table: TableId) -> Option<IndexLag> {
    let lag = engine.index_lag(table).await.ok()??;
    Some(IndexLag { records: lag.records, ms: lag.ms })
}
