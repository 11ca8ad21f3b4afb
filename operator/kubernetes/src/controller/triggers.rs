//! Which object is due, and why: the queue before the reconciler.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;

use futures::stream::{BoxStream, unfold};
use futures::{Stream, StreamExt};
use kube::runtime::controller::ReconcileRequest;
use kube::runtime::reflector::Store;
use kube::runtime::watcher::{self, Event};
use partita_controllers::{Declared as _, ObjectKey};
use partita_model::TableName;
use tokio::sync::{mpsc, watch};
use tokio::time::Sleep;

use super::{Context, Control, Kind, Work, key_of, reference};

/// Everything that makes an object due.
pub(super) struct Triggers<W: Work> {
    context: Arc<Context<W>>,
    watched: BoxStream<'static, Result<Event<W::Kind>, watcher::Error>>,
    store: Store<W::Kind>,
    control: Option<watch::Receiver<Option<Control>>>,
    touched: Option<mpsc::Receiver<TableName>>,
    stop: watch::Receiver<bool>,
    /// What of each object matters to the reconciler, as it was when it became due last. Bounded by the objects.
    seen: HashMap<ObjectKey, u64>,
    /// Bounded by the objects.
    due: BTreeSet<ObjectKey>,
    /// Present while there was never a Region, but may still be found.
    patience: Option<Pin<Box<Sleep>>>,
}

impl<W: Work> Triggers<W> {
    pub(super) fn new(
        context: Arc<Context<W>>,
        watched: impl Stream<Item = Result<Event<W::Kind>, watcher::Error>> + Send + 'static,
        store: Store<W::Kind>,
        control: watch::Receiver<Option<Control>>,
        touched: Option<mpsc::Receiver<TableName>>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let patience = Some(Box::pin(tokio::time::sleep(context.pace.patience)));
        let mut triggers = Self {
            context,
            watched: watched.boxed(),
            store,
            control: Some(control),
            touched,
            stop,
            seen: HashMap::new(),
            due: BTreeSet::new(),
            patience,
        };
        triggers.settle();
        triggers
    }

    /// The objects, as they become due, until the work is to stop.
    pub(super) fn into_stream(
        self,
    ) -> impl Stream<Item = Result<ReconcileRequest<W::Kind>, std::convert::Infallible>> + Send {
        unfold(self, |mut triggers| async move {
            let key = triggers.next().await?;
            Some((Ok(reference::<W::Kind>(&key).into()), triggers))
        })
    }

    async fn next(&mut self) -> Option<ObjectKey> {
        loop {
            if *self.stop.borrow() {
                return None;
            }
            if self.patience.is_none()
                && let Some(key) = self.due.pop_first()
            {
                return Some(key);
            }
            tokio::select! {
                biased;
                stopped = self.stop.changed() => {
                    // Nobody is left to stop the work: it has no reason to go on.
                    if stopped.is_err() {
                        return None;
                    }
                }
                changed = changed(&mut self.control) => {
                    if !changed {
                        self.control = None;
                    }
                    self.settle();
                }
                touched = named(&mut self.touched) => match touched {
                    Some(table) => self.due.extend(self.context.work.about(&table)),
                    None => self.touched = None,
                },
                event = self.watched.next() => self.take(event?),
                () = elapsed(&mut self.patience) => self.patience = None,
            }
        }
    }

    /// There is another control plane, or one at last, or none any more: that concerns every object.
    fn settle(&mut self) {
        let Some(control) = &mut self.control else { return };
        let control = control.borrow_and_update().clone();
        if control.is_some() {
            self.patience = None;
        } else if !self.context.work.is_settled() {
            return;
        }
        let objects = self.store.state();
        self.context.work.settle(control, &objects);
        self.due.extend(objects.iter().map(|object| key_of(object.as_ref())));
    }

    fn take(&mut self, event: Result<Event<W::Kind>, watcher::Error>) {
        match event {
            Ok(Event::Apply(object)) => self.note(&object),
            Ok(Event::Delete(object)) => self.gone(&key_of(&object)),
            // Only a whole list is in the store, and only what is in the store can be reconciled.
            Ok(Event::Init | Event::InitApply(_)) => {}
            Ok(Event::InitDone) => {
                let objects = self.store.state();
                let there: BTreeSet<ObjectKey> =
                    objects.iter().map(|object| key_of(object.as_ref())).collect();
                let gone: Vec<ObjectKey> =
                    self.seen.keys().filter(|key| !there.contains(*key)).cloned().collect();
                gone.iter().for_each(|key| self.gone(key));
                objects.iter().for_each(|object| self.note(object));
            }
            Err(error) => {
                tracing::warn!(
                    kind = W::Kind::KIND,
                    error = &error as &dyn std::error::Error,
                    "a watch broke, and is taken up again"
                );
            }
        }
    }

    /// An object is there. It is due if it differs in anything but its status, which is written here.
    fn note(&mut self, object: &W::Kind) {
        let (key, mark) = (key_of(object), mark(object));
        self.due.extend(self.context.work.note(object));
        if self.seen.insert(key.clone(), mark) != Some(mark) {
            self.due.insert(key);
        }
    }

    fn gone(&mut self, key: &ObjectKey) {
        self.seen.remove(key);
        self.due.remove(key);
        let heirs = self.context.gone(key);
        self.due.extend(heirs);
    }
}

/// Tells two states of an object apart, unless they differ only in what its spec, annotations, finalizers and deletion
/// do not show.
fn mark<K: Kind>(object: &K) -> u64 {
    let metadata = object.metadata();
    let mut hasher = DefaultHasher::new();
    (&metadata.uid, metadata.generation, &metadata.annotations, &metadata.finalizers).hash(&mut hasher);
    metadata.deletion_timestamp.is_some().hash(&mut hasher);
    hasher.finish()
}

/// Whether there is a new control plane, or `false` if there will never be another.
async fn changed(control: &mut Option<watch::Receiver<Option<Control>>>) -> bool {
    match control {
        Some(control) => control.changed().await.is_ok(),
        None => std::future::pending().await,
    }
}

async fn named(touched: &mut Option<mpsc::Receiver<TableName>>) -> Option<TableName> {
    match touched {
        Some(touched) => touched.recv().await,
        None => std::future::pending().await,
    }
}

async fn elapsed(patience: &mut Option<Pin<Box<Sleep>>>) {
    match patience {
        Some(sleep) => sleep.as_mut().await,
        None => std::future::pending().await,
    }
}
