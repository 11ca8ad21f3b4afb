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

fn report(seen: &Seen) -> Report {
    Report::of(seen)
}

#[test]
fn a_healthy_installation_says_how_to_use_it() {
    let seen = Seen {
        regions: Some(vec![serving()]),
        tables: Some(vec![active("orders"), active("carts")]),
        leaders: vec![leader(true)],
    };
    let report = report(&seen);
    assert!(report.ready);
    expect![[r#""#]].assert_eq(&text::text(&report));
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
        leaders: vec![leader(false)],
    };
    let report = report(&seen);
    assert!(!report.ready);
    expect![[r#""#]].assert_eq(&text::text(&report));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["tables"]["byStatus"], json!({"ACTIVE": 2, "CREATING": 1, "not seen yet": 1}));
    assert_eq!(json["regions"][0]["accountID"], "111122223333");
    assert_eq!(json["regions"][0]["nodes"][0]["restarts"], 4);
}

#[test]
fn an_empty_cluster_is_told_what_to_install() {
    let unknown = report(&Seen::default());
    assert!(!unknown.ready);
    expect![[r#""#]].assert_eq(&text::text(&unknown));
    let known = report(&Seen { regions: Some(vec![]), tables: Some(vec![]), leaders: vec![] });
    assert!(!known.ready);
    expect![[r#""#]].assert_eq(&text::text(&known));
}

#[test]
fn a_region_that_nobody_has_seen_is_not_ready() {
    let fresh = region(json!([]), json!([]));
    let seen = Seen { regions: Some(vec![fresh]), tables: Some(vec![]), leaders: vec![leader(true)] };
    let report = report(&seen);
    assert!(!report.ready);
    assert!(report.next[0].contains("kubectl describe region.partita.dev default"), "{:?}", report.next);
}
