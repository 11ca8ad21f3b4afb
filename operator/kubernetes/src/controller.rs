//! A controller of one kind: a reconciler of `partita-controllers`, fed from an API server.
//!
//! ```text
//! watch ──> Triggers ──which object is due──> kube's applier ──> Work ──> reconciler ──> control plane
//!   │         │  └── changes of the Region, tables that the API changed         │
//!   └> store  └──> Work: which objects a change concerns         Objects: status, finalizer
//! ```
//!
//! A change of an object or of the Region makes an object due at once, and so does what [`Work`] says concerns it. Everything is due
//! again after half a minute, so that drift is put back even if nobody told of it.

mod objects;
mod triggers;
mod watching;

use std::fmt::Debug;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::runtime::controller::{self, Action, applier};
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::{Api, Resource};
use partita_controllers::events::{EventLog, EventSink, Severity};
use partita_controllers::reconcile::Next;
use partita_controllers::retries::Retries;
use partita_controllers::{Declarations, Declared, MappingControl, ObjectKey, TableControl};
use partita_model::TableName;
use partita_model::name::Scope;
use tokio::sync::{mpsc, watch};

use crate::Installation;
use crate::events::{Events, events};
use objects::Objects;
use triggers::Triggers;

/// Objects reconciled at a time. A pass waits for the catalog's one writer and for the API server; more at a time would
/// only wait longer.
const CONCURRENT_PASSES: u16 = 8;
/// Longest pass. A pass is cancel safe, and an API server that hangs may not hold an object for minutes.
const PASS_TIMEOUT: Duration = Duration::from_secs(30);

/// How many times as long as the first wait for something on its way the longest is.
const POLL_GROWTH_MAX: u32 = 25;

/// The control plane of the Region, as controllers need it.
#[derive(Clone)]
pub struct Control {
    /// Its tables.
    pub tables: Arc<dyn TableControl>,
    /// Its event source mappings.
    pub mappings: Arc<dyn MappingControl>,
    /// What their ARNs say.
    pub scope: Scope,
}

/// A kind that is watched and reconciled.
pub(crate) trait Kind:
    Declared + Resource<DynamicType = (), Scope = NamespaceResourceScope> + Debug
{
    /// The field manager of everything that is written to objects of the kind.
    const FIELD_MANAGER: &'static str;

    /// An object of which nothing but its metadata can be read: enough to forget it.
    fn remains(metadata: ObjectMeta) -> Self;
}

/// What is done about objects of a kind.
#[async_trait]
pub(crate) trait Work: Send + Sync + 'static {
    type Kind: Kind;

    /// There is a control plane from now on, or another, or none any more; and those are all objects.
    fn settle(&self, control: Option<Control>, objects: &[Arc<Self::Kind>]);

    /// Whether there is a control plane.
    fn is_settled(&self) -> bool;

    /// Notes an object as it is now, and gives other objects that this concerns.
    fn note(&self, object: &Self::Kind) -> Vec<ObjectKey>;

    /// Forgets an object that is gone, and gives other objects that this concerns.
    fn gone(&self, key: &ObjectKey) -> Vec<ObjectKey>;

    /// The objects that a change of a table concerns.
    fn about(&self, table: &TableName) -> Vec<ObjectKey>;

    /// One pass over an object.
    async fn pass(&self, key: &ObjectKey) -> Result<Next, partita_controllers::Error>;
}

/// How often objects are looked at when nothing tells to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Something that is on its way, at first: an index may be built for hours, and is looked at less often with time.
    pub(crate) poll_after: Duration,
    /// Everything else.
    pub(crate) resync_after: Duration,
    /// How long after the start there may be no Region before objects say so: a Region that is there is found by then, and
    /// a restart of the operator changes no status.
    pub(crate) patience: Duration,
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

