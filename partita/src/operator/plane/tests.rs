//! The plane over a catalog on disk and a node that only remembers what it was told.

use std::sync::Mutex;

use async_trait::async_trait;
use partita_gateway::{ExtraRoutes, Gateway, Options, RawRequest, RawResponse};
use partita_identity::{AccessKeyId, Credentials, SecretKey, Verifier};
use partita_mapping::{Create, Refusal};
use partita_model::clock::SystemClock;
use partita_node::wire::{self, Apply, ApplyMapping, Done, NodeStatus};
use partita_protocol::operation::{CreateTable, TableRef};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;

/// How long anything here may take; it bounds a hang.
const PATIENCE: Duration = Duration::from_secs(20);
const ID: &str = "PARTITATESTKEY000001";
const SECRET: &str = "a-secret-of-forty-characters-1234567890ab";

/// A node API that remembers the tables it was told of, and the functions of mappings.
#[derive(Debug, Default)]
struct Memory(Mutex<Vec<String>>);

#[async_trait]
impl ExtraRoutes for Memory {
    fn service(&self, _path: &str) -> Option<&'static str> {
        Some(wire::SERVICE)
    }

    async fn handle(&self, request: RawRequest) -> Option<RawResponse> {
        let answer = match request.path.as_str() {
            wire::STATUS => {
                let (version, shard) = (String::new(), String::new());
                json!(NodeStatus { version, phase: Phase::Serving, uptime_ms: 0, shard, tables: Vec::new() })
            }
            wire::APPLY => {
                let Apply { descriptor } = serde_json::from_slice(&request.body).unwrap();
                self.0.lock().unwrap().push(descriptor.name.as_str().to_owned());
                json!(Done {})
            }
            wire::APPLY_MAPPING => {
                let ApplyMapping { mapping } = serde_json::from_slice(&request.body).unwrap();
                self.0.lock().unwrap().push(mapping.target.name().to_owned());
                json!(Done {})
            }
            other => panic!("{other}"),
        };
        Some(RawResponse::new(200_u16.try_into().unwrap(), "application/json", answer.to_string()))
    }
}

/// A node that listens.
struct FakeNode {
    memory: Arc<Memory>,
    address: SocketAddr,
}

impl FakeNode {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let memory = Arc::new(Memory::default());
        let mut credentials = Credentials::default();
        credentials.insert(AccessKeyId::new(ID).unwrap(), SecretKey::new(SECRET).unwrap()).unwrap();
        let verifier = Verifier::new(credentials, "eu-west-1", Arc::new(SystemClock));
        let options = Options { extra_routes: Some(Arc::<Memory>::clone(&memory)), ..Options::default() };
        let gateway = Gateway::routes_only(Arc::new(verifier), options);
        tokio::spawn(Arc::new(gateway).serve(listener, std::future::pending()));
        Self { memory, address }
    }

    async fn hears_of(&self, what: &str) {
        let heard = || self.memory.0.lock().unwrap().iter().any(|name| name == what);
        tokio::time::timeout(PATIENCE, async {
            while !heard() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .unwrap_or_else(|_| panic!("the node never heard of {what}"));
    }
}

fn view(region: &str, node: Option<(&FakeNode, &str)>) -> RegionView {
    RegionView {
        name: "default".to_owned(),
        scope: Scope { region: region.to_owned(), account_id: "000000000000".to_owned() },
        internal_key: AccessKey::new(ID, SECRET),
        functions: false,
        node: node.map(|(node, _)| node.address),
        node_uid: node.map(|(_, uid)| uid.to_owned()),
    }
}

/// A running plane and the other ends of its channels.
struct World {
    views: watch::Sender<Option<RegionView>>,
    serving: watch::Receiver<Option<Serving>>,
    places: watch::Receiver<Option<Control>>,
    touched: mpsc::Receiver<TableName>,
    count: watch::Receiver<Option<i64>>,
    stop: watch::Sender<bool>,
    running: JoinHandle<Result<()>>,
}

impl World {
    fn start(data: &std::path::Path, first: RegionView) -> Self {
        let (views, viewed) = watch::channel(Some(first));
        let (places, placed) = watch::channel(None);
        let (serving, served) = watch::channel(None);
        let (count, counted) = watch::channel(None);
        let (touched, touches) = mpsc::channel(8);
        let (stop, stopped) = watch::channel(false);
        let plane = Plane {
            data: data.to_path_buf(),
            clock: Arc::new(SystemClock),
            limits: Limits::default(),
            views: viewed,
            places,
            touched,
            serving,
            count,
            catalog: Arc::default(),
        };
        let running = tokio::spawn(plane.run(stopped));
        Self { views, serving: served, places: placed, touched: touches, count: counted, stop, running }
    }

    /// What the control API is given.
    async fn serving(&mut self) -> Serving {
        let serving = tokio::time::timeout(PATIENCE, self.serving.wait_for(Option::is_some)).await;
        serving.unwrap().unwrap().clone().unwrap()
    }

    /// Makes a table; gives its stream.
    async fn create(&mut self, table: &str) -> String {
        let definition = serde_json::from_value(json!({
            "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"},
        }));
        let create = CreateTable { table: TableRef::new(table), definition: definition.unwrap() };
        let serving = self.serving().await;
        let made = serving.control.create_table(create).await.unwrap();
        (serving.touched)(&TableName::new(table));
        made.latest_stream_arn.unwrap().as_str().to_owned()
    }

    async fn map(&mut self, stream: &str, function: &str) -> Result<serde_json::Value, Refusal> {
        let create =
            json!({"EventSourceArn": stream, "FunctionName": function, "StartingPosition": "LATEST"});
        let create = Create::read(create.to_string().as_bytes()).unwrap();
        self.serving().await.mappings.create(create).await
    }

    async fn end(self) -> Result<()> {
        self.stop.send_replace(true);
        self.ended().await
    }

    /// How the plane ends by itself.
    async fn ended(self) -> Result<()> {
        tokio::time::timeout(PATIENCE, self.running).await.expect("the plane ends").unwrap()
    }
}

