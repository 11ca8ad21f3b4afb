//! Reconciling one object: observe, plan, act, report.
//!
//! A pass does one step after the other and plans anew after each, so that it always goes on from what is there. It
//! ends when there is nothing to do now, and says when to come back.

mod act;
pub(crate) mod end;
mod history;
mod pass;
mod report;

use std::sync::Arc;

use async_trait::async_trait;
use partita_api::Table;
use partita_api::conditions::reasons;
use partita_model::TableName;
use partita_model::clock::Clock;
use partita_model::name::Scope;
use partita_protocol::ServiceError;
use partita_protocol::definition::{TableDefinition, Tag, TimeToLiveSpecification};
use partita_protocol::operation::UpdateTable;

use crate::clerk::Clerk;
use crate::declarations::{Declarations, is_held};
use crate::events::EventLog;
use crate::plan::{Cause, Observed, Plan, Step, plan};
use crate::{Error, ObjectKey, definition};
use act::act;
use end::End;
use history::History;
use pass::Pass;

/// Steps of one pass: more than any plan has. What is left is done in the next pass.
const STEPS_PER_PASS_MAX: usize = 16;

/// The control plane, as a reconciler needs it. Every call may be repeated.
#[async_trait]
pub trait TableControl: Send + Sync + 'static {
    /// The table and its tags; `None` if there is no such table.
    async fn describe(&self, table: &TableName) -> Result<Option<Observed>, ServiceError>;

    /// Makes the table. Members that are not acted upon yet are kept, not refused: the object's status names them.
    async fn create(&self, table: &TableName, definition: &TableDefinition) -> Result<(), ServiceError>;

    /// Changes one thing.
    async fn update(&self, update: UpdateTable) -> Result<(), ServiceError>;

    /// Lets the table's items expire by an attribute, or no longer.
    async fn set_time_to_live(
        &self,
        table: &TableName,
        specification: TimeToLiveSpecification,
    ) -> Result<(), ServiceError>;

    /// Deletes the table.
    async fn delete(&self, table: &TableName) -> Result<(), ServiceError>;

    /// Adds tags, or gives them other values.
    async fn tag(&self, table: &TableName, tags: Vec<Tag>) -> Result<(), ServiceError>;

    /// Removes tags by key.
    async fn untag(&self, table: &TableName, keys: Vec<String>) -> Result<(), ServiceError>;
}

/// What the controller knows of an object besides the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// No other object names its table, or only younger ones.
    Owner,
    /// An older object manages its table.
    Rival(ObjectKey),
}

/// What comes next for an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Something is on its way: look again soon.
    Poll,
    /// Nothing is: look again some day, so that drift is put back even if nobody told of it.
    Resync,
    /// A step failed: try again, later each time.
    Retry,
    /// The object is gone, or nothing is to be done about it any more.
    Gone,
}

/// Where tables are.
#[derive(Clone)]
pub struct Place {
    /// What makes them.
    pub control: Arc<dyn TableControl>,
    /// What their ARNs say.
    pub scope: Scope,
}

/// Makes tables what objects say. One pass at a time for one object.
pub struct Reconciler {
    clerk: Clerk<Table>,
}

impl Reconciler {
    /// A reconciler of the objects in `declarations`, which tells `events` what happens to them.
    pub fn new(
        declarations: Arc<dyn Declarations<Table>>,
        events: Arc<EventLog>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { clerk: Clerk::new(declarations, events, clock) }
    }

    /// What happened to objects.
    pub fn events(&self) -> Arc<EventLog> {
        Arc::clone(&self.clerk.events)
    }

    /// One pass over the object. Without a `place` nothing can be done about a table, and the status says so.
    ///
    /// Cancel safe: what was begun is found by the next pass.
    ///
    /// # Errors
    /// [`Error::Objects`], [`Error::Stored`]. Failures of the control plane are not errors: the status tells of them.
    pub async fn reconcile(
        &self,
        key: &ObjectKey,
        claim: &Claim,
        place: Option<&Place>,
    ) -> Result<Next, Error> {
        let Some(object) = self.clerk.declarations.declared(key).await? else {
            self.forget(key);
            return Ok(Next::Gone);
        };
        let mut pass = Pass::new(key, object, claim, place);
        let end = match place {
            // Somebody let it go: only others keep it, and its table is none of ours any more.
            _ if pass.is_deleted() && !is_held(&pass.object) => End::gone(),
            None => pass.placeless(),
            Some(place) => match definition::table_name(&pass.object.spec, &place.scope) {
                Ok(table) => {
                    pass.table = table;
                    self.run(&mut pass, place).await?
                }
                // It never had a table.
                Err(_) if pass.is_deleted() => End::gone(),
                Err(invalid) => End::stalled(Cause::new(reasons::INVALID_SPEC, invalid.0), None),
            },
        };
        if end.next == Next::Gone {
            self.clerk.let_go(key, &pass.object).await?;
        } else {
            self.report(&mut pass, &end).await?;
        }
        Ok(end.next)
    }

    async fn run(&self, pass: &mut Pass<'_>, place: &Place) -> Result<End<Observed>, Error> {
        let mut history = History::of(&pass.object);
        loop {
            let observed = match place.control.describe(&pass.table).await {
                Ok(observed) => observed,
                Err(error) => return Ok(history.failed("DescribeTable", &error, None)),
            };
            history.observed(observed.as_ref());
            if let Some(end) = End::unmanaged(pass.claim, pass.is_deleted()) {
                return Ok(end);
            }
            let planned = plan(&pass.desired(&history), observed.as_ref());
            if manages(&planned) || observed.as_ref().is_some_and(|observed| history.owns(observed)) {
                self.clerk.hold(pass.key, &mut pass.object).await?;
            }
            let steps = match planned {
                Plan::Steps(steps) => steps,
                end => return Ok(history.end(end, observed)),
            };
            let Some(step) = steps.first() else { return Ok(history.end(Plan::Settled, observed)) };
            if history.begins(step, steps.len()) > STEPS_PER_PASS_MAX {
                return Ok(history.pause(observed));
            }
            if matches!(step, Step::Create(_)) {
                // So that a table which is there after a crash is known to be the object's own.
                self.report(pass, &history.intent()).await?;
            }
            if let Err(error) = act(place.control.as_ref(), &pass.table, step.clone()).await {
                return Ok(history.failed(step.name(), &error, observed));
            }
            tracing::info!(object = %pass.key, step = step.name(), "step done");
        }
    }

    /// Forgets what is remembered of an object that is gone. A pass that finds it gone does so itself.
    pub fn forget(&self, key: &ObjectKey) {
        self.clerk.forget(key);
    }
}

/// Whether an object of that plan manages a table, or will do so by the plan's next step.
fn manages(plan: &Plan) -> bool {
    matches!(plan, Plan::Settled | Plan::Steps(_))
}

#[cfg(test)]
mod tests;