/// Reconciles every object of a kind until `stop` is true or its sender is gone; passes under way are finished first.
///
/// `work` makes what does it. `control` is the control plane, once there is a Region. `touched` names tables that were
/// changed by something else than a controller; what they concern is looked at as soon as they are named.
pub(crate) async fn run<W: Work>(
    installation: &Installation,
    pace: Pace,
    work: impl FnOnce(Arc<dyn Declarations<W::Kind>>, Arc<EventLog>) -> W,
    control: watch::Receiver<Option<Control>>,
    touched: Option<mpsc::Receiver<TableName>>,
    stop: watch::Receiver<bool>,
) {
    let client = installation.client.clone();
    let (store, writer) = reflector::store();
    let (events, publisher) = events(client.clone());
    let objects = Arc::new(Objects::new(client.clone(), store.clone()));
    let log = Arc::new(EventLog::with_sink(Arc::new(ObjectEvents {
        store: store.clone(),
        events: events.clone(),
    })));
    let context = Arc::new(Context {
        work: work(Arc::<Objects<W::Kind>>::clone(&objects), log),
        objects,
        retries: Mutex::default(),
        looks: Mutex::new(Retries::between(pace.poll_after, pace.poll_after * POLL_GROWTH_MAX)),
        pace,
    });
    let watched = watching::watch(Api::all(client), writer, events);
    let triggers = Triggers::new(Arc::clone(&context), watched, store.clone(), control, touched, stop);
    let config = controller::Config::default().concurrency(CONCURRENT_PASSES);
    let pass = |object, context| Box::pin(pass::<W>(object, context));
    let passes = applier(pass, after_error::<W>, context, store, triggers.into_stream(), config);
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
struct Context<W: Work> {
    work: W,
    objects: Arc<Objects<W::Kind>>,
    retries: Mutex<Retries>,
    /// Looks in a row at what is on its way.
    looks: Mutex<Retries>,
    pace: Pace,
}

impl<W: Work> Context<W> {
    /// Forgets everything about an object that is gone, and gives the objects that this concerns.
    fn gone(&self, key: &ObjectKey) -> Vec<ObjectKey> {
        self.objects.forget(key);
        self.forgive(key);
        self.work.gone(key)
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

async fn pass<W: Work>(
    object: Arc<W::Kind>,
    context: Arc<Context<W>>,
) -> Result<Action, partita_controllers::Error> {
    let key = key_of(object.as_ref());
    let next = tokio::time::timeout(PASS_TIMEOUT, context.work.pass(&key))
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
fn after_error<W: Work>(
    object: Arc<W::Kind>,
    _error: &partita_controllers::Error,
    context: Arc<Context<W>>,
) -> Action {
    context.after_failure(&key_of(object.as_ref()))
}

/// The key of an object.
pub(crate) fn key_of<K: Kind>(object: &K) -> ObjectKey {
    key_in::<K>(object.metadata())
}

/// The key of an object of the kind with that metadata.
fn key_in<K: Kind>(metadata: &ObjectMeta) -> ObjectKey {
    ObjectKey {
        kind: K::KIND.to_owned(),
        namespace: metadata.namespace.clone().unwrap_or_default(),
        name: metadata.name.clone().unwrap_or_default(),
    }
}

fn reference<K: Kind>(key: &ObjectKey) -> ObjectRef<K> {
    ObjectRef::new(&key.name).within(&key.namespace)
}

/// Events of objects that are in the store.
struct ObjectEvents<K: Kind> {
    store: Store<K>,
    events: Events,
}

impl<K: Kind> Debug for ObjectEvents<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectEvents").field("events", &self.events).finish_non_exhaustive()
    }
}

impl<K: Kind> EventSink for ObjectEvents<K> {
    fn take(&self, key: &ObjectKey, severity: Severity, reason: &str, message: &str) {
        if let Some(object) = self.store.get(&reference(key)) {
            self.events.tell(object.object_ref(&()), severity, reason, message);
        }
    }
}
