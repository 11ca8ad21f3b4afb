//! One batch of a lane, from its first delivery until nothing of it is left.
//!
//! A pure state machine: it says what to do next and is told what came of it. Records are finished from the front, whatever
//! happens: a batch is cut at a record or in two, but never reordered.

use std::ops::Range;
use std::time::Duration;

use partita_mapping::Settings;
use partita_model::clock::UnixMillis;

use crate::endpoint::Reply;
use crate::event::Event;
use crate::response::{Verdict, verdict};

/// The pause before the first repetition.
const RETRY_FIRST: Duration = Duration::from_millis(250);
/// The longest pause before a repetition: a target that comes back is noticed within a minute.
const RETRY_MAX: Duration = Duration::from_secs(60);

/// When a batch, or a part of it, is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// [`Settings::retries_max`].
    pub(crate) retries_max: Option<u32>,
    /// Records of this age are given up: what the settings say, and never more than the stream keeps records.
    pub(crate) age_max: Duration,
    /// [`Settings::bisect_on_error`].
    pub(crate) bisect: bool,
    /// [`Settings::reports_item_failures`].
    pub(crate) reports_item_failures: bool,
}

impl Policy {
    pub(crate) fn new(settings: &Settings, retention: Duration) -> Self {
        let asked = settings.record_age_max_s.map_or(Duration::MAX, |age| Duration::from_secs(age.into()));
        Self {
            retries_max: settings.retries_max,
            age_max: asked.min(retention),
            bisect: settings.bisect_on_error,
            reports_item_failures: settings.reports_item_failures,
        }
    }
}

/// Why records were given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    RetryAttemptsExhausted,
    RecordAgeExceeded,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Wait, then deliver these events.
    Deliver { events: Range<usize>, after: Duration },
    /// Tell the destination, if there is one, that these will not be delivered.
    GiveUp { events: Range<usize>, condition: Condition },
    /// Nothing is left.
    Finished,
}

/// What the target said last, for whoever is told that records were given up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LastFailure {
    /// The HTTP status; `None` if there was no answer.
    pub(crate) status: Option<u16>,
    /// What the target calls the failure.
    pub(crate) error: Option<String>,
}

/// A batch under way.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) events: Vec<Event>,
    policy: Policy,
    /// What is left; the next part is the last one here.
    parts: Vec<Part>,
    pub(crate) last_failure: LastFailure,
    /// Given up, and not told yet.
    given_up: Option<Condition>,
}

/// Events that are delivered together.
#[derive(Clone, Debug)]
struct Part {
    events: Range<usize>,
    /// Deliveries that the target failed and that count.
    failures: u32,
    /// Deliveries of these events, counted or not.
    attempts: u32,
}

impl Batch {
    pub(crate) fn new(events: Vec<Event>, policy: Policy) -> Self {
        let whole = Part { events: 0..events.len(), failures: 0, attempts: 0 };
        Self { events, policy, parts: vec![whole], last_failure: LastFailure::default(), given_up: None }
    }

    /// What to do now. Asking again without telling what came of it gives the same answer, but for the time.
    pub(crate) fn next(&mut self, now: UnixMillis) -> Step {
        while self.parts.last().is_some_and(|part| part.events.is_empty()) {
            self.parts.pop();
        }
        let Some(part) = self.parts.last() else { return Step::Finished };
        if let Some(condition) = self.given_up {
            return Step::GiveUp { events: part.events.clone(), condition };
        }
        let events = self.events.get(part.events.clone()).unwrap_or_default();
        let old = events.iter().take_while(|event| self.is_too_old(event, now)).count();
        if old > 0 {
            let events = part.events.start..part.events.start + old;
            return Step::GiveUp { events, condition: Condition::RecordAgeExceeded };
        }
        Step::Deliver { events: part.events.clone(), after: pause(part.attempts) }
    }

