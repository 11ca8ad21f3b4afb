//! How a mapping is doing, for whoever asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use partita_mapping::RESULT_CHARACTERS_MAX;

use crate::endpoint::Reply;

/// How a mapping is doing on this node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingStatus {
    /// The generation that is carried out.
    pub generation: u64,
    /// Whether it delivers.
    pub enabled: bool,
    /// What Lambda's API calls `LastProcessingResult`, at most [`RESULT_CHARACTERS_MAX`]; `None` before the first delivery.
    pub last_result: Option<String>,
    /// Records that targets took, since this node began.
    pub delivered: u64,
    /// Records that were given up, since this node began.
    pub given_up: u64,
}

/// A status that many tasks write to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Status(Arc<Mutex<MappingStatus>>);

impl Status {
    pub(crate) fn new(generation: u64, enabled: bool) -> Self {
        Self(Arc::new(Mutex::new(MappingStatus { generation, enabled, ..MappingStatus::default() })))
    }

    pub(crate) fn get(&self) -> MappingStatus {
        self.lock().clone()
    }

    /// The mapping was changed: what it has done stays.
    pub(crate) fn changed(&self, generation: u64, enabled: bool) {
        let mut status = self.lock();
        (status.generation, status.enabled) = (generation, enabled);
    }

    pub(crate) fn replied(&self, reply: &Reply) {
        match reply {
            Reply::Answered { .. } => self.result("OK"),
            Reply::Failed { error: None, .. } => self.problem("Function call failed"),
            Reply::Failed { error: Some(error), .. } => {
                self.problem(&format!("Function call failed: {error}"));
            }
            Reply::Unreached { reason } => self.problem(&format!("The target was not reached: {reason}")),
        }
    }

    pub(crate) fn problem(&self, what: &str) {
        self.result(&format!("PROBLEM: {what}"));
    }

    fn result(&self, text: &str) {
        self.lock().last_result = Some(text.chars().take(RESULT_CHARACTERS_MAX).collect());
    }

    pub(crate) fn delivered(&self, records: usize) {
        self.lock().delivered += records as u64;
    }

    pub(crate) fn gave_up(&self, records: usize) {
        self.lock().given_up += records as u64;
    }

    fn lock(&self) -> MutexGuard<'_, MappingStatus> {
        // Nothing panics while holding the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_do_not_say_how_long_a_result_is() {
        let status = Status::new(1, true);
        status.replied(&Reply::Failed { status: 200, error: Some("ä".repeat(2 * RESULT_CHARACTERS_MAX)) });
        let result = status.get().last_result.unwrap();
        assert_eq!(result.chars().count(), RESULT_CHARACTERS_MAX);
        assert!(result.starts_with("PROBLEM: Function call failed: ä"), "{result}");
    }
}
