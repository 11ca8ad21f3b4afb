//! The control plane of the one Region, from its first sight to the end of the process.
//!
//! It opens when a Region is there. It then follows the Region's node, and comes back to what is unfinished: on its own time while
//! all is well, soon while it is not or after a change, and from the start for a node that is new. A catalog belongs to one Region for
//! ever, and the key between operator and nodes to one run of the operator: when either changes, the process ends and begins anew.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use partita_controlplane::catalog::{Catalog, SqliteCatalog};
use partita_controlplane::{
    ControlPlane, DataPlane, EventSourceMappings, Limits, MappingOptions, Options, RandomUuids, Rests,
};
use partita_kubernetes::region::RegionView;
use partita_kubernetes::{AccessKey, Control};
use partita_model::TableName;
use partita_model::clock::Clock;
use partita_model::name::Scope;
use partita_node::{NodeClient, Phase};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use crate::adapters::{ControlledMappings, ControlledTables, NodeDataPlane};
use crate::layout;

/// Rest between two looks at all tables while no node listens, and after one of them was changed.
const REST_SOON: Duration = Duration::from_secs(1);
/// The same while all are where they were going: only what nobody told of is found so.
const REST_SETTLED: Duration = Duration::from_secs(30);

/// What the plane takes and gives.
pub(super) struct Plane {
    /// Folder of the catalog.
    pub(super) data: PathBuf,
    pub(super) clock: Arc<dyn Clock>,
    /// What an account may have.
    pub(super) limits: Limits,
    /// The Region as its controller sees it.
    pub(super) views: watch::Receiver<Option<RegionView>>,
    /// For the controllers of tables and mappings: where these are.
    pub(super) places: watch::Sender<Option<Control>>,
    /// For that of tables: those that the API changed.
    pub(super) touched: mpsc::Sender<TableName>,
    /// For the control API.
    pub(super) serving: watch::Sender<Option<Serving>>,
    /// For the Region's status: how many tables there are.
    pub(super) count: watch::Sender<Option<i64>>,
    /// Where the catalog is put, for whoever closes it.
    pub(super) catalog: Arc<OnceLock<SqliteCatalog>>,
}

/// What the control API needs while there is a control plane.
#[derive(Clone)]
pub(super) struct Serving {
    pub(super) control: Arc<ControlPlane>,
    pub(super) mappings: Arc<EventSourceMappings>,
    /// What nodes sign with.
    pub(super) key: AccessKey,
    /// Hears of every table that the API changed.
    pub(super) touched: Arc<dyn Fn(&TableName) + Send + Sync>,
}

impl Plane {
    /// Runs until `stop`.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) -> Result<()> {
        tokio::select! {
            followed = self.follow() => followed,
            _ = stop.wait_for(|stop| *stop) => Ok(()),
        }
    }

    /// Ends by an error, or with the controllers.
    async fn follow(&mut self) -> Result<()> {
        let first = match self.views.wait_for(Option::is_some).await {
            Ok(view) => view.clone(),
            Err(_) => None,
        };
        let Some(first) = first else { return Ok(()) };
        let mut open = Open::open(self, &first).await?;
        open.follow(self).await
    }
}

/// A control plane and the node it speaks to.
struct Open {
    control: Arc<ControlPlane>,
    mappings: Arc<EventSourceMappings>,
    /// For the mappings: whether nodes know a server of Lambda's Invoke API.
    functions: watch::Sender<bool>,
    key: AccessKey,
    node: Arc<NodeClient>,
    /// The address of the node's API.
    target: watch::Sender<Option<SocketAddr>>,
    /// The pod of the node that runs.
    running: Option<String>,
    /// The pod of the node that was told of every table and mapping.
    told: Option<String>,
    changed: Arc<Notify>,
}

/// What came of a look at all tables and mappings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// Each is where it was going.
    Settled,
    /// Some are not.
    Unfinished,
    /// There is no node that serves.
    Unheard,
}

impl Open {
    async fn open(plane: &Plane, view: &RegionView) -> Result<Self> {
        let catalog = open_catalog(plane, &view.scope).await?;
        let catalog = plane.catalog.get_or_init(|| catalog).clone();
        let (target, targets) = watch::channel(view.node);
        let key = partita_node::AccessKey {
            id: view.internal_key.id().to_owned(),
            secret: view.internal_key.secret().to_owned(),
        };
        let client = NodeClient::new(targets, view.scope.region.as_str(), key, Arc::clone(&plane.clock))
            .context("cannot make a client for nodes")?;
        let node = Arc::new(client);
        let (catalog, data_plane) = (Arc::new(catalog), Arc::new(NodeDataPlane(Arc::clone(&node))));
        let control = ControlPlane::at_rest(
            Arc::clone(&catalog) as Arc<dyn Catalog>,
            Arc::clone(&data_plane) as Arc<dyn DataPlane>,
            Arc::clone(&plane.clock),
            Options { limits: plane.limits, ..Options::from(view.scope.clone()) },
        );
        let (functions, known) = watch::channel(view.functions);
        let options =
            MappingOptions { scope: view.scope.clone(), uuids: Arc::new(RandomUuids), functions: known };
        let tables = Arc::clone(&catalog);
        let mappings =
            EventSourceMappings::new(catalog, tables, data_plane, Arc::clone(&plane.clock), options);
        Ok(Self {
            control: Arc::new(control),
            mappings: Arc::new(mappings),
            functions,
            key: view.internal_key.clone(),
            node,
            target,
            running: running(view),
            told: None,
            changed: Arc::default(),
        })
    }

