//! Reconciling one object: observe, plan, act, report.
//!
//! A pass does one step after the other and plans anew after each, so that it always goes on from what is there. It
//! ends when there is nothing to do now, and says when to come back.

mod end;
mod history;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use partita_api::annotations::Annotations;
use partita_api::conditions::reasons;
use partita_api::{AdoptionPolicy, DeletionPolicy, Table, TableStatus, unsupported_fields};
use partita_model::TableName;
use partita_model::clock::{Clock, UnixMillis};
use partita_model::name::Scope;
use partita_protocol::ServiceError;
use partita_protocol::definition::{TableDefinition, Tag};
use partita_protocol::operation::{TableRef, UpdateTable};

use crate::events::{EventLog, Severity};
use crate::plan::{Cause, Desired, Observed, Plan, Step, plan};
use crate::status::{self, Advice, Verdict};
use crate::{Error, Keeper, ObjectKey, definition};
use end::End;
use history::{History, cause_in};

/// Steps of one pass: more than any plan has. What is left is done in the next pass.
const STEPS_PER_PASS_MAX: usize = 16;
/// How soon a table that is on its way is looked at again.
const POLL_AFTER: Duration = Duration::from_millis(50);
/// How soon everything else is looked at again: drift that nobody told us of is put back after this.
pub const RESYNC_AFTER: Duration = Duration::from_secs(5);
/// How old counts and sizes in a status may be while nothing else changes.
const STATISTICS_AGE_MS_MAX: u64 = 60_000;

/// The control plane, as a reconciler needs it. Every call may be repeated.
#[async_trait]
pub trait TableControl: Send + Sync + 'static {
    /// The table and its tags; `None` if there is no such table.
    async fn describe(&self, table: &TableName) -> Result<Option<Observed>, ServiceError>;

    /// Makes the table. Members that are not acted upon yet are kept, not refused: the object's status names them.
    async fn create(&self, table: &TableName, definition: &TableDefinition) -> Result<(), ServiceError>;

    /// Changes one thing.
    async fn update(&self, update: UpdateTable) -> Result<(), ServiceError>;

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
    /// Look again after this long.
    After(Duration),
    /// A step failed: try again, later each time.
    Retry,
    /// The object is gone.
    Gone,
}

/// Makes tables what objects say. One pass at a time for one object.
pub struct Reconciler {
    control: Arc<dyn TableControl>,
    keeper: Arc<Keeper>,
    clock: Arc<dyn Clock>,
    scope: Scope,
    events: Arc<EventLog>,
    /// When the counts and sizes of an object's status were written last.
    statistics_written: Mutex<BTreeMap<ObjectKey, UnixMillis>>,
}

/// An object during a pass.
struct Pass<'a> {
    key: &'a ObjectKey,
    object: Table,
    table: TableName,
    claim: &'a Claim,
    annotations: Annotations,
}

impl Reconciler {
    /// A reconciler of the tables of `scope`.
    pub fn new(
        control: Arc<dyn TableControl>,
        keeper: Arc<Keeper>,
        clock: Arc<dyn Clock>,
        scope: Scope,
    ) -> Self {
        let (events, statistics_written) = (Arc::default(), Mutex::default());
        Self { control, keeper, clock, scope, events, statistics_written }
    }

    /// What happened to objects.
    pub fn events(&self) -> Arc<EventLog> {
        Arc::clone(&self.events)
    }

    /// One pass over the object.
    ///
    /// Cancel safe: what was begun is found by the next pass.
    ///
    /// # Errors
    /// [`Error::Objects`], [`Error::Stored`]. Failures of the control plane are not errors: the status tells of them.
    pub async fn reconcile(&self, key: &ObjectKey, claim: &Claim) -> Result<Next, Error> {
        let Some(stored) = self.keeper.get(key).await? else { return Ok(Next::Gone) };
        let object: Table =
            serde_json::from_value(stored).map_err(|source| Error::Stored { key: key.clone(), source })?;
        let annotations = object.metadata.annotations.clone().unwrap_or_default();
        let annotations = Annotations::read(&annotations, &self.scope.region, &self.scope.account_id);
        let (table, invalid) = match definition::table_name(&object.spec, &self.scope) {
            Ok(table) => (table, None),
            Err(invalid) => (TableName::new(&object.spec.table_name), Some(invalid)),
        };
        let mut pass = Pass { key, object, table, claim, annotations };
        let end = match invalid {
            None => self.run(&mut pass).await?,
            // It never had a table.
            Some(_) if pass.object.metadata.deletion_timestamp.is_some() => End::gone(),
            Some(invalid) => End::stalled(Cause::new(reasons::INVALID_SPEC, invalid.0), None),
        };
        if end.next == Next::Gone {
            self.forget(key).await?;
        } else {
            self.report(&mut pass, &end).await?;
        }
        Ok(end.next)
    }

