//! Event source mappings: carried out by the node, kept by the control plane.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use partita_gateway::{ExtraRoutes, Gateway, Options, RawRequest, RawResponse};
use partita_identity::{Credentials, Verifier};
use partita_mapping::{FunctionName, Mapping, MappingId, PATH, Settings, Target, Url};
use partita_model::clock::{SystemClock, UnixMillis};
use partita_node::{ClientError, NodeClient, NodeOptions};
use partita_protocol::stream::StreamArn;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{
    Home, Operator, REGION, RunningNode, World, call, eventually, internal, kind, send, user,
};

const ID: &str = "14e0db71-5d35-4eb5-b481-8945cf9d10c2";

fn id() -> MappingId {
    MappingId::parse(ID).unwrap()
}

/// A server of Lambda's Invoke API that notes what its functions are called with, and answers as told.
#[derive(Debug, Default)]
struct Functions {
    seen: Mutex<Vec<(String, Value)>>,
    failing: Mutex<bool>,
}

#[async_trait]
impl ExtraRoutes for Functions {
    fn service(&self, _path: &str) -> Option<&'static str> {
        None
    }

    fn is_open(&self, _path: &str) -> bool {
        true
    }

    async fn handle(&self, request: RawRequest) -> Option<RawResponse> {
        let event: Value = serde_json::from_slice(&request.body).unwrap();
        self.seen.lock().unwrap().push((request.path, event));
        let answer = RawResponse::new(200.try_into().unwrap(), "application/json", "null");
        let failing = *self.failing.lock().unwrap();
        Some(if failing {
            answer.with_header("x-amz-function-error".parse().unwrap(), "Unhandled")
        } else {
            answer
        })
    }
}

impl Functions {
    async fn start() -> (Arc<Self>, SocketAddr) {
        let functions = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let options = Options { extra_routes: Some(Arc::<Self>::clone(&functions)), ..Options::default() };
        let verifier = Verifier::new(Credentials::default(), REGION, Arc::new(SystemClock));
        let gateway = Gateway::routes_only(Arc::new(verifier), options);
        tokio::spawn(Arc::new(gateway).serve(listener, std::future::pending()));
        (functions, address)
    }

    /// The keys of all records so far.
    fn keys(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let records = seen.iter().flat_map(|(_, event)| event["Records"].as_array().unwrap());
        records.map(|record| record["dynamodb"]["Keys"]["p"]["S"].as_str().unwrap().to_owned()).collect()
    }

    async fn gets(&self, key: &str) {
        eventually(key, || async { self.keys().iter().any(|seen| seen == key) }).await;
    }
}

fn mapping(source: &str, generation: u64) -> Mapping {
    Mapping {
        id: id(),
        generation,
        source: StreamArn::as_given(source),
        target: Target::Lambda { function: FunctionName::parse("words").unwrap(), endpoint: None },
        settings: Settings::default(),
        last_modified: UnixMillis(1_791_501_648_000),
    }
}

async fn put(node: &RunningNode, key: &str) {
    let item = json!({ "TableName": "music", "Item": { "p": { "S": key } } });
    let (status, answer) = call(node.api, &user(), "PutItem", &item).await;
    assert_eq!(status, 200, "{answer}");
}

