//! The parts of a node that run beside each other until they are told to stop.

use std::future::{Future, pending};

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use crate::error::NodeError;

/// Tasks that end together. Dropping it aborts them.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Parts {
    /// Runs a part; `part` makes it from what tells it to stop.
    pub(crate) fn start<F>(&mut self, part: impl FnOnce(watch::Receiver<bool>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(part(self.stop.subscribe()));
    }

    /// Completes when a part has panicked. Cancel safe.
    pub(crate) async fn broken(&mut self) -> NodeError {
        loop {
            match self.tasks.join_next().await {
                Some(Err(error)) => return NodeError::Abnormal(error),
                Some(Ok(())) => {}
                None => pending().await,
            }
        }
    }

    /// Tells the parts to stop and waits for them.
    pub(crate) async fn stop(mut self) -> Result<(), NodeError> {
        self.stop.send_replace(true);
        let mut broken: Option<JoinError> = None;
        while let Some(ended) = self.tasks.join_next().await {
            broken = broken.or(ended.err());
        }
        broken.map_or(Ok(()), |error| Err(NodeError::Abnormal(error)))
    }
}

/// Completes when `stopped` says so, or when nobody is left to say it.
pub(crate) async fn told(mut stopped: watch::Receiver<bool>) {
    drop(stopped.wait_for(|stopped| *stopped).await);
}
