//! The life cycle of event source mappings: Lambda's API for them, and the way from the catalog to the data plane.
//!
//! As with tables, the step into the catalog is what is acknowledged; where the data plane fails on the way, the mapping stays in
//! between, and [`EventSourceMappings::drive`] goes on with it. A mapping outlives its stream, as with the real service.

mod catalog;
mod plane;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};

use partita_mapping::limits::MAPPINGS_MAX;
use partita_mapping::{
    Configuration, Create, List, Mapping, MappingId, Page, Refusal, Settings, State, Target, Update,
};
use partita_model::TableName;
use partita_model::clock::Clock;
use partita_model::name::Scope;
use partita_protocol::stream::{StreamArn, StreamName};
use serde_json::Value;
use tokio::sync::{Mutex, Notify, watch};

pub use catalog::{MappingCatalog, MappingRecord, Stored};
pub use plane::MappingPlane;

use crate::Error;
use crate::catalog::Catalog;
use crate::control_plane::UuidSource;

/// Mappings read at once while going through all of them.
const PAGE: usize = 256;

/// What an installation decides about its mappings.
#[derive(Clone)]
pub struct MappingOptions {
    /// The region and account that ARNs name.
    pub scope: Scope,
    /// Where ids come from.
    pub uuids: Arc<dyn UuidSource>,
    /// Whether the nodes know a server of Lambda's Invoke API for functions that are named without one. It may change.
    pub functions: watch::Receiver<bool>,
}

/// The event source mappings of one account in one region.
pub struct EventSourceMappings {
    catalog: Arc<dyn MappingCatalog>,
    tables: Arc<dyn Catalog>,
    plane: Arc<dyn MappingPlane>,
    clock: Arc<dyn Clock>,
    options: MappingOptions,
    /// Changes are made one after the other: they are few, and none may overtake another on its way to the data plane.
    changes: Mutex<()>,
    /// The generations that the data plane surely has.
    told: StdMutex<HashMap<MappingId, u64>>,
    /// Told when a call left a mapping unfinished.
    unfinished: Notify,
}

impl fmt::Debug for EventSourceMappings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSourceMappings").field("scope", &self.options.scope).finish_non_exhaustive()
    }
}

/// What a mapping is to be like.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Where records come from.
    pub source: StreamArn,
    /// Where they go.
    pub target: Target,
    /// How.
    pub settings: Settings,
}

impl EventSourceMappings {
    /// The mappings that `catalog` keeps of the streams that `tables` knows.
    pub fn new(
        catalog: Arc<dyn MappingCatalog>,
        tables: Arc<dyn Catalog>,
        plane: Arc<dyn MappingPlane>,
        clock: Arc<dyn Clock>,
        options: MappingOptions,
    ) -> Self {
        let (changes, told, unfinished) = (Mutex::default(), StdMutex::default(), Notify::new());
        Self { catalog, tables, plane, clock, options, changes, told, unfinished }
    }

    /// CreateEventSourceMapping.
    ///
    /// # Errors
    /// With what the caller is to be told.
    pub async fn create(&self, asked: Create) -> Result<Value, Refusal> {
        let settings = Settings { starting_position: asked.starting_position, ..Settings::default() };
        let settings = asked.changes.apply(settings)?;
        let target = Target::Lambda { function: asked.function, endpoint: None };
        let record = self.create_wanted(None, Wanted { source: asked.source, target, settings }).await?;
        Ok(self.show(&record, State::Creating, None))
    }

    /// An id for a mapping to come, never given out before.
    ///
    /// # Errors
    /// [`Refusal::Internal`], if the source of ids gives none.
    pub fn new_id(&self) -> Result<MappingId, Refusal> {
        MappingId::parse(&self.options.uuids.uuid()).ok_or(Refusal::Internal)
    }

