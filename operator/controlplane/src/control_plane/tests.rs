//! The life cycle over a catalog in SQLite and a data plane in memory.

mod crash;
mod declared;
mod features;
mod indexes;
mod lifecycle;
mod plane;
mod settings;
mod streams;
mod tags;
mod time_to_live;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use partita_model::clock::{Clock, UnixMillis};
use partita_model::name::Scope;
use partita_model::{TableName, descriptor::BillingMode};
use partita_protocol::definition::{ProvisionedThroughput, TableDefinition};
use partita_protocol::operation::{self, TableRef};
use partita_protocol::output::TableDescription;
use partita_protocol::{ServiceError, Wording};
use serde_json::json;

use super::{ControlPlane, Options, UuidSource};
use crate::catalog::{Catalog, SqliteCatalog};
use crate::data_plane::DataPlane;
use plane::MemoryPlane;

/// 2024-10-04T00:00:00Z.
const START: u64 = 20_000 * 86_400_000;
pub(super) const HOUR_MS: u64 = 3_600_000;

/// A clock that stands still until told otherwise.
#[derive(Debug)]
struct ManualClock(AtomicU64);

impl ManualClock {
    fn advance(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }
}

/// `uuid-1`, `uuid-2` …
#[derive(Debug, Default)]
struct CountedUuids(AtomicU64);

impl UuidSource for CountedUuids {
    fn uuid(&self) -> String {
        format!("uuid-{}", self.0.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

fn scope() -> Scope {
    Scope { region: "eu-central-1".to_owned(), account_id: "000000000000".to_owned() }
}

fn options() -> Options {
    Options { uuids: Arc::new(CountedUuids::default()), ..Options::from(scope()) }
}

/// A control plane with everything around it.
struct World {
    control: ControlPlane,
    plane: Arc<MemoryPlane>,
    clock: Arc<ManualClock>,
}

impl World {
    async fn new() -> Self {
        Self::with(options()).await
    }

    async fn with(options: Options) -> Self {
        let catalog: Arc<dyn Catalog> = Arc::new(SqliteCatalog::in_memory().await.unwrap());
        let plane = Arc::new(MemoryPlane::default());
        let clock = Arc::new(ManualClock(AtomicU64::new(START)));
        let control =
            open(catalog, Arc::clone(&plane) as Arc<dyn DataPlane>, Arc::clone(&clock), options).await;
        Self { control, plane, clock }
    }
}

async fn open(
    catalog: Arc<dyn Catalog>,
    plane: Arc<dyn DataPlane>,
    clock: Arc<ManualClock>,
    options: Options,
) -> ControlPlane {
    ControlPlane::open(catalog, plane, clock, options).await.unwrap()
}

fn name(name: &str) -> TableName {
    TableName::new(name)
}

fn provisioned(read: u64, write: u64) -> TableDefinition {
    let mut definition = on_demand();
    definition.billing_mode = None;
    definition.provisioned_throughput = Some(units(read, write));
    definition
}

fn on_demand() -> TableDefinition {
    serde_json::from_value(json!({
        "AttributeDefinitions": [
            { "AttributeName": "a", "AttributeType": "S" },
            { "AttributeName": "b", "AttributeType": "N" },
        ],
        "KeySchema": [
            { "AttributeName": "a", "KeyType": "HASH" },
            { "AttributeName": "b", "KeyType": "RANGE" },
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }))
    .unwrap()
}

fn units(read_capacity_units: u64, write_capacity_units: u64) -> ProvisionedThroughput {
    ProvisionedThroughput { read_capacity_units, write_capacity_units }
}

fn create(table: &str, definition: TableDefinition) -> operation::CreateTable {
    operation::CreateTable { table: TableRef::new(table), definition }
}

fn update(table: &str) -> operation::UpdateTable {
    operation::UpdateTable {
        table: TableRef::new(table),
        billing_mode: None,
        throughput: None,
        table_class: None,
        deletion_protection_enabled: None,
        stream: None,
        sse: None,
        warm_throughput: None,
        on_demand_throughput: None,
        index_updates: Vec::new(),
        attribute_definitions: Vec::new(),
        unsupported: None,
    }
}

fn throughput(table: &str, read: u64, write: u64) -> operation::UpdateTable {
    operation::UpdateTable { throughput: Some(units(read, write)), ..update(table) }
}

fn billing(
    table: &str,
    mode: BillingMode,
    throughput: Option<ProvisionedThroughput>,
) -> operation::UpdateTable {
    operation::UpdateTable { billing_mode: Some(mode), throughput, ..update(table) }
}

fn delete(table: &str) -> operation::DeleteTable {
    operation::DeleteTable { table: TableRef::new(table) }
}

fn describe(table: &str) -> operation::DescribeTable {
    operation::DescribeTable { table: TableRef::new(table) }
}

impl World {
    async fn create(&self, table: &str, definition: TableDefinition) -> TableDescription {
        self.control.create_table(create(table, definition)).await.unwrap()
    }

    async fn describe(&self, table: &str) -> TableDescription {
        self.control.describe_table(describe(table)).await.unwrap()
    }

    async fn update(&self, update: operation::UpdateTable) -> Result<TableDescription, ServiceError> {
        self.control.update_table(update).await
    }
}

/// Name and sentence of a refusal.
#[track_caller]
fn refusal<T: std::fmt::Debug>(result: Result<T, ServiceError>) -> (&'static str, String) {
    let error = result.expect_err("refused");
    (error.name(), error.message(Wording::Modern2026).unwrap_or_default().into_owned())
}
