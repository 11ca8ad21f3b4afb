//! A client that can misbehave: it writes bytes to a socket, in whatever pieces it likes.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use partita_e2e::PATIENCE;

/// A connection to a server.
pub(crate) struct Wire(TcpStream);

/// What came back before the server closed the connection or the answer was complete.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Wire {
    pub(crate) fn open(endpoint: &str) -> Result<Self> {
        let address = endpoint.strip_prefix("http://").context("an endpoint is a URL")?;
        let stream = TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(stream))
    }

    pub(crate) fn patience(&self, patience: Duration) -> Result<()> {
        Ok(self.0.set_read_timeout(Some(patience))?)
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.0.write_all(bytes)?)
    }

    /// Sends as long as the server takes it; returns how much it took.
    pub(crate) fn send_while_taken(&mut self, piece: &[u8], pieces: usize) -> usize {
        (0..pieces).take_while(|_| self.0.write_all(piece).is_ok()).count() * piece.len()
    }

    /// Says that nothing more will be sent.
    pub(crate) fn finish(&self) -> Result<()> {
        match self.0.shutdown(Shutdown::Write) {
            // The server hung up first.
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(()),
            finished => Ok(finished?),
        }
    }

    /// Reads one answer, which has a length.
    pub(crate) fn answer(&mut self) -> Result<Answer> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            ensure!(self.0.read(&mut byte)? == 1, "closed after {:?}", String::from_utf8_lossy(&head));
            head.extend_from_slice(&byte);
        }
        let head = String::from_utf8(head)?.to_ascii_lowercase();
        let status = head.split(' ').nth(1).context("a status line")?.parse()?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        let mut body = vec![0; length.parse()?];
        self.0.read_exact(&mut body)?;
        Ok(Answer { status, head, body: String::from_utf8(body)? })
    }

    /// Takes no more of an answer than its status.
    pub(crate) fn status(&mut self) -> Result<u16> {
        let mut begin = [0; "HTTP/1.1 200".len()];
        self.0.read_exact(&mut begin)?;
        Ok(std::str::from_utf8(&begin)?.trim_start_matches("HTTP/1.1 ").parse()?)
    }

    /// Whether the server has closed the connection, or does so in time, without a word.
    pub(crate) fn is_closed(&mut self) -> Result<bool> {
        match self.0.read(&mut [0]) {
            Ok(read) => Ok(read == 0),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(true),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The head of a request with these further header lines, up to and with the empty line.
pub(crate) fn head(operation: &str, more: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\n\
         Content-Type: application/x-amz-json-1.0\r\nX-Amz-Date: 20260101T000000Z\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/dynamodb/aws4_request, \
         SignedHeaders=host;x-amz-date;x-amz-target, Signature=0\r\n{more}\r\n"
    )
}

/// A whole request.
pub(crate) fn request(operation: &str, body: &[u8]) -> Vec<u8> {
    let head = head(operation, &format!("Content-Length: {}\r\n", body.len()));
    [head.as_bytes(), body].concat()
}
