//! What a store has come to: how far its writes are durable, who waits for that, and whether it still answers.
//!
//! A waiting write stands in a queue by its sequence and is woken once, when the store has come that far or has ended.
//! Telling all of them of every step would cost a wake-up for each write that waits, again and again.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::error::{Error, Result};

/// The progress of a store, shared by the store, its [`Written`](crate::Written)s and whoever caches its rows.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Everything up to this sequence is durable. Changes under the queue's lock only.
    durable: AtomicU64,
    /// No further calls are taken; what was applied is being made durable.
    closing: AtomicBool,
    /// Why the store answers nothing any more.
    ended: OnceLock<Error>,
    /// The writes that wait, by sequence. Not bounded here: each belongs to a call, and an engine takes only so many
    /// bytes that are not yet durable.
    queue: Mutex<VecDeque<Waiting>>,
    ending: Notify,
}

#[derive(Debug)]
struct Waiting {
    sequence: u64,
    told: oneshot::Sender<Result<()>>,
}

impl Progress {
    /// The progress of an open store, of whose writes all up to `durable` are durable.
    pub(crate) fn new(durable: u64) -> Self {
        Self {
            durable: AtomicU64::new(durable),
            closing: AtomicBool::new(false),
            ended: OnceLock::new(),
            queue: Mutex::default(),
            ending: Notify::new(),
        }
    }

    /// Everything up to this sequence is durable.
    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    /// Refuses a call of a store that takes none any more.
    pub(crate) fn check_open(&self) -> Result<()> {
        match self.ended.get() {
            Some(error) => Err(error.clone()),
            None if self.closing.load(Ordering::Acquire) => Err(Error::Closed),
            None => Ok(()),
        }
    }

    /// Everything up to `durable` is durable: wakes those who waited for it. The past is not taken back.
    pub(crate) fn advance(&self, durable: u64) {
        let mut queue = self.queue();
        self.durable.fetch_max(durable, Ordering::AcqRel);
        let reached = queue.partition_point(|waiting| waiting.sequence <= durable);
        let reached: Vec<_> = queue.drain(..reached).collect();
        drop(queue);
        tell(reached, &Ok(()));
    }

    /// From now on no calls are taken.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// The store ended: from now on this is its only answer, and that of the writes that waited. The first cause
    /// stands; returns whether this is it.
    pub(crate) fn end(&self, error: Error) -> bool {
        let mut queue = self.queue();
        let first = self.ended.set(error.clone()).is_ok();
        let left = std::mem::take(&mut *queue);
        drop(queue);
        tell(left, &Err(error));
        self.ending.notify_waiters();
        first
    }

    /// Why the store ended, if it has.
    pub(crate) fn end_cause(&self) -> Option<&Error> {
        self.ended.get()
    }

    /// Returns once everything up to `sequence` is durable.
    pub(crate) async fn reached(&self, sequence: u64) -> Result<()> {
        if self.durable() >= sequence {
            return Ok(());
        }
        let told = {
            let mut queue = self.queue();
            if self.durable() >= sequence {
                return Ok(());
            }
            if let Some(error) = self.ended.get() {
                return Err(error.clone());
            }
            let (told, waiting) = oneshot::channel();
            // Nearly always the end: writes begin to wait in about the order in which they were applied.
            let place = queue.partition_point(|waiting| waiting.sequence <= sequence);
            queue.insert(place, Waiting { sequence, told });
            waiting
        };
        told.await.unwrap_or(Err(Error::Closed))
    }

    /// Returns when the store has ended, and why.
    pub(crate) async fn ended(&self) -> Error {
        let mut ending = std::pin::pin!(self.ending.notified());
        loop {
            ending.as_mut().enable();
            if let Some(error) = self.ended.get() {
                return error.clone();
            }
            ending.as_mut().await;
            ending.set(self.ending.notified());
        }
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        // No code panics while it holds the lock.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody may be there any more to hear it.
fn tell(waiting: impl IntoIterator<Item = Waiting>, result: &Result<()>) {
    for Waiting { told, .. } in waiting {
        drop(told.send(result.clone()));
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::task::{Context, Poll, Wake, Waker};

    use super::*;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A call that waits, with a count of how often it was woken.
    struct Call<'a> {
        future: Pin<Box<dyn Future<Output = Result<()>> + 'a>>,
        wakes: Arc<Wakes>,
    }

    impl<'a> Call<'a> {
        fn new(progress: &'a Progress, sequence: u64) -> Self {
            Self { future: Box::pin(progress.reached(sequence)), wakes: Arc::default() }
        }

        fn poll(&mut self) -> Poll<Result<()>> {
            let waker = Waker::from(Arc::clone(&self.wakes));
            self.future.as_mut().poll(&mut Context::from_waker(&waker))
        }

        fn woken(&self) -> usize {
            self.wakes.0.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn a_write_is_woken_once_and_not_before_its_turn() {
        let progress = Progress::new(0);
        let mut calls: Vec<_> = [3, 1, 4, 2].map(|sequence| Call::new(&progress, sequence)).into();
        assert!(calls.iter_mut().all(|call| call.poll().is_pending()));
        for (durable, woken) in [(1, [0, 1, 0, 0]), (3, [1, 1, 0, 1]), (3, [1, 1, 0, 1]), (9, [1; 4])] {
            progress.advance(durable);
            assert_eq!(calls.iter().map(Call::woken).collect::<Vec<_>>(), woken, "durable {durable}");
        }
        assert!(calls.iter_mut().all(|call| matches!(call.poll(), Poll::Ready(Ok(())))));
        assert!(
            matches!(Call::new(&progress, 9).poll(), Poll::Ready(Ok(()))),
            "what is durable needs no wait"
        );
        assert_eq!(progress.durable(), 9);
        progress.advance(5);
        assert_eq!(progress.durable(), 9, "the past is not taken back");
    }

    #[test]
    fn the_end_is_told_to_all_who_wait_and_to_all_who_come() {
        let progress = Progress::new(1);
        let mut waiting = Call::new(&progress, 2);
        assert!(waiting.poll().is_pending());
        progress.check_open().unwrap();
        assert!(progress.end(Error::Fenced));
        assert!(!progress.end(Error::Closed), "the first cause stands");
        assert!(matches!(waiting.poll(), Poll::Ready(Err(Error::Fenced))));
        assert!(matches!(Call::new(&progress, 2).poll(), Poll::Ready(Err(Error::Fenced))));
        assert!(matches!(Call::new(&progress, 1).poll(), Poll::Ready(Ok(()))), "what was durable stays so");
        assert!(matches!(progress.check_open(), Err(Error::Fenced)));
    }

    #[tokio::test]
    async fn the_end_can_be_waited_for() {
        let progress = Arc::new(Progress::new(0));
        let waiting = {
            let progress = Arc::clone(&progress);
            tokio::spawn(async move { progress.ended().await })
        };
        tokio::task::yield_now().await;
        progress.close();
        assert!(matches!(progress.check_open(), Err(Error::Closed)));
        assert!(progress.end(Error::Fenced));
        assert!(matches!(waiting.await.unwrap(), Error::Fenced));
        assert!(matches!(progress.ended().await, Error::Fenced));
    }
}
