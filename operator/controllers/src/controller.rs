//! The controller: takes manifests from files and from commands, and reconciles objects one after the other.
//!
//! Each object has a time at which it is due. A change makes it due now, a failure later each time, and a settled one is
//! due again after a while, so that drift is put back even if nobody told of it.

mod known;
mod queue;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use partita_api::EventSourceMapping;
use partita_model::TableName;
use partita_model::clock::Clock;
use partita_model::name::Scope;
use serde_json::Value;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::declarations::Declared as _;
use crate::events::{Event, EventLog};
use crate::manifest::Fault;
use crate::mapping::MappingPlace;
use crate::reconcile::{Next, Place, TableControl};
use crate::source::{Declared, FileFault, Loaded, Source};
use crate::{
    Applied, Change, Error, Keeper, MappingControl, MappingReconciler, ObjectKey, Objects, Reconciler,
};
use known::Known;
use queue::Queue;

/// How soon everything else is looked at again: drift that nobody told us of is put back after this.
const RESYNC_AFTER: Duration = Duration::from_secs(5);

/// Reconciles the objects of one installation. Share it; [`Controller::run`] does the work.
pub struct Controller {
    tables: Reconciler,
    place: Place,
    mappings: MappingReconciler,
    mapping_place: MappingPlace,
    keeper: Arc<Keeper>,
    queue: Mutex<Queue>,
    known: Mutex<Known>,
    due: Notify,
    /// Taken by [`Controller::run`].
    source: tokio::sync::Mutex<Source>,
    files: Mutex<Files>,
}

/// What files said last.
#[derive(Clone, Default)]
struct Files {
    documents: Vec<Declared>,
    declared: BTreeMap<ObjectKey, PathBuf>,
    /// Faults that were told already.
    told: BTreeSet<String>,
}

impl Controller {
    /// A controller of the tables behind `tables` and of the mappings behind `mappings`. Manifests in `paths` are applied once
    /// it runs, and whenever they change.
    ///
    /// # Errors
    /// [`Error::Watch`] if a path is not there, [`Error::Objects`].
    pub async fn new(
        tables: Arc<dyn TableControl>,
        mappings: Arc<dyn MappingControl>,
        objects: Arc<dyn Objects>,
        clock: Arc<dyn Clock>,
        scope: Scope,
        paths: Vec<PathBuf>,
    ) -> Result<Self, Error> {
        let source = Source::watch(paths)?;
        let keeper = Arc::new(Keeper::new(objects, Arc::clone(&clock)));
        let mut known = Known::new(scope.clone());
        let mut queue = Queue::default();
        for object in keeper.list().await? {
            if let Some(key) = ObjectKey::of(&object) {
                known.add(&key, &object);
                queue.now(key, Instant::now());
            }
        }
        let events = Arc::<EventLog>::default();
        Ok(Self {
            tables: Reconciler::new(Arc::<Keeper>::clone(&keeper), Arc::clone(&events), Arc::clone(&clock)),
            place: Place { control: tables, scope: scope.clone() },
            mappings: MappingReconciler::new(
                Arc::<Keeper>::clone(&keeper),
                Arc::<Keeper>::clone(&keeper),
                events,
                clock,
            ),
            mapping_place: MappingPlace { control: mappings, scope, in_cluster: false },
            keeper,
            queue: Mutex::new(queue),
            known: Mutex::new(known),
            due: Notify::new(),
            source: tokio::sync::Mutex::new(source),
            files: Mutex::default(),
        })
    }