    /// Ends by an error, or with the controllers.
    async fn follow(&mut self, plane: &mut Plane) -> Result<()> {
        self.publish(plane);
        let mut due = Instant::now();
        let mut rests = Rests::default();
        loop {
            // A change of the Region comes first: work that is under way may wait for a node that is gone.
            let look = tokio::select! {
                changed = plane.views.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    let view = plane.views.borrow_and_update().clone();
                    self.look_at(plane, view.as_ref())?;
                    due = Instant::now();
                    continue;
                }
                look = self.work(due, &mut rests) => look?,
            };
            if look != Look::Unheard {
                self.told.clone_from(&self.running);
            }
            due = Instant::now()
                + match look {
                    Look::Settled => REST_SETTLED,
                    Look::Unfinished => rests.unfinished(),
                    Look::Unheard => REST_SOON,
                };
            let count = i64::try_from(self.control.count_tables().await?).unwrap_or(i64::MAX);
            plane.count.send_if_modified(|shown| shown.replace(count) != Some(count));
        }
    }

    /// One look at all tables and mappings, when it is due or soon after a change; that begins the `rests` anew. Cancel safe.
    async fn work(&self, due: Instant, rests: &mut Rests) -> Result<Look> {
        let soon = async {
            let rest = tokio::select! {
                () = self.changed.notified() => REST_SOON,
                () = self.control.left_unfinished() => Rests::default().unfinished(),
                () = self.mappings.left_unfinished() => Rests::default().unfinished(),
            };
            tokio::time::sleep(rest).await;
        };
        tokio::select! {
            () = tokio::time::sleep_until(due) => {}
            () = soon => rests.again(),
        }
        // A node that starts does not listen yet. Asking it once is less than telling it of every table in vain.
        match self.node.status().await {
            Ok(status) if status.phase == Phase::Serving => {}
            Ok(status) => {
                tracing::debug!(phase = ?status.phase, "the node does not serve");
                return Ok(Look::Unheard);
            }
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "the node does not answer");
                return Ok(Look::Unheard);
            }
        }
        let unfinished = if self.running == self.told {
            self.control.drive().await? + self.mappings.drive().await?
        } else {
            tracing::info!(node = self.running, "telling the node of every table and event source mapping");
            self.control.republish().await? + self.mappings.republish().await?
        };
        Ok(if unfinished == 0 { Look::Settled } else { Look::Unfinished })
    }

    /// Follows the Region.
    fn look_at(&mut self, plane: &Plane, view: Option<&RegionView>) -> Result<()> {
        self.running = view.and_then(running);
        self.target.send_replace(view.and_then(|view| view.node));
        match view {
            Some(view) => {
                self.check_same(view)?;
                self.functions.send_replace(view.functions);
                if plane.places.borrow().is_none() {
                    self.publish(plane);
                }
            }
            None => {
                plane.places.send_replace(None);
                plane.serving.send_replace(None);
            }
        }
        Ok(())
    }

    fn check_same(&self, view: &RegionView) -> Result<()> {
        let (ours, theirs) = (self.control.scope(), &view.scope);
        ensure!(
            ours == theirs,
            "the Region is another one now: {} of account {} instead of {} of account {}; starting anew",
            theirs.region,
            theirs.account_id,
            ours.region,
            ours.account_id
        );
        ensure!(
            self.key == view.internal_key,
            "the key between operator and nodes is another one now; starting anew"
        );
        Ok(())
    }

    /// Lets the controllers of tables and mappings and the control API begin.
    fn publish(&self, plane: &Plane) {
        let (touched, changed) = (plane.touched.clone(), Arc::clone(&self.changed));
        let touched = Arc::new(move |table: &TableName| {
            changed.notify_one();
            // A full queue is no loss: every table is looked at again when its turn comes.
            if touched.try_send(table.clone()).is_err() {
                tracing::debug!(%table, "not noted as touched");
            }
        });
        let (control, mappings) = (Arc::clone(&self.control), Arc::clone(&self.mappings));
        plane.serving.send_replace(Some(Serving { control, mappings, key: self.key.clone(), touched }));
        let tables = Arc::new(ControlledTables(Arc::clone(&self.control)));
        let mappings = Arc::new(ControlledMappings(Arc::clone(&self.mappings)));
        plane.places.send_replace(Some(Control { tables, mappings, scope: self.control.scope().clone() }));
    }
}

/// The uid of the pod whose node runs.
fn running(view: &RegionView) -> Option<String> {
    view.node.and(view.node_uid.clone())
}

/// The catalog of that Region and of no other.
async fn open_catalog(plane: &Plane, scope: &Scope) -> Result<SqliteCatalog> {
    std::fs::create_dir_all(&plane.data)
        .with_context(|| format!("cannot make the folder {}", plane.data.display()))?;
    let file = plane.data.join(layout::CATALOG_FILE);
    let shown = file.display();
    let catalog =
        SqliteCatalog::open(&file).await.with_context(|| format!("cannot open the catalog {shown}"))?;
    let owner = catalog.claim(scope).await.with_context(|| format!("cannot read the catalog {shown}"))?;
    ensure!(
        owner == *scope,
        "the catalog {shown} holds the tables of {} of account {}, and the Region is {} of account {}: make the Region with the \
         former names again, or, to begin without those tables, delete the volume claim that holds the catalog",
        owner.region,
        owner.account_id,
        scope.region,
        scope.account_id
    );
    Ok(catalog)
}

#[cfg(test)]
mod tests;
