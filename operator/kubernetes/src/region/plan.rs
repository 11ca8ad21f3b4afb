//! The planner: what a Region should be and what is there of it, to the steps that lead from one to the other.
//!
//! Pure: no I/O, no clock, no randomness, no memory between calls. Steps of one plan do not build on each other: what needs
//! another step's outcome is planned once that outcome is seen, so a step that fails holds up nothing but what needs it, and
//! a newer spec takes the place of an older one that was never reached.

use std::time::Duration;

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Secret, Service};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{Resource, ResourceExt};
use partita_api::Region;
use partita_model::clock::UnixMillis;
use serde::Serialize;
use serde_json::Value;

use super::credentials::{self, Merged};
use super::names;
use super::observe::{BucketKey, Snapshot, bucket_secret, ends};
use super::render::{Invalid, Keys, Renderer, Site};
use crate::AccessKey;

/// A pod that ended for good is replaced no sooner than this after it was made: one that no machine accepts would else be
/// made and removed in a tight loop.
const FAILED_POD_AGE_MIN: Duration = Duration::from_secs(10);
/// A pod that is there this long after it should have ended is stuck: the kubelet ends pods by force when their time is up, so
/// its machine does not answer.
pub(crate) const STUCK_AFTER: Duration = Duration::from_secs(30);
/// How often to look for a bucket's Secret that is absent or malformed. It has no label of ours, so it is not watched.
const BUCKET_SECRET_PERIOD: Duration = Duration::from_secs(15);

/// One change, safe to carry out twice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Makes a Secret with a random key, unless it is there: a key is never overwritten. The Secret comes without data.
    MakeKey(Box<Secret>),
    /// Applies a Secret; its data only if it has any.
    ApplySecret(Box<Secret>),
    /// Applies the volume claim.
    ApplyVolume(Box<PersistentVolumeClaim>),
    /// Applies the Service.
    ApplyService(Box<Service>),
    /// Starts the node.
    StartNode(Box<Pod>),
    /// Ends the node of that uid, if a pod like `next` would be taken.
    ReplaceNode {
        /// The uid of the pod there is.
        uid: String,
        /// The pod that a later plan starts.
        next: Box<Pod>,
    },
    /// Removes a pod that ended for good.
    RemoveNode {
        /// Its name.
        name: String,
        /// Its uid.
        uid: String,
    },
    /// Makes the kubelet look at the credentials file.
    AnnotateNode {
        /// The pod's name.
        name: String,
        /// The pod's uid.
        uid: String,
        /// The file's sum.
        sum: String,
    },
}

impl Step {
    /// A stable name for status, events and logs.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::MakeKey(_) => "MakeKey",
            Self::ApplySecret(_) => "ApplySecret",
            Self::ApplyVolume(_) => "ApplyVolume",
            Self::ApplyService(_) => "ApplyService",
            Self::StartNode(_) => "StartNode",
            Self::ReplaceNode { .. } => "ReplaceNode",
            Self::RemoveNode { .. } => "RemoveNode",
            Self::AnnotateNode { .. } => "AnnotateNode",
        }
    }

    /// The name of the object it changes.
    pub(crate) fn object(&self) -> String {
        match self {
            Self::MakeKey(secret) | Self::ApplySecret(secret) => secret.name_any(),
            Self::ApplyVolume(volume) => volume.name_any(),
            Self::ApplyService(service) => service.name_any(),
            Self::StartNode(pod) | Self::ReplaceNode { next: pod, .. } => pod.name_any(),
            Self::RemoveNode { name, .. } | Self::AnnotateNode { name, .. } => name.clone(),
        }
    }
}

/// Why something that should be done is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// The spec says to change nothing; the steps that would be taken, by name and object.
    Suspended(Vec<String>),
    /// The spec makes no pod.
    Invalid(Invalid),
    /// A Secret that the node needs is absent or malformed: its name, and what is wrong as a phrase that follows it.
    Secret(String, String),
    /// The volume claim is being deleted: a node that is there keeps it, one that is not cannot start.
    VolumeEnds,
}

