//! Tables in memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use partita_model::TableName;
use partita_model::descriptor::BillingMode;
use partita_protocol::ServiceError;
use partita_protocol::definition::{
    IndexThroughput, IndexUpdate, ProvisionedThroughput, StreamSpecification, TableDefinition, Tag,
    TimeToLiveSpecification,
};
use partita_protocol::error::BusyTable;
use partita_protocol::operation::UpdateTable;
use partita_protocol::output::TableStatus;

use super::{apply, observed, scope};
use crate::plan::{Observed, Step};
use crate::reconcile::TableControl;

#[derive(Default)]
struct State {
    tables: BTreeMap<TableName, Observed>,
    made: u64,
    /// Names of the calls that changed something, or were to.
    calls: Vec<&'static str>,
    /// What the next calls answer instead of doing anything; `None` lets one pass.
    faults: VecDeque<Option<ServiceError>>,
    /// Changes still to be made and then answered with an error.
    answers_to_lose: u32,
    /// Looks at a new table, or at one with a new index, before it is active.
    slowness: u32,
    looks_left: u32,
}

/// Tables in memory.
#[derive(Default)]
pub(crate) struct FakeTables {
    state: Mutex<State>,
}

impl FakeTables {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn fail(&self, faults: impl IntoIterator<Item = Option<ServiceError>>) {
        self.state().faults.extend(faults);
    }

    /// The next `count` changes are made, and answered with an error.
    pub(crate) fn lose_answers(&self, count: u32) {
        self.state().answers_to_lose = count;
    }

    pub(crate) fn make_slow(&self, looks: u32) {
        self.state().slowness = looks;
    }

    /// Finishes what is slow.
    pub(crate) fn finish(&self) {
        self.state().looks_left = 0;
    }

    /// The calls that changed something since the last time this was asked.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.state().calls)
    }

    /// Notes something that is no call among the calls.
    pub(crate) fn note(&self, what: &'static str) {
        self.state().calls.push(what);
    }

    pub(crate) fn table(&self, name: &str) -> Option<Observed> {
        self.state().tables.get(&TableName::new(name)).cloned()
    }

    /// A change through the API.
    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Observed)) {
        change(self.state().tables.get_mut(&TableName::new(name)).unwrap());
    }

    pub(crate) fn drop_table(&self, name: &str) {
        self.state().tables.remove(&TableName::new(name)).unwrap();
    }

    pub(crate) fn add(&self, name: &str, definition: &TableDefinition) {
        let mut state = self.state();
        state.made += 1;
        let table = observed(name, state.made, definition);
        state.tables.insert(TableName::new(name), table);
    }

    fn step(&self, table: &TableName, step: &Step) -> Result<(), ServiceError> {
        let mut state = self.state();
        state.calls.push(step.name());
        if let Some(Some(fault)) = state.faults.pop_front() {
            return Err(fault);
        }
        if matches!(step, Step::Create(_)) && state.tables.contains_key(table) {
            return Err(ServiceError::table_exists(table));
        }
        let busy = |there: &Observed| there.description.table_status == TableStatus::Updating;
        let waits = !matches!(step, Step::DeleteIndex(_) | Step::Tag(_) | Step::Untag(_));
        if waits && state.tables.get(table).is_some_and(busy) {
            return Err(ServiceError::resource_in_use(table, BusyTable::Updating));
        }
        state.made += 1;
        let id = state.made;
        let mut there = state.tables.remove(table);
        apply(&mut there, step, id);
        if let Some(mut observed) = there {
            observed.description.table_name = table.clone();
            match step {
                Step::Create(_) if state.slowness > 0 => {
                    set_status(&mut observed, TableStatus::Creating);
                    state.looks_left = state.slowness;
                }
                Step::CreateIndex(..) if state.slowness > 0 => {
                    observed.description.table_status = TableStatus::Updating;
                    let index = observed.description.global_secondary_indexes.last_mut().unwrap();
                    index.index_status = TableStatus::Creating;
                    state.looks_left = state.slowness;
                }
                Step::DeleteIndex(_) => set_status(&mut observed, TableStatus::Active),
                _ => {}
            }
            state.tables.insert(table.clone(), observed);
        }
        match state.answers_to_lose.checked_sub(1) {
            Some(left) => {
                state.answers_to_lose = left;
                Err(ServiceError::internal())
            }
            None => Ok(()),
        }
    }
}

