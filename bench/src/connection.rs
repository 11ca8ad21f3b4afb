//! One connection with one request at a time: HTTP/1.1, kept alive.
//!
//! It is written for this one purpose, because a general client costs as much CPU as the servers that are measured with it: the request
//! is one write from one buffer, the answer is read into another, and neither is copied.

mod answer;

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::error::{Lost, Refusal};
use crate::plan::AccessKey;
use crate::sign::{CONTENT_TYPE, Signer};
use crate::{endpoint::Endpoint, error};
use answer::{Head, Length};

/// How long one answer may take. Longer than SDKs wait, so that a service that hangs is seen as one, and short enough to end a run.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// What the largest answers need: a page of 1 MiB in JSON, whose binary values are a third longer, and then some.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Room that is read into at a time; most answers fit.
const READ_BYTES: usize = 16 * 1024;
/// A buffer that grew beyond this for a page of a scan stays; this is where it begins.
const BUFFER_BYTES: usize = 4 * READ_BYTES;

/// What a caller sends: one operation, signed with one key, at one endpoint.
#[derive(Debug)]
pub(crate) struct Caller {
    endpoint: Endpoint,
    signer: Signer,
    /// The request's head up to the first part that changes.
    head: Vec<u8>,
}

impl Caller {
    /// `operation` is one of DynamoDB's, or a whole target such as `DynamoDBStreams_20120810.GetRecords`.
    pub(crate) fn new(endpoint: &Endpoint, region: &str, key: &AccessKey, operation: &str) -> Self {
        let host = &endpoint.authority;
        let target = match operation.contains('.') {
            true => operation.to_owned(),
            false => format!("DynamoDB_20120810.{operation}"),
        };
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: {CONTENT_TYPE}\r\nX-Amz-Target: {target}\r\nX-Amz-Date: "
        );
        let signer = Signer::new(key.clone(), region.to_owned(), host.clone(), target);
        Self { endpoint: endpoint.clone(), signer, head: head.into_bytes() }
    }

    /// Writes the whole request over what is there.
    fn write(&mut self, body: &[u8], unix_seconds: u64, out: &mut Vec<u8>) {
        let signed = self.signer.sign(body, unix_seconds);
        out.clear();
        out.extend_from_slice(&self.head);
        out.extend_from_slice(signed.time.as_bytes());
        out.extend_from_slice(b"\r\nAuthorization: ");
        out.extend_from_slice(signed.authorization.as_bytes());
        out.extend_from_slice(&signed.signature);
        out.extend_from_slice(b"\r\nContent-Length: ");
        out.extend_from_slice(body.len().to_string().as_bytes());
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(body);
    }
}

/// A connection, made when it is needed and made anew after it broke.
#[derive(Debug)]
pub(crate) struct Connection {
    caller: Caller,
    stream: Option<TcpStream>,
    output: Vec<u8>,
    input: Vec<u8>,
}

/// An answer, borrowed until the next request.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Connection {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller, stream: None, output: Vec::new(), input: Vec::with_capacity(BUFFER_BYTES) }
    }

    /// Connects unless it is connected.
    pub(crate) async fn connect(&mut self) -> Result<(), Lost> {
        if self.stream.is_none() {
            let connecting = TcpStream::connect(&self.caller.endpoint.address);
            let stream = in_time(connecting).await?.map_err(Lost::Connect)?;
            stream.set_nodelay(true).map_err(Lost::Connect)?;
            self.stream = Some(stream);
        }
        Ok(())
    }

    /// Sends a request and reads its answer. After an error the connection is closed, and whether the service acted is unknown.
    pub(crate) async fn call(&mut self, body: &[u8], unix_seconds: u64) -> Result<Answer<'_>, Lost> {
        self.connect().await?;
        self.caller.write(body, unix_seconds, &mut self.output);
        // Taken, so that it is dropped and closed on every way out but the good one.
        let mut stream = self.stream.take().ok_or(Lost::Closed)?;
        let received = in_time(exchange(&mut stream, &self.output, &mut self.input)).await??;
        if received.keep_alive {
            self.stream = Some(stream);
        }
        Ok(Answer { status: received.status, body: self.input.get(received.body).unwrap_or_default() })
    }
}

impl Answer<'_> {
    /// The service's refusal, of an answer whose status is not 200.
    pub(crate) fn refusal(&self) -> Refusal {
        let body: serde_json::Value = serde_json::from_slice(self.body).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        let kind = text("__type").rsplit('#').next().unwrap_or_default().to_owned();
        let message = if text("message").is_empty() { text("Message") } else { text("message") };
        error::Refusal { status: self.status, kind, message: message.to_owned() }
    }
}

/// A whole answer in the input buffer.
struct Received {
    status: u16,
    body: std::ops::Range<usize>,
    keep_alive: bool,
}

async fn exchange(stream: &mut TcpStream, output: &[u8], input: &mut Vec<u8>) -> Result<Received, Lost> {
    stream.write_all(output).await.map_err(Lost::Broken)?;
    input.clear();
    let head = loop {
        fill(stream, input).await?;
        if let Some(head) = Head::read(input)? {
            break head;
        }
    };
    let body = match head.length {
        Length::Bytes(length) => {
            let end = head.bytes.saturating_add(length);
            if end > ANSWER_BYTES_MAX {
                return Err(Lost::Malformed("it is longer than any answer"));
            }
            input.reserve(end.saturating_sub(input.len()));
            while input.len() < end {
                fill(stream, input).await?;
            }
            head.bytes..end
        }
        Length::Chunked => loop {
            if let Some(end) = answer::unchunk(input, head.bytes)? {
                break head.bytes..end;
            }
            fill(stream, input).await?;
        },
    };
    Ok(Received { status: head.status, body, keep_alive: head.keep_alive })
}

/// Reads some more bytes.
async fn fill(stream: &mut TcpStream, input: &mut Vec<u8>) -> Result<(), Lost> {
    if input.len() >= ANSWER_BYTES_MAX {
        return Err(Lost::Malformed("it is longer than any answer"));
    }
    input.reserve(READ_BYTES);
    match stream.read_buf(input).await {
        Ok(0) => Err(Lost::Closed),
        Ok(_) => Ok(()),
        Err(error) => Err(Lost::Broken(error)),
    }
}

async fn in_time<T>(work: impl Future<Output = T>) -> Result<T, Lost> {
    tokio::time::timeout(ANSWER_TIMEOUT, work).await.map_err(|_| Lost::TimedOut)
}
