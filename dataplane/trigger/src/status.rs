//! How a mapping is doing, for whoever asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::endpoint::Reply;

/// How a mapping is doing on this node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingStatus {
    /// The generation that is carried out.
    pub generation: u64,
    /// Whether it delivers.
    pub enabled: bool,
    /// What Lambda's API calls `LastProcessingResult`; `None` before the first delivery.
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
        self.lock().last_result = Some(match reply {
            Reply::Answered { .. } => "OK".to_owned(),
            Reply::Failed { error: None, .. } => "PROBLEM: Function call failed".to_owned(),
            Reply::Failed { error: Some(error), .. } => format!("PROBLEM: Function call failed: {error}"),
            Reply::Unreached { reason } => format!("PROBLEM: The target was not reached: {reason}"),
        });
    }

    pub(crate) fn problem(&self, what: &str) {
        self.lock().last_result = Some(format!("PROBLEM: {what}"));
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
