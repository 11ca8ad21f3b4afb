//! What an object went through, as far as it matters to what is done and said.

use partita_api::Table;
use partita_api::conditions::reasons;
use partita_protocol::ServiceError;
use partita_protocol::error::ErrorKind;

use super::end::End;
use crate::clerk::cause_in;
use crate::plan::{CREATE_TABLE, Cause, Observed, Plan, Step};
use crate::status::Verdict;

const RECREATED: &str =
    "the table was deleted through the API although the manifest declares it, and was made again, empty";

/// Read from the object's status and carried through a pass.
pub(super) struct History {
    /// The table that the object manages, or managed last.
    table_id: Option<String>,
    /// Whether the object was about to make its table: one that is there now is its own.
    creating: bool,
    /// How the object came by its table, if that is worth telling: `Adopted` or `Recreated`.
    origin: Option<Cause>,
    /// The step under way, or the last one of an earlier pass.
    step: Option<partita_api::Step>,
    /// Steps of the same plan that were done in earlier passes.
    done: i64,
    /// Steps begun in this pass.
    begun: usize,
}

impl History {
    pub(super) fn of(object: &Table) -> Self {
        let Some(status) = &object.status else {
            return Self { table_id: None, creating: false, origin: None, step: None, done: 0, begun: 0 };
        };
        let cause = cause_in(&status.conditions);
        let creating = status.step.as_ref().is_some_and(|step| step.name == CREATE_TABLE);
        let current = status.observed_generation == object.metadata.generation;
        let origin = cause.filter(|_| current).and_then(|(reason, message)| {
            let known = [reasons::ADOPTED, reasons::RECREATED].into_iter().find(|known| *known == reason)?;
            Some(Cause::new(known, message))
        });
        // A pass that waits has done its last step. One that failed has not, or does not know.
        let waits = cause.is_some_and(|(reason, _)| [reasons::UPDATING, reasons::CREATING].contains(&reason));
        let number = status.step.as_ref().filter(|_| current).map_or(0, |step| step.number);
        let done = if waits { number } else { (number - 1).max(0) };
        Self {
            table_id: status.table_id.clone(),
            creating,
            origin,
            step: status.step.clone(),
            done,
            begun: 0,
        }
    }

    /// The id of the table that the object manages.
    pub(super) fn table_id(&self) -> Option<&str> {
        self.table_id.as_deref()
    }

    /// Whether there is or was a table of the object's, or may be one that it was about to make.
    pub(super) fn has_table(&self) -> bool {
        self.creating || self.table_id.is_some()
    }

    /// Whether the table is known to be the object's.
    pub(super) fn owns(&self, observed: &Observed) -> bool {
        self.table_id() == Some(observed.description.table_id.as_str())
    }

    pub(super) fn observed(&mut self, observed: Option<&Observed>) {
        let Some(observed) = observed.filter(|_| self.creating) else { return };
        let before = self.table_id.replace(observed.description.table_id.clone());
        if before.is_some_and(|before| before != observed.description.table_id) {
            self.origin = Some(Cause::new(reasons::RECREATED, RECREATED));
        }
        self.creating = false;
    }

    /// Notes that a step of a plan of `left` steps begins, and tells how many have begun in this pass.
    pub(super) fn begins(&mut self, step: &Step, left: usize) -> usize {
        if matches!(step, Step::Create(_)) {
            self.creating = true;
            self.origin = self.table_id.is_some().then(|| Cause::new(reasons::RECREATED, RECREATED));
        }
        self.begun += 1;
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let number = self.done + count(self.begun);
        let total = number - 1 + count(left);
        self.step = Some(partita_api::Step { name: step.name().to_owned(), number, total });
        self.begun
    }

    /// What is said before the table is made.
    pub(super) fn intent(&self) -> End<Observed> {
        End { step: self.step.clone(), ..End::progressing(self.creation(), None) }
    }

    fn creation(&self) -> Cause {
        let recreated = self.origin.clone().filter(|origin| origin.reason == reasons::RECREATED);
        recreated.unwrap_or_else(|| Cause::new(reasons::CREATING, "the table is being created"))
    }

    /// The end of a pass in which a call failed. Until it is known whether a table was made, the step says that it may
    /// have been.
    pub(super) fn failed(
        self,
        call: &str,
        error: &ServiceError,
        observed: Option<Observed>,
    ) -> End<Observed> {
        let end = End::failed(call, error, observed);
        // There was no table when the pass began: the one that is in the way was made by somebody else.
        let foreign = call == CREATE_TABLE && error.kind() == ErrorKind::ResourceInUse;
        let may_be_made = matches!(end.verdict, Verdict::Failing(_)) && !foreign;
        let step = self.step.filter(|_| may_be_made);
        End { step, ..end }
    }

    /// The end of a pass that began as many steps as one may.
    pub(super) fn pause(self, observed: Option<Observed>) -> End<Observed> {
        let cause = Cause::new(reasons::UPDATING, "the table is being updated");
        End { step: self.step, ..End::progressing(cause, observed) }
    }

    /// The end of a pass whose plan has no step to do now.
    pub(super) fn end(self, plan: Plan, observed: Option<Observed>) -> End<Observed> {
        match plan {
            Plan::Settled | Plan::Steps(_) => {
                End::resync(Verdict::Settled(self.settled(observed.as_ref())), observed)
            }
            Plan::Suspended(steps) => {
                let names: Vec<&str> = steps.iter().map(Step::name).collect();
                let cause =
                    Cause::new(reasons::SUSPENDED, format!("suspended; waiting: {}", names.join(", ")));
                let observed = self.own(observed);
                End::resync(Verdict::Suspended(cause), observed)
            }
            Plan::Wait(cause) => self.wait(cause, observed),
            Plan::Refuse(cause) => {
                let observed = self.own(observed);
                End::stalled(cause, observed)
            }
            Plan::Release => End::gone(),
        }
    }

    /// The table, if it is known to be the object's.
    fn own(&self, observed: Option<Observed>) -> Option<Observed> {
        observed.filter(|observed| self.owns(observed))
    }

    fn settled(self, observed: Option<&Observed>) -> Cause {
        let id = observed.map(|observed| observed.description.table_id.as_str());
        match (self.origin.clone(), self.table_id() == id) {
            (Some(origin), true) => origin,
            (None, true) => Cause::new(reasons::SETTLED, "the table is as declared"),
            (_, false) => {
                Cause::new(reasons::ADOPTED, "the table was there already and is managed from now on")
            }
        }
    }

    fn wait(self, cause: Cause, observed: Option<Observed>) -> End<Observed> {
        let blocked = [reasons::DELETION_PROTECTED, reasons::BACKUP_UNSUPPORTED].contains(&cause.reason);
        if blocked {
            return End::resync(Verdict::Blocked(cause), observed);
        }
        let cause = if cause.reason == reasons::CREATING { self.creation() } else { cause };
        let observed = self.own(observed);
        End { step: self.step, ..End::progressing(cause, observed) }
    }
}
