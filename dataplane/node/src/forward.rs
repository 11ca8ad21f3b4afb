//! Control operations on their way to the control plane, and what is answered when it does not.

mod memory;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use partita_gateway::{Forward, ForwardedAnswer, ForwardedCall};
use partita_protocol::ServiceError;
use serde::Deserialize;

use crate::error::{NodeError, chain};
use crate::local_tables::LocalTables;
use crate::options::NodeOptions;
use crate::sign::{Answer, Patience, Request, Sender};
use memory::Memory;

/// What control operations are signed for.
const SERVICE: &str = "dynamodb";
const AMZ_JSON: &str = "application/x-amz-json-1.0";

/// How long a connection to the control plane may take: within a cluster it takes a millisecond, or the control plane is gone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the control plane may take for an operation: it tells the node, which syncs its log a few times. SDKs give up later.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// How long it may take for what the node can answer itself.
const SHOW_TIMEOUT: Duration = Duration::from_secs(3);

/// The longest answer: ListTagsOfResource and DescribeTable stay below a tenth of it.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The errors by which the control plane refuses the node's own signature; its users have nothing to do with them.
const SIGNATURE_REFUSALS: [&str; 4] = [
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "IncompleteSignatureException",
];

/// Takes control operations to the control plane. While that does not answer, the node shows its tables itself, and changes
/// fail with the service's `InternalServerError`, which SDKs retry.
#[derive(Debug)]
pub(crate) struct Forwarder {
    control: Option<Target>,
    tables: LocalTables,
}

/// The control plane.
#[derive(Debug)]
struct Target {
    url: String,
    sender: Sender,
    memory: Memory,
}

impl Forwarder {
    pub(crate) fn new(options: &NodeOptions, tables: LocalTables) -> Result<Self, NodeError> {
        let target = |endpoint: &String| {
            let patience =
                Patience { connect: CONNECT_TIMEOUT, total: CALL_TIMEOUT, answer_bytes: ANSWER_BYTES_MAX };
            let (key, clock) = (options.internal.clone(), Arc::clone(&options.clock));
            let sender = Sender::new(key, options.scope.region.as_str(), SERVICE, clock, patience);
            sender.map_err(NodeError::HttpClient).map(|sender| Target {
                url: format!("{}/", endpoint.trim_end_matches('/')),
                sender,
                memory: Memory::new(options.timing.control_down_memory),
            })
        };
        let control = options.control_endpoint.as_ref().map(target).transpose()?;
        Ok(Self { control, tables })
    }
}

#[async_trait]
impl Forward for Forwarder {
    async fn forward(&self, call: ForwardedCall) -> Result<ForwardedAnswer, ServiceError> {
        let shows = LocalTables::can_answer(&call.operation);
        let patience = if shows { SHOW_TIMEOUT } else { CALL_TIMEOUT };
        if let Some(control) = &self.control
            && let Some(answer) = control.ask(&call, patience).await
            // The control plane cannot show what the node still can.
            && !(shows && answer.status.is_server_error())
        {
            return Ok(answer);
        }
        let body = self.tables.answer(call.operation).await?;
        Ok(ForwardedAnswer { status: StatusCode::OK, body: body.into() })
    }
}

impl Target {
    /// The control plane's answer, if it gives one.
    async fn ask(&self, call: &ForwardedCall, patience: Duration) -> Option<ForwardedAnswer> {
        if !self.memory.may_ask() {
            return None;
        }
        let target = call.name.target();
        let request = Request {
            method: Method::POST,
            url: &self.url,
            headers: &[(CONTENT_TYPE.as_str(), AMZ_JSON), ("x-amz-target", &target)],
            body: call.body.clone(),
        };
        let silence = match tokio::time::timeout(patience, self.sender.send(request)).await {
            Ok(Ok(answer)) => match relayed(answer) {
                Ok(answer) => {
                    self.memory.answered();
                    return Some(answer);
                }
                Err(reason) => reason.to_owned(),
            },
            Ok(Err(error)) => chain(&error),
            Err(elapsed) => elapsed.to_string(),
        };
        if self.memory.silent() {
            tracing::warn!(operation = %call.name, control = self.url, reason = silence, "the control plane does not answer");
        }
        None
    }
}

/// The answer to pass on, or why it is none of the control plane's to the caller.
fn relayed(answer: Answer) -> Result<ForwardedAnswer, &'static str> {
    let Answer { status, content_type, body } = answer;
    if content_type.as_deref() != Some(AMZ_JSON) {
        return Err("something else answers at its address");
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        return Err("it has no time");
    }
    if status == StatusCode::BAD_REQUEST && refuses_signature(&body) {
        return Err(
            "it refuses the internal key; look for clocks that differ, or for a key that was replaced",
        );
    }
    Ok(ForwardedAnswer { status, body })
}

fn refuses_signature(body: &Bytes) -> bool {
    #[derive(Deserialize)]
    struct Refusal<'a> {
        #[serde(rename = "__type")]
        kind: &'a str,
    }
    let refusal = serde_json::from_slice::<Refusal<'_>>(body).ok();
    let name = refusal.and_then(|refusal| refusal.kind.rsplit('#').next());
    name.is_some_and(|name| SIGNATURE_REFUSALS.contains(&name))
}

#[cfg(test)]
mod tests;
