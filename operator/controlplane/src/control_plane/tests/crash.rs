//! A process that dies at any step leaves nothing half done.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use partita_model::descriptor::BillingMode;
use partita_protocol::definition::TimeToLiveSpecification;
use partita_protocol::output::TableStatus;

use super::indexes::{add, remove};
use super::plane::{Crash, MemoryPlane, Mortal};
use super::streams::stream;
use super::{
    Catalog, ControlPlane, DataPlane, ManualClock, START, SqliteCatalog, billing, create, delete, describe,
    name, on_demand, open, options, provisioned, throughput,
};
use crate::catalog::TableRecord;

/// What the callers do, one after the other, to one table.
#[derive(Clone, Copy, Debug)]
enum Act {
    CreateProvisioned,
    CreateOnDemand,
    Throughput(u64),
    OnDemand,
    AddIndex(&'static str),
    RemoveIndex(&'static str),
    Stream(bool),
    Expire(bool),
    Delete,
}

/// What the table is, or nothing.
type Seen = Option<Shape>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Shape {
    /// None when on demand.
    read_units: Option<u64>,
    indexes: Vec<String>,
    stream: bool,
    expiry: bool,
}

impl Shape {
    fn of(table: &TableRecord) -> Self {
        Self {
            read_units: table.definition.provisioned_throughput.map(|units| units.read_capacity_units),
            indexes: table.global_indexes().map(|index| index.index_name.to_string()).collect(),
            stream: table.parts.enabled_stream().is_some(),
            expiry: table.parts.expiry().is_some(),
        }
    }
}

impl Act {
    fn result(self, before: Seen) -> Seen {
        let mut shape = before.unwrap_or_default();
        match self {
            Self::CreateProvisioned => return Some(Shape { read_units: Some(5), ..Shape::default() }),
            Self::CreateOnDemand => return Some(Shape::default()),
            Self::Delete => return None,
            Self::OnDemand => shape.read_units = None,
            Self::Throughput(units) => shape.read_units = Some(units),
            Self::AddIndex(name) => shape.indexes.push(name.to_owned()),
            Self::RemoveIndex(name) => shape.indexes.retain(|index| index != name),
            Self::Stream(on) => shape.stream = on,
            Self::Expire(on) => shape.expiry = on,
        }
        Some(shape)
    }

    /// Whether it was acknowledged.
    async fn perform(self, control: &ControlPlane) -> bool {
        let update = match self {
            Self::CreateProvisioned => {
                return control.create_table(create("music", provisioned(5, 5))).await.is_ok();
            }
            Self::CreateOnDemand => return control.create_table(create("music", on_demand())).await.is_ok(),
            Self::Delete => return control.delete_table(delete("music")).await.is_ok(),
            Self::Expire(enabled) => {
                let specification = TimeToLiveSpecification { enabled, attribute_name: "until".to_owned() };
                return control.set_declared_time_to_live(&name("music"), &specification).await.is_ok();
            }
            Self::Throughput(units) => throughput("music", units, 5),
            Self::OnDemand => billing("music", BillingMode::PayPerRequest, None),
            Self::AddIndex(name) => add("music", name, "c"),
            Self::RemoveIndex(name) => remove("music", name),
            Self::Stream(on) => stream("music", on.then_some("KEYS_ONLY")),
        };
        control.update_table(update).await.is_ok()
    }
}

const SCENARIO: [Act; 7] = [
    Act::CreateProvisioned,
    Act::Throughput(7),
    Act::Throughput(3),
    Act::Delete,
    Act::CreateOnDemand,
    Act::Delete,
    Act::CreateProvisioned,
];
const SWITCHING: [Act; 3] = [Act::CreateProvisioned, Act::OnDemand, Act::Delete];
const PARTS: [Act; 9] = [
    Act::CreateOnDemand,
    Act::AddIndex("by-c"),
    Act::Stream(true),
    Act::Expire(true),
    Act::RemoveIndex("by-c"),
    Act::Stream(false),
    Act::Expire(false),
    Act::AddIndex("by-c"),
    Act::Stream(true),
];

/// Plays a scenario up to the crash; gives what was surely done, and what may have been.
async fn play(
    scenario: &[Act],
    catalog: &SqliteCatalog,
    plane: &Arc<MemoryPlane>,
    crash: &Arc<Crash>,
) -> (Seen, Seen) {
    let mortal_catalog = Arc::new(Mortal { inner: catalog.clone(), crash: Arc::clone(crash) });
    let mortal_plane = Arc::new(Mortal { inner: Arc::clone(plane), crash: Arc::clone(crash) });
    let clock = Arc::new(ManualClock(AtomicU64::new(START)));
    let opened = ControlPlane::open(mortal_catalog, mortal_plane, clock, options()).await;
    let Ok(control) = opened else { return (None, None) };
    let mut sure: Seen = None;
    for act in scenario {
        match act.perform(&control).await {
            true => sure = act.result(sure),
            false => return (sure.clone(), act.result(sure)),
        }
    }
    (sure.clone(), sure)
}

async fn survives(scenario: &[Act], at: usize, after_work: bool) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalog.sqlite");
    let catalog = SqliteCatalog::open(&file).await.unwrap();
    let plane = Arc::new(MemoryPlane::default());
    let crash = Crash::new(at, after_work);
    let (sure, maybe) = play(scenario, &catalog, &plane, &crash).await;
    catalog.close().await;

    let catalog: Arc<dyn Catalog> = Arc::new(SqliteCatalog::open(&file).await.unwrap());
    let clock = Arc::new(ManualClock(AtomicU64::new(START)));
    let control =
        open(Arc::clone(&catalog), Arc::clone(&plane) as Arc<dyn DataPlane>, clock, options()).await;
    let context = format!("step {at}, after its work: {after_work}");
    assert_eq!(control.drive().await.unwrap(), 0, "{context}: nothing is left to do");

    let record = catalog.table(&name("music")).await.unwrap();
    let seen: Seen = record.as_ref().map(Shape::of);
    assert!(seen == sure || seen == maybe, "{context}: {seen:?}, not {sure:?} nor {maybe:?}");
    let expected: Vec<_> = record.iter().map(|table| table.descriptor().unwrap()).collect();
    let applied: Vec<_> = plane.tables().into_values().collect();
    assert_eq!(applied, expected, "{context}: the data plane has what the catalog has");
    if record.is_some() {
        let described = control.describe_table(describe("music")).await.unwrap();
        assert_eq!(described.table_status, TableStatus::Active, "{context}");
    }
    crash.happened()
}

async fn survives_everywhere(scenario: &[Act]) {
    for after_work in [false, true] {
        let mut at = 0;
        while survives(scenario, at, after_work).await {
            at += 1;
        }
        assert!(at > 3 * scenario.len(), "the scenario has more steps than {at}");
    }
}

#[tokio::test]
async fn a_crash_at_any_step_leaves_a_whole_table_or_none() {
    survives_everywhere(&SCENARIO).await;
}

#[tokio::test]
async fn a_crash_while_switching_leaves_one_mode_or_the_other() {
    survives_everywhere(&SWITCHING).await;
}

#[tokio::test]
async fn a_crash_while_parts_come_and_go_leaves_them_whole_or_gone() {
    survives_everywhere(&PARTS).await;
}

/// A slow build outlives the control plane; whoever comes next waits for it, or cancels it.
#[tokio::test]
async fn a_build_outlives_the_control_plane() {
    let catalog: Arc<dyn Catalog> = Arc::new(SqliteCatalog::in_memory().await.unwrap());
    let plane = Arc::new(MemoryPlane::default());
    let clock = Arc::new(ManualClock(AtomicU64::new(START)));
    let start = || {
        open(Arc::clone(&catalog), Arc::clone(&plane) as Arc<dyn DataPlane>, Arc::clone(&clock), options())
    };
    let control = start().await;
    control.create_table(create("music", on_demand())).await.unwrap();
    plane.set_slow(true);
    control.update_table(add("music", "by-c", "c")).await.unwrap();
    let control = start().await;
    assert_eq!(control.drive().await.unwrap(), 1);
    plane.build();
    assert_eq!(control.drive().await.unwrap(), 0);
    assert!(plane.table("music").global_index("by-c").unwrap().active);

    control.update_table(add("music", "by-d", "d")).await.unwrap();
    let control = start().await;
    control.update_table(remove("music", "by-d")).await.unwrap();
    assert_eq!(control.drive().await.unwrap(), 0);
    assert_eq!(plane.table("music").global_indexes.len(), 1);
}