/// The table `music`; gives its stream.
async fn streamed(node: &RunningNode) -> String {
    let table = json!({
        "TableName": "music",
        "AttributeDefinitions": [{ "AttributeName": "p", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "p", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
    });
    let (status, answer) = call(node.api, &user(), "CreateTable", &table).await;
    assert_eq!(status, 200, "{answer}");
    answer["TableDescription"]["LatestStreamArn"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_delivers_and_its_successor_goes_on() {
    let ((functions, address), operator, home) =
        (Functions::start().await, Operator::start().await, Home::new());
    let options = || NodeOptions {
        control_endpoint: Some(operator.endpoint()),
        lambda_endpoint: Url::parse(&format!("http://{address}/here")),
        ..home.options()
    };
    let node = RunningNode::serving(options()).await;
    operator.target.send_replace(Some(node.node_api));
    let client =
        NodeClient::new(operator.target.subscribe(), REGION, internal(), Arc::new(SystemClock)).unwrap();
    let source = streamed(&node).await;
    client.apply_mapping(mapping(&source, 1)).await.unwrap();
    assert!(client.mapping_results(vec![id()]).await.unwrap().is_empty(), "it has delivered nothing yet");
    put(&node, "first").await;
    functions.gets("first").await;
    assert_eq!(functions.seen.lock().unwrap()[0].0, "/here/2015-03-31/functions/words/invocations");
    eventually("a result", || async {
        let results = client.mapping_results(vec![id()]).await.unwrap();
        results.get(&id()).is_some_and(|result| result == "OK")
    })
    .await;

    // A stop comes through although a delivery is repeated without end.
    *functions.failing.lock().unwrap() = true;
    put(&node, "second").await;
    functions.gets("second").await;
    node.stop().await;
    *functions.failing.lock().unwrap() = false;
    functions.seen.lock().unwrap().clear();
    let node = RunningNode::serving(options()).await;
    operator.target.send_replace(Some(node.node_api));
    functions.gets("second").await;
    put(&node, "third").await;
    functions.gets("third").await;
    assert!(!functions.keys().contains(&"first".to_owned()), "what was taken is not delivered again");

    client.drop_mapping(id()).await.unwrap();
    client.drop_mapping(id()).await.expect("an unknown mapping is no error");
    assert!(client.mapping_results(vec![id()]).await.unwrap().is_empty());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_ids_are_taken_for_ids() {
    let world = World::start().await;
    let url = format!("http://{}/v1/mappings/drop", world.node.node_api);
    for given in ["", "14e0db71", "14e0db71-5d35-4eb5-b481-8945cf9d10c2/"] {
        let body = json!({ "id": given }).to_string().into_bytes();
        let (status, answer) = send(Some((&internal(), "partita-node")), "POST", &url, &[], body).await;
        assert_eq!((status, &answer["message"]), (400, &json!("the id of a mapping is a UUID")), "{given}");
    }
    let target = world.operator.target.subscribe();
    let stranger = NodeClient::new(target, REGION, user(), Arc::new(SystemClock)).unwrap();
    let error = stranger.drop_mapping(id()).await.unwrap_err();
    assert!(matches!(error, ClientError::Refused { .. }) && !error.retryable(), "{error}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_about_mappings_are_the_control_planes() {
    let mut world = World::start().await;
    let (node, user) = (world.node.api, user());
    let ask = async |service: &'static str, method: &str, rest: &str, body: &'static [u8]| {
        let url = format!("http://{node}{PATH}{rest}");
        send(Some((&user, service)), method, &url, &[], body.to_vec()).await
    };
    let arn = "arn%3Aaws%3Adynamodb%3Aeu-central-1%3A123456789012%3Atable%2Fmusic";
    for (method, rest, body) in [
        ("POST", "/", &b"{\"FunctionName\":\"f\"}"[..]),
        ("POST", "", b"{}"),
        ("GET", &format!("/?EventSourceArn={arn}&MaxItems=5"), b""),
        ("GET", "?FunctionName=a%20b%2Bc", b""),
        ("PUT", &format!("/{ID}"), b"{\"Enabled\":false}"),
        ("DELETE", &format!("/{ID}"), b""),
        ("GET", &format!("/{ID}?a=b"), b""),
    ] {
        let (status, answer) = ask("lambda", method, rest, body).await;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let body = String::from_utf8_lossy(body);
        let echo = json!({ "method": method, "path": format!("{PATH}{path}"), "query": query, "body": body });
        assert_eq!((status, answer), (202, echo), "{method} {rest}");
    }
    let (status, answer) = ask("lambda", "GET", "/?a=%zz%&b+=/'", b"").await;
    assert_eq!((status, &answer["query"]), (202, &json!("a=%25zz%25&b%20=%2F%27")), "{answer}");
    let (status, answer) = ask("lambda", "GET", "/a%2Db", b"").await;
    assert_eq!((status, &answer["Type"]), (404, &json!("User")), "{answer}");
    let (status, answer) = ask("dynamodb", "GET", "/", b"").await;
    assert_eq!((status, kind(&answer)), (400, "InvalidSignatureException"));

    world.operator.take_away().await;
    let (status, answer) = ask("lambda", "GET", "/", b"").await;
    assert_eq!((status, &answer["Type"]), (500, &json!("Service")), "{answer}");
    world.operator.bring_back().await;
    assert_eq!(ask("lambda", "GET", "/", b"").await.0, 202);
    world.stop().await;
}
