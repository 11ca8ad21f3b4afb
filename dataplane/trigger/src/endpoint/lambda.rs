//! Functions behind a server that speaks Lambda's Invoke API.

use async_trait::async_trait;
use http::StatusCode;
use partita_mapping::{FunctionName, Url};

use super::http::{Answer, Caller};
use super::{Delivery, Endpoint, Reply};

/// Says that the function failed, and how.
const FUNCTION_ERROR: &str = "x-amz-function-error";

/// A function at a server. Calls are not signed: whose key would it be?
#[derive(Debug)]
pub(super) struct Invoke {
    url: String,
    caller: Caller,
}

impl Invoke {
    pub(super) fn new(endpoint: &Url, function: &FunctionName, caller: Caller) -> Self {
        let (name, qualifier) = match function.as_str().split_once(':') {
            Some((name, qualifier)) => (name, format!("?Qualifier={}", qualifier.replace('$', "%24"))),
            None => (function.as_str(), String::new()),
        };
        let endpoint = endpoint.as_str().trim_end_matches('/');
        Self { url: format!("{endpoint}/2015-03-31/functions/{name}/invocations{qualifier}"), caller }
    }
}

#[async_trait]
impl Endpoint for Invoke {
    async fn deliver(&self, delivery: Delivery) -> Reply {
        let headers = [("content-type", "application/json"), ("x-amz-invocation-type", "RequestResponse")];
        match self.caller.post(&self.url, &headers, &delivery).await {
            Ok(answer) => reply(answer),
            Err(reply) => reply,
        }
    }
}

fn reply(answer: Answer) -> Reply {
    let status = answer.status.as_u16();
    if let Some(error) = answer.headers.get(FUNCTION_ERROR) {
        return Reply::Failed { status, error: Some(String::from_utf8_lossy(error.as_bytes()).into_owned()) };
    }
    if answer.status.is_success() {
        return Reply::Answered { status, body: answer.body };
    }
    match answer.status {
        // The request itself is at fault, so that the same records would meet the same answer for ever.
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Reply::Failed { status, error: None }
        }
        _ => Reply::Unreached { reason: format!("the Invoke API answered {}", answer.status) },
    }
}

/// Where functions are when nobody said.
#[derive(Debug)]
pub(super) struct NowhereToInvoke;

#[async_trait]
impl Endpoint for NowhereToInvoke {
    async fn deliver(&self, _delivery: Delivery) -> Reply {
        let reason = "no Invoke API is configured: name one with the mapping or the installation".to_owned();
        Reply::Unreached { reason }
    }
}