/// What to do now.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// In order. Empty once all is as it should be, or as long as only time or others can bring it further.
    pub(crate) steps: Vec<Step>,
    /// What is not done, and why.
    pub(crate) hold: Option<Hold>,
    /// When to plan again even if nothing changes.
    pub(crate) again: Option<Duration>,
    /// The access keys that should be accepted, and those left out.
    pub(crate) access_keys: Merged,
}

/// Plans for a Region that is to be acted upon.
pub(crate) fn plan(region: &Region, site: &Site, snapshot: &Snapshot, now: UnixMillis) -> Plan {
    let renderer = Renderer::new(region, site);
    let mut plan = Plan {
        access_keys: credentials::merge(
            snapshot.access_key.as_deref(),
            snapshot.others.iter().map(AsRef::as_ref),
        ),
        ..Plan::default()
    };
    plan.steps.extend(key_step(snapshot.internal.as_deref(), renderer.internal()));
    plan.steps.extend(key_step(snapshot.access_key.as_deref(), renderer.access_key()));
    plan.steps.extend(credentials_step(snapshot, &renderer, &plan.access_keys));
    plan.steps.extend(volume_step(snapshot, &renderer));
    let service = renderer.service();
    if !snapshot.service.as_deref().is_some_and(|there| covers(there, &service)) {
        plan.steps.push(Step::ApplyService(Box::new(service)));
    }
    node_steps(&mut plan, snapshot, &renderer, now, region);
    if region.spec.suspend == Some(true) {
        let waiting = plan.steps.drain(..).map(|step| format!("{} {}", step.name(), step.object()));
        plan.hold = Some(Hold::Suspended(waiting.collect()));
        plan.again = None;
    }
    plan
}

fn key_step(there: Option<&Secret>, wanted: Secret) -> Option<Step> {
    match there {
        None => Some(Step::MakeKey(Box::new(wanted))),
        Some(there) if ends(there) || covers(there, &wanted) => None,
        Some(_) => Some(Step::ApplySecret(Box::new(wanted))),
    }
}

/// A file without any access key is never written: nodes would take it for a mistake and go on with the one they have.
fn credentials_step(snapshot: &Snapshot, renderer: &Renderer<'_>, merged: &Merged) -> Option<Step> {
    if merged.count == 0 {
        return None;
    }
    let wanted = renderer.credentials(&merged.file);
    let settled = snapshot.credentials.as_deref().is_some_and(|there| ends(there) || covers(there, &wanted));
    (!settled).then(|| Step::ApplySecret(Box::new(wanted)))
}

fn volume_step(snapshot: &Snapshot, renderer: &Renderer<'_>) -> Option<Step> {
    let there = snapshot.volume.as_deref();
    let wanted = renderer.volume(there)?;
    let settled = there.is_some_and(|there| ends(there) || covers(there, &wanted));
    (!settled).then(|| Step::ApplyVolume(Box::new(wanted)))
}

