//! Tables in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use partita_controllers::TableControl;
use partita_controllers::plan::Observed;
use partita_model::TableName;
use partita_model::descriptor::{BillingMode, Statistics};
use partita_model::name::Scope;
use partita_protocol::ServiceError;
use partita_protocol::definition::{TableDefinition, Tag, TimeToLiveSpecification};
use partita_protocol::operation::UpdateTable;
use partita_protocol::output::{
    BillingModeSummary, TableDescription, TableStatus, ThroughputDescription, TimeToLiveDescription,
    TimeToLiveStatus,
};
use tokio::sync::watch;

use super::PATIENCE;

pub(crate) fn scope() -> Scope {
    Scope { region: "eu-central-1".into(), account_id: "000000000000".into() }
}

#[derive(Default)]
struct State {
    tables: BTreeMap<TableName, Observed>,
    made: u64,
    calls: Vec<&'static str>,
}

/// On-demand tables with deletion protection and tags; nothing else of them can be changed.
#[derive(Default)]
pub(crate) struct FakeTables {
    state: Mutex<State>,
    /// How often tables were looked at.
    looks: watch::Sender<u64>,
}

impl FakeTables {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The calls that changed something, since this was asked last.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.state().calls)
    }

    pub(crate) fn has(&self, table: &str) -> bool {
        self.state().tables.contains_key(&TableName::new(table))
    }

    /// A change through the API.
    pub(crate) fn drop_tags(&self, table: &str) {
        self.state().tables.get_mut(&TableName::new(table)).unwrap().tags.clear();
    }

    /// Returns once tables were looked at `count` times from now on.
    pub(crate) async fn looked_at(&self, count: u64) {
        let mut looks = self.looks.subscribe();
        let enough = *looks.borrow_and_update() + count;
        let wait = looks.wait_for(|looks| *looks >= enough);
        tokio::time::timeout(PATIENCE, wait).await.expect("nobody looks").unwrap();
    }

    fn change(&self, call: &'static str, table: &TableName, change: impl FnOnce(&mut Observed)) {
        let mut state = self.state();
        state.calls.push(call);
        change(state.tables.get_mut(table).unwrap());
    }
}

#[async_trait]
impl TableControl for FakeTables {
    async fn describe(&self, table: &TableName) -> Result<Option<Observed>, ServiceError> {
        let found = self.state().tables.get(table).cloned();
        self.looks.send_modify(|looks| *looks += 1);
        Ok(found)
    }

    async fn create(&self, table: &TableName, definition: &TableDefinition) -> Result<(), ServiceError> {
        let mut state = self.state();
        state.calls.push("create");
        state.made += 1;
        let observed = observed(table, state.made, definition);
        let there = state.tables.insert(table.clone(), observed);
        assert!(there.is_none(), "made twice");
        Ok(())
    }

    async fn update(&self, update: UpdateTable) -> Result<(), ServiceError> {
        let table = update.table.name(&scope())?;
        let wanted = update.deletion_protection_enabled.unwrap();
        self.change("update", &table, |observed| observed.description.deletion_protection_enabled = wanted);
        Ok(())
    }

    async fn set_time_to_live(
        &self,
        _table: &TableName,
        specification: TimeToLiveSpecification,
    ) -> Result<(), ServiceError> {
        panic!("nobody declares {specification:?}")
    }

    async fn delete(&self, table: &TableName) -> Result<(), ServiceError> {
        let mut state = self.state();
        state.calls.push("delete");
        state.tables.remove(table).unwrap();
        Ok(())
    }

    async fn tag(&self, table: &TableName, tags: Vec<Tag>) -> Result<(), ServiceError> {
        self.change("tag", table, |observed| observed.tags.extend(tags));
        Ok(())
    }

    async fn untag(&self, table: &TableName, keys: Vec<String>) -> Result<(), ServiceError> {
        self.change("untag", table, |observed| observed.tags.retain(|tag| !keys.contains(&tag.key)));
        Ok(())
    }
}

fn observed(table: &TableName, id: u64, definition: &TableDefinition) -> Observed {
    let description = TableDescription {
        attribute_definitions: definition.attribute_definitions.clone(),
        table_name: table.clone(),
        key_schema: definition.key_schema.clone(),
        table_status: TableStatus::Active,
        creation_date_time: None,
        provisioned_throughput: ThroughputDescription::of(None),
        statistics: Statistics::default(),
        table_arn: scope().table_arn(table),
        table_id: format!("table-{id}"),
        billing_mode_summary: Some(BillingModeSummary {
            billing_mode: BillingMode::PayPerRequest,
            last_update_to_pay_per_request_date_time: None,
        }),
        local_secondary_indexes: Vec::new(),
        global_secondary_indexes: Vec::new(),
        table_class_summary: None,
        deletion_protection_enabled: definition.deletion_protection_enabled == Some(true),
        warm_throughput: None,
        on_demand_throughput: None,
        stream_specification: None,
        latest_stream_label: None,
        latest_stream_arn: None,
    };
    let time_to_live =
        TimeToLiveDescription { time_to_live_status: TimeToLiveStatus::Disabled, attribute_name: None };
    Observed { description, tags: definition.tags.clone().unwrap_or_default(), time_to_live }
}
