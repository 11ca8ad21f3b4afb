//! The control plane, as far as it answers.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{NodeError, chain};
use crate::options::NodeOptions;
use crate::sign::{Answer, Patience, Request, Sender};

use super::memory::Memory;

/// How long a connection to the control plane may take: within a cluster it takes a millisecond, or the control plane is gone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the control plane may take for an operation: it tells the node, which syncs its log a few times. SDKs give up later.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest answer: a hundred mappings, ListTagsOfResource and DescribeTable stay below that.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Asks the control plane, and leaves it alone for a while when it did not answer.
#[derive(Debug)]
pub(crate) struct Control {
    /// Without a slash at its end.
    pub(super) endpoint: String,
    sender: Sender,
    memory: Memory,
}

impl Control {
    /// The control plane that the options name.
    pub(crate) fn of(options: &NodeOptions) -> Result<Option<Arc<Self>>, NodeError> {
        let Some(endpoint) = &options.control_endpoint else { return Ok(None) };
        let patience =
            Patience { connect: CONNECT_TIMEOUT, total: CALL_TIMEOUT, answer_bytes: ANSWER_BYTES_MAX };
        let (key, clock) = (options.internal.clone(), Arc::clone(&options.clock));
        let sender = Sender::new(key, options.scope.region.as_str(), clock, patience);
        Ok(Some(Arc::new(Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            sender: sender.map_err(NodeError::HttpClient)?,
            memory: Memory::new(options.timing.control_down_memory),
        })))
    }

    /// What the control plane answers to a request, as `relayed` takes it; `None` if that is nothing to pass on, or if it did not
    /// answer a moment ago. `what` names the request in the log.
    pub(super) async fn ask<T>(
        &self,
        what: &str,
        request: Request<'_>,
        patience: Duration,
        relayed: impl FnOnce(Answer) -> Result<T, &'static str>,
    ) -> Option<T> {
        if !self.memory.may_ask() {
            return None;
        }
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
            let control = self.endpoint.as_str();
            tracing::warn!(operation = what, control, reason = silence, "the control plane does not answer");
        }
        None
    }
}