    /// Creates a mapping, for the API or a manifest, of an id of [`Self::new_id`] if one is given: then the call may be repeated.
    ///
    /// # Errors
    /// With what the caller is to be told; [`Refusal::InProgress`] if the id is that of another mapping.
    pub async fn create_wanted(
        &self,
        id: Option<MappingId>,
        wanted: Wanted,
    ) -> Result<MappingRecord, Refusal> {
        let _changes = self.changes.lock().await;
        if let Some(id) = &id
            && let Some(there) = self.catalog.mapping(id).await.map_err(internal)?
        {
            let Mapping { source, target, .. } = &there.mapping;
            let is_it = !there.deleting && (source, target) == (&wanted.source, &wanted.target);
            return if is_it { Ok(there) } else { Err(Refusal::InProgress) };
        }
        let Wanted { source, target, settings } = wanted;
        self.check_target(&target)?;
        self.check_source(&source).await?;
        self.check_room().await?;
        let id = id.map_or_else(|| self.new_id(), Ok)?;
        let mapping =
            Mapping { id, generation: 1, source, target, settings, last_modified: self.clock.now() };
        let record = MappingRecord { mapping, deleting: false };
        self.store(record.clone()).await?;
        let Mapping { id, source, target, .. } = &record.mapping;
        tracing::info!(mapping = %id, %source, target = target.name(), "event source mapping created");
        self.begin(&record).await;
        Ok(record)
    }

    /// GetEventSourceMapping.
    ///
    /// # Errors
    /// With what the caller is to be told.
    pub async fn get(&self, id: &str) -> Result<Value, Refusal> {
        let record = self.record(id).await?;
        let result = self.last_result(&record.mapping.id).await;
        Ok(self.show(&record, self.state(&record), result.as_deref()))
    }

    /// ListEventSourceMappings.
    ///
    /// # Errors
    /// With what the caller is to be told.
    pub async fn list(&self, asked: List) -> Result<Value, Refusal> {
        let wanted = |record: &MappingRecord| {
            let Mapping { source, target, .. } = &record.mapping;
            asked.source.as_ref().is_none_or(|asked| asked == source.as_str())
                && asked.function.as_ref().is_none_or(|asked| asked.as_str() == target.name())
        };
        let mut found = Vec::new();
        let mut after = asked.after.clone();
        // One more tells whether the page is the last.
        while found.len() <= asked.limit {
            let page = self.catalog.mappings(after.as_ref(), PAGE).await.map_err(internal)?;
            let Some(last) = page.last() else { break };
            after = Some(last.mapping.id.clone());
            found.extend(page.into_iter().filter(wanted));
        }
        let more = found.len() > asked.limit;
        found.truncate(asked.limit);
        let results = self.last_results(found.iter().map(|record| record.mapping.id.clone()).collect()).await;
        let shown = found.iter().map(|record| {
            let result = results.get(&record.mapping.id);
            self.configuration(record, self.state(record), result.map(String::as_str))
        });
        let next = found.last().filter(|_| more).map(|last| &last.mapping.id);
        Ok(Page { mappings: shown.collect(), next }.to_json())
    }

    /// UpdateEventSourceMapping.
    ///
    /// # Errors
    /// With what the caller is to be told.
    pub async fn update(&self, id: &str, asked: Update) -> Result<Value, Refusal> {
        let _changes = self.changes.lock().await;
        let record = self.record(id).await?;
        let Mapping { target, settings, .. } = record.mapping.clone();
        let target = match (asked.function, target) {
            (None, target) => target,
            (Some(function), Target::Lambda { endpoint, .. }) => Target::Lambda { function, endpoint },
            (Some(_), Target::Http { .. }) => return Err(Refusal::unsupported("FunctionName")),
        };
        let was_enabled = settings.enabled;
        let settings = asked.changes.apply(settings)?;
        let state = match (was_enabled, settings.enabled) {
            (false, true) => State::Enabling,
            (true, false) => State::Disabling,
            _ => State::Updating,
        };
        let record = self.change(record, target, settings).await?;
        Ok(self.show(&record, state, None))
    }

    /// Brings a mapping to what is wanted of it. A mapping that is so already does not change. Its source never changes.
    ///
    /// # Errors
    /// With what the caller is to be told.
    pub async fn update_wanted(
        &self,
        id: &MappingId,
        target: Target,
        settings: Settings,
    ) -> Result<MappingRecord, Refusal> {
        let _changes = self.changes.lock().await;
        let record = self.record(id.as_str()).await?;
        if record.mapping.target == target && record.mapping.settings == settings {
            return Ok(record);
        }
        self.change(record, target, settings).await
    }

