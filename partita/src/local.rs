//! `partita local`: both planes, the reconciler and the gateway in one process.
//!
//! Assembly from the bottom up, and the end in the opposite order: the gateway drains, the reconciler stops, the engine makes
//! everything durable, the catalog closes.

mod banner;
mod objects_api;
mod progress;
mod repair;
mod triggers;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use partita_controllers::Controller;
use partita_controlplane::catalog::{Catalog, SqliteCatalog};
use partita_controlplane::{ControlPlane, DataPlane, Options};
use partita_gateway::{Gateway, may_listen};
use partita_identity::Verifier;
use partita_model::TableName;
use partita_model::clock::{Clock, SystemClock};
use partita_model::name::Scope;
use partita_node::housekeeping;
use partita_protocol::Wording;
use partita_storage::{Location, Shard, StoreOptions};
use partita_stream::{StreamOptions, Streams};
use partita_table::{EngineOptions, TableEngine};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use crate::adapters::{
    ApiControlPlane, CatalogObjects, ControlledMappings, ControlledTables, EngineDataPlane,
};
use crate::arguments::{self, LocalOptions};
use crate::lambda_api::LambdaApi;
use crate::routes::Routes;
use crate::signals::Signals;
use crate::{credentials, descriptors, layout, logging, runtime};
use banner::Banner;
use objects_api::ObjectsApi;
use triggers::{Ground, Triggers};

/// The only shard of a local service. A path is never used for another shard.
const SHARD: &str = "shards/1";

/// Runs the service until a signal ends it, or repairs its data folder.
pub(crate) fn run(options: LocalOptions) -> Result<()> {
    logging::to_stderr(&options.log.filter)?;
    if options.repair {
        return runtime::run(async { repair::run(&options).await });
    }
    runtime::run(serve(options))
}

async fn serve(options: LocalOptions) -> Result<()> {
    let credentials = credentials::configured(options.credentials.as_deref())?;
    may_listen(options.listen, credentials.is_some())?;
    let asked = Signals::listen()?.watch();
    let listener = TcpListener::bind(options.listen).await.with_context(|| {
        format!(
            "cannot listen on {}: choose another address with --listen, port 0 takes a free one",
            options.listen
        )
    })?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let scope = options.identity.scope();
    let planes = Planes::open(&options, &scope, &clock).await?;
    let (stop, stopped) = watch::channel(false);
    let controller = planes.controller(&options, &scope, &clock).await?;
    let running = tokio::spawn(Arc::clone(&controller).run(stopped.clone()));
    let (engine, streams) = (Arc::clone(&planes.engine), Arc::clone(&planes.streams));
    let sweeping = tokio::spawn(housekeeping::run(engine, streams, stopped.clone()));
    let looking = tokio::spawn(progress::run(Arc::clone(&planes.control), stopped.clone()));
    let mapping = tokio::spawn(triggers::run(Arc::clone(&planes.triggers.mappings), stopped));

    let signed = credentials.is_some();
    let verifier =
        credentials.map(|credentials| Verifier::new(credentials, scope.region.as_str(), Arc::clone(&clock)));
    let gateway = planes.gateway(verifier, &options, &clock, controller);
    let address = listener.local_addr().context("the listener has an address")?;
    Banner { address, data: planes.folder(&options), region: &scope.region, signed }.show()?;
    Arc::new(gateway).serve(listener, end(asked, &planes.engine)).await;

    stop.send_replace(true);
    let (running, sweeping, looking) = (running.await, sweeping.await, looking.await);
    let mapping = mapping.await;
    planes.triggers.stop().await;
    planes.close().await?;
    running.context("the reconciler ended abnormally")?;
    sweeping.context("the housekeeping ended abnormally")?;
    mapping.context("looking at event source mappings ended abnormally")?;
    looking.context("looking at unfinished tables ended abnormally")
}

/// Completes when a signal comes, or when the store fails: it answers nothing any more then, and only a new start, which
/// reads what is on disk, can tell what is there.
async fn end(asked: oneshot::Receiver<&'static str>, engine: &TableEngine) {
    tokio::select! {
        signal = asked => tracing::info!(signal = signal.unwrap_or("none"), "stopping"),
        error = engine.ended() => tracing::error!(
            error = &error as &dyn std::error::Error,
            "the store failed, stopping; look for a full or failing disk, then start again"
        ),
    }
}

/// The two planes and what they stand on.
struct Planes {
    engine: Arc<TableEngine>,
    streams: Arc<Streams>,
    catalog: Arc<SqliteCatalog>,
    control: Arc<ControlPlane>,
    triggers: Triggers,
}

