//! Control operations on their way to the control plane, and what is answered when it does not.

mod control;
mod mappings;
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

use crate::local_tables::LocalTables;
use crate::sign::{Answer, Request};
use control::{CALL_TIMEOUT, Unfit};

pub(crate) use control::Control;
pub(crate) use mappings::MappingForwarder;

/// What control operations are signed for.
const SERVICE: &str = "dynamodb";
const AMZ_JSON: &str = "application/x-amz-json-1.0";

/// How long it may take for what the node can answer itself.
const SHOW_TIMEOUT: Duration = Duration::from_secs(3);

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
    pub(crate) control: Option<Arc<Control>>,
    pub(crate) tables: LocalTables,
}

#[async_trait]
impl Forward for Forwarder {
    async fn forward(&self, call: ForwardedCall) -> Result<ForwardedAnswer, ServiceError> {
        let shows = LocalTables::can_answer(&call.operation);
        let patience = if shows { SHOW_TIMEOUT } else { CALL_TIMEOUT };
        if let Some(control) = &self.control
            && let Some(answer) = ask(control, &call, patience).await
            // The control plane cannot show what the node still can.
            && !(shows && answer.status.is_server_error())
        {
            return Ok(answer);
        }
        let body = self.tables.answer(call.operation).await?;
        Ok(ForwardedAnswer { status: StatusCode::OK, body: body.into() })
    }
}

/// The control plane's answer, if it gives one.
async fn ask(control: &Control, call: &ForwardedCall, patience: Duration) -> Option<ForwardedAnswer> {
    let (target, url) = (call.name.target(), format!("{}/", control.endpoint));
    let request = Request {
        service: SERVICE,
        method: Method::POST,
        url: &url,
        headers: &[(CONTENT_TYPE.as_str(), AMZ_JSON), ("x-amz-target", &target)],
        body: call.body.clone(),
    };
    control.ask(call.name.as_str(), request, patience, relayed).await
}

/// The answer to pass on, or why it is none of the control plane's to the caller.
fn relayed(answer: Answer) -> Result<ForwardedAnswer, Unfit> {
    let answer = spoken_to(answer)?;
    if answer.content_type() != Some(AMZ_JSON) {
        return Err(Unfit::strange("something else answers at its address"));
    }
    let Answer { status, body, .. } = answer;
    Ok(ForwardedAnswer { status, body })
}

/// An answer of a control plane that takes requests from this node.
fn spoken_to(answer: Answer) -> Result<Answer, Unfit> {
    if answer.status == StatusCode::SERVICE_UNAVAILABLE {
        return Err(Unfit::silence("it has no time"));
    }
    // In this form whatever API was asked for.
    let is_refusal = answer.status == StatusCode::BAD_REQUEST && answer.content_type() == Some(AMZ_JSON);
    if is_refusal && refuses_signature(&answer.body) {
        let reason =
            "it refuses the internal key; look for clocks that differ, or for a key that was replaced";
        return Err(Unfit::silence(reason));
    }
    Ok(answer)
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
