//! A node, a control plane and clients, wired over loopback.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use partita_controlplane::ControlPlane;
use partita_controlplane::catalog::SqliteCatalog;
use partita_gateway::{Gateway, Options};
use partita_identity::Verifier;
use partita_model::clock::SystemClock;
use partita_model::name::Scope;
use partita_node::{AccessKey, Node, NodeClient, NodeError, NodeOptions, Phase, Timing};
use partita_storage::Location;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::plane::{Echo, NodeDataPlane, Plane};

pub(crate) const REGION: &str = "eu-central-1";

/// How long a test waits for what is to come by itself; it takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn scope() -> Scope {
    Scope { region: REGION.to_owned(), account_id: "123456789012".to_owned() }
}

pub(crate) fn user() -> AccessKey {
    AccessKey { id: "AKIAUSER".to_owned(), secret: "users-secret".to_owned() }
}

pub(crate) fn internal() -> AccessKey {
    AccessKey { id: "AKIAINTERNAL".to_owned(), secret: "internal-secret".to_owned() }
}

/// No pauses that a test would have to sit out.
pub(crate) fn hurried() -> Timing {
    Timing {
        endpoints_settle: Duration::ZERO,
        store_retry: Duration::from_millis(5),
        credentials_poll: Duration::from_millis(5),
        control_down_memory: Duration::ZERO,
        ..Timing::default()
    }
}

/// A folder with a credentials file that knows [`user`].
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self(TempDir::new().expect("a temporary folder"));
        home.write_keys(&format!("{} {}\n", user().id, user().secret));
        home
    }

    pub(crate) fn write_keys(&self, text: &str) {
        // As kubelet does it: the whole file at once.
        let fresh = self.0.path().join("fresh");
        std::fs::write(&fresh, text).expect("writable");
        std::fs::rename(fresh, self.keys()).expect("the same folder");
    }

    fn keys(&self) -> PathBuf {
        self.0.path().join("credentials")
    }

    /// Options for a node at free ports that keeps its shard in this folder.
    pub(crate) fn options(&self) -> NodeOptions {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let store = Location::Folder(self.0.path().join("store"));
        NodeOptions {
            listen: loopback,
            node_listen: loopback,
            timing: hurried(),
            ..NodeOptions::new(scope(), store, self.keys(), internal())
        }
    }
}

/// A node that runs in a task.
pub(crate) struct RunningNode {
    pub(crate) api: SocketAddr,
    pub(crate) node_api: SocketAddr,
    pub(crate) phase: watch::Receiver<Phase>,
    shutdown: Option<oneshot::Sender<()>>,
    ended: JoinHandle<Result<(), NodeError>>,
}

impl RunningNode {
    pub(crate) async fn start(options: NodeOptions) -> Self {
        let node = Node::bind(options).await.expect("free addresses and readable keys");
        let (api, node_api) = (node.address().unwrap(), node.node_address().unwrap());
        let (shutdown, asked) = oneshot::channel::<()>();
        let phase = node.phase();
        let ended = tokio::spawn(node.serve(async { drop(asked.await) }));
        Self { api, node_api, phase, shutdown: Some(shutdown), ended }
    }

    pub(crate) async fn serving(options: NodeOptions) -> Self {
        let mut node = Self::start(options).await;
        node.reach(Phase::Serving).await;
        node
    }

    pub(crate) async fn reach(&mut self, phase: Phase) {
        let reached = self.phase.wait_for(|now| *now == phase);
        drop(tokio::time::timeout(PATIENCE, reached).await.expect("in time").expect("the node lives"));
    }

    pub(crate) fn ask_to_stop(&mut self) {
        if let Some(shutdown) = self.shutdown.take() {
            shutdown.send(()).expect("the node listens");
        }
    }

    pub(crate) async fn end(self) -> Result<(), NodeError> {
        tokio::time::timeout(PATIENCE, self.ended).await.expect("in time").expect("no panic")
    }

    pub(crate) async fn stop(mut self) {
        self.ask_to_stop();
        self.end().await.expect("a clean stop");
    }
}