    async fn run(&self, pass: &mut Pass<'_>) -> Result<End, Error> {
        let mut history = History::of(&pass.object);
        loop {
            let observed = match self.control.describe(&pass.table).await {
                Ok(observed) => observed,
                Err(error) => return Ok(history.failed("DescribeTable", &error, None)),
            };
            history.observed(observed.as_ref());
            let deleting = pass.object.metadata.deletion_timestamp.is_some();
            if let Some(end) = End::unmanaged(pass.claim, deleting) {
                return Ok(end);
            }
            let steps = match plan(&pass.desired(&history), observed.as_ref()) {
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
            if let Err(error) = self.act(&pass.table, step.clone()).await {
                return Ok(history.failed(step.name(), &error, observed));
            }
            tracing::info!(object = %pass.key, step = step.name(), "step done");
        }
    }

    async fn act(&self, table: &TableName, step: Step) -> Result<(), ServiceError> {
        let mut update = UpdateTable {
            table: TableRef::new(table.as_str()),
            billing_mode: None,
            throughput: None,
            table_class: None,
            deletion_protection_enabled: None,
            stream: None,
            sse: None,
            warm_throughput: None,
            on_demand_throughput: None,
            unsupported: None,
        };
        match step {
            Step::Create(definition) => return self.control.create(table, &definition).await,
            Step::Delete => return self.control.delete(table).await,
            Step::Tag(tags) => return self.control.tag(table, tags).await,
            Step::Untag(keys) => return self.control.untag(table, keys).await,
            Step::SetBilling(mode, units) => {
                update.billing_mode = Some(mode);
                update.throughput = units;
            }
            Step::SetThroughput(units) => update.throughput = Some(units),
            Step::SetClass(class) => update.table_class = Some(class),
            Step::SetDeletionProtection(on) => update.deletion_protection_enabled = Some(on),
        }
        self.control.update(update).await
    }

    /// Writes the status if it changed, and an event if the verdict did.
    async fn report(&self, pass: &mut Pass<'_>, end: &End) -> Result<(), Error> {
        let now = self.clock.now();
        let previous = pass.object.status.take().unwrap_or_default();
        let generation = pass.object.metadata.generation;
        let mut new = match (&end.verdict, &end.observed) {
            // The control plane did not answer: what was seen last is still the best that is known.
            (Verdict::Failing(_), None) => previous.clone(),
            (_, observed) => status::seen(&pass.table, &self.scope, observed.as_ref(), &previous),
        };
        new.observed_generation = generation;
        new.step = end.step.clone();
        new.conditions =
            status::conditions(&end.verdict, &pass.advice(), generation, &previous.conditions, now);
        if !self.worth_writing(pass.key, &new, &previous, now) {
            pass.object.status = Some(previous);
            return Ok(());
        }
        let cause = end.verdict.cause();
        if cause_in(&previous) != Some((cause.reason, cause.message.as_str())) {
            let severity = if end.verdict.is_warning() { Severity::Warning } else { Severity::Normal };
            self.events.record(pass.key, severity, cause.reason, &cause.message, now);
        }
        self.keeper.set_status(pass.key, pass.object.status.insert(new)).await
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

    async fn forget(&self, key: &ObjectKey) -> Result<(), Error> {
        self.keeper.remove(key).await?;
        self.events.forget(key);
        self.statistics_written.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        tracing::info!(object = %key, "object removed");
        Ok(())
    }
}

impl Pass<'_> {
    fn desired<'a>(&'a self, history: &'a History) -> Desired<'a> {
        let spec = &self.object.spec;
        let adoption = spec.adoption_policy.or(self.annotations.adoption_policy);
        Desired {
            spec,
            table_id: history.table_id(),
            adoption: adoption.unwrap_or(AdoptionPolicy::AdoptOrCreate),
            deletion: self.deletion_policy(),
            suspended: spec.suspend.unwrap_or(self.annotations.read_only),
        }
    }

    /// What is to become of the table, once the object is to be deleted.
    fn deletion_policy(&self) -> Option<DeletionPolicy> {
        self.object.metadata.deletion_timestamp.as_ref()?;
        let spec = &self.object.spec;
        let recoverable =
            spec.continuous_backups.and_then(|b| b.point_in_time_recovery_enabled) == Some(true);
        let default = if recoverable { DeletionPolicy::BackupThenDelete } else { DeletionPolicy::Delete };
        Some(spec.deletion_policy.or(self.annotations.deletion_policy).unwrap_or(default))
    }

    fn advice(&self) -> Advice {
        let references = self.references();
        Advice {
            unsupported: unsupported_fields(&self.object.spec),
            ignored_annotations: self.annotations.ignored.clone(),
            unresolved: (!references.is_empty()).then_some(references),
        }
    }

    /// The references of the spec; none of them can be followed yet.
    fn references(&self) -> Vec<&'static str> {
        let spec = &self.object.spec;
        let restore = spec.restore.as_ref();
        let key = spec.sse_specification.as_ref().is_some_and(|sse| sse.kms_master_key_ref.is_some());
        let references = [
            ("sseSpecification.kmsMasterKeyRef", key),
            ("restore.backupRef", restore.is_some_and(|restore| restore.backup_ref.is_some())),
            ("restore.sourceTableRef", restore.is_some_and(|restore| restore.source_table_ref.is_some())),
        ];
        references.into_iter().filter_map(|(field, given)| given.then_some(field)).collect()
    }
}

#[cfg(test)]
mod tests;