    fn is_too_old(&self, event: &Event, now: UnixMillis) -> bool {
        let age = Duration::from_millis(now.0.saturating_sub(event.at.0));
        age > self.policy.age_max
    }

    /// How many deliveries there were of the events that come next.
    pub(crate) fn attempts(&self) -> u32 {
        self.parts.last().map_or(0, |part| part.attempts)
    }

    /// How many events are not finished.
    pub(crate) fn left(&self) -> usize {
        self.parts.iter().map(|part| part.events.len()).sum()
    }

    /// The position of the first event that is not finished; `None` when all are.
    pub(crate) fn unfinished(&self) -> Option<u64> {
        let first = self.parts.iter().rev().find(|part| !part.events.is_empty())?;
        self.events.get(first.events.start).map(|event| event.position)
    }

    /// Notes that the destination was told of these events.
    pub(crate) fn gave_up(&mut self, events: &Range<usize>) {
        self.given_up = None;
        if let Some(part) = self.parts.last_mut() {
            part.events.start = events.end.min(part.events.end);
        }
    }

    /// Notes what became of the delivery of the events that come next.
    pub(crate) fn delivered(&mut self, reply: &Reply) {
        let Some(part) = self.parts.last_mut() else { return };
        part.attempts += 1;
        let verdict = match reply {
            Reply::Answered { body, .. } if self.policy.reports_item_failures => {
                verdict(body, self.events.get(part.events.clone()).unwrap_or_default())
            }
            Reply::Answered { .. } => Verdict::Taken,
            Reply::Failed { .. } => Verdict::Failed,
            // The target has not seen the records: neither their number of attempts nor their being together is to blame.
            Reply::Unreached { .. } => return self.note(reply),
        };
        match verdict {
            Verdict::Taken => {
                self.parts.pop();
            }
            Verdict::TakenBefore(index) if index > 0 => {
                part.events.start += index;
                // Another event is the first now, and this was its first failure.
                (part.failures, part.attempts) = (0, 1);
                self.note(reply);
                self.count_failure();
            }
            Verdict::TakenBefore(_) | Verdict::Failed => {
                self.note(reply);
                self.split_or_count_failure();
            }
        }
    }

    fn note(&mut self, reply: &Reply) {
        self.last_failure = match reply {
            Reply::Answered { status, .. } => LastFailure { status: Some(*status), error: None },
            Reply::Failed { status, error } => LastFailure { status: Some(*status), error: error.clone() },
            Reply::Unreached { reason } => LastFailure { status: None, error: Some(reason.clone()) },
        };
    }

    /// Splits the part, which does not count as a repetition; or counts one, when there is nothing to split.
    fn split_or_count_failure(&mut self) {
        let Some(part) = self.parts.last_mut().filter(|part| self.policy.bisect && part.events.len() > 1)
        else {
            return self.count_failure();
        };
        let middle = part.events.start + part.events.len() / 2;
        let first = Part { events: part.events.start..middle, ..part.clone() };
        part.events.start = middle;
        part.attempts = 0;
        self.parts.push(first);
    }

    fn count_failure(&mut self) {
        let Some(part) = self.parts.last_mut() else { return };
        part.failures += 1;
        if self.policy.retries_max.is_none_or(|retries| part.failures <= retries) {
            return;
        }
        if self.policy.bisect && part.events.len() > 1 {
            // Not reached by splitting: the target told where its failure was.
            part.failures -= 1;
            return self.split_or_count_failure();
        }
        self.given_up = Some(Condition::RetryAttemptsExhausted);
    }
}

/// The pause before a delivery, after this many.
fn pause(attempts: u32) -> Duration {
    match attempts.checked_sub(1) {
        None => Duration::ZERO,
        // The shift stays far below the bits there are.
        Some(repetitions) => (RETRY_FIRST * (1 << repetitions.min(16))).min(RETRY_MAX),
    }
}

#[cfg(test)]
mod tests;
