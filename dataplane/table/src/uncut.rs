//! Work that is not cut off when whoever waits for it goes away.

use std::fmt;
use std::future::{Future, Pending, pending};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::runtime::Handle;

/// Runs in the task of its caller, which costs nothing, and moves to a task of its own only when it is dropped before its end.
/// There it runs to its end, or until `G` completes. When the runtime itself ends, the work ends with it; work that panics is over.
pub struct Uncut<T: Send + 'static, G: Future<Output = ()> + Send + 'static = Pending<()>> {
    /// `None` at the end, and while it runs.
    work: Option<BoxFuture<'static, T>>,
    /// Polled only once the caller is gone; `None` from then on.
    stop: Option<G>,
}

impl<T: Send + 'static> Uncut<T> {
    /// Work that runs to its end whatever happens.
    pub fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self::unless(work, pending())
    }
}

impl<T: Send + 'static, G: Future<Output = ()> + Send + 'static> Uncut<T, G> {
    /// Work that is given up as soon as nobody waits for it any more and `stop` has completed.
    pub fn unless(work: impl Future<Output = T> + Send + 'static, stop: G) -> Self {
        Self { work: Some(work.boxed()), stop: Some(stop) }
    }
}

/// `stop` moves to the task that takes the work over, and is pinned only there.
impl<T: Send + 'static, G: Future<Output = ()> + Send + 'static> Unpin for Uncut<T, G> {}

impl<T: Send + 'static, G: Future<Output = ()> + Send + 'static> Future for Uncut<T, G> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        // Taken out: a panic leaves nothing that could be taken over.
        let mut work = self.work.take().expect("a future is not polled after its end");
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            self.work = Some(work);
        }
        polled
    }
}

impl<T: Send + 'static, G: Future<Output = ()> + Send + 'static> Drop for Uncut<T, G> {
    fn drop(&mut self) {
        // Without a runtime the process is ending.
        if let (Some(work), Some(stop), Ok(runtime)) =
            (self.work.take(), self.stop.take(), Handle::try_current())
        {
            runtime.spawn(async move {
                tokio::select! {
                    biased;
                    () = stop => {}
                    output = work => drop(output),
                }
            });
        }
    }
}

impl<T: Send + 'static, G: Future<Output = ()> + Send + 'static> fmt::Debug for Uncut<T, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uncut").field("waiting", &self.work.is_some()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;

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
    async fn work_that_is_waited_for_answers_and_is_not_stopped() {
        assert_eq!(Uncut::new(async { 7 }).await, 7);
        assert_eq!(Uncut::unless(async { 7 }, async {}).await, 7);
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_stops_when_it_is_told() {
        let (stop, stopped) = oneshot::channel::<()>();
        let (held, dropped) = oneshot::channel::<()>();
        let mut work = Uncut::unless(
            async move {
                let _held = held;
                pending::<()>().await;
            },
            stopped.map(drop),
        );
        assert!(futures::poll!(&mut work).is_pending());
        drop(work);
        stop.send(()).expect("somebody listens");
        assert!(dropped.await.is_err(), "what the work held is dropped with it");
    }

    #[tokio::test]
    async fn work_that_is_to_stop_already_is_not_taken_up() {
        let (done, finished) = oneshot::channel::<()>();
        drop(Uncut::unless(async move { done.send(()) }, async {}));
        assert!(finished.await.is_err());
    }

    #[tokio::test]
    async fn work_that_panics_is_over() {
        let work = Uncut::<()>::new(async { panic!("as tests do") });
        AssertUnwindSafe(work).catch_unwind().await.expect_err("it panics");
        assert_eq!(Handle::current().metrics().num_alive_tasks(), 0, "nothing takes it over");
    }

    #[tokio::test]
    async fn work_is_finished_though_its_caller_panics() {
        let (done, finished) = oneshot::channel();
        let work = Uncut::new(async move { done.send(1).expect("somebody listens") });
        let caller = async move {
            let _work = work;
            panic!("as tests do");
        };
        AssertUnwindSafe(caller).catch_unwind().await.expect_err("it panics");
        assert_eq!(finished.await, Ok(1));
    }
}
