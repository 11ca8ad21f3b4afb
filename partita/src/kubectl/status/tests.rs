//! Reports of small clusters, and their text.

use expect_test::expect;
use serde_json::{Value, json};

use super::*;

fn leader(alive: bool) -> Leader {
    let silent_seconds = if alive { 2 } else { 93 };
    Leader { namespace: "db".into(), holder: "partita-operator-7c9".into(), silent_seconds, alive }
}

fn ready(status: &str, reason: &str, message: &str) -> Value {
    json!([
        {"type": "Ready", "status": status, "reason": reason, "message": message, "observedGeneration": 1},
        {"type": "ACK.ResourceSynced", "status": status, "reason": reason, "message": message},
    ])
}

fn region(conditions: Value, nodes: Value) -> Region {
    serde_json::from_value(json!({
        "metadata": {"name": "default", "generation": 1},
        "spec": {
            "regionName": "eu-west-1", "accountID": "111122223333",
            "objectStore": {"type": "S3", "s3": {"bucket": "items"}},
        },
        "status": {
            "conditions": conditions, "nodes": nodes, "namespace": "db", "accessKeys": 2,
            "endpoint": "http://partita-default.db.svc:8000", "fieldOfAnotherRelease": {},
        },
    }))
    .unwrap()
}

fn serving() -> Region {
    let node = json!({"name": "partita-default-node-0", "podIP": "10.0.0.7", "ready": true, "restarts": 1});
    region(ready("True", "Settled", "every node serves"), json!([node]))
}

fn table(name: &str, generation: i64, status: Value) -> Table {
    serde_json::from_value(json!({
        "metadata": {"name": name, "namespace": "shop", "generation": generation},
        "spec": {"tableName": name}, "status": status,
    }))
    .unwrap()
}

fn active(name: &str) -> Table {
    table(name, 1, json!({"tableStatus": "ACTIVE", "conditions": ready("True", "Settled", "")}))
}

fn mapping(name: &str, status: Value) -> Mapping {
    let metadata = json!({"name": name, "namespace": "shop", "generation": 1});
    serde_json::from_value(json!({"metadata": metadata, "status": status})).unwrap()
}

fn report(seen: &Seen) -> Report {
    Report::of(seen)
}

