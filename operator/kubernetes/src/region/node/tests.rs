use std::sync::Arc;

use expect_test::{Expect, expect};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use serde_json::{Value, json};

use super::*;

const NOW: UnixMillis = UnixMillis(1_000_000);

fn snapshot(pod: Value, claim: Option<&str>) -> Snapshot {
    let mut whole = json!({"metadata": {"name": "partita-default-node-0", "namespace": "partita"}, "spec": {
        "nodeName": "machine-7", "containers": [{"name": "node", "image": "i:1"}],
    }});
    for (field, value) in pod.as_object().unwrap() {
        if let (Value::Object(whole), Value::Object(more)) = (&mut whole[field], value) {
            whole.extend(more.clone());
        } else {
            whole[field] = value.clone();
        }
    }
    let pod: Pod = serde_json::from_value(whole).unwrap();
    let claim = claim.map(|phase| json!({"status": {"phase": phase}}));
    let volume = claim.map(|claim| Arc::new(serde_json::from_value::<PersistentVolumeClaim>(claim).unwrap()));
    Snapshot { pod: Some(Arc::new(pod)), volume, ..Snapshot::default() }
}

fn shown(snapshot: &Snapshot) -> String {
    match node(snapshot, NOW) {
        Node::Ready => "ready".to_owned(),
        Node::Starting(cause) => format!("starting {}: {}", cause.reason, cause.message),
        Node::Failing(cause) => format!("failing {}: {}", cause.reason, cause.message),
    }
}

fn check(status: Value, expected: Expect) {
    expected.assert_eq(&shown(&snapshot(json!({"status": status}), Some("Bound"))));
}

fn container(restarts: i32, state: Value, last: Value) -> Value {
    json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}], "containerStatuses": [{
        "name": "node", "image": "i:1", "imageID": "", "ready": false, "restartCount": restarts,
        "state": state, "lastState": last,
    }]})
}

#[test]
fn a_pod_that_is_ready_serves() {
    check(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}), expect!["ready"]);
    expect!["starting Creating: what the node needs is being made"].assert_eq(&shown(&Snapshot::default()));
}

#[test]
fn a_pod_on_its_way_says_where_it_is() {
    check(
        container(0, json!({"waiting": {"reason": "ContainerCreating"}}), json!({})),
        expect![
            "starting NodeStarting: pod partita-default-node-0 is being started: its image is fetched, its volumes are mounted"
        ],
    );
    check(
        container(0, json!({"running": {}}), json!({})),
        expect!["starting NodeStarting: pod partita-default-node-0 is opening its store"],
    );
    check(
        container(2, json!({"running": {}}), json!({"terminated": {"exitCode": 1}})),
        expect!["starting NodeStarting: pod partita-default-node-0 started again and is opening its store"],
    );
}

#[test]
fn a_container_that_crashes_says_its_last_words() {
    let last =
        json!({"terminated": {"exitCode": 1, "reason": "Error", "message": "bucket b is not there\n"}});
    let back_off = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting"}});
    check(
        container(4, back_off.clone(), last),
        expect![
            "failing NodeFailing: container node of pod partita-default-node-0 ends again and again (Error, exit code 1: bucket b is not there); see `kubectl --namespace partita logs partita-default-node-0 --container node --previous`"
        ],
    );
    check(
        container(1, back_off, json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}})),
        expect![
            "failing NodeFailing: container node of pod partita-default-node-0 ends again and again (OOMKilled, exit code 137); give it more memory in spec.nodePool.resources"
        ],
    );
    check(
        container(0, json!({"terminated": {"exitCode": 2, "message": "m"}}), json!({})),
        expect![
            "failing NodeFailing: container node of pod partita-default-node-0 ends again and again (Error, exit code 2: m); see `kubectl --namespace partita logs partita-default-node-0 --container node --previous`"
        ],
    );
}

