//! The status of a Region: what to tell of it, decided in one place.
//!
//! `Ready` says that a node serves with the spec's settings, and keeps saying so while something beside the node is changed
//! or fails: that is what `Reconciling` and `ACK.Recoverable` are for.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;
use partita_api::conditions::{reasons, types};
use partita_api::{Condition, ConditionStatus, ObjectStoreType, Region, RegionStatus};
use partita_model::clock::UnixMillis;

use super::names;
use super::node::{Cause, Node, image, node, node_status};
use super::observe::Snapshot;
use super::plan::{Hold, Plan, Step};
use super::render::Site;

/// Left-out Secrets that an advisory names; it says how many more there are.
const SKIPPED_NAMED_MAX: usize = 8;

/// A step that failed and will be tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The step and its object.
    pub(crate) step: String,
    /// Why.
    pub(crate) message: String,
    /// What the failure means for the Region.
    pub(crate) kind: FailureKind,
}

/// What a failure means for the Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// Nothing in particular.
    Other,
    /// The API server does not take the pod, and will not until the spec is changed.
    PodRefused,
    /// The volume does not grow.
    VolumeNotResizable,
}

/// What a pass knows when it is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Findings<'a> {
    /// The Region.
    pub(crate) region: &'a Region,
    /// Its site.
    pub(crate) site: &'a Site,
    /// What was there.
    pub(crate) snapshot: &'a Snapshot,
    /// What was to be done.
    pub(crate) plan: &'a Plan,
    /// What of it failed.
    pub(crate) failures: &'a [Failure],
    /// How many tables there are, if that is known.
    pub(crate) tables: Option<i64>,
    /// The time.
    pub(crate) now: UnixMillis,
}

/// What decides about the conditions.
struct Verdict {
    ready: Result<(), Cause>,
    reconciling: Option<Cause>,
    stalled: Option<Cause>,
    suspended: Option<Cause>,
    recoverable: Option<Cause>,
}

/// The status of the Region that is acted upon. `previous` tells since when a condition holds.
pub(crate) fn status(findings: &Findings<'_>, previous: &RegionStatus) -> RegionStatus {
    let Findings { region, site, snapshot, plan, tables, .. } = *findings;
    let name = region.name_any();
    let port = region.spec.endpoint.clone().unwrap_or_default().port();
    let endpoint = format!("http://{}.{}.svc:{port}", names::service(&name), site.namespace);
    let verdict = judge(findings);
    let pod = snapshot.pod.as_deref();
    let ready =
        verdict.ready.as_ref().map(|()| Cause::new(reasons::SETTLED, format!("a node serves at {endpoint}")));
    let conditions = Conditions::new(region.metadata.generation, &previous.conditions, findings.now);
    RegionStatus {
        observed_generation: region.metadata.generation,
        conditions: conditions.of(&verdict, ready.as_ref().map_err(|cause| *cause), &advice(findings)),
        endpoint: Some(endpoint),
        namespace: Some(site.namespace.clone()),
        access_key_secret_name: Some(names::access_key(&name)),
        access_keys: i64::try_from(plan.access_keys.count).ok(),
        nodes_ready: Some(format!("{}/1", i32::from(pod.is_some_and(|pod| node_status(pod).ready)))),
        nodes: pod.map(node_status).into_iter().collect(),
        image: pod.and_then(image).map(str::to_owned),
        // After a restart it is not known for a while, and no reason to write.
        tables: tables.or(previous.tables),
    }
}

/// The status of a Region beside an older one, which alone is acted upon.
pub(crate) fn conflict(
    region: &Region,
    oldest: &str,
    previous: &RegionStatus,
    now: UnixMillis,
) -> RegionStatus {
    let cause = Cause::new(
        reasons::CONFLICT,
        format!(
            "Region {oldest} is older, and an installation has one Region; delete this one, or that one first"
        ),
    );
    let verdict = Verdict {
        ready: Err(cause.clone()),
        reconciling: None,
        stalled: Some(cause.clone()),
        suspended: None,
        recoverable: None,
    };
    let conditions = Conditions::new(region.metadata.generation, &previous.conditions, now);
    RegionStatus {
        observed_generation: region.metadata.generation,
        conditions: conditions.of(&verdict, Err(&cause), &Advice::default()),
        ..RegionStatus::default()
    }
}

