//! How the node is: read from its pod, told in words that say what to do next.

use std::time::Duration;

use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, Pod, PodCondition};
use kube::ResourceExt;
use partita_api::NodeStatus;
use partita_api::conditions::reasons;
use partita_model::clock::UnixMillis;

use super::names;
use super::observe::Snapshot;
use super::plan::{STUCK_AFTER, until};

/// Characters of a container's last words that are passed on: a few lines of a log.
const LAST_WORDS_CHARS_MAX: usize = 600;

/// A stable word and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    /// One of the reasons of conditions.
    pub(crate) reason: &'static str,
    /// For people.
    pub(crate) message: String,
}

impl Cause {
    /// That reason with that message.
    pub(crate) fn new(reason: &'static str, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

/// How the node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// It serves.
    Ready,
    /// It gets there by itself.
    Starting(Cause),
    /// Somebody should look.
    Failing(Cause),
}

/// How the node of a snapshot is.
pub(crate) fn node(snapshot: &Snapshot, now: UnixMillis) -> Node {
    let Some(pod) = snapshot.pod.as_deref() else {
        return starting(reasons::CREATING, "what the node needs is being made");
    };
    if pod.metadata.deletion_timestamp.is_some() {
        return ending(pod, now);
    }
    if condition(pod, "Ready").is_some_and(|ready| ready.status == "True") {
        return Node::Ready;
    }
    let trouble = ended(pod)
        .or_else(|| unscheduled(pod, snapshot))
        .or_else(|| containers(pod).find_map(trouble_of(pod)));
    trouble.unwrap_or_else(|| on_its_way(pod, snapshot))
}

/// The node as it stands in the Region's status.
pub(crate) fn node_status(pod: &Pod) -> NodeStatus {
    let status = pod.status.as_ref();
    let container = containers(pod).find(|container| container.name == names::CONTAINER);
    let waiting = container
        .and_then(|container| container.state.as_ref()?.waiting.as_ref()?.reason.clone())
        .filter(|reason| !matches!(reason.as_str(), "ContainerCreating" | "PodInitializing"));
    let phase =
        if pod.metadata.deletion_timestamp.is_some() { Some("Terminating".to_owned()) } else { waiting };
    NodeStatus {
        name: pod.name_any(),
        pod_ip: status.and_then(|status| status.pod_ip.clone()),
        ready: condition(pod, "Ready").is_some_and(|ready| ready.status == "True"),
        restarts: container.map_or(0, |container| container.restart_count),
        phase: phase.or_else(|| status.and_then(|status| status.phase.clone())),
    }
}

/// The image of the node's container.
pub(crate) fn image(pod: &Pod) -> Option<&str> {
    let containers = &pod.spec.as_ref()?.containers;
    containers.iter().find(|container| container.name == names::CONTAINER)?.image.as_deref()
}

fn ending(pod: &Pod, now: UnixMillis) -> Node {
    let name = pod.name_any();
    let rest = pod.metadata.deletion_timestamp.as_ref().and_then(|end| until(end, STUCK_AFTER, now));
    if rest.is_some_and(|rest| rest > Duration::ZERO) {
        return starting(
            reasons::NODE_STARTING,
            format!("pod {name} is ending; the next one starts when it is gone"),
        );
    }
    let machine = machine(pod);
    failing(
        reasons::NODE_FAILING,
        format!(
            "pod {name} should have ended and has not: its machine {machine} does not answer. Bring the machine back; or, once \
             it is certain that it is off, run `kubectl --namespace {} delete pod {name} --force`",
            pod.namespace().unwrap_or_default()
        ),
    )
}

/// A pod that the kubelet is done with.
fn ended(pod: &Pod) -> Option<Node> {
    let status = pod.status.as_ref()?;
    let phase = status.phase.as_deref().filter(|phase| matches!(*phase, "Failed" | "Succeeded"))?;
    let why = [status.reason.as_deref(), status.message.as_deref()].into_iter().flatten();
    let why = why.collect::<Vec<_>>().join(": ");
    let message = format!("pod {} ended ({phase}) and is made again; {}", pod.name_any(), or_unknown(&why));
    Some(failing(reasons::NODE_FAILING, message))
}

fn unscheduled(pod: &Pod, snapshot: &Snapshot) -> Option<Node> {
    let scheduled = condition(pod, "PodScheduled")?;
    if scheduled.status == "True" || scheduled.reason.as_deref() != Some("Unschedulable") {
        return None;
    }
    let why = scheduled.message.clone().unwrap_or_default();
    let name = pod.name_any();
    Some(if claim_waits(snapshot) && why.to_lowercase().contains("persistentvolumeclaim") {
        failing(
            reasons::VOLUME_PENDING,
            format!(
                "volume claim {name} has no volume: {why}; see `kubectl --namespace {} describe pvc {name}`: usually there is \
                 no default storage class, or nothing provides volumes of it",
                pod.namespace().unwrap_or_default()
            ),
        )
    } else {
        failing(
            reasons::NODE_UNSCHEDULABLE,
            format!(
                "no machine takes pod {name}: {why}; add a machine, or change spec.nodePool.resources or spec.nodePool.podTemplate"
            ),
        )
    })
}

fn trouble_of(pod: &Pod) -> impl Fn(&ContainerStatus) -> Option<Node> {
    let (name, namespace) = (pod.name_any(), pod.namespace().unwrap_or_default());
    move |container| {
        let state = container.state.as_ref()?;
        if let Some(end) = state.terminated.as_ref().filter(|end| end.exit_code != 0) {
            return Some(failing(reasons::NODE_FAILING, crashed(&name, &namespace, container, Some(end))));
        }
        let waiting = state.waiting.as_ref()?;
        let why = waiting.message.clone().unwrap_or_default();
        let message = match waiting.reason.as_deref()? {
            "ContainerCreating" | "PodInitializing" => return None,
            "CrashLoopBackOff" => {
                let last = container.last_state.as_ref().and_then(|last| last.terminated.as_ref());
                crashed(&name, &namespace, container, last)
            }
            reason @ ("ErrImagePull" | "ImagePullBackOff" | "ErrImageNeverPull" | "InvalidImageName") => {
                format!(
                    "the image {} of pod {name} cannot be fetched ({reason}): {}; correct its name, or name a pull secret in \
                 spec.nodePool.podTemplate.spec.imagePullSecrets",
                    container.image,
                    or_unknown(&why)
                )
            }
            reason => format!(
                "container {} of pod {name} does not start ({reason}): {}; see `kubectl --namespace {namespace} describe pod {name}`",
                container.name,
                or_unknown(&why)
            ),
        };
        Some(failing(reasons::NODE_FAILING, message))
    }
}

/// The sentence does not hold the kubelet's own, which changes with each of its pauses.
fn crashed(
    name: &str,
    namespace: &str,
    container: &ContainerStatus,
    last: Option<&ContainerStateTerminated>,
) -> String {
    let how = last.map_or_else(
        || "it left no word".to_owned(),
        |end| {
            let reason = end.reason.as_deref().unwrap_or("Error");
            let words = last_words(end.message.as_deref().unwrap_or_default());
            if words.is_empty() {
                format!("{reason}, exit code {}", end.exit_code)
            } else {
                format!("{reason}, exit code {}: {words}", end.exit_code)
            }
        },
    );
    let hint = match last.and_then(|end| end.reason.as_deref()) {
        Some("OOMKilled") => "give it more memory in spec.nodePool.resources".to_owned(),
        _ => format!(
            "see `kubectl --namespace {namespace} logs {name} --container {} --previous`",
            container.name
        ),
    };
    format!("container {} of pod {name} ends again and again ({how}); {hint}", container.name)
}

fn on_its_way(pod: &Pod, snapshot: &Snapshot) -> Node {
    let name = pod.name_any();
    if claim_waits(snapshot) {
        return starting(reasons::VOLUME_PENDING, format!("volume claim {name} waits for its volume"));
    }
    let ready = condition(pod, "Ready");
    if ready.is_some_and(|ready| ready.reason.as_deref() == Some("NodeStatusUnknown")) {
        let message = format!("the machine {} of pod {name} does not answer; bring it back", machine(pod));
        return failing(reasons::NODE_FAILING, message);
    }
    let node = containers(pod).find(|container| container.name == names::CONTAINER);
    let runs = node.is_some_and(|node| node.state.as_ref().is_some_and(|state| state.running.is_some()));
    let message = match node.map(|node| node.restart_count) {
        Some(1..) if runs => format!("pod {name} started again and is opening its store"),
        _ if runs => format!("pod {name} is opening its store"),
        _ => format!("pod {name} is being started: its image is fetched, its volumes are mounted"),
    };
    starting(reasons::NODE_STARTING, message)
}

fn claim_waits(snapshot: &Snapshot) -> bool {
    let phase = snapshot.volume.as_deref().and_then(|volume| volume.status.as_ref()?.phase.as_deref());
    phase == Some("Pending")
}

/// Statuses of the init containers, then of the others.
fn containers(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let status = pod.status.as_ref();
    let init = status.and_then(|status| status.init_container_statuses.as_ref());
    let main = status.and_then(|status| status.container_statuses.as_ref());
    init.into_iter().chain(main).flatten()
}

fn condition<'a>(pod: &'a Pod, type_: &str) -> Option<&'a PodCondition> {
    pod.status.as_ref()?.conditions.as_ref()?.iter().find(|condition| condition.type_ == type_)
}

fn machine(pod: &Pod) -> &str {
    pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or("(none)")
}

fn or_unknown(why: &str) -> &str {
    if why.is_empty() { "no cause is told" } else { why }
}

/// The end of a text, where a log says why a process gave up.
fn last_words(text: &str) -> String {
    let text = text.trim();
    let skip = text.chars().count().saturating_sub(LAST_WORDS_CHARS_MAX);
    text.chars().skip(skip).collect()
}

fn starting(reason: &'static str, message: impl Into<String>) -> Node {
    Node::Starting(Cause::new(reason, message))
}

fn failing(reason: &'static str, message: impl Into<String>) -> Node {
    Node::Failing(Cause::new(reason, message))
}

#[cfg(test)]
mod tests;
