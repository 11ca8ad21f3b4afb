//! One call to a DynamoDB-compatible service.

use std::fmt;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::credentials::AccessKey;
use crate::signing::{Signable, Signer};

/// How long one answer may take: as long as AWS SDKs wait before they try again.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// A service that operations are called on.
pub(super) trait Service {
    fn call(&self, operation: &str, body: &Value) -> Answer;
}

/// How a call ended.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Done(Value),
    /// The service's own word.
    Refused {
        status: u16,
        kind: String,
        message: String,
    },
    /// No answer, or none that could be read.
    Lost(String),
}

impl Answer {
    /// The body of an answer that says it is done.
    pub(super) fn done(self) -> Result<Value> {
        match self {
            Self::Done(body) => Ok(body),
            other => bail!("{other}"),
        }
    }

    /// Whether an SDK would try again.
    pub(super) fn may_be_tried_again(&self) -> bool {
        match self {
            Self::Done(_) => false,
            Self::Lost(_) => true,
            Self::Refused { status, kind, .. } => {
                *status >= 500
                    || kind == "ThrottlingException"
                    || kind == "ProvisionedThroughputExceededException"
            }
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(body) => write!(f, "it was answered with {body}"),
            Self::Refused { status, kind, message } => {
                write!(f, "it was answered with {status} {kind}: {message}")
            }
            Self::Lost(why) => write!(f, "no answer: {why}"),
        }
    }
}

/// A service behind an endpoint.
pub(super) struct HttpService<'a> {
    endpoint: &'a str,
    region: &'a str,
    key: AccessKey,
    agent: ureq::Agent,
}

impl<'a> HttpService<'a> {
    pub(super) fn new(endpoint: &'a str, region: &'a str, key: AccessKey) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER_TIMEOUT))
            .build();
        Self { endpoint, region, key, agent: config.new_agent() }
    }

    fn send(&self, operation: &str, body: &str) -> Result<(u16, String)> {
        let url = format!("{}/", self.endpoint.trim_end_matches('/'));
        let target = format!("DynamoDB_20120810.{operation}");
        let headers = [("content-type", CONTENT_TYPE), ("x-amz-target", target.as_str())];
        let signer = Signer { key: &self.key, region: self.region, service: "dynamodb" };
        let signature = signer.sign(&Signable { method: "POST", url: &url, headers: &headers, body })?;
        let mut request = self.agent.post(&url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        for (name, value) in signature {
            request = request.header(name, value);
        }
        let mut answer = request.send(body)?;
        Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?))
    }
}

impl Service for HttpService<'_> {
    fn call(&self, operation: &str, body: &Value) -> Answer {
        match self.send(operation, &body.to_string()) {
            Ok((status, text)) => understood(status, &text),
            Err(error) => Answer::Lost(format!("{error:#}")),
        }
    }
}

fn understood(status: u16, text: &str) -> Answer {
    match serde_json::from_str::<Value>(text) {
        Ok(body) if status == 200 => Answer::Done(body),
        Ok(body) => {
            let kind =
                body["__type"].as_str().and_then(|kind| kind.rsplit('#').next()).unwrap_or("no reason given");
            let message = body["message"].as_str().or(body["Message"].as_str()).unwrap_or_default();
            Answer::Refused { status, kind: kind.to_owned(), message: message.to_owned() }
        }
        Err(_) => {
            Answer::Lost(format!("{status} with a body that is not JSON; is this a DynamoDB endpoint?"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        let refused = understood(
            400,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no"}"#,
        );
        assert!(matches!(&refused, Answer::Refused { kind, .. } if kind == "ResourceNotFoundException"));
        assert!(!refused.may_be_tried_again());
        assert!(understood(500, r#"{"__type":"InternalServerError"}"#).may_be_tried_again());
        assert!(understood(502, "<html>").may_be_tried_again());
        assert!(!understood(200, "{}").may_be_tried_again());
    }
}