#[async_trait]
impl TableControl for FakeTables {
    async fn describe(&self, table: &TableName) -> Result<Option<Observed>, ServiceError> {
        let mut state = self.state();
        if let Some(Some(fault)) = state.faults.pop_front() {
            return Err(fault);
        }
        let answer = state.tables.get(table).cloned();
        state.looks_left = state.looks_left.saturating_sub(1);
        if state.looks_left == 0
            && let Some(observed) = state.tables.get_mut(table)
        {
            set_status(observed, TableStatus::Active);
        }
        Ok(answer)
    }

    async fn create(&self, table: &TableName, definition: &TableDefinition) -> Result<(), ServiceError> {
        self.step(table, &Step::Create(Box::new(definition.clone())))
    }

    async fn update(&self, update: UpdateTable) -> Result<(), ServiceError> {
        let table = update.table.name(&scope())?;
        let step = step_of(update).ok_or_else(|| ServiceError::validation("nothing to update"))?;
        self.step(&table, &step)
    }

    async fn set_time_to_live(
        &self,
        table: &TableName,
        specification: TimeToLiveSpecification,
    ) -> Result<(), ServiceError> {
        let TimeToLiveSpecification { enabled, attribute_name } = specification;
        let step = if enabled { Step::EnableTimeToLive } else { Step::DisableTimeToLive };
        self.step(table, &step(attribute_name))
    }

    async fn delete(&self, table: &TableName) -> Result<(), ServiceError> {
        self.step(table, &Step::Delete)
    }

    async fn tag(&self, table: &TableName, tags: Vec<Tag>) -> Result<(), ServiceError> {
        self.step(table, &Step::Tag(tags))
    }

    async fn untag(&self, table: &TableName, keys: Vec<String>) -> Result<(), ServiceError> {
        self.step(table, &Step::Untag(keys))
    }
}

fn set_status(observed: &mut Observed, status: TableStatus) {
    observed.description.table_status = status;
    for index in &mut observed.description.global_secondary_indexes {
        index.index_status = status;
    }
}

/// The step that an update was made of.
fn step_of(update: UpdateTable) -> Option<Step> {
    let units = |update: IndexUpdate| match update {
        IndexUpdate::Update(IndexThroughput { index_name, provisioned_throughput, .. }) => {
            provisioned_throughput.map(|units: ProvisionedThroughput| (index_name, units))
        }
        _ => None,
    };
    Some(match update {
        UpdateTable { billing_mode: Some(BillingMode::PayPerRequest), .. } => Step::SetOnDemand,
        UpdateTable { billing_mode: Some(_), throughput, index_updates, .. } => Step::SetProvisioned {
            table: throughput?,
            indexes: index_updates.into_iter().filter_map(units).collect(),
        },
        UpdateTable { throughput: Some(units), .. } => Step::SetThroughput(units),
        UpdateTable { table_class: Some(class), .. } => Step::SetClass(class),
        UpdateTable { deletion_protection_enabled: Some(on), .. } => Step::SetDeletionProtection(on),
        UpdateTable { stream: Some(StreamSpecification { stream_view_type, .. }), .. } => {
            stream_view_type.map_or(Step::DisableStream, Step::EnableStream)
        }
        UpdateTable { mut index_updates, attribute_definitions, .. } => match index_updates.pop()? {
            IndexUpdate::Create(index) => Step::CreateIndex(Box::new(index), attribute_definitions),
            IndexUpdate::Delete(name) => Step::DeleteIndex(name),
            change => {
                let (name, units) = units(change)?;
                Step::SetIndexThroughput(name, units)
            }
        },
    })
}
