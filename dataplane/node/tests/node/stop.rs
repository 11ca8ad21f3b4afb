//! How a node ends when it is asked to.

use std::time::Duration;

use partita_node::{NodeOptions, Phase, Timing};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{
    RunningNode, World, call, eventually, hurried, operation_headers, probe, signature, user,
};

fn music() -> Value {
    json!({
        "TableName": "music",
        "AttributeDefinitions": [{ "AttributeName": "p", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "p", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    })
}

fn put(key: &str) -> Value {
    json!({ "TableName": "music", "Item": { "p": { "S": key } } })
}

async fn has(node: &RunningNode, key: &str) -> bool {
    let get = json!({ "TableName": "music", "Key": { "p": { "S": key } } });
    let (status, answer) = call(node.api, &user(), "GetItem", &get).await;
    assert_eq!(status, 200, "{answer}");
    answer["Item"].is_object()
}

const CONTINUE: &[u8; 25] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A request of which the server has the beginning.
struct HalfSent {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl HalfSent {
    async fn put(node: &RunningNode, key: &str) -> Self {
        let body = put(key).to_string().into_bytes();
        let target = operation_headers("DynamoDB_20120810.PutItem");
        let url = format!("http://{}/", node.api);
        let headers = signature(&user(), "dynamodb", "POST", &url, &target, &body);
        let mut text = format!("POST / HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n", node.api, body.len());
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        // The server asks for the body once it is at the request.
        text.push_str("expect: 100-continue\r\n\r\n");
        let (begin, rest) = body.split_at(body.len() / 2);
        let mut stream = TcpStream::connect(node.api).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut go_on = [0; CONTINUE.len()];
        stream.read_exact(&mut go_on).await.unwrap();
        assert_eq!(go_on, *CONTINUE);
        stream.write_all(begin).await.unwrap();
        Self { stream, rest: rest.to_vec() }
    }

    /// Sends the rest and gives the answer's first line.
    async fn finish(mut self) -> String {
        self.stream.write_all(&self.rest).await.unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).await.unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_node_finishes_what_runs_and_keeps_what_it_acknowledged() {
    let World { operator, node, home } = World::start().await;
    let mut node = node;
    assert_eq!(call(node.api, &user(), "CreateTable", &music()).await.0, 200);
    assert_eq!(call(node.api, &user(), "PutItem", &put("before")).await.0, 200);
    let running = HalfSent::put(&node, "running").await;
    node.ask_to_stop();
    let api = node.api;
    eventually("the end of new connections", || async move { TcpStream::connect(api).await.is_err() }).await;
    assert_eq!(running.finish().await, "HTTP/1.1 200 OK");
    node.end().await.expect("a clean stop");

    let again = RunningNode::serving(home.options()).await;
    assert!(has(&again, "before").await && has(&again, "running").await);
    again.stop().await;
    drop(operator);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_not_ready_while_it_still_serves() {
    let World { operator, node, home } = World::start().await;
    assert_eq!(call(node.api, &user(), "CreateTable", &music()).await.0, 200);
    node.stop().await;
    // Long enough for two requests on a busy machine.
    let timing = Timing { endpoints_settle: Duration::from_secs(2), ..hurried() };
    let mut node = RunningNode::serving(NodeOptions { timing, ..home.options() }).await;
    assert_eq!(probe(node.node_api, "/readyz").await, 200);
    node.ask_to_stop();
    node.reach(Phase::Draining).await;
    assert_eq!((probe(node.node_api, "/readyz").await, probe(node.node_api, "/healthz").await), (503, 200));
    assert_eq!(call(node.api, &user(), "PutItem", &put("late")).await.0, 200);
    node.end().await.expect("a clean stop");
    let again = RunningNode::serving(home.options()).await;
    assert!(has(&again, "late").await);
    again.stop().await;
    drop(operator);
}