impl Planes {
    async fn open(options: &LocalOptions, scope: &Scope, clock: &Arc<dyn Clock>) -> Result<Self> {
        // The store first: its lock keeps a second process from touching the catalog as well.
        let shard = open_shard(options).await?;
        let catalog = open_catalog(options).await?;
        let engine_options = EngineOptions { clock: Arc::clone(clock), ..EngineOptions::default() };
        let engine = TableEngine::open(shard, scope.clone(), engine_options)
            .await
            .context("cannot read the tables")?;
        let (engine, catalog) = (Arc::new(engine), Arc::new(catalog));
        let stream_options = StreamOptions { clock: Arc::clone(clock), ..options.streams.options() };
        let streams = Streams::open(Arc::clone(&engine), scope.clone(), stream_options)
            .await
            .context("cannot read the streams")?;
        let data_plane: Arc<dyn DataPlane> = Arc::new(EngineDataPlane(Arc::clone(&engine)));
        let control = ControlPlane::open(
            Arc::clone(&catalog) as Arc<dyn Catalog>,
            data_plane,
            Arc::clone(clock),
            Options { limits: options.rules.limits(), ..Options::from(scope.clone()) },
        )
        .await
        .context("cannot open the control plane")?;
        let streams = Arc::new(streams);
        let ground = Ground { engine: &engine, streams: &streams, catalog: &catalog, scope, clock };
        let triggers =
            Triggers::open(ground, options.functions.lambda_endpoint.clone(), &options.streams.options())
                .await?;
        Ok(Self { engine, streams, catalog, control: Arc::new(control), triggers })
    }

    async fn controller(
        &self,
        options: &LocalOptions,
        scope: &Scope,
        clock: &Arc<dyn Clock>,
    ) -> Result<Arc<Controller>> {
        let tables = Arc::new(ControlledTables(Arc::clone(&self.control)));
        let mappings = Arc::new(ControlledMappings(Arc::clone(&self.triggers.mappings)));
        let objects = Arc::new(CatalogObjects(Arc::clone(&self.control)));
        let controller = Controller::new(
            tables,
            mappings,
            objects,
            Arc::clone(clock),
            scope.clone(),
            options.apply.clone(),
        );
        Ok(Arc::new(controller.await.context("cannot watch the manifests")?))
    }

    fn gateway(
        &self,
        verifier: Option<Verifier>,
        options: &LocalOptions,
        clock: &Arc<dyn Clock>,
        controller: Arc<Controller>,
    ) -> Gateway {
        let touched = Arc::clone(&controller);
        let touched = Box::new(move |table: &TableName| touched.touched(table));
        let control = Arc::new(ApiControlPlane::new(Arc::clone(&self.control), touched));
        let options = partita_gateway::Options {
            wording: match options.validation_wording {
                arguments::Wording::Modern => Wording::Modern2026,
                arguments::Wording::Classic => Wording::Classic,
            },
            clock: Arc::clone(clock),
            limits: descriptors::limits(),
            extra_routes: Some(Arc::new(Routes(vec![
                Arc::new(ObjectsApi::new(controller)),
                Arc::new(LambdaApi::new(Arc::clone(&self.triggers.mappings))),
            ]))),
            ..partita_gateway::Options::default()
        };
        Gateway::new(Arc::clone(&self.engine), control, verifier, options)
            .with_streams(Arc::clone(&self.streams))
    }

    fn folder<'a>(&self, options: &'a LocalOptions) -> Option<&'a Path> {
        (!options.ephemeral).then_some(options.data.as_path())
    }

    async fn close(self) -> Result<()> {
        let closed = self.engine.close().await;
        self.catalog.close().await;
        closed.context(
            "the store failed: every write that was acknowledged is kept, one that was not may or may not be. \
             Look for a full or failing disk, then start again",
        )?;
        tracing::info!("stopped");
        Ok(())
    }
}

async fn open_shard(options: &LocalOptions) -> Result<Shard> {
    let location = if options.ephemeral {
        Location::Memory
    } else {
        let folder = &options.data;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot create the data folder {}", folder.display()))?;
        Location::Folder(folder.join(layout::STORE_FOLDER))
    };
    let store = StoreOptions { cache_bytes: options.cache_size, ..StoreOptions::new(location, SHARD) };
    let store = partita_storage::open(store).await.map_err(cannot_open)?;
    Shard::open(store).await.map_err(cannot_open)
}

/// Says what to do about a data folder that is damaged.
fn cannot_open(error: partita_storage::Error) -> anyhow::Error {
    let what = if matches!(error, partita_storage::Error::Corrupt { .. }) {
        "the data folder is damaged; `partita local --repair` says which files are, and what a repair would lose"
    } else {
        "cannot open the data folder"
    };
    anyhow::Error::new(error).context(what)
}

async fn open_catalog(options: &LocalOptions) -> Result<SqliteCatalog> {
    if options.ephemeral {
        return Ok(SqliteCatalog::in_memory().await?);
    }
    let file = options.data.join(layout::CATALOG_FILE);
    SqliteCatalog::open(&file).await.with_context(|| format!("cannot open the catalog {}", file.display()))
}