#[tokio::test]
async fn tables_wait_for_a_node_and_every_new_node_hears_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::start(folder.path(), view("eu-west-1", None));
    world.create("orders").await;
    assert_eq!(world.touched.recv().await.unwrap().as_str(), "orders");
    assert_eq!(world.places.borrow().as_ref().unwrap().scope.region, "eu-west-1");

    let (one, other) = (FakeNode::start().await, FakeNode::start().await);
    world.views.send_replace(Some(view("eu-west-1", Some((&one, "uid-1")))));
    one.hears_of("orders").await;
    tokio::time::timeout(PATIENCE, world.count.wait_for(|count| *count == Some(1))).await.unwrap().unwrap();

    world.views.send_replace(Some(view("eu-west-1", Some((&other, "uid-2")))));
    other.hears_of("orders").await;
    world.end().await.unwrap();
}

#[tokio::test]
async fn mappings_wait_for_a_node_and_every_new_node_hears_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let knows = |node: Option<(&FakeNode, &str)>| RegionView { functions: true, ..view("eu-west-1", node) };
    let mut world = World::start(folder.path(), view("eu-west-1", None));
    let stream = world.create("orders").await;
    let refused = world.map(&stream, "indexer").await.unwrap_err();
    assert!(refused.to_string().contains("spec.lambdaEndpoint of the Region"), "{refused}");
    world.views.send_replace(Some(knows(None)));
    let made = tokio::time::timeout(PATIENCE, async {
        // The plane takes a moment to see the Region.
        loop {
            match world.map(&stream, "indexer").await {
                Err(Refusal::InvalidParameter(_)) => tokio::task::yield_now().await,
                made => return made.unwrap(),
            }
        }
    });
    let id = made.await.expect("in time")["UUID"].as_str().unwrap().to_owned();
    let told = world.serving().await.mappings.get(&id).await.unwrap();
    assert_eq!(told["State"], "Creating", "no node carries it out yet");

    let (one, other) = (FakeNode::start().await, FakeNode::start().await);
    world.views.send_replace(Some(knows(Some((&one, "uid-1")))));
    one.hears_of("indexer").await;
    world.views.send_replace(Some(knows(Some((&other, "uid-2")))));
    other.hears_of("indexer").await;
    world.map(&stream, "another").await.unwrap();
    other.hears_of("another").await;
    world.end().await.unwrap();
}

#[tokio::test]
async fn without_a_region_nothing_is_served_until_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::start(folder.path(), view("eu-west-1", None));
    world.serving().await;
    world.views.send_replace(None);
    tokio::time::timeout(PATIENCE, world.places.wait_for(Option::is_none)).await.unwrap().unwrap();
    assert!(world.serving.borrow().is_none());
    world.views.send_replace(Some(view("eu-west-1", None)));
    world.serving().await;
    world.end().await.unwrap();
}

#[tokio::test]
async fn another_region_or_another_key_ends_the_plane() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::start(folder.path(), view("eu-west-1", None));
    world.serving().await;
    world.views.send_replace(Some(view("us-east-1", None)));
    let error = world.ended().await.unwrap_err().to_string();
    assert!(error.contains("us-east-1") && error.contains("eu-west-1"), "{error}");

    let mut world = World::start(folder.path(), view("eu-west-1", None));
    world.serving().await;
    let rotated = RegionView { internal_key: AccessKey::new(ID, "another"), ..view("eu-west-1", None) };
    world.views.send_replace(Some(rotated));
    let error = world.ended().await.unwrap_err().to_string();
    assert!(error.contains("another one now"), "{error}");
}

#[tokio::test]
async fn a_catalog_of_another_region_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::start(folder.path(), view("eu-west-1", None));
    world.serving().await;
    world.end().await.unwrap();

    let error = World::start(folder.path(), view("us-east-1", None)).ended().await.unwrap_err().to_string();
    assert!(error.contains("holds the tables of eu-west-1"), "{error}");
}
