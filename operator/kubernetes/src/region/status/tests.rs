use std::sync::Arc;

use expect_test::{Expect, expect};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::super::credentials::{Merged, Skipped};
use super::super::render::Invalid;
use super::*;

fn region(spec: Value) -> Region {
    let mut whole = json!({
        "apiVersion": "partita.dev/v1", "kind": "Region",
        "metadata": {"name": "default", "uid": "uid-r", "generation": 3},
        "spec": {"regionName": "eu-west-1", "accountID": "123456789012", "objectStore": {"type": "Volume"}},
    });
    for (field, value) in spec.as_object().unwrap() {
        whole["spec"][field] = value.clone();
    }
    serde_json::from_value(whole).unwrap()
}

fn with_pod(ready: &str) -> Snapshot {
    let pod: Pod = serde_json::from_value(json!({
        "metadata": {"name": "partita-default-node-0", "namespace": "partita"},
        "spec": {"containers": [{"name": "node", "image": "image:1"}]},
        "status": {"phase": "Running", "podIP": "10.0.0.7", "conditions": [{"type": "Ready", "status": ready}]},
    }))
    .unwrap();
    Snapshot { pod: Some(Arc::new(pod)), ..Snapshot::default() }
}

fn of(
    spec: Value,
    snapshot: &Snapshot,
    plan: &Plan,
    failures: &[Failure],
    previous: &RegionStatus,
    now: u64,
) -> RegionStatus {
    let site =
        Site { namespace: "partita".into(), image: "image:1".into(), control_endpoint: "http://o".into() };
    let region = region(spec);
    let now = UnixMillis(now);
    let findings = Findings { region: &region, site: &site, snapshot, plan, failures, tables: Some(2), now };
    status(&findings, previous)
}

fn conditions(status: &RegionStatus) -> String {
    let line = |condition: &Condition| {
        let (reason, message) =
            (condition.reason.as_deref().unwrap(), condition.message.as_deref().unwrap_or("-"));
        format!("{} {:?} {reason}: {message}\n", condition.type_, condition.status)
    };
    status.conditions.iter().map(line).collect()
}

fn check(spec: Value, snapshot: &Snapshot, plan: &Plan, failures: &[Failure], expected: Expect) {
    expected.assert_eq(&conditions(&of(spec, snapshot, plan, failures, &RegionStatus::default(), 0)));
}

fn holding(hold: Hold) -> Plan {
    Plan { hold: Some(hold), ..Plan::default() }
}

fn fault(kind: FailureKind) -> Failure {
    Failure {
        step: "ApplyVolume partita-default-node-0".into(),
        message: "the API server's words".into(),
        kind,
    }
}

