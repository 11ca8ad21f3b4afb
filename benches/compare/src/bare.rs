//! The ceiling of a comparison: the HTTP server that Partita uses, with answers that were made beforehand. It reads each request as a
//! whole, checks nothing, keeps nothing, and sends bodies and headers of the true sizes.
//!
//! `partita-compare-bare PORT ITEM_BYTES KEYS SCAN_BYTES`

use std::convert::Infallible;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use partita_bench::QUERY_ITEMS;
use tokio::net::TcpListener;

/// What the item is called by which a benchmark knows its table.
const MARK: &[u8] = b"{\"S\":\"partita-bench\"}";
/// The key of each item, as long as those of `partita bench`.
const KEY: &str = "key-000000000000";

/// Partita's, so that the two differ in what they do and not in how they get memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Answers {
    empty: Bytes,
    item: Bytes,
    mark: Bytes,
    query: Bytes,
    scan: Bytes,
    table: Bytes,
}

impl Answers {
    fn new(item_bytes: usize, keys: &str, scan_bytes: usize) -> Result<Self> {
        // An item's size is that of its attributes' names and values.
        let value = "x".repeat(item_bytes.saturating_sub("id".len() + KEY.len() + "value".len()));
        let item = format!(r#"{{"id":{{"S":"{KEY}"}},"value":{{"S":"{value}"}}}}"#);
        let page = |count: usize| {
            let items = vec![item.as_str(); count].join(",");
            Bytes::from(format!(r#"{{"Count":{count},"Items":[{items}],"ScannedCount":{count}}}"#))
        };
        Ok(Self {
            empty: Bytes::from_static(b"{}"),
            mark: format!(r#"{{"Item":{{"keys":{{"N":"{keys}"}},"item_bytes":{{"N":"{item_bytes}"}}}}}}"#)
                .into(),
            query: page(QUERY_ITEMS.try_into()?),
            scan: page(scan_bytes / item_bytes.max(1)),
            table: Bytes::from_static(br#"{"Table":{"TableStatus":"ACTIVE"}}"#),
            item: format!(r#"{{"Item":{item}}}"#).into(),
        })
    }

    fn to(&self, operation: &str, body: &[u8]) -> Bytes {
        match operation {
            "GetItem" if body.windows(MARK.len()).any(|window| window == MARK) => &self.mark,
            "GetItem" => &self.item,
            "Query" => &self.query,
            "Scan" => &self.scan,
            "DescribeTable" => &self.table,
            _ => &self.empty,
        }
        .clone()
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, item_bytes, keys, scan_bytes] = arguments.as_slice() else {
        anyhow::bail!("usage: partita-compare-bare PORT ITEM_BYTES KEYS SCAN_BYTES")
    };
    let answers = Arc::new(Answers::new(item_bytes.parse()?, keys, scan_bytes.parse()?)?);
    let port: u16 = port.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.context("cannot listen")?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let answers = answers.clone();
            tokio::spawn(async move {
                let service = hyper::service::service_fn(move |request| answer(answers.clone(), request));
                // A client that goes away is none of our business.
                drop(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await,
                );
            });
        }
    })
}

async fn answer(
    answers: Arc<Answers>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default();
    let mut response = Response::new(Full::new(answers.to(operation, &body)));
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amzn-requestid", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEF"),
        ("x-amz-crc32", "2745614147"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}
