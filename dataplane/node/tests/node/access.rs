//! Which key opens which door.

use std::sync::Arc;

use partita_model::TableId;
use partita_model::clock::SystemClock;
use partita_node::{AccessKey, ClientError, NodeClient, Phase};
use serde_json::json;
use tokio::sync::watch;

use crate::support::{
    Home, REGION, RunningNode, World, call, eventually, internal, kind, operation_headers, probe, send, user,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_key_opens_the_others_door() {
    let world = World::start().await;
    let status = format!("http://{}/v1/status", world.node.node_api);
    let (internal, user) = (internal(), user());
    for (signer, code) in [
        (None, 400),
        (Some((&user, "partita-node")), 400),
        (Some((&internal, "dynamodb")), 400),
        (Some((&internal, "partita-node")), 200),
    ] {
        assert_eq!(send(signer, "GET", &status, &[], Vec::new()).await.0, code, "{signer:?}");
    }
    for path in ["apply", "drop", "statistics"] {
        let url = format!("http://{}/v1/{path}", world.node.node_api);
        let (code, answer) =
            send(Some((&user, "partita-node")), "POST", &url, &[], b"{\"id\":1}".to_vec()).await;
        assert_eq!((code, kind(&answer)), (400, "UnrecognizedClientException"), "{path}");
    }
    for (address, key) in [(world.node.api, &internal), (world.operator.address, &user)] {
        let (code, answer) = call(address, key, "ListTables", &json!({})).await;
        assert_eq!((code, kind(&answer)), (400, "UnrecognizedClientException"));
    }
    let headers = operation_headers("DynamoDB_20120810.ListTables");
    for address in [world.node.api, world.operator.address] {
        let (code, answer) =
            send(None, "POST", &format!("http://{address}/"), &headers, b"{}".to_vec()).await;
        assert_eq!((code, kind(&answer)), (400, "MissingAuthenticationTokenException"));
    }
    assert_eq!(
        (probe(world.node.node_api, "/healthz").await, probe(world.node.node_api, "/readyz").await),
        (200, 200)
    );
    assert_eq!(probe(world.node.api, "/healthz").await, 404, "health is the node API's");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_come_and_go_with_their_file() {
    let home = Home::new();
    let node = RunningNode::serving(home.options()).await;
    let other = AccessKey { id: "AKIAOTHER".to_owned(), secret: "others-secret".to_owned() };
    let list = async |key: &AccessKey| call(node.api, key, "ListTables", &json!({})).await.0;
    assert_eq!((list(&user()).await, list(&other).await), (200, 400));
    home.write_keys("[a]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = others-secret\n");
    eventually("the new key", || async { list(&other).await == 200 }).await;
    assert_eq!(list(&user()).await, 400, "the old key is refused from the same moment on");
    home.write_keys("# the last key is revoked\n");
    eventually("the end of the last key", || async { list(&other).await == 400 }).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_tells_what_a_retry_can_help() {
    let world = World::start().await;
    let (target, watched) = watch::channel(None);
    let client = NodeClient::new(watched, REGION, internal(), Arc::new(SystemClock)).unwrap();
    let error = client.status().await.unwrap_err();
    assert!(matches!(error, ClientError::NoNode) && error.retryable(), "{error}");

    target.send_replace(Some(world.node.node_api));
    let status = client.status().await.unwrap();
    assert_eq!((status.phase, status.shard.as_str(), status.tables.len()), (Phase::Serving, "shards/1", 0));
    let error = client.statistics(TableId(77)).await.unwrap_err();
    assert!(matches!(error, ClientError::Refused { .. }) && !error.retryable(), "{error}");
    client.drop_table(TableId(77)).await.expect("an unknown table is no error");

    let stranger = NodeClient::new(target.subscribe(), REGION, user(), Arc::new(SystemClock)).unwrap();
    let error = stranger.status().await.unwrap_err();
    assert!(matches!(error, ClientError::Refused { .. }) && !error.retryable(), "{error}");

    world.stop().await;
    let error = client.status().await.unwrap_err();
    assert!(matches!(error, ClientError::Exchange { .. }) && error.retryable(), "{error}");
}
