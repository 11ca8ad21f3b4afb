//! The store that another process holds, takes or breaks.

use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use partita_node::{Node, NodeError, NodeOptions, Phase, SHARD, Timing};
use partita_storage::{Location, StoreOptions};
use serde_json::json;

use crate::support::{Home, RunningNode, call, hurried, probe, user};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_waits_for_its_predecessor_and_says_that_it_is_not_ready() {
    let home = Home::new();
    let first = RunningNode::serving(home.options()).await;
    let mut second = RunningNode::start(home.options()).await;
    for _ in 0..3 {
        let answers = (probe(second.node_api, "/healthz").await, probe(second.node_api, "/readyz").await);
        assert_eq!(answers, (200, 503));
    }
    assert_eq!(*second.phase.borrow(), Phase::Opening);
    first.stop().await;
    second.reach(Phase::Serving).await;
    assert_eq!(probe(second.node_api, "/readyz").await, 200);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_does_not_wait_for_ever_and_stops_waiting_when_asked() {
    let home = Home::new();
    let first = RunningNode::serving(home.options()).await;
    let timing = Timing { store_wait_max: Duration::from_millis(20), ..hurried() };
    let second = RunningNode::start(NodeOptions { timing, ..home.options() }).await;
    let error = second.end().await.expect_err("the store is taken");
    assert!(matches!(error, NodeError::StillInUse { .. }), "{error}");
    let third = RunningNode::start(home.options()).await;
    third.stop().await;
    first.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_shard_is_taken_over_ends() {
    let (home, objects) = (Home::new(), Arc::new(InMemory::new()));
    let options = NodeOptions { store: Location::Objects(objects.clone()), ..home.options() };
    let mut node = RunningNode::serving(options).await;
    let successor =
        partita_storage::open(StoreOptions::new(Location::Objects(objects), SHARD)).await.unwrap();
    node.reach(Phase::Failed).await;
    let error = node.end().await.expect_err("it serves no more");
    assert!(matches!(error, NodeError::Fenced), "{error:?}");
    successor.close().await.unwrap();
}

#[tokio::test]
async fn a_node_does_not_start_without_readable_keys_or_with_a_taken_address() {
    let home = Home::new();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = NodeOptions { listen: taken.local_addr().unwrap(), ..home.options() };
    let error = Node::bind(options).await.err().expect("the address is taken");
    assert!(matches!(error, NodeError::Listen { .. }), "{error}");
    home.write_keys("one-word\n");
    let error = Node::bind(home.options()).await.err().expect("malformed keys");
    assert!(matches!(error, NodeError::Credentials { .. }), "{error}");
    let nowhere = NodeOptions { credentials_file: "/nowhere/credentials".into(), ..home.options() };
    let error = Node::bind(nowhere).await.err().expect("no file");
    assert!(matches!(error, NodeError::CredentialsFile { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_control_plane_tables_are_shown_and_not_changed() {
    let home = Home::new();
    let node = RunningNode::serving(home.options()).await;
    let (status, answer) = call(node.api, &user(), "ListTables", &json!({})).await;
    assert_eq!((status, answer), (200, json!({ "TableNames": [] })));
    let delete = json!({ "TableName": "music" });
    assert_eq!(call(node.api, &user(), "DeleteTable", &delete).await.0, 500);
    node.stop().await;
}