#[test]
fn a_long_log_is_cut_at_its_beginning() {
    let text = format!("{}the end", "ü".repeat(2 * LAST_WORDS_CHARS_MAX));
    let words = last_words(&text);
    assert!(words.ends_with("the end") && words.chars().count() == LAST_WORDS_CHARS_MAX);
}

#[test]
fn an_image_that_cannot_be_fetched_is_told() {
    check(
        container(0, json!({"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}), json!({})),
        expect![
            "failing NodeFailing: the image i:1 of pod partita-default-node-0 cannot be fetched (ImagePullBackOff): not found; correct its name, or name a pull secret in spec.nodePool.podTemplate.spec.imagePullSecrets"
        ],
    );
    check(
        container(0, json!({"waiting": {"reason": "CreateContainerConfigError"}}), json!({})),
        expect![
            "failing NodeFailing: container node of pod partita-default-node-0 does not start (CreateContainerConfigError): no cause is told; see `kubectl --namespace partita describe pod partita-default-node-0`"
        ],
    );
}

#[test]
fn a_pod_that_no_machine_takes_is_told_with_the_schedulers_words() {
    let status = |message: &str| {
        json!({"status": {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message},
        ]}})
    };
    expect!["failing NodeUnschedulable: no machine takes pod partita-default-node-0: 0/3 nodes are available: 3 Insufficient cpu.; add a machine, or change spec.nodePool.resources or spec.nodePool.podTemplate"]
        .assert_eq(&shown(&snapshot(status("0/3 nodes are available: 3 Insufficient cpu."), Some("Pending"))));
    expect!["failing VolumePending: volume claim partita-default-node-0 has no volume: pod has unbound immediate PersistentVolumeClaims; see `kubectl --namespace partita describe pvc partita-default-node-0`: usually there is no default storage class, or nothing provides volumes of it"]
        .assert_eq(&shown(&snapshot(status("pod has unbound immediate PersistentVolumeClaims"), Some("Pending"))));
    expect!["starting VolumePending: volume claim partita-default-node-0 waits for its volume"]
        .assert_eq(&shown(&snapshot(json!({"status": {"phase": "Pending"}}), Some("Pending"))));
}

#[test]
fn a_pod_that_does_not_end_is_told_only_when_its_time_is_up() {
    let ending = |time: &str| shown(&snapshot(json!({"metadata": {"deletionTimestamp": time}}), None));
    expect![
        "starting NodeStarting: pod partita-default-node-0 is ending; the next one starts when it is gone"
    ]
    .assert_eq(&ending("1970-01-01T00:16:31Z"));
    expect!["failing NodeFailing: pod partita-default-node-0 should have ended and has not: its machine machine-7 does not answer. Bring the machine back; or, once it is certain that it is off, run `kubectl --namespace partita delete pod partita-default-node-0 --force`"]
        .assert_eq(&ending("1970-01-01T00:16:10Z"));
}

#[test]
fn a_pod_that_was_evicted_and_one_on_a_lost_machine_are_told() {
    check(
        json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}),
        expect![
            "failing NodeFailing: pod partita-default-node-0 ended (Failed) and is made again; Evicted: The node was low on resource: memory."
        ],
    );
    check(
        json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False", "reason": "NodeStatusUnknown"}]}),
        expect![
            "failing NodeFailing: the machine machine-7 of pod partita-default-node-0 does not answer; bring it back"
        ],
    );
}

#[test]
fn a_node_stands_in_the_status_with_what_its_container_waits_for() {
    let pod = |status: Value| snapshot(json!({"status": status}), None).pod.unwrap();
    let crashing = pod(container(3, json!({"waiting": {"reason": "CrashLoopBackOff"}}), json!({})));
    let told = node_status(&crashing);
    assert_eq!((told.phase.as_deref(), told.restarts, told.ready), (Some("CrashLoopBackOff"), 3, false));
    let creating = pod(container(0, json!({"waiting": {"reason": "ContainerCreating"}}), json!({})));
    assert_eq!(node_status(&creating).phase.as_deref(), Some("Running"));
    assert_eq!(image(&creating), Some("i:1"));
}
