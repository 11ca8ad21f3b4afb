//! What every rendered pod has to be: restricted as Pod Security's highest level asks, with a root file system that nobody
//! writes to, no token it does not need, an image that cannot change behind its name, and bounded memory.

use serde_json::{Value, json};

/// Workloads that speak to the API server, by kind and name. All others must refuse the token.
const NEEDS_TOKEN: &[(&str, &str)] = &[("Deployment", "partita-operator")];

/// Values that a pod's spec must have, by JSON pointer.
const POD: &[(&str, bool)] = &[("/securityContext/runAsNonRoot", true), ("/enableServiceLinks", false)];

/// Values that a container must have.
const CONTAINER: &[(&str, bool)] = &[
    ("/securityContext/allowPrivilegeEscalation", false),
    ("/securityContext/readOnlyRootFilesystem", true),
];

/// Fields of a pod's spec that must be absent.
const POD_ABSENT: &[&str] = &["/hostNetwork", "/hostPID", "/hostIPC"];

/// Fields of a container that must be absent.
const CONTAINER_ABSENT: &[&str] =
    &["/securityContext/privileged", "/securityContext/capabilities/add", "/securityContext/procMount"];

/// Fields of a container that must be there.
const CONTAINER_PRESENT: &[&str] =
    &["/resources/requests/cpu", "/resources/requests/memory", "/resources/limits/memory"];

/// All that is weak in these documents, a line each; a render without any workload is a fault too.
pub(super) fn check(documents: &[Value]) -> Vec<String> {
    let workloads: Vec<_> =
        documents.iter().filter_map(|document| Some((document, pod_of(document)?))).collect();
    if workloads.is_empty() {
        return vec!["there is no workload to check".to_owned()];
    }
    workloads.into_iter().flat_map(|(document, pod)| workload(document, pod)).collect()
}

/// The spec of the pod that a document is or makes.
fn pod_of(document: &Value) -> Option<&Value> {
    document.pointer(match document["kind"].as_str()? {
        "Pod" => "/spec",
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    })
}

fn workload(document: &Value, pod: &Value) -> Vec<String> {
    let kind = document["kind"].as_str().unwrap_or_default();
    let name = document["metadata"]["name"].as_str().unwrap_or_default();
    let mut faults = faults(pod, POD, POD_ABSENT, &[]);
    let token = NEEDS_TOKEN.contains(&(kind, name));
    if pod["automountServiceAccountToken"] != json!(token) {
        faults.push(format!("automountServiceAccountToken must be {token}"));
    }
    if pod.pointer("/securityContext/seccompProfile/type") != Some(&json!("RuntimeDefault")) {
        faults.push("/securityContext/seccompProfile/type must be RuntimeDefault".to_owned());
    }
    if pod.pointer("/securityContext/runAsUser").and_then(Value::as_u64).unwrap_or(0) == 0 {
        faults.push("/securityContext/runAsUser must be set, and not to root".to_owned());
    }
    if list(pod, "volumes").any(|volume| volume.get("hostPath").is_some()) {
        faults.push("a volume is a folder of the machine".to_owned());
    }
    for container in list(pod, "initContainers").chain(list(pod, "containers")) {
        faults.extend(container_faults(container));
    }
    faults.into_iter().map(|fault| format!("{kind}/{name}: {fault}")).collect()
}

fn container_faults(container: &Value) -> Vec<String> {
    let mut faults = faults(container, CONTAINER, CONTAINER_ABSENT, CONTAINER_PRESENT);
    if container.pointer("/securityContext/capabilities/drop") != Some(&json!(["ALL"])) {
        faults.push("/securityContext/capabilities/drop must be [ALL]".to_owned());
    }
    if list(container, "ports").any(|port| port.get("hostPort").is_some()) {
        faults.push("a port of the machine is taken".to_owned());
    }
    let image = container["image"].as_str().unwrap_or_default();
    if !is_pinned(image) {
        faults.push(format!("image `{image}` has neither a digest nor a tag other than latest"));
    }
    faults
}

fn faults(object: &Value, equal: &[(&str, bool)], absent: &[&str], present: &[&str]) -> Vec<String> {
    let wrong = equal
        .iter()
        .filter(|(pointer, value)| object.pointer(pointer).and_then(Value::as_bool) != Some(*value))
        .map(|(pointer, value)| format!("{pointer} must be {value}"));
    let forbidden = absent
        .iter()
        .filter(|pointer| object.pointer(pointer).is_some())
        .map(|pointer| format!("{pointer} must be absent"));
    let missing = present
        .iter()
        .filter(|pointer| object.pointer(pointer).is_none())
        .map(|pointer| format!("{pointer} must be set"));
    wrong.chain(forbidden).chain(missing).collect()
}

fn list<'a>(object: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    object.get(field).and_then(Value::as_array).into_iter().flatten()
}

/// Whether an image's name says which version it is. A colon before the last slash belongs to a registry's port.
fn is_pinned(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.contains("@sha256:")
        || name.split_once(':').is_some_and(|(_, tag)| !tag.is_empty() && tag != "latest")
}

#[cfg(test)]
mod tests;