    /// DeleteEventSourceMapping.
    ///
    /// # Errors
    /// With what the caller is to be told.
    pub async fn delete(&self, id: &str) -> Result<Value, Refusal> {
        let _changes = self.changes.lock().await;
        let mut record = self.record(id).await?;
        record.deleting = true;
        self.store(record.clone()).await?;
        tracing::info!(mapping = %record.mapping.id, "event source mapping deleted");
        self.begin(&record).await;
        Ok(self.show(&record, State::Deleting, None))
    }

    /// A mapping as it is kept.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is none; otherwise the catalog failed.
    pub async fn record(&self, id: &str) -> Result<MappingRecord, Refusal> {
        let id = MappingId::parse(id).ok_or(Refusal::NotFound)?;
        self.catalog.mapping(&id).await.map_err(internal)?.ok_or(Refusal::NotFound)
    }

    /// The mapping of a stream to the target of that name; `None` if there is none.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn record_between(
        &self,
        source: &StreamArn,
        target: &str,
    ) -> Result<Option<MappingRecord>, Refusal> {
        let mut after: Option<MappingId> = None;
        loop {
            let page = self.catalog.mappings(after.as_ref(), PAGE).await.map_err(internal)?;
            let Some(last) = page.last() else { return Ok(None) };
            after = Some(last.mapping.id.clone());
            let is = |r: &MappingRecord| r.mapping.source == *source && r.mapping.target.name() == target;
            if let Some(found) = page.into_iter().find(is) {
                return Ok(Some(found));
            }
        }
    }

    /// The latest stream of a table; `None` if there is no such table, or it never had one.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn latest_stream(&self, table: &TableName) -> Result<Option<StreamName>, Refusal> {
        let found = self.tables.table(table).await.map_err(internal)?;
        let label = found.and_then(|found| found.parts.stream.map(|part| part.settings.label));
        Ok(label.map(|label| StreamName { table: table.clone(), label }))
    }

    /// Where a mapping is in its life.
    pub fn state(&self, record: &MappingRecord) -> State {
        let mapping = &record.mapping;
        match (record.deleting, self.told().get(&mapping.id) == Some(&mapping.generation), mapping.generation)
        {
            (true, ..) => State::Deleting,
            (_, true, _) => State::settled(mapping),
            (_, false, 1) => State::Creating,
            (_, false, _) => State::Updating,
        }
    }

    /// How the latest delivery went, as far as anybody knows.
    pub async fn last_result(&self, id: &MappingId) -> Option<String> {
        self.last_results(vec![id.clone()]).await.remove(id)
    }

    /// The same of several mappings, of those of which something is known.
    async fn last_results(&self, ids: Vec<MappingId>) -> BTreeMap<MappingId, String> {
        if ids.is_empty() {
            return BTreeMap::new();
        }
        let results = self.plane.last_results(ids).await;
        results.unwrap_or_else(|error| {
            tracing::debug!(error = &*error as &dyn std::error::Error, "the latest results are not known");
            BTreeMap::new()
        })
    }

    /// Tells the data plane what it may lack. Gives the number of mappings that are still not where they are going; the reasons are
    /// in the log.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn drive(&self) -> Result<usize, Error> {
        let mut unfinished = 0;
        let mut after: Option<MappingId> = None;
        loop {
            let page = self.catalog.mappings(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(unfinished) };
            after = Some(last.mapping.id.clone());
            for record in page.into_iter().filter(|record| self.is_unfinished(record)) {
                let _changes = self.changes.lock().await;
                let Some(record) = self.catalog.mapping(&record.mapping.id).await? else { continue };
                unfinished += usize::from(!self.finish_or_log(&record).await);
            }
        }
    }

    /// Tells the data plane of every mapping again: for one that started anew and may lack some.
    ///
    /// # Errors
    /// As [`Self::drive`].
    pub async fn republish(&self) -> Result<usize, Error> {
        self.told().clear();
        self.drive().await
    }

    /// Returns when a call left a mapping unfinished, since the last time. Cancel safe; for one caller.
    pub async fn left_unfinished(&self) {
        self.unfinished.notified().await;
    }

    fn is_unfinished(&self, record: &MappingRecord) -> bool {
        record.deleting || self.told().get(&record.mapping.id) != Some(&record.mapping.generation)
    }

    /// Changes a mapping whose lock the caller holds.
    async fn change(
        &self,
        record: MappingRecord,
        target: Target,
        settings: Settings,
    ) -> Result<MappingRecord, Refusal> {
        if record.deleting {
            return Err(Refusal::InProgress);
        }
        // One that was taken once stays, also where its server is not known any more: nothing else could be changed then.
        if target != record.mapping.target {
            self.check_target(&target)?;
        }
        let Mapping { id, generation, source, .. } = record.mapping;
        let (generation, last_modified) = (generation + 1, self.clock.now());
        let mapping = Mapping { id, generation, source, target, settings, last_modified };
        let record = MappingRecord { mapping, deleting: false };
        self.store(record.clone()).await?;
        tracing::info!(mapping = %record.mapping.id, generation, "event source mapping changed");
        self.begin(&record).await;
        Ok(record)
    }

    async fn store(&self, record: MappingRecord) -> Result<(), Refusal> {
        let (source_arn, target) = (record.mapping.source.clone(), record.mapping.target.name().to_owned());
        match self.catalog.put_mapping(record).await.map_err(internal)? {
            Stored::Done => Ok(()),
            Stored::Exists(existing) => Err(Refusal::Exists { source_arn, target, existing }),
        }
    }

    /// Goes on with a mapping that was just changed.
    async fn begin(&self, record: &MappingRecord) {
        if !self.finish_or_log(record).await {
            self.unfinished.notify_one();
        }
    }

    async fn finish_or_log(&self, record: &MappingRecord) -> bool {
        let finished = self.finish(record).await;
        if let Err(error) = &finished {
            let (mapping, error) = (record.mapping.id.as_str(), error as &dyn std::error::Error);
            tracing::warn!(mapping, error, "event source mapping left unfinished");
        }
        finished.is_ok()
    }

    async fn finish(&self, record: &MappingRecord) -> Result<(), Error> {
        let mapping = &record.mapping;
        let failed = |source| Error::MappingPlane { mapping: mapping.id.clone(), source };
        if record.deleting {
            self.plane.drop_mapping(&mapping.id).await.map_err(failed)?;
            self.catalog.remove_mapping(&mapping.id).await?;
            self.told().remove(&mapping.id);
        } else if self.is_unfinished(record) {
            self.plane.apply_mapping(mapping.clone()).await.map_err(failed)?;
            self.told().insert(mapping.id.clone(), mapping.generation);
        }
        Ok(())
    }

    fn check_target(&self, target: &Target) -> Result<(), Refusal> {
        match target {
            Target::Lambda { endpoint: None, .. } if !*self.options.functions.borrow() => {
                Err(Refusal::InvalidParameter(
                    "No server of Lambda's Invoke API is configured here. Start partita local with --lambda-endpoint, name one in \
                     spec.lambdaEndpoint of the Region, or declare an EventSourceMapping object that names one."
                        .to_owned(),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Refuses more mappings than nodes carry out.
    async fn check_room(&self) -> Result<(), Refusal> {
        let there = self.catalog.mappings(None, MAPPINGS_MAX).await.map_err(internal)?;
        if there.len() < MAPPINGS_MAX {
            return Ok(());
        }
        Err(Refusal::InvalidParameter(format!(
            "There are {MAPPINGS_MAX} event source mappings, which is as many as there can be. Delete one that is not needed."
        )))
    }

    /// Whether a stream is one that a mapping can be made of: the latest of its table.
    async fn check_source(&self, source: &StreamArn) -> Result<(), Refusal> {
        let missing = || Refusal::InvalidParameter(format!("Stream not found: {source}"));
        let stream = source.name(&self.options.scope).map_err(|_| missing())?;
        let latest = self.latest_stream(&stream.table).await?;
        if latest == Some(stream) { Ok(()) } else { Err(missing()) }
    }

    fn show(&self, record: &MappingRecord, state: State, result: Option<&str>) -> Value {
        self.configuration(record, state, result).to_json()
    }

    fn configuration<'a>(
        &'a self,
        record: &'a MappingRecord,
        state: State,
        last_result: Option<&'a str>,
    ) -> Configuration<'a> {
        Configuration { mapping: &record.mapping, state, last_result, scope: &self.options.scope }
    }

    fn told(&self) -> MutexGuard<'_, HashMap<MappingId, u64>> {
        // Whole after a panic too: each change is one call.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is not the caller's fault is logged here, where it ends.
fn internal(error: Error) -> Refusal {
    tracing::error!(error = &error as &dyn std::error::Error, "a call about event source mappings failed");
    Refusal::Internal
}

#[cfg(test)]
mod tests;
