//! Memory that many share, and who gives it back when there is none left: whoever has got on least.
//!
//! Who holds memory and waits for its peer stands in a line, and goes to its end as it gets on. Who needs memory and finds none
//! asks from the front, for as much as is missing; those who are asked hang up. So a peer that stalls keeps memory for as long
//! as nobody else needs it, and no longer.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::limits::GIVE_WAY_TIME_MAX;

/// Memory taken from a budget; given back when dropped.
pub(super) type Room = OwnedSemaphorePermit;

/// So many bytes, for all.
pub(super) struct Budget {
    bytes: Arc<Semaphore>,
    total: u32,
    line: Arc<Mutex<Line>>,
}

/// Who stands in line, by number: the lowest is first.
#[derive(Default)]
struct Line {
    next: u64,
    places: BTreeMap<u64, Standing>,
}

/// One who stands in line.
struct Standing {
    /// What becomes free when it leaves.
    bytes: usize,
    /// Dropped to ask it to leave.
    _stay: oneshot::Sender<()>,
}

/// A place in the line; left when dropped.
pub(super) struct Place {
    line: Arc<Mutex<Line>>,
    number: u64,
    stay: oneshot::Receiver<()>,
}

impl Budget {
    /// A budget of so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        let total = u32::try_from(bytes.min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let permits = usize::try_from(total).unwrap_or(Semaphore::MAX_PERMITS);
        Self { bytes: Arc::new(Semaphore::new(permits)), total, line: Arc::default() }
    }

    /// Takes memory. When there is none, those who have got on least give way; `None` if that is not enough.
    pub(super) async fn take(&self, bytes: usize) -> Option<Room> {
        // What is larger than all there is goes alone.
        let permits = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.total);
        if let Ok(room) = Arc::clone(&self.bytes).try_acquire_many_owned(permits) {
            return Some(room);
        }
        if !self.ask(permits) {
            return None;
        }
        let given = Arc::clone(&self.bytes).acquire_many_owned(permits);
        let given = tokio::time::timeout(GIVE_WAY_TIME_MAX, given).await.ok()?;
        Some(given.expect("the semaphore is never closed"))
    }

    /// Takes a place at the line's end, for one who would free so many bytes.
    pub(super) fn line_up(&self, bytes: usize) -> Place {
        let (sender, stay) = oneshot::channel();
        let number = locked(&self.line).add(Standing { bytes, _stay: sender });
        Place { line: Arc::clone(&self.line), number, stay }
    }

    /// Asks the first in line to leave, as many as hold what is missing; nobody if all of them together do not.
    fn ask(&self, permits: u32) -> bool {
        let needed = usize::try_from(permits).unwrap_or(usize::MAX);
        let missing = needed.saturating_sub(self.bytes.available_permits());
        missing == 0 || locked(&self.line).dismiss(missing)
    }
}

impl Line {
    fn add(&mut self, standing: Standing) -> u64 {
        let number = self.next;
        self.next += 1;
        self.places.insert(number, standing);
        number
    }

    fn dismiss(&mut self, missing: usize) -> bool {
        let mut freed = 0_usize;
        let last = self.places.iter().find_map(|(&number, standing)| {
            freed = freed.saturating_add(standing.bytes);
            (freed >= missing).then_some(number)
        });
        let Some(last) = last else { return false };
        let staying = self.places.split_off(&(last + 1));
        drop(mem::replace(&mut self.places, staying));
        true
    }
}

impl Place {
    /// Goes to the line's end, now with so many bytes to free; stays asked if it was.
    pub(super) fn move_on(&mut self, bytes: usize) {
        let mut line = locked(&self.line);
        if let Some(standing) = line.places.remove(&self.number) {
            self.number = line.add(Standing { bytes, ..standing });
        }
    }

    /// Completes when whoever stands here is to give its memory back.
    pub(super) async fn asked(&mut self) {
        poll_fn(|cx| self.poll_asked(cx)).await;
    }

    /// See [`Self::asked`].
    pub(super) fn poll_asked(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.stay).poll(cx).map(drop)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        locked(&self.line).places.remove(&self.number);
    }
}

/// The line. Nothing that is done to it can panic half way.
fn locked(line: &Mutex<Line>) -> MutexGuard<'_, Line> {
    line.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn whoever_has_got_on_least_gives_way() {
        let budget = Budget::new(100);
        let mut first = (budget.take(40).await, budget.line_up(40));
        let mut second = (budget.take(40).await, budget.line_up(40));
        assert!(budget.take(20).await.is_some(), "nobody is asked for what is there");
        first.1.move_on(40);
        let newcomer = budget.take(50);
        let mut newcomer = std::pin::pin!(newcomer);
        assert!(newcomer.as_mut().now_or_never().is_none());
        second.1.asked().await;
        assert!(first.1.asked().now_or_never().is_none(), "it has moved on");
        drop(second);
        assert!(newcomer.await.is_some());
    }

    #[tokio::test]
    async fn nobody_is_asked_in_vain() {
        let budget = Budget::new(100);
        let busy = budget.take(60).await;
        let mut waiting = (budget.take(40).await, budget.line_up(40));
        assert!(budget.take(50).await.is_none());
        assert!(waiting.1.asked().now_or_never().is_none());
        drop((busy, waiting));
        assert!(budget.take(1_000).await.is_some(), "the largest goes alone");
    }
}
