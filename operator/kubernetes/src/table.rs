//! The Table controller: the reconciler of `partita-controllers`, fed from an API server.
//!
//! ```text
//! watch ──> Triggers ──which object is due──> kube's applier ──> Reconciler ──> control plane
//!   │         │  └── changes of the Region, tables that the API changed       │
//!   └> store  └──> Claims: which object owns which table          Declarations: status, finalizer
//! ```
//!
//! A change of an object, of its table through the API, or of the Region makes an object due at once. Everything is due
//! again after half a minute, so that drift is put back even if nobody told of it.

mod claims;
mod declarations;
mod triggers;
mod watching;

use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use kube::Api;
use kube::runtime::controller::{self, Action, applier};
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::{Resource, ResourceExt};
use partita_api::Table;
use partita_controllers::events::{EventLog, EventSink, Severity};
use partita_controllers::reconcile::{Next, Place};
use partita_controllers::retries::Retries;
use partita_controllers::{ObjectKey, Reconciler, TableControl};
use partita_model::TableName;
use partita_model::name::Scope;
use tokio::sync::{mpsc, watch};

use crate::events::{Events, events};
use crate::{Error, Installation};
use claims::Claims;
use declarations::KubernetesTables;
use triggers::Triggers;

/// The field manager of everything this controller writes.
pub const FIELD_MANAGER: &str = "partita.dev/table";
/// Objects reconciled at a time. A pass waits for the catalog's one writer and for the API server; more at a time would
/// only wait longer.
const CONCURRENT_PASSES: u16 = 8;
/// Longest pass. A pass is cancel safe, and an API server that hangs may not hold an object for minutes.
const PASS_TIMEOUT: Duration = Duration::from_secs(30);

/// How many times as long as the first wait for a table on its way the longest is.
const POLL_GROWTH_MAX: u32 = 25;

/// How often objects are looked at when nothing tells to.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// A table that is on its way, at first: an index may be built for hours, and is looked at less often with time.
    poll_after: Duration,
    /// Everything else.
    resync_after: Duration,
    /// How long after the start there may be no Region before objects say so: a Region that is there is found by then, and
    /// a restart of the operator changes no status.
    patience: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            poll_after: Duration::from_millis(200),
            resync_after: Duration::from_secs(30),
            patience: Duration::from_secs(10),
        }
    }
}

/// Reconciles every Table of the cluster until `stop` is true or its sender is gone; passes under way are finished first.
///
/// `control` is the control plane and the scope of its tables, once there is a Region. `touched` names tables that were
/// changed by something else than this controller; they are looked at as soon as they are named.
///
/// # Errors
/// None at present: what fails is tried again, and told in the log and in each object's status.
pub async fn tables(
    installation: Arc<Installation>,
    control: watch::Receiver<Option<(Arc<dyn TableControl>, Scope)>>,
    touched: mpsc::Receiver<TableName>,
    stop: watch::Receiver<bool>,
) -> Result<(), Error> {
    run(installation, Pace::default(), control, touched, stop).await;
    Ok(())
}

async fn run(
    installation: Arc<Installation>,
    pace: Pace,
    control: watch::Receiver<Option<(Arc<dyn TableControl>, Scope)>>,
    touched: mpsc::Receiver<TableName>,
    stop: watch::Receiver<bool>,
) {
    let client = installation.client.clone();
    let (store, writer) = reflector::store();
    let (events, publisher) = events(client.clone());
    let declarations = Arc::new(KubernetesTables::new(client.clone(), store.clone()));
    let sink = TableEvents { store: store.clone(), events: events.clone() };
    let log = Arc::new(EventLog::with_sink(Arc::new(sink)));
    let reconciler =
        Reconciler::new(Arc::<KubernetesTables>::clone(&declarations), log, Arc::clone(&installation.clock));
    let context = Arc::new(Context {
        reconciler,
        declarations,
        claims: Claims::default(),
        retries: Mutex::default(),
        looks: Mutex::new(Retries::between(pace.poll_after, pace.poll_after * POLL_GROWTH_MAX)),
        pace,
    });
    let watched = watching::watch(Api::all(client), writer, events);
    let triggers = Triggers::new(Arc::clone(&context), watched, store.clone(), control, touched, stop);
    let config = controller::Config::default().concurrency(CONCURRENT_PASSES);
    let pass = |object, context| Box::pin(pass(object, context));
    let passes = applier(pass, after_error, context, store, triggers.into_stream(), config);
    let work = passes.for_each(|done| {
        match done {
            Ok((object, _)) => tracing::debug!(%object, "pass done"),
            // An object that went between the trigger and the pass.
            Err(controller::Error::ObjectNotFound(object)) => tracing::debug!(%object, "object is gone"),
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "cannot reconcile"),
        }
        ready(())
    });
    tokio::select! {
        () = work => {}
        () = publisher.run() => {}
    }
}