/// A control plane that can be taken away and brought back at the same address.
pub(crate) struct Operator {
    pub(crate) plane: Arc<ControlPlane>,
    pub(crate) address: SocketAddr,
    /// Where the node is.
    pub(crate) target: watch::Sender<Option<SocketAddr>>,
    serving: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Operator {
    pub(crate) async fn start() -> Self {
        let (target, watched) = watch::channel(None);
        let client = NodeClient::new(watched, REGION, internal(), Arc::new(SystemClock)).unwrap();
        let catalog = Arc::new(SqliteCatalog::in_memory().await.unwrap());
        let data_plane = Arc::new(NodeDataPlane(client));
        let plane = ControlPlane::open(catalog, data_plane, Arc::new(SystemClock), scope()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut operator = Self { plane: Arc::new(plane), address, target, serving: None };
        operator.serve(listener);
        operator
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    fn serve(&mut self, listener: TcpListener) {
        let key = internal();
        let known = partita_identity::Credentials::single(key.id, key.secret).unwrap();
        let verifier = Arc::new(Verifier::new(known, REGION, Arc::new(SystemClock)));
        let control = Arc::new(Plane(Arc::clone(&self.plane)));
        let options = Options { extra_routes: Some(Arc::new(Echo)), ..Options::default() };
        let gateway = Arc::new(Gateway::control_only(control, verifier, options));
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(gateway.serve(listener, async { drop(stopped.await) }));
        self.serving = Some((stop, task));
    }

    pub(crate) async fn take_away(&mut self) {
        let (stop, task) = self.serving.take().expect("it serves");
        stop.send(()).expect("it listens");
        task.await.expect("no panic");
    }

    pub(crate) async fn bring_back(&mut self) {
        self.serve(TcpListener::bind(self.address).await.expect("the address is free again"));
    }
}

/// A node of its control plane, in a folder of its own.
pub(crate) struct World {
    pub(crate) operator: Operator,
    pub(crate) node: RunningNode,
    pub(crate) home: Home,
}

impl World {
    pub(crate) async fn start() -> Self {
        let (operator, home) = (Operator::start().await, Home::new());
        let options = NodeOptions { control_endpoint: Some(operator.endpoint()), ..home.options() };
        let node = RunningNode::serving(options).await;
        operator.target.send_replace(Some(node.node_api));
        Self { operator, node, home }
    }

    /// The node's answer to an operation.
    pub(crate) async fn call(&self, operation: &str, body: Value) -> (u16, Value) {
        call(self.node.api, &user(), operation, &body).await
    }

    pub(crate) async fn ok(&self, operation: &str, body: Value) -> Value {
        let (status, answer) = self.call(operation, body).await;
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    pub(crate) async fn stop(self) {
        self.node.stop().await;
    }
}

/// The headers that sign a request, those that are signed included.
pub(crate) fn signature(
    key: &AccessKey,
    service: &str,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Vec<(String, String)> {
    let identity = Credentials::new(&key.id, &key.secret, None, None, "tests").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name(service)
        .time(now())
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let signable =
        SignableRequest::new(method, url, headers.iter().copied(), SignableBody::Bytes(body)).unwrap();
    let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
    let given = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    given.chain(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
}

#[expect(clippy::disallowed_methods, reason = "the nodes under test check signatures by the machine's clock")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// Sends a signed request, or with no key an unsigned one.
pub(crate) async fn send(
    signer: Option<(&AccessKey, &str)>,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> (u16, Value) {
    let headers = match signer {
        Some((key, service)) => signature(key, service, method, url, headers, &body),
        None => headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let mut request = client.request(method.parse().unwrap(), url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let answer = request.body(body).send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null))
}

/// The headers of an operation of the DynamoDB API, and its target.
pub(crate) fn operation_headers(target: &str) -> [(&str, &str); 2] {
    [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target)]
}

/// An operation of the DynamoDB API.
pub(crate) async fn call(
    address: SocketAddr,
    key: &AccessKey,
    operation: &str,
    body: &Value,
) -> (u16, Value) {
    let target = format!("DynamoDB_20120810.{operation}");
    let (url, headers) = (format!("http://{address}/"), operation_headers(&target));
    send(Some((key, "dynamodb")), "POST", &url, &headers, body.to_string().into_bytes()).await
}

/// The error's name without its namespace.
pub(crate) fn kind(answer: &Value) -> &str {
    answer["__type"].as_str().and_then(|kind| kind.rsplit('#').next()).unwrap_or("no error")
}

/// The status of a path that is open to everybody.
pub(crate) async fn probe(address: SocketAddr, path: &str) -> u16 {
    send(None, "GET", &format!("http://{address}{path}"), &[], Vec::new()).await.0
}

/// Waits until what comes by itself has come.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut check: impl FnMut() -> F) {
    let wait = async {
        while !check().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{what}: not in time"));
}
