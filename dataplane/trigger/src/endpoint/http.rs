//! Calls over HTTP.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use partita_mapping::{Target, Url};

use super::cloud_event::CloudEvents;
use super::lambda::{Invoke, NowhereToInvoke};
use super::{Connect, Delivery, Endpoint, Reply};
use crate::Error;

/// The longest answer that is read: Lambda's limit for what functions return.
const ANSWER_BYTES_MAX: usize = 6 * 1024 * 1024;

/// How long an idle connection is kept: less than most servers do, so that no call meets a closing connection.
const IDLE_MAX: Duration = Duration::from_secs(20);

/// How endpoints are called.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// The server of Lambda's Invoke API for mappings that name none.
    pub lambda_endpoint: Option<Url>,
    /// For a connection. A target that is down is to be noticed soon.
    pub connect_timeout: Duration,
    /// For a function: Lambda's own limit of fifteen minutes, and the time to say so.
    pub invoke_timeout: Duration,
    /// For an HTTP endpoint or destination: what Knative gives a service by default.
    pub event_timeout: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            lambda_endpoint: None,
            connect_timeout: Duration::from_secs(5),
            invoke_timeout: Duration::from_secs(15 * 60 + 5),
            event_timeout: Duration::from_secs(300),
        }
    }
}

/// Calls endpoints over HTTP.
#[derive(Debug)]
pub struct HttpConnect {
    client: reqwest::Client,
    options: HttpOptions,
}

impl HttpConnect {
    /// # Errors
    /// When the machine gives no HTTP client.
    pub fn new(options: HttpOptions) -> Result<Self, Error> {
        let builder = || {
            reqwest::Client::builder()
                .connect_timeout(options.connect_timeout)
                .pool_idle_timeout(IDLE_MAX)
                // A delivery goes where the mapping says, and headers with credentials nowhere else.
                .redirect(reqwest::redirect::Policy::none())
        };
        let client = builder().build().or_else(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "no root certificates: targets of triggers are not reached by https");
            builder().tls_certs_only([]).build()
        });
        let client = client.map_err(Error::Client)?;
        Ok(Self { client, options })
    }

    fn caller(&self, timeout: Duration) -> Caller {
        Caller { client: self.client.clone(), timeout }
    }
}

impl Connect for HttpConnect {
    fn target(&self, target: &Target) -> Arc<dyn Endpoint> {
        match target {
            Target::Lambda { function, endpoint } => {
                match endpoint.as_ref().or(self.options.lambda_endpoint.as_ref()) {
                    Some(endpoint) => {
                        Arc::new(Invoke::new(endpoint, function, self.caller(self.options.invoke_timeout)))
                    }
                    None => Arc::new(NowhereToInvoke),
                }
            }
            Target::Http { url, headers } => {
                let headers = headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
                Arc::new(CloudEvents::new(url.clone(), headers, self.caller(self.options.event_timeout)))
            }
        }
    }

    fn destination(&self, url: &Url) -> Arc<dyn Endpoint> {
        Arc::new(CloudEvents::new(url.clone(), Vec::new(), self.caller(self.options.event_timeout)))
    }
}

/// Makes calls of one kind.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    client: reqwest::Client,
    timeout: Duration,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Caller {
    /// Posts a delivery. What is no answer is told as a reply.
    pub(super) async fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        delivery: &Delivery,
    ) -> Result<Answer, Reply> {
        let mut request = self.client.post(url).timeout(self.timeout).body(delivery.body.clone());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = request.send().await.map_err(|error| no_answer(&error))?;
        let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| no_answer(&error))? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                let error = Some(format!("the answer has more than {ANSWER_BYTES_MAX} bytes"));
                return Err(Reply::Failed { status: status.as_u16(), error });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body: body.freeze() })
    }
}

/// What a call without an answer is: the target has certainly not begun only if there was no connection, or nothing to send.
fn no_answer(error: &reqwest::Error) -> Reply {
    let mut reason = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        reason = format!("{reason}: {error}");
        cause = error.source();
    }
    if error.is_connect() || error.is_builder() {
        return Reply::Unreached { reason };
    }
    let status = if error.is_timeout() { StatusCode::GATEWAY_TIMEOUT } else { StatusCode::BAD_GATEWAY };
    Reply::Failed { status: status.as_u16(), error: Some(reason) }
}
