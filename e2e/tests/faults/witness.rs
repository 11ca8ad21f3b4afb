//! A well-behaved client beside the bad ones: it writes and reads back all the time, each time over a new connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use partita_e2e::{Server, call, eventually};
use serde_json::{Value, json};

/// The longest that a well-behaved request may take beside bad clients. A machine that runs other tests as well takes its share;
/// a client that is locked out waits longer than this.
const UNHARMED: Duration = Duration::from_secs(5);

/// A client in a thread of its own.
pub(crate) struct Witness {
    stop: Arc<AtomicBool>,
    client: JoinHandle<Result<u64>>,
}

impl Witness {
    /// Begins, and returns once a first request was served.
    pub(crate) fn start(server: &Server) -> Result<Self> {
        make_table(server, "witness")?;
        let (stop, endpoint) = (Arc::new(AtomicBool::new(false)), server.endpoint.clone());
        write_and_read(&endpoint, 0)?;
        let stopped = Arc::clone(&stop);
        let client = std::thread::spawn(move || {
            let mut served = 0;
            while !stopped.load(Ordering::Relaxed) {
                served += 1;
                write_and_read(&endpoint, served).with_context(|| format!("request {served}"))?;
            }
            Ok(served)
        });
        Ok(Self { stop, client })
    }

    /// Ends; fails when a request failed or took too long.
    pub(crate) fn unharmed(self) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        let served =
            self.client.join().expect("the client does not panic").context("another client was harmed")?;
        ensure!(served > 0, "no request was served meanwhile");
        Ok(())
    }
}

/// Makes a table with the key `p` and waits for it.
pub(crate) fn make_table(server: &Server, name: &str) -> Result<()> {
    server.expect(
        "CreateTable",
        &json!({
            "TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
        }),
    )?;
    eventually("the table is active", || {
        Ok(server.expect("DescribeTable", &json!({"TableName": name}))?["Table"]["TableStatus"] == "ACTIVE")
    })
}

fn write_and_read(endpoint: &str, number: u64) -> Result<()> {
    let item = json!({"p": {"S": "witness"}, "n": {"N": number.to_string()}});
    in_time(endpoint, "PutItem", &json!({"TableName": "witness", "Item": item}))?;
    let key = json!({"p": {"S": "witness"}});
    let request = json!({"TableName": "witness", "Key": key, "ConsistentRead": true});
    let answer = in_time(endpoint, "GetItem", &request)?;
    ensure!(answer["Item"] == item, "{answer}");
    Ok(())
}

fn in_time(endpoint: &str, operation: &str, body: &Value) -> Result<Value> {
    let start = now();
    let (status, answer) = call(endpoint, operation, body)?;
    let took = start.elapsed();
    ensure!(status == 200, "{operation} answered {status}: {answer}");
    ensure!(took < UNHARMED, "{operation} took {took:?}");
    Ok(answer)
}

#[expect(clippy::disallowed_methods, reason = "what a client waits for is wall-clock time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
