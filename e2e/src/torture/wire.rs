//! A lean client: HTTP/1.1 over one socket, signed, with short time-outs and no second attempt.
//!
//! An SDK retries, and a retry hides what the first attempt did. Here each attempt ends as one of three: it was answered, it never
//! left, or nobody knows.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::Value;

/// The access key that the process is started with: its id and its secret.
pub(super) const ACCESS_KEY: (&str, &str) = ("PARTITATESTKEY000001", "a/secret+that=needs&care");
/// The region of a process that was told of none.
const REGION: &str = "us-east-1";
/// An answer's head: a status and some ten headers.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// An answer's body: a page has 1 MB of item data, and JSON is at most some times as long.
const BODY_BYTES_MAX: usize = 16 << 20;

/// How one attempt ended.
#[derive(Debug)]
pub(super) enum Reply {
    Answer {
        status: u16,
        body: Value,
    },
    /// No connection, so nothing can have happened.
    NotSent,
    /// The connection broke or the answer did not come in time.
    Unknown,
}

/// One connection at a time to one process.
#[derive(Debug)]
pub(super) struct Wire {
    address: SocketAddr,
    timeout: Duration,
    stream: Option<TcpStream>,
}

impl Wire {
    pub(super) fn new(address: SocketAddr, timeout: Duration) -> Self {
        Self { address, timeout, stream: None }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// One attempt.
    ///
    /// # Errors
    /// When what came is no answer of a sane server.
    pub(super) fn call(&mut self, operation: &str, body: &Value) -> Result<Reply> {
        let request = self.request(operation, &body.to_string())?;
        let Some(mut stream) = self.stream.take().or_else(|| self.connect().ok()) else {
            return Ok(Reply::NotSent);
        };
        if stream.write_all(&request).is_err() {
            return Ok(Reply::Unknown);
        }
        let Some((status, body)) = read_answer(&mut stream)? else { return Ok(Reply::Unknown) };
        self.stream = Some(stream);
        let body = serde_json::from_slice(&body).with_context(|| {
            format!("{operation} answered {status} and no JSON: {}", String::from_utf8_lossy(&body))
        })?;
        Ok(Reply::Answer { status, body })
    }

    fn connect(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect_timeout(&self.address, self.timeout)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(self.timeout))?;
        stream.set_write_timeout(Some(self.timeout))?;
        Ok(stream)
    }

    fn request(&self, operation: &str, body: &str) -> Result<Vec<u8>> {
        let target = format!("DynamoDB_20120810.{operation}");
        let url = format!("http://{}/", self.address);
        let headers = [("x-amz-target", target.as_str()), ("content-type", "application/x-amz-json-1.0")];
        let identity = Credentials::new(ACCESS_KEY.0, ACCESS_KEY.1, None, None, "torture").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name("dynamodb")
            .time(now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let signable =
            SignableRequest::new("POST", url, headers.iter().copied(), SignableBody::Bytes(body.as_bytes()))?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        let mut request =
            format!("POST / HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n", self.address, body.len());
        for (name, value) in headers.into_iter().chain(instructions.headers()) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(body);
        Ok(request.into_bytes())
    }
}

/// Status and body; `None` if the connection broke or went quiet before the whole answer was there.
fn read_answer(stream: &mut TcpStream) -> Result<Option<(u16, Vec<u8>)>> {
    const END: &[u8] = b"\r\n\r\n";
    let (mut received, mut chunk) = (Vec::new(), [0; 16 << 10]);
    let mut more = |received: &mut Vec<u8>| match stream.read(&mut chunk) {
        Ok(0) | Err(_) => false,
        Ok(bytes) => {
            received.extend(chunk.iter().take(bytes));
            true
        }
    };
    let head_bytes = loop {
        if let Some(at) = received.windows(END.len()).position(|window| window == END) {
            break at + END.len();
        }
        if received.len() > HEAD_BYTES_MAX {
            bail!("an answer's head has no end");
        }
        if !more(&mut received) {
            return Ok(None);
        }
    };
    let mut body = received.split_off(head_bytes);
    let (status, body_bytes) = head(&received)?;
    while body.len() < body_bytes {
        if !more(&mut body) {
            return Ok(None);
        }
    }
    if body.len() > body_bytes {
        bail!("an answer is followed by what nobody asked for");
    }
    Ok(Some((status, body)))
}

/// The status and the length of the body.
fn head(bytes: &[u8]) -> Result<(u16, usize)> {
    let text = std::str::from_utf8(bytes).context("an answer's head is not text")?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("no status")?.parse()?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .context("an answer does not tell its length")?;
    let length = length.1.trim().parse()?;
    if length > BODY_BYTES_MAX {
        bail!("an answer of {length} bytes");
    }
    Ok((status, length))
}

#[expect(clippy::disallowed_methods, reason = "a signature carries the time of day")]
fn now() -> SystemTime {
    SystemTime::now()
}
