//! Requests between the control plane and its nodes: plain HTTP inside a cluster, signed like requests to the DynamoDB API.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode};
use partita_model::clock::Clock;
use reqwest::redirect::Policy;

use crate::options::AccessKey;

/// How long an idle connection is kept: well below the time after which the other side closes it, so that no request meets a
/// closing connection.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// Limits of one exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For a connection.
    pub(crate) connect: Duration,
    /// From the beginning to the answer's last byte.
    pub(crate) total: Duration,
    /// The most of an answer that is read.
    pub(crate) answer_bytes: usize,
}

/// A client that signs what it sends.
pub(crate) struct Sender {
    client: reqwest::Client,
    key: AccessKey,
    region: String,
    clock: Arc<dyn Clock>,
    patience: Patience,
}

/// A request, all of whose headers are signed.
pub(crate) struct Request<'a> {
    /// What it is signed for.
    pub(crate) service: &'static str,
    pub(crate) method: Method,
    pub(crate) url: &'a str,
    pub(crate) headers: &'a [(&'static str, &'a str)],
    pub(crate) body: Bytes,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// What the body is, if that is said.
    pub(crate) fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok())
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The request could not be formed; a retry fails likewise.
    #[error("cannot form the request: {0}")]
    Form(String),
    /// Nobody answered in time, or the connection broke. Whether the request was carried out is unknown.
    #[error("no answer")]
    NoAnswer(#[source] reqwest::Error),
    /// The answer is longer than any of ours.
    #[error("the answer has more than {0} bytes")]
    TooLong(usize),
}

impl ExchangeError {
    /// Whether the same request may succeed later.
    pub fn retryable(&self) -> bool {
        matches!(self, Self::NoAnswer(_))
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Sender {
    pub(crate) fn new(
        key: AccessKey,
        region: impl Into<String>,
        clock: Arc<dyn Clock>,
        patience: Patience,
    ) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(patience.connect)
            .timeout(patience.total)
            .pool_idle_timeout(IDLE_MAX)
            // Inside the cluster nobody stands between: a proxy of the environment would only get to see the signatures.
            .no_proxy()
            .redirect(Policy::none())
            // Images without root certificates are fine: nothing here is encrypted by ourselves.
            .tls_certs_only([])
            .build()?;
        Ok(Self { client, key, region: region.into(), clock, patience })
    }

    /// Sends a request and reads the answer, whatever its status.
    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Answer, ExchangeError> {
        let mut outgoing = self.client.request(request.method.clone(), request.url);
        for (name, value) in request.headers {
            outgoing = outgoing.header(*name, *value);
        }
        for (name, value) in self.signature(&request)? {
            outgoing = outgoing.header(name, value);
        }
        let mut incoming = outgoing.body(request.body).send().await.map_err(ExchangeError::NoAnswer)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = incoming.chunk().await.map_err(ExchangeError::NoAnswer)? {
            if body.len() + chunk.len() > self.patience.answer_bytes {
                return Err(ExchangeError::TooLong(self.patience.answer_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        let headers = std::mem::take(incoming.headers_mut());
        Ok(Answer { status: incoming.status(), headers, body: body.freeze() })
    }

    /// The headers that sign a request now.
    fn signature(&self, request: &Request<'_>) -> Result<Vec<(String, String)>, ExchangeError> {
        let form = |error: &dyn std::error::Error| ExchangeError::Form(error.to_string());
        let identity = Credentials::new(&self.key.id, &self.key.secret, None, None, "internal").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(request.service)
            .time(UNIX_EPOCH + Duration::from_millis(self.clock.now().0))
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| form(&error))?
            .into();
        let signable = SignableRequest::new(
            request.method.as_str(),
            request.url,
            request.headers.iter().copied(),
            SignableBody::Bytes(&request.body),
        )
        .map_err(|error| form(&error))?;
        let (instructions, _) = sign(signable, &parameters).map_err(|error| form(&error))?.into_parts();
        Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
