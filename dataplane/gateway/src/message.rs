//! Requests and answers as the core sees them: whole, in memory, without a socket.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use partita_identity::SignedRequest;

/// The headers that most answers have, so that the map need not grow.
const HEADERS_USUAL: usize = 8;

/// A request whose body has been read. Its `Debug` shows neither headers nor body: they hold tokens and data.
#[derive(Clone)]
pub struct RawRequest {
    /// The method.
    pub method: Method,
    /// The path, still percent-encoded, without the query.
    pub path: String,
    /// The query, still percent-encoded, without the question mark; empty when there is none.
    pub query: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body as received; for extra routes, decompressed.
    pub body: Bytes,
}

/// An answer, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawResponse {
    /// The status.
    pub status: StatusCode,
    /// All headers; the gateway adds its own (request id, checksum, length, date, …) to those of a route.
    pub headers: HeaderMap,
    /// The body as sent.
    pub body: Bytes,
}

impl fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl RawRequest {
    /// A header's value, if it is there and readable as text.
    pub fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What the caller thinks this server is called; empty if it does not say.
    pub(crate) fn host(&self) -> &str {
        self.header(http::header::HOST).unwrap_or_default()
    }

    /// As the verifier wants it.
    pub(crate) fn as_signed(&self) -> SignedRequest<'_> {
        SignedRequest {
            method: self.method.as_str(),
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            body: &self.body,
        }
    }
}

impl RawResponse {
    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::with_capacity(HEADERS_USUAL), body: Bytes::new() }
    }

    /// An answer with a body of a content type.
    pub fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..Self::empty(status) }.with_header(CONTENT_TYPE, content_type)
    }

    /// With one more header, or another value for it.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }
}
