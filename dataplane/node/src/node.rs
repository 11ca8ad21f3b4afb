//! The node from start to stop.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use partita_gateway::{Gateway, Limits, Options};
use partita_identity::{Credentials, Verifier};
use partita_stream::{StreamOptions, Streams};
use partita_table::TableEngine;
use partita_trigger::{Dispatcher, DispatcherOptions, HttpConnect, HttpOptions};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::api::NodeApi;
use crate::error::NodeError;
use crate::forward::{Control, Forwarder, MappingForwarder};
use crate::housekeeping;
use crate::keys::KeyFile;
use crate::local_tables::LocalTables;
use crate::open;
use crate::options::{AccessKey, NodeOptions};
use crate::parts::{Parts, told};
use crate::state::NodeState;
use crate::wire::Phase;

/// Connections to the node API at once: the control plane's, kubelet's, and a person's or two.
const NODE_API_CONNECTIONS_MAX: usize = 64;

/// How long requests to the node API may finish when the node stops: each is one or two writes to the store.
const NODE_API_DRAIN_TIME: Duration = Duration::from_secs(5);

/// Runs a node: opens its shard, serves until `shutdown` completes, finishes what runs, and closes the shard.
///
/// # Errors
/// When the node cannot start, or when its store fails or is taken over; the process should end then, and be started again.
pub async fn run(options: NodeOptions, shutdown: impl Future<Output = ()> + Send) -> Result<(), NodeError> {
    Node::bind(options).await?.serve(shutdown).await
}

/// A node that has its addresses and its access keys, and does not serve yet.
pub struct Node {
    options: NodeOptions,
    api: TcpListener,
    node_api: TcpListener,
    verifier: Arc<Verifier>,
    key_file: KeyFile,
    state: Arc<NodeState>,
}

impl Node {
    /// Takes the node's addresses and reads its access keys. Port 0 takes a free one.
    ///
    /// # Errors
    /// When an address is taken, or when the access keys cannot be read.
    pub async fn bind(options: NodeOptions) -> Result<Self, NodeError> {
        let (key_file, verifier) = KeyFile::read(&options).await?;
        let api = listen(options.listen).await?;
        let node_api = listen(options.node_listen).await?;
        let state = Arc::new(NodeState::new(options.shard.clone(), Arc::clone(&options.clock)));
        Ok(Self { options, api, node_api, verifier, key_file, state })
    }

    /// Where the DynamoDB API is served.
    ///
    /// # Errors
    /// The operating system's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.api.local_addr()
    }

    /// Where the node API is served.
    ///
    /// # Errors
    /// The operating system's.
    pub fn node_address(&self) -> io::Result<SocketAddr> {
        self.node_api.local_addr()
    }

    /// For waiting until the node gets somewhere.
    pub fn phase(&self) -> watch::Receiver<Phase> {
        self.state.watch()
    }

    /// Serves until `shutdown` completes; see [`run`].
    ///
    /// # Errors
    /// When the shard cannot be opened, or when its store fails or is taken over.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), NodeError> {
        let mut shutdown = pin!(shutdown);
        let Self { options, api, node_api, verifier, key_file, state } = self;
        let mut back = Parts::default();
        let gateway = Arc::new(node_gateway(&options, &state)?);
        back.start(|stopped| gateway.serve(node_api, told(stopped)));
        let Some(engine) = open::engine(&options, shutdown.as_mut()).await?.map(Arc::new) else {
            return back.stop().await;
        };
        state.opened(Arc::clone(&engine));
        let streams = streams(&options, &engine).await?;
        let dispatcher = dispatcher(&options, &engine, &streams).await?;
        state.dispatches(Arc::clone(&dispatcher));
        let mut front = Parts::default();
        let gateway = gateway_of_items(&options, &engine, &verifier)?.with_streams(Arc::clone(&streams));
        front.start(|stopped| Arc::new(gateway).serve(api, told(stopped)));
        back.start(|stopped| housekeeping::run(Arc::clone(&engine), streams, stopped));
        let (path, poll) = (options.credentials_file.clone(), options.timing.credentials_poll);
        back.start(|stopped| key_file.follow(path, verifier, poll, stopped));

        state.reach(Phase::Serving);
        let (tables, mappings) = (engine.tables().len(), dispatcher.list().len());
        tracing::info!(tables, mappings, shard = options.shard, "serving");
        let mut failure = failed_before(shutdown, &engine, &mut front, &mut back).await;
        if failure.is_none() {
            state.reach(Phase::Draining);
            let settle = options.timing.endpoints_settle;
            tracing::info!(settle_ms = settle.as_millis(), "asked to stop, not ready any more");
            failure = failed_before(tokio::time::sleep(settle), &engine, &mut front, &mut back).await;
        }
        if let Some(error) = &failure {
            state.reach(Phase::Failed);
            tracing::error!(error = error as &dyn std::error::Error, "cannot go on, stopping");
        }
        close(failure, front, back, &dispatcher, &engine).await
    }
}

