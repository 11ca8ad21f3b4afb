//! Event source mappings of a local service: the dispatcher, and the control plane's side in the same process.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use partita_controlplane::catalog::SqliteCatalog;
use partita_controlplane::{EventSourceMappings, MappingOptions, RandomUuids, Rests};
use partita_mapping::Url;
use partita_model::clock::Clock;
use partita_model::name::Scope;
use partita_stream::{StreamOptions, Streams};
use partita_table::TableEngine;
use partita_trigger::{Dispatcher, DispatcherOptions, HttpConnect, HttpOptions};
use tokio::sync::watch;

use crate::adapters::DispatchedMappings;

/// Event source mappings, kept and carried out.
pub(super) struct Triggers {
    dispatcher: Arc<Dispatcher>,
    pub(super) mappings: Arc<EventSourceMappings>,
}

/// What triggers stand on.
pub(super) struct Ground<'a> {
    pub(super) engine: &'a Arc<TableEngine>,
    pub(super) streams: &'a Arc<Streams>,
    pub(super) catalog: &'a Arc<SqliteCatalog>,
    pub(super) scope: &'a Scope,
    pub(super) clock: &'a Arc<dyn Clock>,
}

impl Triggers {
    /// Goes on with the mappings that there are.
    pub(super) async fn open(
        ground: Ground<'_>,
        lambda: Option<Url>,
        streams: &StreamOptions,
    ) -> Result<Self> {
        let Ground { scope, clock, .. } = ground;
        let functions = watch::channel(lambda.is_some()).1;
        let connect = HttpConnect::new(HttpOptions { lambda_endpoint: lambda, ..HttpOptions::default() })?;
        let options = DispatcherOptions { clock: Arc::clone(clock), retention: streams.retention };
        let (engine, streams) = (Arc::clone(ground.engine), Arc::clone(ground.streams));
        let dispatcher = Dispatcher::open(engine, streams, scope.clone(), Arc::new(connect), options).await;
        let dispatcher = Arc::new(dispatcher.context("cannot read the event source mappings")?);
        let options = MappingOptions { scope: scope.clone(), uuids: Arc::new(RandomUuids), functions };
        let plane = Arc::new(DispatchedMappings(Arc::clone(&dispatcher)));
        let (catalog, tables) = (Arc::clone(ground.catalog), Arc::clone(ground.catalog));
        let mappings = EventSourceMappings::new(catalog, tables, plane, Arc::clone(clock), options);
        Ok(Self { dispatcher, mappings: Arc::new(mappings) })
    }

    /// Ends all deliveries. What is under way is delivered again at the next start.
    pub(super) async fn stop(&self) {
        self.dispatcher.stop().await;
    }
}

/// Brings mappings to where they are going until `stopped` says so.
pub(super) async fn run(mappings: Arc<EventSourceMappings>, mut stopped: watch::Receiver<bool>) {
    tokio::select! {
        () = drive(&mappings) => {}
        // An error means that the sender is gone, and with it the service.
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
}

async fn drive(mappings: &EventSourceMappings) {
    let mut rests = Rests::default();
    loop {
        match mappings.drive().await {
            Ok(0) => {
                mappings.left_unfinished().await;
                rests.again();
            }
            Ok(_) => {}
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "cannot look at event source mappings, trying again later");
            }
        }
        tokio::time::sleep(rests.unfinished()).await;
    }
}
