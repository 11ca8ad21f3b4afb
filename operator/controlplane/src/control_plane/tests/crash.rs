//! A process that dies at any step leaves nothing half done.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use partita_model::descriptor::BillingMode;
use partita_protocol::output::TableStatus;

use super::plane::{Crash, MemoryPlane, Mortal};
use super::{
    Catalog, ControlPlane, DataPlane, ManualClock, START, SqliteCatalog, billing, create, delete, describe,
    name, on_demand, open, options, provisioned, throughput,
};

/// What the callers do, one after the other, to one table.
#[derive(Clone, Copy, Debug)]
enum Act {
    CreateProvisioned,
    CreateOnDemand,
    Throughput(u64),
    OnDemand,
    Delete,
}

/// What the table is: absent, on demand (`None`), or with so many read units.
type Seen = Option<Option<u64>>;

impl Act {
    fn result(self) -> Seen {
        match self {
            Self::CreateProvisioned => Some(Some(5)),
            Self::CreateOnDemand | Self::OnDemand => Some(None),
            Self::Throughput(units) => Some(Some(units)),
            Self::Delete => None,
        }
    }

    /// Whether it was acknowledged.
    async fn perform(self, control: &ControlPlane) -> bool {
        match self {
            Self::CreateProvisioned => control.create_table(create("music", provisioned(5, 5))).await.is_ok(),
            Self::CreateOnDemand => control.create_table(create("music", on_demand())).await.is_ok(),
            Self::Throughput(units) => control.update_table(throughput("music", units, 5)).await.is_ok(),
            Self::OnDemand => {
                control.update_table(billing("music", BillingMode::PayPerRequest, None)).await.is_ok()
            }
            Self::Delete => control.delete_table(delete("music")).await.is_ok(),
        }
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
            true => sure = act.result(),
            false => return (sure, act.result()),
        }
    }
    (sure, sure)
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
    let seen: Seen =
        record.as_ref().map(|r| r.definition.provisioned_throughput.map(|t| t.read_capacity_units));
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