#[test]
fn a_settled_region_tells_where_it_is() {
    let access_keys = Merged { count: 2, ..Merged::default() };
    let plan = Plan { access_keys, ..Plan::default() };
    let status = of(json!({}), &with_pod("True"), &plan, &[], &RegionStatus::default(), 1_500);
    expect![[r#"
        {
          "observedGeneration": 3,
          "endpoint": "http://partita-default.partita.svc:8000",
          "namespace": "partita",
          "accessKeySecretName": "partita-default-access-key",
          "accessKeys": 2,
          "nodesReady": "1/1",
          "nodes": [
            {
              "name": "partita-default-node-0",
              "podIP": "10.0.0.7",
              "ready": true,
              "restarts": 0,
              "phase": "Running"
            }
          ],
          "image": "image:1",
          "tables": 2,
          "conditions": [
            {
              "type": "Ready",
              "status": "True",
              "lastTransitionTime": "1970-01-01T00:00:01Z",
              "reason": "Settled",
              "message": "a node serves at http://partita-default.partita.svc:8000",
              "observedGeneration": 3
            },
            {
              "type": "Reconciling",
              "status": "False",
              "lastTransitionTime": "1970-01-01T00:00:01Z",
              "reason": "Settled",
              "observedGeneration": 3
            },
            {
              "type": "Stalled",
              "status": "False",
              "lastTransitionTime": "1970-01-01T00:00:01Z",
              "reason": "Settled",
              "observedGeneration": 3
            },
            {
              "type": "ACK.ResourceSynced",
              "status": "True",
              "lastTransitionTime": "1970-01-01T00:00:01Z",
              "reason": "Settled",
              "observedGeneration": 3
            }
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&status).unwrap());
    let read: RegionStatus = serde_json::from_value(json!(status)).unwrap();
    assert_eq!(read, status, "what the API server gives back is what was written");
}

#[test]
fn a_region_without_its_node_is_reconciling() {
    check(
        json!({}),
        &Snapshot::default(),
        &Plan::default(),
        &[],
        expect![[r#"
        Ready False Creating: what the node needs is being made
        Reconciling True Creating: what the node needs is being made
        Stalled False Creating: what the node needs is being made
        ACK.ResourceSynced False Creating: what the node needs is being made
    "#]],
    );
    check(
        json!({}),
        &with_pod("False"),
        &Plan::default(),
        &[],
        expect![[r#"
        Ready False NodeStarting: pod partita-default-node-0 is being started: its image is fetched, its volumes are mounted
        Reconciling True NodeStarting: pod partita-default-node-0 is being started: its image is fetched, its volumes are mounted
        Stalled False NodeStarting: pod partita-default-node-0 is being started: its image is fetched, its volumes are mounted
        ACK.ResourceSynced False NodeStarting: pod partita-default-node-0 is being started: its image is fetched, its volumes are mounted
    "#]],
    );
}

#[test]
fn an_overlay_that_makes_no_pod_stalls_even_while_a_node_serves() {
    let invalid =
        Invalid { field: "spec.nodePool.podTemplate.spec.x".into(), why: "a pod has no such field".into() };
    check(
        json!({}),
        &with_pod("True"),
        &holding(Hold::Invalid(invalid)),
        &[],
        expect![[r#"
        Ready False InvalidSpec: spec.nodePool.podTemplate.spec.x: a pod has no such field; correct it, until then the node stays as it is
        Reconciling False InvalidSpec: spec.nodePool.podTemplate.spec.x: a pod has no such field; correct it, until then the node stays as it is
        Stalled True InvalidSpec: spec.nodePool.podTemplate.spec.x: a pod has no such field; correct it, until then the node stays as it is
        ACK.ResourceSynced False InvalidSpec: spec.nodePool.podTemplate.spec.x: a pod has no such field; correct it, until then the node stays as it is
        ACK.Terminal True InvalidSpec: spec.nodePool.podTemplate.spec.x: a pod has no such field; correct it, until then the node stays as it is
    "#]],
    );
    check(
        json!({}),
        &with_pod("True"),
        &Plan::default(),
        &[fault(FailureKind::PodRefused)],
        expect![[r#"
        Ready False InvalidSpec: the node's pod is refused, a node that is there stays as it is: the API server's words; correct spec.nodePool
        Reconciling False InvalidSpec: the node's pod is refused, a node that is there stays as it is: the API server's words; correct spec.nodePool
        Stalled True InvalidSpec: the node's pod is refused, a node that is there stays as it is: the API server's words; correct spec.nodePool
        ACK.ResourceSynced False InvalidSpec: the node's pod is refused, a node that is there stays as it is: the API server's words; correct spec.nodePool
        ACK.Terminal True InvalidSpec: the node's pod is refused, a node that is there stays as it is: the API server's words; correct spec.nodePool
    "#]],
    );
}

#[test]
fn a_step_that_fails_does_not_take_readiness_away() {
    check(
        json!({}),
        &with_pod("True"),
        &Plan::default(),
        &[fault(FailureKind::Other)],
        expect![[r#"
        Ready True Settled: a node serves at http://partita-default.partita.svc:8000
        Reconciling True StepFailed: ApplyVolume partita-default-node-0 failed and is tried again: the API server's words
        Stalled False StepFailed: ApplyVolume partita-default-node-0 failed and is tried again: the API server's words
        ACK.ResourceSynced False StepFailed: ApplyVolume partita-default-node-0 failed and is tried again: the API server's words
        ACK.Recoverable True StepFailed: ApplyVolume partita-default-node-0 failed and is tried again: the API server's words
    "#]],
    );
    check(
        json!({}),
        &with_pod("True"),
        &Plan::default(),
        &[fault(FailureKind::VolumeNotResizable)],
        expect![[r#"
        Ready True Settled: a node serves at http://partita-default.partita.svc:8000
        Reconciling True VolumeNotResizable: the volume does not grow: the API server's words; allow expansion in its storage class
        Stalled False VolumeNotResizable: the volume does not grow: the API server's words; allow expansion in its storage class
        ACK.ResourceSynced False VolumeNotResizable: the volume does not grow: the API server's words; allow expansion in its storage class
        ACK.Recoverable True VolumeNotResizable: the volume does not grow: the API server's words; allow expansion in its storage class
    "#]],
    );
    check(
        json!({}),
        &Snapshot::default(),
        &Plan::default(),
        &[fault(FailureKind::Other)],
        expect![[r#"
        Ready False StepFailed: ApplyVolume partita-default-node-0 failed and is tried again: the API server's words
        Reconciling True StepFailed: ApplyVolume partita-default-node-0 failed and is tried again: the API server's words
        Stalled False StepFailed: ApplyVolume partita-default-node-0 failed and is tried again: the API server's words
        ACK.ResourceSynced False StepFailed: ApplyVolume partita-default-node-0 failed and is tried again: the API server's words
        ACK.Recoverable True StepFailed: ApplyVolume partita-default-node-0 failed and is tried again: the API server's words
    "#]],
    );
}

#[test]
fn a_node_that_is_to_be_replaced_does_not_count_as_ready() {
    let uid = "u".to_owned();
    let plan = Plan { steps: vec![Step::ReplaceNode { uid, next: Box::default() }], ..Plan::default() };
    check(
        json!({}),
        &with_pod("True"),
        &plan,
        &[],
        expect![[r#"
        Ready False Rolling: the node is replaced by one with new settings
        Reconciling True Rolling: the node is replaced by one with new settings
        Stalled False Rolling: the node is replaced by one with new settings
        ACK.ResourceSynced False Rolling: the node is replaced by one with new settings
    "#]],
    );
}

#[test]
fn what_is_waited_for_is_told() {
    let secret = Hold::Secret("bucket-key".into(), "is not there".into());
    check(
        json!({}),
        &Snapshot::default(),
        &holding(secret),
        &[],
        expect![[r#"
        Ready False CredentialsInvalid: Secret bucket-key is not there; give it the keys accessKeyID and secretAccessKey
        Reconciling True CredentialsInvalid: Secret bucket-key is not there; give it the keys accessKeyID and secretAccessKey
        Stalled False CredentialsInvalid: Secret bucket-key is not there; give it the keys accessKeyID and secretAccessKey
        ACK.ResourceSynced False CredentialsInvalid: Secret bucket-key is not there; give it the keys accessKeyID and secretAccessKey
        ACK.Recoverable True CredentialsInvalid: Secret bucket-key is not there; give it the keys accessKeyID and secretAccessKey
    "#]],
    );
    check(
        json!({}),
        &with_pod("True"),
        &holding(Hold::VolumeEnds),
        &[],
        expect![[r#"
        Ready True Settled: a node serves at http://partita-default.partita.svc:8000
        Reconciling True VolumePending: the volume claim is being deleted, and goes with all its data as soon as no pod uses it; the node is not replaced meanwhile: copy what you need
        Stalled False VolumePending: the volume claim is being deleted, and goes with all its data as soon as no pod uses it; the node is not replaced meanwhile: copy what you need
        ACK.ResourceSynced False VolumePending: the volume claim is being deleted, and goes with all its data as soon as no pod uses it; the node is not replaced meanwhile: copy what you need
        ACK.Recoverable True VolumePending: the volume claim is being deleted, and goes with all its data as soon as no pod uses it; the node is not replaced meanwhile: copy what you need
    "#]],
    );
}

#[test]
fn a_suspended_region_says_so_and_stays_ready() {
    let suspended = Hold::Suspended(vec!["ApplyService partita-default".into()]);
    check(
        json!({"suspend": true}),
        &with_pod("True"),
        &holding(suspended),
        &[],
        expect![[r#"
        Ready True Settled: a node serves at http://partita-default.partita.svc:8000
        Reconciling False Suspended: spec.suspend is true: nothing is changed; would be done: ApplyService partita-default
        Stalled False Suspended: spec.suspend is true: nothing is changed; would be done: ApplyService partita-default
        ACK.ResourceSynced False Suspended: spec.suspend is true: nothing is changed; would be done: ApplyService partita-default
    "#]],
    );
}

#[test]
fn what_is_not_acted_upon_is_advised() {
    let skipped = (0..10).map(|n| Skipped { secret: format!("s{n}"), why: "has no key accessKeyID".into() });
    let access_keys = Merged { skipped: skipped.collect(), ..Merged::default() };
    let plan = Plan { access_keys, ..Plan::default() };
    check(
        json!({"nodePool": {"replicas": 3}}),
        &with_pod("True"),
        &plan,
        &[],
        expect![[r#"
        Ready True Settled: a node serves at http://partita-default.partita.svc:8000
        Reconciling False Settled: -
        Stalled False Settled: -
        Unsupported True NodesNotActedUpon: spec.nodePool.replicas is 3; it is kept, and one node runs in this release
        ACK.ResourceSynced True Settled: -
        ACK.Advisory True CredentialsInvalid: Secret s0 is no access key: it has no key accessKeyID; Secret s1 is no access key: it has no key accessKeyID; Secret s2 is no access key: it has no key accessKeyID; Secret s3 is no access key: it has no key accessKeyID; Secret s4 is no access key: it has no key accessKeyID; Secret s5 is no access key: it has no key accessKeyID; Secret s6 is no access key: it has no key accessKeyID; Secret s7 is no access key: it has no key accessKeyID; and 2 more; spec.nodePool.replicas is 3; it is kept, and one node runs in this release
    "#]],
    );
}

#[test]
fn a_younger_region_conflicts() {
    let status = conflict(&region(json!({})), "first", &RegionStatus::default(), UnixMillis(0));
    expect![[r#"
        Ready False Conflict: Region first is older, and an installation has one Region; delete this one, or that one first
        Reconciling False Conflict: Region first is older, and an installation has one Region; delete this one, or that one first
        Stalled True Conflict: Region first is older, and an installation has one Region; delete this one, or that one first
        ACK.ResourceSynced False Conflict: Region first is older, and an installation has one Region; delete this one, or that one first
        ACK.Terminal True Conflict: Region first is older, and an installation has one Region; delete this one, or that one first
    "#]].assert_eq(&conditions(&status));
    assert_eq!((status.endpoint, status.nodes.len()), (None, 0));
}

#[test]
fn the_time_of_a_condition_moves_only_when_its_status_flips() {
    let none = Plan::default();
    let first = of(json!({}), &Snapshot::default(), &none, &[], &RegionStatus::default(), 1_000);
    let second = of(json!({}), &with_pod("False"), &none, &[], &first, 2_000);
    let third = of(json!({}), &with_pod("True"), &none, &[], &second, 3_000);
    let time_of = |status: &RegionStatus, type_: &str| {
        let condition = status.conditions.iter().find(|condition| condition.type_ == type_).unwrap();
        condition.last_transition_time.clone().unwrap().0.as_second()
    };
    assert_eq!((time_of(&second, "Ready"), time_of(&third, "Ready"), time_of(&third, "Stalled")), (1, 3, 1));
    assert_eq!(of(json!({}), &with_pod("True"), &none, &[], &third, 9_000), third);
}
