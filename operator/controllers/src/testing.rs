//! A control plane in memory, a clock that is set, and specs, for tests.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use partita_api::TableSpec;
use partita_model::clock::{Clock, UnixMillis};
use partita_model::descriptor::{BillingMode, Statistics};
use partita_model::name::Scope;
use partita_model::{IndexName, TableName};
use partita_protocol::ServiceError;
use partita_protocol::definition::{TableDefinition, Tag};
use partita_protocol::operation::UpdateTable;
use partita_protocol::output::{
    BillingModeSummary, LocalIndexDescription, TableClassSummary, TableDescription, TableStatus,
    ThroughputDescription,
};
use serde_json::{Value, json};

use crate::plan::{Observed, Step};
use crate::reconcile::TableControl;

pub(crate) fn scope() -> Scope {
    Scope { region: "eu-central-1".into(), account_id: "000000000000".into() }
}

/// A clock that stands until it is set.
#[derive(Debug, Default)]
pub(crate) struct SetClock(AtomicU64);

impl SetClock {
    pub(crate) fn set(&self, millis: u64) {
        self.0.store(millis, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::Relaxed))
    }
}

/// A spec with a key `pk` of strings and whatever else `more` says.
pub(crate) fn spec(more: Value) -> TableSpec {
    serde_json::from_value(spec_json(more)).unwrap()
}

pub(crate) fn spec_json(more: Value) -> Value {
    let mut spec = json!({
        "tableName": "orders",
        "attributeDefinitions": [{"attributeName": "pk", "attributeType": "S"}],
        "keySchema": [{"attributeName": "pk", "keyType": "HASH"}],
    });
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    spec
}

pub(crate) fn manifest(name: &str, more: Value) -> Value {
    json!({"apiVersion": "partita.dev/v1", "kind": "Table", "metadata": {"name": name}, "spec": spec_json(more)})
}

/// A new table of that definition.
pub(crate) fn observed(name: &str, id: u64, definition: &TableDefinition) -> Observed {
    let table = TableName::new(name);
    let index = |index: &partita_protocol::definition::LocalIndexDefinition| LocalIndexDescription {
        index_name: index.index_name.clone(),
        key_schema: index.key_schema.clone(),
        projection: index.projection.clone(),
        statistics: Statistics::default(),
        index_arn: scope().index_arn(&table, &IndexName::new(index.index_name.as_str())),
    };
    let description = TableDescription {
        attribute_definitions: definition.attribute_definitions.clone(),
        table_name: table.clone(),
        key_schema: definition.key_schema.clone(),
        table_status: TableStatus::Active,
        creation_date_time: Some(UnixMillis(1_000)),
        provisioned_throughput: ThroughputDescription::of(definition.provisioned_throughput.map(Into::into)),
        statistics: Statistics::default(),
        table_arn: scope().table_arn(&table),
        table_id: format!("table-{id}"),
        billing_mode_summary: definition
            .billing_mode
            .filter(|mode| *mode == BillingMode::PayPerRequest)
            .map(summary),
        local_secondary_indexes: definition.local_secondary_indexes.iter().flatten().map(index).collect(),
        global_secondary_indexes: Vec::new(),
        table_class_summary: definition.table_class.map(class),
        deletion_protection_enabled: definition.deletion_protection_enabled == Some(true),
        warm_throughput: None,
        on_demand_throughput: None,
    };
    Observed { description, tags: definition.tags.clone().unwrap_or_default() }
}

fn summary(billing_mode: BillingMode) -> BillingModeSummary {
    BillingModeSummary { billing_mode, last_update_to_pay_per_request_date_time: None }
}

fn class(table_class: partita_protocol::definition::TableClass) -> TableClassSummary {
    TableClassSummary { table_class, last_update_date_time: None }
}

/// What a step does to a table.
pub(crate) fn apply(table: &mut Option<Observed>, step: &Step, id: u64) {
    match (step, table.as_mut()) {
        (Step::Create(definition), None) => *table = Some(observed("orders", id, definition)),
        (Step::Delete, _) => *table = None,
        (Step::SetBilling(mode, units), Some(table)) => {
            table.description.billing_mode_summary = Some(summary(*mode));
            table.description.provisioned_throughput = ThroughputDescription::of(units.map(Into::into));
        }
        (Step::SetThroughput(units), Some(table)) => {
            table.description.provisioned_throughput = ThroughputDescription::of(Some((*units).into()));
        }
        (Step::SetClass(wanted), Some(table)) => table.description.table_class_summary = Some(class(*wanted)),
        (Step::SetDeletionProtection(on), Some(table)) => table.description.deletion_protection_enabled = *on,
        (Step::Untag(keys), Some(table)) => table.tags.retain(|tag| !keys.contains(&tag.key)),
        (Step::Tag(tags), Some(table)) => {
            table.tags.retain(|old| !tags.iter().any(|new| new.key == old.key));
            table.tags.extend(tags.iter().cloned());
        }
        (step, table) => panic!("{step:?} is not legal for {table:?}"),
    }
}

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
    /// Looks at a new table before it is active.
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
        state.made += 1;
        let id = state.made;
        let mut there = state.tables.remove(table);
        apply(&mut there, step, id);
        if let Some(mut observed) = there {
            observed.description.table_name = table.clone();
            if matches!(step, Step::Create(_)) && state.slowness > 0 {
                observed.description.table_status = TableStatus::Creating;
                state.looks_left = state.slowness;
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
            observed.description.table_status = TableStatus::Active;
        }
        Ok(answer)
    }

    async fn create(&self, table: &TableName, definition: &TableDefinition) -> Result<(), ServiceError> {
        self.step(table, &Step::Create(Box::new(definition.clone())))
    }

    async fn update(&self, update: UpdateTable) -> Result<(), ServiceError> {
        let table = update.table.name(&scope())?;
        let step = match &update {
            UpdateTable { billing_mode: Some(mode), throughput, .. } => Step::SetBilling(*mode, *throughput),
            UpdateTable { throughput: Some(units), .. } => Step::SetThroughput(*units),
            UpdateTable { table_class: Some(class), .. } => Step::SetClass(*class),
            UpdateTable { deletion_protection_enabled: Some(on), .. } => Step::SetDeletionProtection(*on),
            _ => return Err(ServiceError::validation("nothing to update")),
        };
        self.step(&table, &step)
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