fn node_steps(
    plan: &mut Plan,
    snapshot: &Snapshot,
    renderer: &Renderer<'_>,
    now: UnixMillis,
    region: &Region,
) {
    let next = match next_pod(snapshot, renderer, region) {
        Ok(Some(next)) => next,
        Ok(None) => return,
        Err(hold) => {
            plan.again = matches!(snapshot.bucket, BucketKey::Faulty(_)).then_some(BUCKET_SECRET_PERIOD);
            plan.hold = Some(hold);
            return;
        }
    };
    let on_volume = renderer.volume(None).is_some();
    let volume_ends = on_volume && snapshot.volume_ends();
    let Some(pod) = snapshot.pod.as_deref() else {
        if volume_ends {
            plan.hold = Some(Hold::VolumeEnds);
        } else if !on_volume || snapshot.volume.is_some() {
            plan.steps.push(Step::StartNode(Box::new(next)));
        }
        return;
    };
    if let Some(end) = &pod.metadata.deletion_timestamp {
        plan.again = until(end, STUCK_AFTER, now);
        return;
    }
    let (name, uid) = (pod.name_any(), pod.uid().unwrap_or_default());
    if ended_for_good(pod) {
        let made = pod.metadata.creation_timestamp.as_ref();
        match made.and_then(|made| until(made, FAILED_POD_AGE_MIN, now)) {
            Some(rest) => plan.again = Some(rest),
            None => plan.steps.push(Step::RemoveNode { name, uid }),
        }
    } else if !same_annotation(pod, &next, names::TEMPLATE_HASH) {
        if volume_ends {
            plan.hold = Some(Hold::VolumeEnds);
        } else {
            plan.steps.push(Step::ReplaceNode { uid, next: Box::new(next) });
        }
    } else if !same_annotation(pod, &next, names::CREDENTIALS_CHECKSUM) {
        let sum = next.annotations().get(names::CREDENTIALS_CHECKSUM).cloned().unwrap_or_default();
        plan.steps.push(Step::AnnotateNode { name, uid, sum });
    }
}

/// The pod as it should be; `None` until what it is made of is there.
fn next_pod(snapshot: &Snapshot, renderer: &Renderer<'_>, region: &Region) -> Result<Option<Pod>, Hold> {
    let (Some(internal), Some(file)) = (snapshot.internal.as_deref(), snapshot.credentials_file()) else {
        return Ok(None);
    };
    let internal = credentials::access_key(internal).map_err(|why| Hold::Secret(internal.name_any(), why))?;
    let bucket = bucket_key(snapshot, region)?;
    let sum = credentials::sum(&internal, file);
    let pod = renderer.pod(Keys { internal: &internal, bucket }, &sum).map_err(Hold::Invalid)?;
    Ok(Some(pod))
}

fn bucket_key<'a>(snapshot: &'a Snapshot, region: &Region) -> Result<Option<&'a AccessKey>, Hold> {
    match &snapshot.bucket {
        BucketKey::Unneeded => Ok(None),
        BucketKey::Found(key) => Ok(Some(key)),
        BucketKey::Faulty(why) => {
            let name = bucket_secret(region).unwrap_or_default();
            Err(Hold::Secret(name.to_owned(), why.clone()))
        }
    }
}

/// Whether the kubelet is done with a pod: it was evicted, or a machine would not take it.
fn ended_for_good(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Failed" | "Succeeded"))
}

/// The time that is left until `span` after `start`; `None` if none is.
pub(crate) fn until(start: &Time, span: Duration, now: UnixMillis) -> Option<Duration> {
    let start = u64::try_from(start.0.as_millisecond()).ok().map(Duration::from_millis)?;
    start.saturating_add(span).checked_sub(Duration::from_millis(now.0)).filter(|rest| !rest.is_zero())
}

fn same_annotation(one: &Pod, other: &Pod, annotation: &str) -> bool {
    one.annotations().get(annotation) == other.annotations().get(annotation)
}

/// Whether all that is wanted is there; there may be more, which others added.
fn covers<K: Resource + Serialize>(there: &K, wanted: &K) -> bool {
    match (serde_json::to_value(there), serde_json::to_value(wanted)) {
        (Ok(there), Ok(wanted)) => contains(&there, &wanted),
        _ => false,
    }
}

fn contains(there: &Value, wanted: &Value) -> bool {
    match (there, wanted) {
        (Value::Object(there), Value::Object(wanted)) => {
            wanted.iter().all(|(field, wanted)| there.get(field).is_some_and(|there| contains(there, wanted)))
        }
        (Value::Array(there), Value::Array(wanted)) => {
            wanted.iter().all(|wanted| there.iter().any(|there| contains(there, wanted)))
        }
        (there, wanted) => there == wanted,
    }
}

#[cfg(test)]
mod tests;