/// What keeps the node from serving on, if that comes before `end` completes.
async fn failed_before(
    end: impl Future<Output = ()>,
    engine: &TableEngine,
    front: &mut Parts,
    back: &mut Parts,
) -> Option<NodeError> {
    tokio::select! {
        biased;
        error = engine.ended() => Some(NodeError::ended(error)),
        error = front.broken() => Some(error),
        error = back.broken() => Some(error),
        () = end => None,
    }
}

/// Lets what runs end, from the outside in, and then the store go.
async fn close(
    failure: Option<NodeError>,
    front: Parts,
    back: Parts,
    dispatcher: &Dispatcher,
    engine: &TableEngine,
) -> Result<(), NodeError> {
    let (drained, stopped) = (front.stop().await, back.stop().await);
    // After the node API, which could start another mapping; before the store, which keeps how far they have come.
    dispatcher.stop().await;
    let closed = engine.close().await.map_err(NodeError::Close);
    // The first is the cause, if there are several.
    failure.map_or(Ok(()), Err).and(drained).and(stopped).and(closed)?;
    tracing::info!("stopped");
    Ok(())
}

async fn streams(options: &NodeOptions, engine: &Arc<TableEngine>) -> Result<Arc<Streams>, NodeError> {
    let stream_options = StreamOptions { clock: Arc::clone(&options.clock), ..StreamOptions::default() };
    let streams = Streams::open(Arc::clone(engine), options.scope.clone(), stream_options).await;
    streams.map(Arc::new).map_err(NodeError::Streams)
}

async fn dispatcher(
    options: &NodeOptions,
    engine: &Arc<TableEngine>,
    streams: &Arc<Streams>,
) -> Result<Arc<Dispatcher>, NodeError> {
    let http = HttpOptions { lambda_endpoint: options.lambda_endpoint.clone(), ..HttpOptions::default() };
    let connect = Arc::new(HttpConnect::new(http).map_err(NodeError::Mappings)?);
    let (engine, streams, scope) = (Arc::clone(engine), Arc::clone(streams), options.scope.clone());
    let options = DispatcherOptions { clock: Arc::clone(&options.clock), ..DispatcherOptions::default() };
    let dispatcher = Dispatcher::open(engine, streams, scope, connect, options).await;
    dispatcher.map(Arc::new).map_err(NodeError::Mappings)
}

fn gateway_of_items(
    options: &NodeOptions,
    engine: &Arc<TableEngine>,
    verifier: &Arc<Verifier>,
) -> Result<Gateway, NodeError> {
    let tables = LocalTables {
        engine: Arc::clone(engine),
        scope: options.scope.clone(),
        clock: Arc::clone(&options.clock),
    };
    let control = Control::of(options)?;
    let forwarder = Arc::new(Forwarder { control: control.clone(), tables });
    let gateway_options = Options {
        wording: options.wording,
        clock: Arc::clone(&options.clock),
        extra_routes: Some(Arc::new(MappingForwarder { control })),
        limits: options.limits,
        ..Options::default()
    };
    Ok(Gateway::forwarding(Arc::clone(engine), forwarder, Arc::clone(verifier), gateway_options))
}

fn node_gateway(options: &NodeOptions, state: &Arc<NodeState>) -> Result<Gateway, NodeError> {
    let AccessKey { id, secret } = &options.internal;
    let internal = Credentials::single(id, secret).map_err(NodeError::InternalKey)?;
    let verifier = Verifier::new(internal, options.scope.region.as_str(), Arc::clone(&options.clock));
    let limits = Limits {
        connections: NODE_API_CONNECTIONS_MAX,
        requests: NODE_API_CONNECTIONS_MAX,
        drain_time: NODE_API_DRAIN_TIME,
        ..Limits::default()
    };
    let gateway_options = Options {
        clock: Arc::clone(&options.clock),
        extra_routes: Some(Arc::new(NodeApi::new(Arc::clone(state)))),
        limits,
        ..Options::default()
    };
    Ok(Gateway::routes_only(Arc::new(verifier), gateway_options))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, NodeError> {
    TcpListener::bind(address).await.map_err(|source| NodeError::Listen { address, source })
}
