//! What a pass tells: the object's status.

use partita_api::TableStatus;
use partita_model::clock::UnixMillis;

use super::end::End;
use super::{Pass, Reconciler};
use crate::Error;
use crate::plan::Observed;
use crate::status::{self, Verdict};

impl Reconciler {
    /// Writes the status if it changed, and an event if the verdict did.
    pub(super) async fn report(&self, pass: &mut Pass<'_>, end: &End<Observed>) -> Result<(), Error> {
        let now = self.clerk.clock.now();
        let previous = pass.object.status.clone().unwrap_or_default();
        let new = pass.status(end, &previous, now);
        self.clerk.report(pass.key, &mut pass.object, &end.verdict, new, now).await
    }
}

impl Pass<'_> {
    fn status(&self, end: &End<Observed>, previous: &TableStatus, now: UnixMillis) -> TableStatus {
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