fn judge(findings: &Findings<'_>) -> Verdict {
    let Findings { plan, failures, snapshot, now, .. } = *findings;
    let stalled = stalled(plan, failures);
    let suspended = suspended(plan);
    let failure = failures.first().map(failed);
    let held = held(plan);
    let rolling = plan.steps.iter().any(|step| matches!(step, Step::ReplaceNode { .. }));
    let rolling =
        rolling.then(|| Cause::new(reasons::ROLLING, "the node is replaced by one with new settings"));
    let (waits, fails) = match node(snapshot, now) {
        Node::Ready => (None, None),
        Node::Starting(cause) => (Some(cause), None),
        Node::Failing(cause) => (Some(cause.clone()), Some(cause)),
    };
    let absent = suspended.clone().or_else(|| held.clone()).or_else(|| failure.clone());
    let absent = absent.filter(|_| snapshot.pod.is_none());
    let unready = stalled.clone().or_else(|| rolling.clone()).or(absent).or_else(|| waits.clone());
    let reconciling =
        failure.clone().or_else(|| held.clone()).or(rolling).or(waits).or_else(|| updating(plan));
    Verdict {
        ready: unready.map_or(Ok(()), Err),
        reconciling: reconciling.filter(|_| stalled.is_none() && suspended.is_none()),
        recoverable: failure.or(held).or(fails).filter(|_| stalled.is_none()),
        stalled,
        suspended,
    }
}

fn stalled(plan: &Plan, failures: &[Failure]) -> Option<Cause> {
    if let Some(Hold::Invalid(invalid)) = &plan.hold {
        let message =
            format!("{}: {}; correct it, until then the node stays as it is", invalid.field, invalid.why);
        return Some(Cause::new(reasons::INVALID_SPEC, message));
    }
    let refused = failures.iter().find(|failure| failure.kind == FailureKind::PodRefused)?;
    let message = format!(
        "the node's pod is refused, a node that is there stays as it is: {}; correct spec.nodePool",
        refused.message
    );
    Some(Cause::new(reasons::INVALID_SPEC, message))
}

fn suspended(plan: &Plan) -> Option<Cause> {
    let Some(Hold::Suspended(waiting)) = &plan.hold else { return None };
    let message = if waiting.is_empty() {
        "spec.suspend is true: nothing is changed, and nothing would be".to_owned()
    } else {
        format!("spec.suspend is true: nothing is changed; would be done: {}", waiting.join(", "))
    };
    Some(Cause::new(reasons::SUSPENDED, message))
}

fn held(plan: &Plan) -> Option<Cause> {
    match plan.hold.as_ref()? {
        Hold::Secret(name, why) => Some(Cause::new(
            reasons::CREDENTIALS_INVALID,
            format!(
                "Secret {name} {why}; give it the keys {} and {}",
                names::ACCESS_KEY_ID,
                names::SECRET_ACCESS_KEY
            ),
        )),
        Hold::VolumeEnds => Some(Cause::new(
            reasons::VOLUME_PENDING,
            "the volume claim is being deleted, and goes with all its data as soon as no pod uses it; the node is not replaced \
             meanwhile: copy what you need",
        )),
        Hold::Invalid(_) | Hold::Suspended(_) => None,
    }
}

fn failed(failure: &Failure) -> Cause {
    match failure.kind {
        FailureKind::VolumeNotResizable => Cause::new(
            reasons::VOLUME_NOT_RESIZABLE,
            format!("the volume does not grow: {}; allow expansion in its storage class", failure.message),
        ),
        FailureKind::Other | FailureKind::PodRefused => Cause::new(
            reasons::STEP_FAILED,
            format!("{} failed and is tried again: {}", failure.step, failure.message),
        ),
    }
}

fn updating(plan: &Plan) -> Option<Cause> {
    let steps: Vec<String> =
        plan.steps.iter().map(|step| format!("{} {}", step.name(), step.object())).collect();
    (!steps.is_empty()).then(|| Cause::new(reasons::UPDATING, steps.join(", ")))
}

/// What to know that is no failure.
#[derive(Default)]
struct Advice {
    unsupported: Option<String>,
    skipped: Option<String>,
    ignored: Option<String>,
}

