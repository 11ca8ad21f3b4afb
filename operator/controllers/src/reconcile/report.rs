//! What a pass tells: the object's status, and an event when the verdict changed.

use std::sync::PoisonError;

use partita_api::TableStatus;
use partita_model::clock::UnixMillis;

use super::end::End;
use super::history::cause_in;
use super::{Pass, Reconciler};
use crate::events::Severity;
use crate::status::{self, Verdict};
use crate::{Error, ObjectKey};

/// How old counts and sizes in a status may be while nothing else changes.
pub(super) const STATISTICS_AGE_MS_MAX: u64 = 60_000;

impl Reconciler {
    /// Writes the status if it changed, and an event if the verdict did.
    pub(super) async fn report(&self, pass: &mut Pass<'_>, end: &End) -> Result<(), Error> {
        let now = self.clock.now();
        let previous = pass.object.status.clone().unwrap_or_default();
        let new = pass.status(end, &previous, now);
        if !self.worth_writing(pass.key, &new, &previous, now) {
            return Ok(());
        }
        self.declarations.set_status(pass.key, &pass.object, &new).await?;
        // Afterwards, so that a status that cannot be written does not tell the same again with each attempt.
        let cause = end.verdict.cause();
        if cause_in(&previous) != Some((cause.reason, cause.message.as_str())) {
            let severity = if end.verdict.is_warning() { Severity::Warning } else { Severity::Normal };
            self.events.record(pass.key, severity, cause.reason, &cause.message, now);
        }
        pass.object.status = Some(new);
        Ok(())
    }

    /// Whether `new` differs from what is written; counts and sizes alone do so only once in a while.
    fn worth_writing(&self, key: &ObjectKey, new: &TableStatus, old: &TableStatus, now: UnixMillis) -> bool {
        if new == old {
            return false;
        }
        let mut written = self.statistics_written.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = written.get(key).is_some_and(|then| now.0.saturating_sub(then.0) < STATISTICS_AGE_MS_MAX);
        if fresh && status::with_statistics_of(new.clone(), old) == *old {
            return false;
        }
        written.insert(key.clone(), now);
        true
    }
}

impl Pass<'_> {
    fn status(&self, end: &End, previous: &TableStatus, now: UnixMillis) -> TableStatus {
        let generation = self.object.metadata.generation;
        let mut new = match (self.place, &end.verdict, &end.observed) {
            // Nobody answered: what was seen last is still the best that is known.
            (None, ..) | (Some(_), Verdict::Failing(_), None) => previous.clone(),
            (Some(place), _, observed) => {
                status::seen(&self.table, &place.scope, observed.as_ref(), previous)
            }
        };
        new.observed_generation = generation;
        // Without an answer it stays open whether a step of before was done.
        if self.place.is_some() {
            new.step = end.step.clone();
        }
        new.conditions =
            status::conditions(&end.verdict, &self.advice(), generation, &previous.conditions, now);
        new
    }
}