#[test]
fn a_healthy_installation_says_how_to_use_it() {
    let seen = Seen {
        regions: Some(vec![serving()]),
        tables: Some(vec![active("orders"), active("carts")]),
        mappings: Some(vec![]),
        leaders: vec![leader(true)],
    };
    let report = report(&seen);
    assert!(report.ready);
    expect![[r#"
        Region default: eu-west-1, account 111122223333
          Ready        every node serves
          store        bucket items
          endpoint     http://partita-default.db.svc:8000
          access keys  2
          nodes        1 of 1 ready
                       partita-default-node-0: ready, 10.0.0.7, restarted once

        operator       partita-operator-7c9 in db leads
        tables         2 ACTIVE

        next           eval "$(kubectl partita env)" sets a shell up for the AWS CLI and SDKs
    "#]]
    .assert_eq(&text::text(&report));
}

#[test]
fn what_is_wrong_is_named_with_what_to_do() {
    let node =
        json!({"name": "partita-default-node-0", "ready": false, "restarts": 4, "phase": "CrashLoopBackOff"});
    let mut conditions = ready("False", "NodeNotReady", "node partita-default-node-0 does not serve");
    conditions.as_array_mut().unwrap().push(
        json!({"type": "Unsupported", "status": "True", "reason": "FieldsNotActedUpon", "message": "nodePool.replicas: one node runs"}),
    );
    let creating = json!({
        "tableStatus": "CREATING", "conditions": ready("False", "RegionNotReady", "the Region has no node that serves"),
    });
    let changed = json!({"tableStatus": "ACTIVE", "conditions": ready("True", "Settled", "")});
    let seen = Seen {
        regions: Some(vec![region(conditions, json!([node]))]),
        tables: Some(vec![
            active("orders"),
            table("new", 1, json!({})),
            table("carts", 1, creating),
            table("changed", 2, changed),
        ]),
        mappings: Some(vec![mapping(
            "sink",
            json!({
                "state": "Enabled", "conditions": ready("False", "Conflict", "another object manages the mapping"),
            }),
        )]),
        leaders: vec![leader(false)],
    };
    let report = report(&seen);
    assert!(!report.ready);
    expect![[r#"
        Region default: eu-west-1, account 111122223333
          Ready        no, NodeNotReady: node partita-default-node-0 does not serve
          Unsupported  nodePool.replicas: one node runs
          store        bucket items
          endpoint     http://partita-default.db.svc:8000
          access keys  2
          nodes        0 of 1 ready
                       partita-default-node-0: CrashLoopBackOff, no address, restarted 4 times

        operator       nobody leads; partita-operator-7c9 in db was last heard of 93 s ago
        tables         2 ACTIVE, 1 CREATING, 1 not seen yet
                       shop/carts: RegionNotReady: the Region has no node that serves
                       shop/changed: NotObserved: the operator has not looked at its newest change yet
                       shop/new: NotObserved: no operator has looked at it yet
        mappings       1 Enabled
                       shop/sink: Conflict: another object manages the mapping

        next           kubectl -n db get pods -l app.kubernetes.io/component=operator shows why no operator leads; items are served without one, changes of tables wait
                       kubectl -n db logs partita-default-node-0 --previous tells why the node ended
    "#]].assert_eq(&text::text(&report));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["tables"]["byStatus"], json!({"ACTIVE": 2, "CREATING": 1, "not seen yet": 1}));
    assert_eq!(json["regions"][0]["accountID"], "111122223333");
    assert_eq!(json["regions"][0]["nodes"][0]["restarts"], 4);
}

#[test]
fn an_empty_cluster_is_told_what_to_install() {
    let unknown = report(&Seen::default());
    assert!(!unknown.ready);
    expect![[r#"
        next           install the chart partita-crds, then the chart partita: the cluster does not know our kinds
    "#]].assert_eq(&text::text(&unknown));
    let known = report(&Seen { regions: Some(vec![]), tables: Some(vec![]), ..Seen::default() });
    assert!(!known.ready);
    expect![[r#"
        next           install the chart partita: there is no Region, and it makes one
    "#]]
    .assert_eq(&text::text(&known));
}

#[test]
fn who_holds_a_deleted_object_is_named() {
    let mut held = active("orders");
    held.metadata.generation = Some(2);
    held.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
    let message = |held: &Table| {
        let tables = Some(vec![held.clone()]);
        let report = report(&Seen {
            regions: Some(vec![serving()]),
            tables,
            leaders: vec![leader(true)],
            ..Seen::default()
        });
        report.tables.not_ready[0].message.clone()
    };
    held.metadata.finalizers = Some(vec!["partita.dev/table".into(), "backup.example/x".into()]);
    assert!(message(&held).contains("newest change"), "the operator has not looked at the deletion");
    held.metadata.finalizers = Some(vec!["backup.example/x".into()]);
    assert_eq!(message(&held), "the object is deleted and waits for backup.example/x");
}

#[test]
fn a_mapping_alone_is_looked_at() {
    let seen = Seen {
        regions: Some(vec![serving()]),
        tables: Some(vec![active("orders")]),
        mappings: Some(vec![mapping("sink", json!({}))]),
        leaders: vec![leader(true)],
    };
    let report = report(&seen);
    assert!(!report.ready);
    let step =
        "kubectl -n shop describe eventsourcemapping.partita.dev sink tells what the mapping waits for";
    assert_eq!(report.next, [step]);
}

#[test]
fn a_table_alone_is_looked_at() {
    let seen = Seen {
        regions: Some(vec![serving()]),
        tables: Some((0..5).map(|n| table(&format!("t{n}"), 1, json!({}))).collect()),
        leaders: vec![leader(true)],
        ..Seen::default()
    };
    let report = report(&seen);
    assert!(!report.ready);
    assert_eq!(report.next.len(), 3, "{:?}", report.next);
    assert_eq!(
        report.next[0],
        "kubectl -n shop describe table.partita.dev t0 tells what the table waits for"
    );
}

#[test]
fn a_region_that_nobody_has_seen_is_not_ready() {
    let fresh = region(json!([]), json!([]));
    let leaders = vec![leader(true)];
    let seen = Seen { regions: Some(vec![fresh]), tables: Some(vec![]), leaders, ..Seen::default() };
    let report = report(&seen);
    assert!(!report.ready);
    assert!(report.next[0].contains("kubectl describe region.partita.dev default"), "{:?}", report.next);
}
