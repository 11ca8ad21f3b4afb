//! Whether the control plane answered lately.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Remembers for a while that the control plane did not answer, so that not every call waits for it. When the while is over, one
/// call asks again, and the others do not wait for its answer.
#[derive(Debug)]
pub(super) struct Memory {
    span: Duration,
    silence: Mutex<Silence>,
}

#[derive(Debug, Default)]
struct Silence {
    /// When to ask again; `None` if the last answer was one.
    until: Option<Instant>,
}

impl Memory {
    pub(super) fn new(span: Duration) -> Self {
        Self { span, silence: Mutex::default() }
    }

    /// Whether a call may ask.
    pub(super) fn may_ask(&self) -> bool {
        let (mut silence, now) = (self.silence(), Instant::now());
        match silence.until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                silence.until = Some(now + self.span);
                true
            }
        }
    }

    /// It answered.
    pub(super) fn answered(&self) {
        self.silence().until = None;
    }

    /// It did not answer. True if it did before: worth telling.
    pub(super) fn silent(&self) -> bool {
        self.silence().until.replace(Instant::now() + self.span).is_none()
    }

    fn silence(&self) -> MutexGuard<'_, Silence> {
        // One member, so a panic cannot leave it half changed.
        self.silence.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn silence_is_remembered_for_a_while_and_then_one_call_asks() {
        let memory = Memory::new(SPAN);
        assert!(memory.may_ask() && memory.may_ask());
        assert!(memory.silent(), "the first silence is told");
        assert!(!memory.silent(), "and further ones are not");
        tokio::time::advance(SPAN - Duration::from_millis(1)).await;
        assert!(!memory.may_ask());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(memory.may_ask());
        assert!(!memory.may_ask(), "the others do not wait for the one that asks");
        tokio::time::advance(SPAN).await;
        assert!(memory.may_ask(), "unless that one is gone");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_ends_the_silence() {
        let memory = Memory::new(SPAN);
        assert!(memory.silent());
        memory.answered();
        assert!(memory.may_ask() && memory.may_ask());
        assert!(memory.silent(), "a new silence is told again");
    }
}
