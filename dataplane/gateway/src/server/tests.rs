//! Over real sockets, on loopback.

mod limits;
mod memory;
mod stop;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::Options;
use crate::encoding::Coding;
use crate::fake::{FakeControl, World, options};
use crate::limits::{BODY_BYTES_MAX, Limits};

/// Long enough never to be reached on a machine that works.
const FAR: Duration = Duration::from_secs(60);

/// A server that runs until it is told to stop.
struct Running {
    address: SocketAddr,
    control: Arc<FakeControl>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

async fn start(limits: Limits) -> Running {
    let world = World::open(Options { limits, ..options() }).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound listener");
    let (stop, stopped) = oneshot::channel();
    let served = tokio::spawn(world.gateway.serve(listener, async {
        drop(stopped.await);
    }));
    Running { address, control: world.control, stop, served }
}

impl Running {
    async fn connect(&self) -> Peer {
        Peer(BufReader::new(TcpStream::connect(self.address).await.expect("a listening server")))
    }

    /// Stops the server and waits until it has.
    async fn stop(self) {
        self.stop.send(()).expect("a running server");
        tokio::time::timeout(FAR, self.served).await.expect("it stops").expect("it does not panic");
    }
}

/// Waits for one call to have come to a point at the control plane, which must not take for ever.
async fn one(point: &Semaphore) {
    tokio::time::timeout(FAR, point.acquire()).await.expect("it comes").expect("never closed").forget();
}

/// A client that speaks HTTP by hand.
struct Peer(BufReader<TcpStream>);

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Peer {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).await.expect("an open connection");
    }

    /// The next answer; `None` when the server has closed the connection.
    async fn answer(&mut self) -> Option<Answer> {
        tokio::time::timeout(FAR, self.read_answer()).await.expect("an answer in time")
    }

    async fn read_answer(&mut self) -> Option<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head).await.ok()? == 0 {
                return None;
            }
        }
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let mut answer = Answer { status, head, body: Vec::new() };
        let length = answer.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        answer.body.resize(length, 0);
        self.0.read_exact(&mut answer.body).await.ok()?;
        Some(answer)
    }

    async fn call(&mut self, request: impl AsRef<[u8]>) -> Answer {
        self.send(request).await;
        self.answer().await.expect("an answer")
    }
}

/// The head of a call, with the last header lines given.
fn head(operation: &str, more: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-amz-json-1.0\r\n\
         x-amz-target: DynamoDB_20120810.{operation}\r\n{more}\r\n"
    )
}

/// A whole call.
fn whole(operation: &str, body: &str) -> String {
    let length = body.len();
    head(operation, &format!("content-length: {length}\r\n")) + body
}

/// A call that waits at the control plane's gate.
fn waiting() -> String {
    whole("ListTagsOfResource", r#"{"ResourceArn":"arn:aws:dynamodb:eu-central-1:123456789012:table/music"}"#)
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let server = start(Limits::default()).await;
    let mut peer = server.connect().await;
    let put = r#"{"TableName":"music","Item":{"p":{"S":"a"}}}"#;
    assert_eq!(peer.call(whole("PutItem", put)).await.body, b"{}");
    let get = peer.call(whole("GetItem", r#"{"TableName":"music","Key":{"p":{"S":"a"}}}"#)).await;
    assert_eq!((get.status, &get.body[..]), (200, &br#"{"Item":{"p":{"S":"a"}}}"#[..]));
    assert_eq!(get.header("date"), Some("Thu, 01 Jan 2026 12:00:00 GMT"));
    assert_eq!(get.header("x-amz-crc32"), Some(crc32fast::hash(&get.body).to_string().as_str()));
    assert_eq!(peer.call("GET / HTTP/1.1\r\nhost: here\r\n\r\n").await.body, b"healthy: here ");
    assert_eq!(peer.call("GET /x?a=b HTTP/1.1\r\nhost: here\r\n\r\n").await.status, 404);
    drop(peer);
    server.stop().await;
}

#[tokio::test]
async fn answers_travel_compressed() {
    let server = start(Limits::default()).await;
    let mut peer = server.connect().await;
    let answer = peer.call(head("ListTables", "accept-encoding: gzip\r\ncontent-length: 2\r\n") + "{}").await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert_eq!(answer.header("x-amz-crc32"), Some(crc32fast::hash(&answer.body).to_string().as_str()));
    let names = Coding::Gzip.decode(&answer.body, BODY_BYTES_MAX).expect("gzip");
    assert!(names.starts_with(b"{\"TableNames\":["));
}

#[tokio::test]
async fn a_panic_leaves_the_connection_usable() {
    let server = start(Limits::default()).await;
    let mut peer = server.connect().await;
    let arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/music";
    let body = format!(r#"{{"ResourceArn":"{arn}","TagKeys":["k"]}}"#);
    assert_eq!(peer.call(whole("UntagResource", &body)).await.status, 500);
    assert_eq!(peer.call(whole("DescribeLimits", "{}")).await.status, 200);
}

#[tokio::test]
async fn a_request_whose_caller_hangs_up_runs_to_its_end() {
    let server = start(Limits::default()).await;
    let mut peer = server.connect().await;
    peer.send(waiting()).await;
    one(&server.control.arrived).await;
    drop(peer);
    // Enough turns of the runtime for the server to notice.
    let mut other = server.connect().await;
    assert_eq!(other.call(whole("DescribeLimits", "{}")).await.status, 200);
    server.control.gate.add_permits(1);
    one(&server.control.passed).await;
}
