//! The Region controller: from a Region to the Pod, Service, volume and Secrets that serve it.
//!
//! ```text
//! watches.rs ──Snapshot (observe.rs)──> plan.rs ──steps──> act.rs ──server-side apply──> API server
//!                                        │  └ render.rs, credentials.rs: objects as they should be
//!                                        └──> status.rs, node.rs: what to tell of it ──> status, events
//! ```
//!
//! Each change that is watched, and each change of the number of tables, makes a *pass* over all Regions: the oldest is acted
//! upon, the others are told so. A pass is repeated later and later while a step fails, and now and then in any case.
//!
//! # Invariants
//!
//! - All but the planning's inputs and outputs is pure: `plan::plan` sees a snapshot and the time, nothing else.
//! - Keys are made once. A Secret with a random key is created, never applied over, and its data is never rendered.
//! - A pod is made once and deleted under its uid; it is never changed but for one annotation. No pod is removed by force.
//! - A pod that serves is ended only after the API server said that it takes the next one.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{Api, Patch, PatchParams};
use kube::{Resource, ResourceExt};
use partita_api::{Region, RegionStatus};
use partita_model::name::Scope;
use serde_json::json;
use tokio::sync::{Notify, watch};

use self::act::Actor;
use self::observe::{BucketKey, Snapshot, bucket_secret, ends};
use self::plan::plan;
use self::render::Site;
use self::status::Findings;
use self::watches::Watches;
use crate::events::{Events, events as event_queue};
use crate::{AccessKey, Error, Installation};

mod act;
mod checksum;
mod credentials;
mod events;
mod names;
mod node;
mod observe;
mod plan;
mod quantity;
mod render;
mod status;
mod watches;

/// How often passes are made when nothing tells to.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// After a pass in which nothing failed: for what is not watched, such as a bucket's Secret whose key was rotated.
    resync: Duration,
    /// After the first pass that failed. It doubles with each, and even a change does not make the next one come sooner than
    /// this. It is short, as most failures are two writers meeting.
    retry_min: Duration,
    /// What it doubles up to: a cluster is back within a minute of its fault going away.
    retry_max: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            resync: Duration::from_secs(300),
            retry_min: Duration::from_millis(500),
            retry_max: Duration::from_secs(60),
        }
    }
}

/// What the rest of the operator needs to know of the Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionView {
    /// The Region's name.
    pub name: String,
    /// What its tables' ARNs say.
    pub scope: Scope,
    /// The key of the wire between operator and nodes.
    pub internal_key: AccessKey,
    /// Whether nodes are started with a server of Lambda's Invoke API.
    pub functions: bool,
    /// The node API of the node that runs, ready or not.
    pub node: Option<SocketAddr>,
    /// The uid of that node's pod: another uid is another node.
    pub node_uid: Option<String>,
}

/// Brings the oldest Region to what its spec says, until `stop` turns true or is dropped. `tables` tells how many tables there
/// are, for the status. `views` shows the Region to the rest of the operator, from the first pass that found its internal key.
///
/// # Errors
/// None today: what goes wrong is logged, told in the Region's status and tried again.
///
/// May be dropped at any time; a write under way may then be carried out or not, and the next start finds out.
pub async fn regions(
    installation: Arc<Installation>,
    tables: watch::Receiver<Option<i64>>,
    views: watch::Sender<Option<RegionView>>,
    stop: watch::Receiver<bool>,
) -> Result<(), Error> {
    run(installation, Pace::default(), tables, views, stop).await;
    Ok(())
}

