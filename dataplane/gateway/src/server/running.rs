//! An operation that runs to its end, whoever waits for it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::{FutureExt, ready};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::{Phase, reached};

/// Runs an operation in the task of its connection, which costs nothing, and moves it to a task of its own only when the
/// connection goes away before the operation's end. A server that aborts gives it up.
pub(super) struct Running<T: Send + 'static> {
    /// `None` at the end.
    operation: Option<BoxFuture<'static, T>>,
    phase: watch::Receiver<Phase>,
}

impl<T: Send + 'static> Running<T> {
    pub(super) fn new(
        operation: impl Future<Output = T> + Send + 'static,
        phase: watch::Receiver<Phase>,
    ) -> Self {
        Self { operation: Some(operation.boxed()), phase }
    }
}

impl<T: Send + 'static> Future for Running<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let operation = self.operation.as_mut().expect("a future is not polled after its end");
        let output = ready!(operation.as_mut().poll(context));
        self.operation = None;
        Poll::Ready(output)
    }
}

impl<T: Send + 'static> Drop for Running<T> {
    fn drop(&mut self) {
        let Some(operation) = self.operation.take() else { return };
        // Without a runtime the process is ending.
        let (Ok(runtime), true) = (Handle::try_current(), *self.phase.borrow() < Phase::Aborting) else {
            return;
        };
        let aborted = reached(self.phase.clone(), Phase::Aborting);
        runtime.spawn(async move {
            tokio::select! {
                output = operation => drop(output),
                () = aborted => {}
            }
        });
    }
}
