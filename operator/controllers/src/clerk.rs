//! What reconcilers of all kinds do with an object besides deciding about it: they hold it, tell of it, and let it go.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use partita_api::Condition;
use partita_api::conditions::types;
use partita_model::clock::{Clock, UnixMillis};

use crate::declarations::{Declarations, Declared, is_held};
use crate::events::{EventLog, Severity};
use crate::status::Verdict;
use crate::{Error, ObjectKey};

/// How old statistics in a status may be while nothing else changes.
pub(crate) const STATISTICS_AGE_MS_MAX: u64 = 60_000;

/// Keeps the books on the objects of one kind.
pub(crate) struct Clerk<D: Declared> {
    pub(crate) declarations: Arc<dyn Declarations<D>>,
    pub(crate) events: Arc<EventLog>,
    pub(crate) clock: Arc<dyn Clock>,
    /// When the statistics of an object's status were written last.
    statistics_written: Mutex<BTreeMap<ObjectKey, UnixMillis>>,
}

impl<D: Declared> Clerk<D> {
    pub(crate) fn new(
        declarations: Arc<dyn Declarations<D>>,
        events: Arc<EventLog>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { declarations, events, clock, statistics_written: Mutex::default() }
    }

    /// Sees to it that the object does not go without what it manages being seen to.
    pub(crate) async fn hold(&self, key: &ObjectKey, object: &mut D) -> Result<(), Error> {
        if is_held(object) || object.metadata().deletion_timestamp.is_some() {
            return Ok(());
        }
        self.declarations.hold(key, object).await?;
        object.metadata_mut().finalizers.get_or_insert_default().push(D::FINALIZER.to_owned());
        Ok(())
    }

    /// Writes the status if it changed, and an event if the verdict did.
    pub(crate) async fn report(
        &self,
        key: &ObjectKey,
        object: &mut D,
        verdict: &Verdict,
        new: D::Status,
        now: UnixMillis,
    ) -> Result<(), Error> {
        let previous = object.status().cloned().unwrap_or_default();
        if !self.worth_writing(key, &new, &previous, now) {
            return Ok(());
        }
        self.declarations.set_status(key, object, &new).await?;
        // Afterwards, so that a status that cannot be written does not tell the same again with each attempt.
        let cause = verdict.cause();
        if cause_in(D::conditions(&previous)) != Some((cause.reason, cause.message.as_str())) {
            let severity = if verdict.is_warning() { Severity::Warning } else { Severity::Normal };
            self.events.record(key, severity, cause.reason, &cause.message, now);
        }
        object.replace_status(new);
        Ok(())
    }

    /// Whether `new` differs from what is written; statistics alone do so only once in a while.
    fn worth_writing(&self, key: &ObjectKey, new: &D::Status, old: &D::Status, now: UnixMillis) -> bool {
        if new == old {
            return false;
        }
        let mut written = self.statistics_written.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = written.get(key).is_some_and(|then| now.0.saturating_sub(then.0) < STATISTICS_AGE_MS_MAX);
        if fresh && D::with_statistics_of(new.clone(), old) == *old {
            return false;
        }
        written.insert(key.clone(), now);
        true
    }

    /// Lets an object go that nothing keeps any more.
    pub(crate) async fn let_go(&self, key: &ObjectKey, object: &D) -> Result<(), Error> {
        self.declarations.release(key, object).await?;
        self.forget(key);
        tracing::info!(object = %key, "object let go");
        Ok(())
    }

    /// Forgets what is remembered of an object that is gone.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        self.events.forget(key);
        self.statistics_written.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// The reason and message of `Ready`.
pub(crate) fn cause_in(conditions: &[Condition]) -> Option<(&str, &str)> {
    let ready = conditions.iter().find(|condition| condition.type_ == types::READY)?;
    Some((ready.reason.as_deref()?, ready.message.as_deref().unwrap_or_default()))
}
