use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::http::{HeaderMap, Request, Response};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use partita_mapping::FunctionName;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;

/// What a server was asked.
#[derive(Clone, Debug)]
struct Asked {
    line: String,
    headers: HeaderMap,
    body: Bytes,
}

/// A server that answers everything alike; without an answer it never does.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    _tasks: JoinSet<()>,
}

type Answer = (u16, Vec<(&'static str, &'static str)>, Bytes);

impl Server {
    async fn answering(answer: Option<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let mut tasks = JoinSet::new();
        let notes = Arc::clone(&asked);
        tasks.spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let (notes, answer) = (Arc::clone(&notes), answer.clone());
                let serve = service_fn(move |request| respond(request, Arc::clone(&notes), answer.clone()));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), serve));
            }
        });
        Self { address, asked, _tasks: tasks }
    }

    fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    fn asked(&self) -> Asked {
        self.asked.lock().unwrap().last().unwrap().clone()
    }
}

async fn respond(
    request: Request<Incoming>,
    notes: Arc<Mutex<Vec<Asked>>>,
    answer: Option<Answer>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let line = format!("{} {}", head.method, head.uri);
    notes.lock().unwrap().push(Asked { line, headers: head.headers, body });
    let Some((status, headers, body)) = answer else { return std::future::pending().await };
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::new(body)).unwrap())
}

fn answer(status: u16, body: &'static str) -> Option<Answer> {
    Some((status, Vec::new(), Bytes::from_static(body.as_bytes())))
}

fn connect() -> HttpConnect {
    let brief = Duration::from_millis(200);
    HttpConnect::new(HttpOptions { event_timeout: brief, ..HttpOptions::default() }).unwrap()
}

fn delivery(kind: DeliveryKind) -> Delivery {
    Delivery {
        id: "14e0db71/1-2/2".to_owned(),
        kind,
        source: StreamArn::as_given("arn:aws:dynamodb:eu-central-1:000000000000:table/music/stream/now"),
        at: UnixMillis(1_791_501_648_000),
        body: Bytes::from_static(b"{\"Records\":[]}"),
    }
}

fn function(name: &str, endpoint: Option<Url>) -> Target {
    Target::Lambda { function: FunctionName::parse(name).unwrap(), endpoint }
}

async fn invoke(name: &str, endpoint: Option<Url>) -> Reply {
    connect().target(&function(name, endpoint)).deliver(delivery(DeliveryKind::Records)).await
}

async fn post(url: Url) -> Reply {
    let headers = BTreeMap::from([("authorization".to_owned(), "Bearer key".to_owned())]);
    connect().target(&Target::Http { url, headers }).deliver(delivery(DeliveryKind::Records)).await
}

#[tokio::test]
async fn a_function_is_invoked() {
    let server = Server::answering(answer(200, "{}")).await;
    let reply = invoke("indexer", Some(server.url("/"))).await;
    assert_eq!(reply, Reply::Answered { status: 200, body: Bytes::from_static(b"{}") });
    let asked = server.asked();
    assert_eq!(asked.line, "POST /2015-03-31/functions/indexer/invocations");
    assert_eq!(asked.headers["x-amz-invocation-type"], "RequestResponse");
    assert_eq!(asked.headers["content-type"], "application/json");
    assert_eq!(asked.body, "{\"Records\":[]}");
    invoke("indexer:$LATEST", Some(server.url(""))).await;
    assert_eq!(server.asked().line, "POST /2015-03-31/functions/indexer/invocations?Qualifier=%24LATEST");
}

#[tokio::test]
async fn a_function_that_fails_says_so_in_a_header() {
    let headers = vec![("X-Amz-Function-Error", "Unhandled")];
    let server = Server::answering(Some((200, headers, Bytes::new()))).await;
    let reply = invoke("indexer", Some(server.url(""))).await;
    assert_eq!(reply, Reply::Failed { status: 200, error: Some("Unhandled".to_owned()) });
}

#[tokio::test]
async fn a_function_that_was_not_reached_is_tried_again() {
    for (status, reached) in
        [(404, false), (429, false), (500, false), (503, false), (400, true), (413, true)]
    {
        let server = Server::answering(answer(status, "")).await;
        let reply = invoke("indexer", Some(server.url(""))).await;
        assert_eq!(matches!(reply, Reply::Failed { .. }), reached, "{status}: {reply:?}");
        assert_eq!(matches!(reply, Reply::Unreached { .. }), !reached, "{status}: {reply:?}");
    }
    assert!(matches!(invoke("indexer", None).await, Reply::Unreached { .. }), "nobody said where it is");
}

#[tokio::test]
async fn functions_without_an_address_are_at_the_installations() {
    let server = Server::answering(answer(200, "")).await;
    let options = HttpOptions { lambda_endpoint: Some(server.url("")), ..HttpOptions::default() };
    let target = HttpConnect::new(options).unwrap().target(&function("indexer", None));
    assert!(matches!(target.deliver(delivery(DeliveryKind::Records)).await, Reply::Answered { .. }));
}

#[tokio::test]
async fn an_endpoint_gets_a_cloud_event_in_binary_mode() {
    let server = Server::answering(answer(202, "taken")).await;
    let reply = post(server.url("/events?a=b")).await;
    assert_eq!(reply, Reply::Answered { status: 202, body: Bytes::from_static(b"taken") });
    let asked = server.asked();
    assert_eq!(asked.line, "POST /events?a=b");
    for (name, value) in [
        ("ce-specversion", "1.0"),
        ("ce-type", "dev.partita.stream.records"),
        ("ce-source", "arn:aws:dynamodb:eu-central-1:000000000000:table/music/stream/now"),
        ("ce-id", "14e0db71/1-2/2"),
        ("ce-time", "2026-10-08T23:20:48Z"),
        ("content-type", "application/json"),
        ("authorization", "Bearer key"),
    ] {
        assert_eq!(asked.headers[name], value, "{name}");
    }
    connect().destination(&server.url("/failed")).deliver(delivery(DeliveryKind::GivenUp)).await;
    assert_eq!(server.asked().headers["ce-type"], "dev.partita.stream.given-up");
}

#[tokio::test]
async fn an_endpoint_fails_or_is_not_there() {
    for (status, reached) in
        [(400, true), (404, true), (500, true), (307, true), (429, false), (502, false), (503, false)]
    {
        let server = Server::answering(answer(status, "")).await;
        let reply = post(server.url("/")).await;
        assert_eq!(matches!(reply, Reply::Failed { .. }), reached, "{status}: {reply:?}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let reply = post(Url::parse(&format!("http://{closed}/")).unwrap()).await;
    assert!(matches!(reply, Reply::Unreached { .. }), "{reply:?}");
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_may_have_been_reached() {
    let server = Server::answering(None).await;
    let reply = post(server.url("/")).await;
    assert!(matches!(reply, Reply::Failed { status: 504, .. }), "{reply:?}");
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_a_failure() {
    let long = Bytes::from(vec![b'x'; 6 * 1024 * 1024 + 1]);
    let server = Server::answering(Some((200, Vec::new(), long))).await;
    let options = HttpOptions { lambda_endpoint: Some(server.url("")), ..HttpOptions::default() };
    let target = HttpConnect::new(options).unwrap().target(&function("indexer", None));
    let reply = target.deliver(delivery(DeliveryKind::Records)).await;
    assert!(matches!(reply, Reply::Failed { status: 200, .. }), "{reply:?}");
}