fn advice(findings: &Findings<'_>) -> Advice {
    let spec = &findings.region.spec;
    let replicas = spec.node_pool.as_ref().map_or(1, partita_api::NodePool::replicas);
    let asked = spec.object_store.volume.as_ref().and_then(|volume| volume.storage_class_name.as_deref());
    let has = findings
        .snapshot
        .volume
        .as_deref()
        .and_then(|volume| volume.spec.as_ref()?.storage_class_name.as_deref());
    let class = match (asked, has) {
        (Some(asked), Some(has)) if asked != has && spec.object_store.type_ == ObjectStoreType::Volume => {
            Some(format!(
                "the volume claim was there before, with storage class {has}: storageClassName {asked} is not acted upon"
            ))
        }
        _ => None,
    };
    Advice {
        unsupported: (replicas > 1).then(|| {
            format!("spec.nodePool.replicas is {replicas}; it is kept, and one node runs in this release")
        }),
        skipped: skipped(findings.plan),
        ignored: class,
    }
}

fn skipped(plan: &Plan) -> Option<String> {
    let skipped = &plan.access_keys.skipped;
    let mut told: Vec<String> = skipped
        .iter()
        .take(SKIPPED_NAMED_MAX)
        .map(|skipped| format!("Secret {} is no access key: it {}", skipped.secret, skipped.why))
        .collect();
    let more = skipped.len().saturating_sub(SKIPPED_NAMED_MAX);
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    (!told.is_empty()).then(|| told.join("; "))
}

/// Makes the list of conditions.
struct Conditions<'a> {
    generation: Option<i64>,
    previous: &'a [Condition],
    now: UnixMillis,
    list: Vec<Condition>,
}

impl<'a> Conditions<'a> {
    fn new(generation: Option<i64>, previous: &'a [Condition], now: UnixMillis) -> Self {
        Self { generation, previous, now, list: Vec::new() }
    }

    fn of(mut self, verdict: &Verdict, ready: Result<&Cause, &Cause>, advice: &Advice) -> Vec<Condition> {
        let settled = Cause::new(reasons::SETTLED, "");
        let idle = verdict.suspended.as_ref().unwrap_or(&settled);
        let stalled = verdict.stalled.as_ref();
        let reconciling = verdict.reconciling.as_ref();
        self.add(types::READY, ready.is_ok(), ready.unwrap_or_else(|cause| cause));
        self.add(types::RECONCILING, reconciling.is_some(), reconciling.or(stalled).unwrap_or(idle));
        self.add(types::STALLED, stalled.is_some(), stalled.or(reconciling).unwrap_or(idle));
        if let Some(unsupported) = &advice.unsupported {
            self.add(types::UNSUPPORTED, true, &Cause::new(reasons::NODES_NOT_ACTED_UPON, unsupported));
        }
        let unsynced = stalled.or(reconciling).or(verdict.suspended.as_ref()).or(ready.err());
        self.add(types::ACK_RESOURCE_SYNCED, unsynced.is_none(), unsynced.unwrap_or(&settled));
        if let Some(stalled) = stalled {
            self.add(types::ACK_TERMINAL, true, stalled);
        }
        if let Some(recoverable) = &verdict.recoverable {
            self.add(types::ACK_RECOVERABLE, true, recoverable);
        }
        if let Some(advisory) = advisory(advice) {
            self.add(types::ACK_ADVISORY, true, &advisory);
        }
        self.list
    }

    /// A condition keeps the time of its status as long as the status is the same.
    fn add(&mut self, type_: &str, holds: bool, cause: &Cause) {
        let status = if holds { ConditionStatus::True } else { ConditionStatus::False };
        let same = self.previous.iter().find(|old| old.type_ == type_ && old.status == status);
        self.list.push(Condition {
            type_: type_.to_owned(),
            status,
            last_transition_time: same
                .and_then(|old| old.last_transition_time.clone())
                .or_else(|| Some(time(self.now))),
            reason: Some(cause.reason.to_owned()),
            message: (!cause.message.is_empty()).then(|| cause.message.clone()),
            observed_generation: self.generation,
        });
    }
}

fn advisory(advice: &Advice) -> Option<Cause> {
    let reason = if advice.skipped.is_some() {
        reasons::CREDENTIALS_INVALID
    } else if advice.unsupported.is_some() {
        reasons::NODES_NOT_ACTED_UPON
    } else {
        reasons::FIELDS_NOT_ACTED_UPON
    };
    let told: Vec<&str> = [&advice.skipped, &advice.unsupported, &advice.ignored]
        .into_iter()
        .filter_map(Option::as_deref)
        .collect();
    (!told.is_empty()).then(|| Cause::new(reason, told.join("; ")))
}

/// In whole seconds, as the API server gives it back.
fn time(now: UnixMillis) -> Time {
    let seconds = i64::try_from(now.0 / 1000).unwrap_or(i64::MAX);
    Time(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests;