async fn run(
    installation: Arc<Installation>,
    pace: Pace,
    tables: watch::Receiver<Option<i64>>,
    views: watch::Sender<Option<RegionView>>,
    mut stop: watch::Receiver<bool>,
) {
    let changed = Arc::new(Notify::new());
    let (events, publisher) = event_queue(installation.client.clone());
    let (watches, watching) =
        Watches::start(&installation.client, &installation.namespace, &changed, &events);
    let site = Site::from(installation.as_ref());
    let controller =
        Controller { installation, site, pace, watches, events, tables, views, written: BTreeMap::new() };
    tokio::select! {
        () = watching => {}
        () = controller.run(&changed) => {}
        () = publisher.run() => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

struct Controller {
    installation: Arc<Installation>,
    site: Site,
    pace: Pace,
    watches: Watches,
    events: Events,
    tables: watch::Receiver<Option<i64>>,
    views: watch::Sender<Option<RegionView>>,
    /// The statuses written last, by the Region's uid.
    written: BTreeMap<String, Written>,
}

/// A status that was written. The watch may still show the object as it was before.
struct Written {
    /// The resource version that was written over.
    over: Option<String>,
    status: RegionStatus,
}

/// What is left to do after a pass.
#[derive(Default)]
struct Outcome {
    failed: bool,
    again: Option<Duration>,
}

impl Controller {
    async fn run(mut self, changed: &Notify) {
        self.watches.seen().await;
        let mut retry = self.pace.retry_min;
        loop {
            let outcome = self.pass().await;
            let pause = if outcome.failed {
                tokio::time::sleep(self.pace.retry_min).await;
                let pause = retry;
                retry = retry.saturating_mul(2).min(self.pace.retry_max);
                pause
            } else {
                retry = self.pace.retry_min;
                outcome.again.unwrap_or(self.pace.resync).min(self.pace.resync)
            };
            tokio::select! {
                () = changed.notified() => {}
                Ok(()) = self.tables.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One look at everything, and what follows from it.
    async fn pass(&mut self) -> Outcome {
        let regions = self.watches.regions();
        self.written.retain(|uid, _| regions.iter().any(|region| region.metadata.uid.as_ref() == Some(uid)));
        let Some((oldest, others)) = regions.split_first() else {
            self.show(None);
            return Outcome::default();
        };
        let mut outcome = match self.reconcile(oldest).await {
            Ok(outcome) => outcome,
            Err(error) => failed(oldest, &error),
        };
        for region in others.iter().filter(|region| !ends(region.as_ref())) {
            let previous = self.previous(region);
            let status =
                status::conflict(region, &oldest.name_any(), &previous, self.installation.clock.now());
            if let Err(error) = self.tell(region, &previous, status).await {
                outcome.failed |= failed(region, &error).failed;
            }
        }
        outcome
    }

    /// Observe, plan, act, tell.
    async fn reconcile(&mut self, region: &Region) -> Result<Outcome, Error> {
        let bucket = self.bucket_key(region).await?;
        let snapshot = self.watches.snapshot(&region.name_any(), bucket);
        self.show(view(region, &snapshot));
        if ends(region) {
            return Ok(Outcome::default());
        }
        let plan = plan(region, &self.site, &snapshot, self.installation.clock.now());
        let failures = self.actor().act(&plan.steps).await;
        let findings = Findings {
            region,
            site: &self.site,
            snapshot: &snapshot,
            plan: &plan,
            failures: &failures,
            tables: *self.tables.borrow(),
            now: self.installation.clock.now(),
        };
        let previous = self.previous(region);
        let status = status::status(&findings, &previous);
        self.tell(region, &previous, status).await?;
        Ok(Outcome { failed: !failures.is_empty(), again: plan.again })
    }

    fn actor(&self) -> Actor<'_> {
        Actor {
            client: &self.installation.client,
            namespace: &self.installation.namespace,
            secrets: self.installation.secrets.as_ref(),
        }
    }

    /// The bucket's Secret is the user's and has no label of ours: it is asked for by name.
    async fn bucket_key(&self, region: &Region) -> Result<BucketKey, Error> {
        let Some(name) = bucket_secret(region) else { return Ok(BucketKey::Unneeded) };
        let secrets =
            Api::<Secret>::namespaced(self.installation.client.clone(), &self.installation.namespace);
        let secret = secrets.get_opt(name).await.map_err(Error::api(format!("give Secret {name}")))?;
        Ok(BucketKey::read(secret.as_ref()))
    }

    /// The status that the API server holds, as far as is known.
    fn previous(&self, region: &Region) -> RegionStatus {
        let written = region.metadata.uid.as_ref().and_then(|uid| self.written.get(uid));
        match written {
            Some(written) if written.over == region.metadata.resource_version => written.status.clone(),
            _ => region.status.clone().unwrap_or_default(),
        }
    }

    /// Writes a status and records events, if anything changed.
    async fn tell(
        &mut self,
        region: &Region,
        previous: &RegionStatus,
        status: RegionStatus,
    ) -> Result<(), Error> {
        if *previous == status {
            return Ok(());
        }
        let name = region.name_any();
        let body = json!({
            "apiVersion": Region::api_version(&()),
            "kind": Region::kind(&()),
            "metadata": {"name": name, "uid": region.metadata.uid},
            "status": status,
        });
        let regions = Api::<Region>::all(self.installation.client.clone());
        let parameters = PatchParams::apply(names::FIELD_MANAGER).force();
        regions
            .patch_status(&name, &parameters, &Patch::Apply(&body))
            .await
            .map_err(Error::api(format!("take the status of Region {name}")))?;
        let transitions = events::transitions(previous, &status);
        if let Some(uid) = region.metadata.uid.clone() {
            self.written.insert(uid, Written { over: region.metadata.resource_version.clone(), status });
        }
        for events::Transition { severity, reason, message } in transitions {
            self.events.tell(region.object_ref(&()), severity, &reason, &message);
        }
        Ok(())
    }

    fn show(&self, view: Option<RegionView>) {
        self.views.send_if_modified(|shown| {
            let differs = *shown != view;
            if differs {
                *shown = view;
            }
            differs
        });
    }
}

fn failed(region: &Region, error: &Error) -> Outcome {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(region = region.name_any(), %error, cause, "a pass failed and is tried again");
    Outcome { failed: true, again: None }
}

fn view(region: &Region, snapshot: &Snapshot) -> Option<RegionView> {
    let internal_key = credentials::access_key(snapshot.internal.as_deref()?).ok()?;
    let pod = snapshot.pod.as_deref().filter(|pod| address(pod).is_some());
    Some(RegionView {
        name: region.name_any(),
        scope: Scope { region: region.spec.region_name.clone(), account_id: region.spec.account_id.clone() },
        internal_key,
        functions: region.spec.lambda_endpoint.is_some(),
        node: pod.and_then(address),
        node_uid: pod.and_then(ResourceExt::uid),
    })
}

/// Where the node API of a running pod is.
fn address(pod: &Pod) -> Option<SocketAddr> {
    let status = pod.status.as_ref().filter(|status| status.phase.as_deref() == Some("Running"))?;
    Some(SocketAddr::new(status.pod_ip.as_deref()?.parse().ok()?, names::NODE_PORT))
}

#[cfg(test)]
mod tests;
