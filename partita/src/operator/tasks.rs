//! Tasks that live and end together.

use anyhow::{Context as _, Result, anyhow};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

/// The parts of a process. Each ends when `stop` turns true; none may end before.
pub(super) struct Tasks {
    set: JoinSet<(&'static str, Result<()>)>,
    stop: watch::Sender<bool>,
}

impl Tasks {
    pub(super) fn new(stop: watch::Sender<bool>) -> Self {
        Self { set: JoinSet::new(), stop }
    }

    /// Starts a part; `name` follows "because", as in "the control API".
    pub(super) fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<()>> + Send + 'static,
    ) {
        self.set.spawn(async move { (name, task.await) });
    }

    /// Waits for `asked`, or for the first part to end, and then for all others; the first failure is the outcome.
    pub(super) async fn end(mut self, asked: impl Future<Output = ()>) -> Result<()> {
        let mut outcome = tokio::select! {
            () = asked => Ok(()),
            Some(ended) = self.set.join_next() => early(ended),
        };
        self.stop.send_replace(true);
        while let Some(ended) = self.set.join_next().await {
            outcome = outcome.and(in_time(ended));
        }
        outcome
    }
}

type Ended = Result<(&'static str, Result<()>), JoinError>;

/// A part that ended by itself is a failure, whatever it says.
fn early(ended: Ended) -> Result<()> {
    let (name, result) = ended.context("a part of the process panicked")?;
    Err(match result {
        Ok(()) => anyhow!("{name} ended although nobody asked for it"),
        Err(error) => error.context(format!("{name} failed")),
    })
}

fn in_time(ended: Ended) -> Result<()> {
    let (name, result) = ended.context("a part of the process panicked")?;
    result.with_context(|| format!("{name} failed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn until_stopped(mut stop: watch::Receiver<bool>) -> Result<()> {
        stop.wait_for(|stop| *stop).await?;
        Ok(())
    }

    /// What becomes of a part that ends so, beside one that waits to be stopped; nobody asks for the end.
    async fn alone(part: impl Future<Output = Result<()>> + Send + 'static) -> String {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = Tasks::new(stop);
        tasks.spawn("the good part", until_stopped(stopped));
        tasks.spawn("the part", part);
        format!("{:#}", tasks.end(std::future::pending()).await.unwrap_err())
    }

    #[tokio::test]
    async fn all_end_well_when_asked() {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = Tasks::new(stop);
        tasks.spawn("one", until_stopped(stopped.clone()));
        tasks.spawn("other", until_stopped(stopped));
        tasks.end(async {}).await.unwrap();
    }

    #[tokio::test]
    async fn a_part_that_ends_early_ends_all_with_an_error() {
        assert_eq!(alone(async { Ok(()) }).await, "the part ended although nobody asked for it");
        assert_eq!(alone(async { Err(anyhow!("no disk")) }).await, "the part failed: no disk");
        let panic = async { if std::hint::black_box(true) { panic!("a defect") } else { Ok(()) } };
        assert!(alone(panic).await.contains("panicked"));
    }
}
