//! A piece of work that is not cut off when its caller goes away.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::runtime::Handle;

/// Runs in the task of its caller, which costs nothing, and moves to a task of its own only when it is dropped before its end.
/// When the runtime itself ends, the work ends with it.
pub(crate) struct Uncut<T: Send + 'static> {
    /// `None` at the end.
    work: Option<BoxFuture<'static, T>>,
}

impl<T: Send + 'static> Uncut<T> {
    pub(crate) fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self { work: Some(work.boxed()) }
    }
}

impl<T: Send + 'static> Future for Uncut<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let work = self.work.as_mut().expect("a future is not polled after its end");
        let output = ready!(work.as_mut().poll(context));
        self.work = None;
        Poll::Ready(output)
    }
}

impl<T: Send + 'static> Drop for Uncut<T> {
    fn drop(&mut self) {
        // A panic in the work has left nothing that could go on.
        if let (Some(work), Ok(runtime), false) =
            (self.work.take(), Handle::try_current(), std::thread::panicking())
        {
            runtime.spawn(work.map(drop));
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_that_is_dropped_half_way_is_finished() {
        let (go, gone) = oneshot::channel::<()>();
        let (done, finished) = oneshot::channel();
        let mut work = Uncut::new(async move {
            gone.await.expect("it is told to go on");
            done.send("done").expect("somebody listens");
        });
        assert!(futures::poll!(&mut work).is_pending());
        drop(work);
        go.send(()).expect("the work goes on");
        assert_eq!(finished.await, Ok("done"));
    }

    #[tokio::test]
    async fn work_that_nobody_ever_polls_is_done_all_the_same() {
        let (done, finished) = oneshot::channel();
        drop(Uncut::new(async move { done.send(1).expect("somebody listens") }));
        assert_eq!(finished.await, Ok(1));
    }

    #[tokio::test]
    async fn work_that_is_waited_for_answers() {
        assert_eq!(Uncut::new(async { 7 }).await, 7);
    }
}