/// What passes share.
struct Context {
    reconciler: Reconciler,
    declarations: Arc<KubernetesTables>,
    claims: Claims,
    retries: Mutex<Retries>,
    /// Looks in a row at tables on their way.
    looks: Mutex<Retries>,
    pace: Pace,
}

impl Context {
    /// Forgets everything about an object that is gone, and gives the objects that may manage its table now.
    fn gone(&self, key: &ObjectKey) -> Vec<ObjectKey> {
        self.reconciler.forget(key);
        self.declarations.forget(key);
        self.forgive(key);
        self.claims.remove(key)
    }

    fn after_failure(&self, key: &ObjectKey) -> Action {
        Action::requeue(locked(&self.retries).again(key))
    }

    fn after_look(&self, key: &ObjectKey) -> Action {
        locked(&self.retries).forgive(key);
        Action::requeue(locked(&self.looks).again(key))
    }

    fn forgive(&self, key: &ObjectKey) {
        locked(&self.retries).forgive(key);
        locked(&self.looks).forgive(key);
    }
}

async fn pass(object: Arc<Table>, context: Arc<Context>) -> Result<Action, partita_controllers::Error> {
    let key = key_of(&*object);
    let (claim, place): (_, Option<Place>) = context.claims.of(&key);
    let pass = context.reconciler.reconcile(&key, &claim, place.as_ref());
    let next = tokio::time::timeout(PASS_TIMEOUT, pass)
        .await
        .map_err(|elapsed| partita_controllers::Error::Objects(Box::new(elapsed)))??;
    Ok(match next {
        Next::Retry => context.after_failure(&key),
        Next::Poll => context.after_look(&key),
        Next::Resync => {
            context.forgive(&key);
            Action::requeue(context.pace.resync_after)
        }
        Next::Gone => {
            context.forgive(&key);
            Action::await_change()
        }
    })
}

/// The counts are whole after a panic too: each change of them is one call.
fn locked(counts: &Mutex<Retries>) -> MutexGuard<'_, Retries> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::needless_pass_by_value, reason = "the applier's signature")]
fn after_error(object: Arc<Table>, _error: &partita_controllers::Error, context: Arc<Context>) -> Action {
    context.after_failure(&key_of(&*object))
}

/// The key of a Table, whole or in part.
fn key_of(object: &impl ResourceExt) -> ObjectKey {
    ObjectKey {
        kind: "Table".to_owned(),
        namespace: object.namespace().unwrap_or_default(),
        name: object.meta().name.clone().unwrap_or_default(),
    }
}

fn reference(key: &ObjectKey) -> ObjectRef<Table> {
    ObjectRef::new(&key.name).within(&key.namespace)
}

/// Events of objects that are in the store.
struct TableEvents {
    store: Store<Table>,
    events: Events,
}

impl std::fmt::Debug for TableEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableEvents").field("events", &self.events).finish_non_exhaustive()
    }
}

impl EventSink for TableEvents {
    fn take(&self, key: &ObjectKey, severity: Severity, reason: &str, message: &str) {
        if let Some(object) = self.store.get(&reference(key)) {
            self.events.tell(object.object_ref(&()), severity, reason, message);
        }
    }
}

#[cfg(test)]
mod tests;
