//! `partita operator`: the control plane behind Kubernetes objects.
//!
//! ```text
//!  signals ──▶ stop ──▶ all of it
//!  control_api   health at once; operations once a Region is there
//!  lead ──▶ regions ──RegionView──▶ plane: catalog, control plane ──Control──▶ tables, mappings
//!                                     └──▶ the Region's node: every table of the catalog
//! ```
//!
//! The kinds first, then the Lease, then the controllers; that of mappings once its kind is there too. Each part is a task; when one ends, all end, and unless somebody asked for
//! that the process ends with an error, so that kubelet starts it anew: everything it needs is in the cluster and in the catalog.

mod access_keys;
mod control_api;
mod kinds;
mod plane;
mod tasks;

use std::net::TcpListener;
use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result};
use kube::Client;
use partita_controlplane::catalog::SqliteCatalog;
use partita_kubernetes::{Control, Installation, leader, mapping, region, table};
use partita_model::clock::{Clock, SystemClock};
use tokio::sync::{mpsc, watch};

use crate::arguments::OperatorOptions;
use crate::signals::Signals;
use crate::{logging, runtime};
use access_keys::RandomAccessKeys;
use control_api::ControlApi;
use plane::{Plane, Serving};
use tasks::Tasks;

/// Tables that were touched and not looked at yet: every table of an account. One that does not fit is looked at when its turn comes.
const TOUCHED_MAX: usize = 2_500;

/// Runs the operator until a signal ends it.
pub(crate) fn run(options: OperatorOptions) -> Result<()> {
    logging::to_stderr(&options.log.filter)?;
    runtime::run(serve(options))
}

async fn serve(options: OperatorOptions) -> Result<()> {
    let asked = Signals::listen()?.watch();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (serving, served) = watch::channel(None);
    let (stop, stopped) = watch::channel(false);
    let api = ControlApi { listener: listen(&options)?, serving: served, clock: Arc::clone(&clock) };
    let operator = Operator {
        installation: Arc::new(installation(&options, clock).await?),
        options,
        serving,
        catalog: Arc::default(),
    };
    let catalog = Arc::clone(&operator.catalog);
    let mut tasks = Tasks::new(stop);
    tasks.spawn("the control API", api.run(stopped.clone()));
    tasks.spawn("the leader's work", operator.run(stopped));
    let ended = tasks.end(async {
        let signal = asked.await.unwrap_or("none");
        tracing::info!(signal, "stopping");
    });
    let ended = ended.await;
    if let Some(catalog) = catalog.get() {
        catalog.close().await;
    }
    ended
}

async fn installation(options: &OperatorOptions, clock: Arc<dyn Clock>) -> Result<Installation> {
    let client = Client::try_default().await.context(
        "cannot find the API server: the operator runs in a pod with a service account, or where a kubeconfig is",
    )?;
    Ok(Installation {
        client,
        namespace: options.namespace.clone(),
        image: options.image.clone(),
        control_endpoint: options.control_endpoint(),
        clock,
        secrets: Arc::new(RandomAccessKeys),
    })
}

fn listen(options: &OperatorOptions) -> Result<TcpListener> {
    let listener = TcpListener::bind(options.listen).with_context(|| {
        format!("cannot listen on {}: choose another address with --listen", options.listen)
    })?;
    listener.set_nonblocking(true).context("cannot share the socket")?;
    Ok(listener)
}

/// What leads once it holds the Lease.
struct Operator {
    installation: Arc<Installation>,
    options: OperatorOptions,
    serving: watch::Sender<Option<Serving>>,
    /// To be closed when nobody uses it any more.
    catalog: Arc<OnceLock<SqliteCatalog>>,
}

impl Operator {
    /// Waits for the kinds and for the Lease, and then works until `stop`.
    async fn run(self, stop: watch::Receiver<bool>) -> Result<()> {
        let Installation { client, namespace, clock, .. } = self.installation.as_ref().clone();
        let mut asked = stop.clone();
        tokio::select! {
            () = kinds::served(&client, kinds::NEEDED) => {}
            _ = asked.wait_for(|stop| *stop) => return Ok(()),
        }
        let identity = self.options.identity.clone();
        let led = leader::lead(client, &namespace, &identity, clock, stop, |stop| self.work(stop)).await?;
        // Nothing if the end came before the Lease.
        led.unwrap_or(Ok(()))
    }

    /// The controllers and the control plane, until `stop`.
    async fn work(self, mut stop: watch::Receiver<bool>) -> Result<()> {
        let (views, viewed) = watch::channel(None);
        let (places, placed) = watch::channel(None);
        let (count, counted) = watch::channel(None);
        let (touched, touches) = mpsc::channel(TOUCHED_MAX);
        let (end, ended) = watch::channel(false);
        let Self { installation, options, serving, catalog } = self;
        let clock = Arc::clone(&installation.clock);
        let limits = options.rules.limits();
        let plane = Plane {
            data: options.data,
            clock,
            limits,
            views: viewed,
            places,
            touched,
            serving,
            count,
            catalog,
        };
        let regions = region::regions(Arc::clone(&installation), counted, views, ended.clone());
        let tables = table::tables(Arc::clone(&installation), placed.clone(), touches, ended.clone());
        let mappings = mappings(installation, placed, ended.clone());
        let mut tasks = Tasks::new(end);
        tasks.spawn("the controller of Regions", async { Ok(regions.await?) });
        tasks.spawn("the controller of Tables", async { Ok(tables.await?) });
        tasks.spawn("the controller of EventSourceMappings", mappings);
        tasks.spawn("the control plane", plane.run(ended));
        tasks
            .end(async move {
                // An error says that nobody is left who could stop it, which is an end too.
                drop(stop.wait_for(|stop| *stop).await);
            })
            .await
    }
}

/// The controller of EventSourceMappings, from when the API server serves the kind until `stop`.
async fn mappings(
    installation: Arc<Installation>,
    control: watch::Receiver<Option<Control>>,
    stop: watch::Receiver<bool>,
) -> Result<()> {
    let mut asked = stop.clone();
    tokio::select! {
        () = kinds::served(&installation.client, kinds::MAPPINGS) => {}
        _ = asked.wait_for(|stop| *stop) => return Ok(()),
    }
    Ok(mapping::mappings(installation, control, stop).await?)
}
