//! The control plane, as far as it answers.

use std::sync::Arc;
use std::time::Duration;

use partita_mapping::LIST_BYTES_MAX;

use crate::error::{NodeError, chain};
use crate::options::NodeOptions;
use crate::sign::{Answer, ExchangeError, Patience, Request, Sender};

use super::memory::Memory;

/// How long a connection to the control plane may take: within a cluster it takes a millisecond, or the control plane is gone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the control plane may take for an operation: it tells the node, which syncs its log a few times. SDKs give up later.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest answer, a list of event source mappings: what is told of tables stays far below that.
const ANSWER_BYTES_MAX: usize = LIST_BYTES_MAX;

/// Why there is nothing to pass on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// The control plane is not there, has no time, or takes nothing from this node: that concerns every call.
    Silence(String),
    /// This one exchange is of no use, which says nothing of any other.
    Strange(String),
}

impl Unfit {
    pub(super) fn silence(reason: &str) -> Self {
        Self::Silence(reason.to_owned())
    }

    pub(super) fn strange(reason: &str) -> Self {
        Self::Strange(reason.to_owned())
    }
}

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

    /// What the control plane answers to a request, as `relayed` takes it; `None` if that is nothing to pass on, or if it was silent
    /// a moment ago. `what` names the request in the log.
    ///
    /// Only silence is remembered, for both APIs: whatever one caller can make the control plane answer must not keep the others
    /// from asking.
    pub(super) async fn ask<T>(
        &self,
        what: &str,
        request: Request<'_>,
        patience: Duration,
        relayed: impl FnOnce(Answer) -> Result<T, Unfit>,
    ) -> Option<T> {
        if !self.memory.may_ask() {
            return None;
        }
        let answer = match tokio::time::timeout(patience, self.sender.send(request)).await {
            Ok(Ok(answer)) => relayed(answer),
            Ok(Err(error)) => Err(Unfit::from(&error)),
            Err(elapsed) => Err(Unfit::Silence(elapsed.to_string())),
        };
        let control = self.endpoint.as_str();
        match answer {
            Ok(answer) => {
                self.memory.answered();
                return Some(answer);
            }
            Err(Unfit::Silence(reason)) => {
                if self.memory.silent() {
                    tracing::warn!(operation = what, control, reason, "the control plane does not answer");
                }
            }
            Err(Unfit::Strange(reason)) => {
                self.memory.answered();
                tracing::warn!(
                    operation = what,
                    control,
                    reason,
                    "the control plane's answer cannot be passed on"
                );
            }
        }
        None
    }
}

impl From<&ExchangeError> for Unfit {
    fn from(error: &ExchangeError) -> Self {
        let reason = chain(error);
        match error {
            ExchangeError::NoAnswer(_) => Self::Silence(reason),
            ExchangeError::TooLong(_) | ExchangeError::Form(_) => Self::Strange(reason),
        }
    }
}

#[cfg(test)]
mod tests;