    /// Works until `stop` is true or its sender is gone. A step under way is finished first.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut source = self.source.lock().await;
        while let Some(loaded) = self.work_until_change(&mut source, &mut stop).await {
            if let Err(error) = self.take(loaded).await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "cannot keep what manifests declare"
                );
                source.again();
            }
        }
    }

    /// Reconciles what is due until files change; `None` once `stop` says so.
    async fn work_until_change(
        &self,
        source: &mut Source,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<Loaded> {
        // One look at the files outlasts many objects that become due: dropped, it would forget what it noticed.
        let mut changed = std::pin::pin!(source.changed());
        loop {
            let due = self.queue().next();
            tokio::select! {
                biased;
                () = stopped(stop) => return None,
                loaded = &mut changed => return Some(loaded),
                () = sleep_until(due) => self.work().await,
                () = self.due.notified() => {}
            }
        }
    }

    /// Makes an object what `manifest` declares, as `kubectl apply` does. Reconciling follows.
    ///
    /// # Errors
    /// [`Error::Objects`]
    pub async fn apply(&self, manifest: &Value) -> Result<Applied, Error> {
        let applied = self.keeper.apply(manifest).await?;
        // Also if nothing changed: an earlier call may have been dropped after it had changed the object.
        if let Applied::Accepted(object, _) = &applied
            && let Some(key) = ObjectKey::of(object)
        {
            self.known().add(&key, object);
            self.hurry(key);
        }
        Ok(applied)
    }

    /// Every object, in the order of keys.
    ///
    /// # Errors
    /// [`Error::Objects`]
    pub async fn list(&self) -> Result<Vec<Value>, Error> {
        self.keeper.list().await
    }

    /// One object.
    ///
    /// # Errors
    /// [`Error::Objects`]
    pub async fn get(&self, key: &ObjectKey) -> Result<Option<Value>, Error> {
        self.keeper.get(key).await
    }

    /// An object's latest events, oldest first.
    pub fn events(&self, key: &ObjectKey) -> Vec<Event> {
        self.tables.events().of(key)
    }

    /// Asks for an object to go, as `kubectl delete` does. It is gone once [`Controller::get`] says so; what becomes of
    /// what it manages is its `deletionPolicy`.
    ///
    /// # Errors
    /// [`Error::Objects`], [`Error::NotFound`]
    pub async fn delete(&self, key: &ObjectKey) -> Result<Value, Error> {
        let object = self.keeper.ask_to_delete(key).await?;
        self.hurry(key.clone());
        Ok(object)
    }

    /// Tells that the API changed a table, so that what objects say about it is put back at once.
    pub fn touched(&self, table: &TableName) {
        let keys = self.known().about(table);
        keys.into_iter().for_each(|key| self.hurry(key));
    }

    fn hurry(&self, key: ObjectKey) {
        self.queue().now(key, Instant::now());
        self.due.notify_one();
    }

    /// Reconciles the object that is due, if there is one.
    async fn work(&self) {
        let Some(key) = self.queue().take(Instant::now()) else { return };
        let done = match self.reconcile(&key).await {
            Ok(Next::Gone) => self.gone(&key).await,
            Ok(Next::Poll) => {
                self.queue().poll(key.clone(), Instant::now());
                Ok(())
            }
            Ok(Next::Resync) => {
                self.queue().settle(key.clone(), Instant::now() + RESYNC_AFTER);
                Ok(())
            }
            Ok(Next::Retry) => {
                self.queue().retry(key.clone(), Instant::now());
                Ok(())
            }
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            tracing::error!(object = %key, error = &error as &dyn std::error::Error, "cannot reconcile");
            self.queue().retry(key, Instant::now());
        }
    }

    async fn reconcile(&self, key: &ObjectKey) -> Result<Next, Error> {
        if key.kind == EventSourceMapping::KIND {
            return self.mappings.reconcile(key, Some(&self.mapping_place)).await;
        }
        let claim = self.known().claim(key);
        self.tables.reconcile(key, &claim, Some(&self.place)).await
    }

    /// Forgets an object that is gone, unless it was made anew meanwhile.
    async fn gone(&self, key: &ObjectKey) -> Result<(), Error> {
        self.queue().forgive(key);
        let heirs = self.known().remove(key);
        heirs.into_iter().for_each(|heir| self.hurry(heir));
        if let Some(object) = self.keeper.get(key).await? {
            self.known().add(key, &object);
            self.hurry(key.clone());
        }
        Ok(())
    }

    /// Applies what files declare now and did not declare before.
    async fn take(&self, loaded: Loaded) -> Result<(), Error> {
        let before = self.files().clone();
        let mut after = Files::default();
        for fault in &loaded.faults {
            after.tell(&before, fault);
        }
        let faulty: BTreeSet<&PathBuf> = loaded.faults.iter().map(|fault| &fault.file).collect();
        for declared in &loaded.documents {
            let key = ObjectKey::of(&declared.document.object);
            // A file that cannot be read may still declare what it declared.
            let kept = |key| {
                before.declared.get(key).filter(|file| **file != declared.file && faulty.contains(file))
            };
            let first = key.as_ref().and_then(|key| after.declared.get(key).or_else(|| kept(key))).cloned();
            if let Some(first) = first {
                let reason = format!("the object is declared in {} already", first.display());
                after.tell(&before, &fault_at(declared, "metadata.name", reason));
                continue;
            }
            let known = before.documents.contains(declared);
            let accepted = known || self.apply_file(declared, &before, &mut after).await?;
            if let Some(key) = key {
                after.declared.insert(key, declared.file.clone());
            }
            if accepted {
                after.documents.push(declared.clone());
            }
        }
        if loaded.faults.is_empty() {
            self.tell_orphans(&before, &after);
        } else {
            for (key, file) in before.declared {
                after.declared.entry(key).or_insert(file);
            }
        }
        *self.files() = after;
        Ok(())
    }

    async fn apply_file(
        &self,
        declared: &Declared,
        before: &Files,
        after: &mut Files,
    ) -> Result<bool, Error> {
        match self.apply(&declared.document.object).await? {
            Applied::Accepted(object, change) => {
                if let Some(key) = ObjectKey::of(&object).filter(|_| change != Change::Unchanged) {
                    tracing::info!(object = %key, file = %declared.file.display(), "manifest {}", change.as_str());
                }
                Ok(true)
            }
            Applied::Rejected(errors) => {
                for error in errors {
                    after.tell(before, &fault_at(declared, &error.path, error.message));
                }
                Ok(false)
            }
        }
    }

    /// Tells of objects that no file declares any more. Those that are gone are nobody's concern.
    fn tell_orphans(&self, before: &Files, after: &Files) {
        let known = self.known();
        for (key, file) in before.declared.iter().filter(|(key, _)| !after.declared.contains_key(*key)) {
            if known.has(key) {
                let file = file.display();
                tracing::warn!(object = %key, %file, "no file declares the object any more; it and what it manages stay until it is deleted");
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files {
    /// Logs a fault, unless it was told when the files were read before.
    fn tell(&mut self, before: &Self, fault: &FileFault) {
        let text = fault.to_string();
        if !before.told.contains(&text) {
            tracing::warn!("manifest rejected: {text}");
        }
        self.told.insert(text);
    }
}

fn fault_at(declared: &Declared, field: &str, reason: String) -> FileFault {
    let line = declared.document.line_of(field);
    FileFault { file: declared.file.clone(), fault: Fault { line, field: field.to_owned(), reason } }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        tracing::debug!("nobody is left to stop the controller");
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
