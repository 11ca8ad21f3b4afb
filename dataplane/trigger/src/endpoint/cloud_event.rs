//! HTTP endpoints that take CloudEvents 1.0 in binary mode: the attributes are headers, the body is the data.
//!
//! One event is one delivery, not one record: retries, splitting and partial answers are about deliveries, and so is their order.

use async_trait::async_trait;
use http::StatusCode;
use partita_mapping::Url;

use super::http::Caller;
use super::{Delivery, DeliveryKind, Endpoint, Reply};
use crate::event::rfc3339;

/// An address that events are posted to.
pub(super) struct CloudEvents {
    url: Url,
    headers: Vec<(String, String)>,
    caller: Caller,
}

/// Without the headers, which are secret.
impl std::fmt::Debug for CloudEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CloudEvents").field("url", &self.url).finish_non_exhaustive()
    }
}

impl CloudEvents {
    pub(super) fn new(url: Url, headers: Vec<(String, String)>, caller: Caller) -> Self {
        Self { url, headers, caller }
    }
}

impl DeliveryKind {
    /// The CloudEvents type.
    pub fn event_type(self) -> &'static str {
        match self {
            Self::Records => "dev.partita.stream.records",
            Self::GivenUp => "dev.partita.stream.given-up",
        }
    }
}

#[async_trait]
impl Endpoint for CloudEvents {
    async fn deliver(&self, delivery: Delivery) -> Reply {
        let time = rfc3339(delivery.at);
        let mut headers = vec![
            ("content-type", "application/json"),
            ("ce-specversion", "1.0"),
            ("ce-type", delivery.kind.event_type()),
            ("ce-source", delivery.source.as_str()),
            ("ce-id", &delivery.id),
            ("ce-time", &time),
        ];
        headers.extend(self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        match self.caller.post(self.url.as_str(), &headers, &delivery).await {
            Ok(answer) => reply(answer.status, answer.body),
            Err(reply) => reply,
        }
    }
}

fn reply(status: StatusCode, body: bytes::Bytes) -> Reply {
    if status.is_success() {
        return Reply::Answered { status: status.as_u16(), body };
    }
    match status {
        // What stands before a service says this of it: it is starting, or has no time.
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            Reply::Unreached { reason: format!("the endpoint answered {status}") }
        }
        _ => Reply::Failed { status: status.as_u16(), error: None },
    }
}
