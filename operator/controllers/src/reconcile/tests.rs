mod faults;
mod held;
mod indexes;
mod placeless;

use partita_api::conditions::types;
use partita_api::{ConditionStatus, Table, TableStatus};
use serde_json::{Value, json};

use super::*;
use crate::clerk::STATISTICS_AGE_MS_MAX;
use crate::events::Severity;
use crate::testing::{FakeTables, SetClock, manifest, scope, spec};
use crate::{Applied, Keeper, MemoryObjects};

/// An object store that counts writes.
#[derive(Default)]
struct CountingObjects {
    objects: MemoryObjects,
    writes: std::sync::atomic::AtomicUsize,
}

#[async_trait]
impl crate::Objects for CountingObjects {
    async fn list(&self) -> Result<Vec<Value>, Error> {
        self.objects.list().await
    }

    async fn get(&self, key: &ObjectKey) -> Result<Option<Value>, Error> {
        self.objects.get(key).await
    }

    async fn put(&self, key: &ObjectKey, object: Value) -> Result<(), Error> {
        self.writes.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.objects.put(key, object).await
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), Error> {
        self.objects.delete(key).await
    }
}

struct World {
    tables: Arc<FakeTables>,
    objects: Arc<CountingObjects>,
    clock: Arc<SetClock>,
    keeper: Arc<Keeper>,
    reconciler: Reconciler,
    key: ObjectKey,
}

impl World {
    fn new() -> Self {
        let (tables, objects, clock) =
            (FakeTables::new(), Arc::<CountingObjects>::default(), Arc::<SetClock>::default());
        let keeper = Arc::new(Keeper::new(Arc::clone(&objects) as Arc<dyn crate::Objects>, clock.clone()));
        let reconciler = Reconciler::new(Arc::<Keeper>::clone(&keeper), Arc::default(), clock.clone());
        let key = ObjectKey { kind: "Table".into(), namespace: "default".into(), name: "orders".into() };
        Self { tables, objects, clock, keeper, reconciler, key }
    }

    /// A world with the object and its table, settled.
    async fn settled(more: Value) -> Self {
        let world = Self::new();
        world.apply(more).await;
        assert_eq!(world.pass().await, Next::Resync);
        world.tables.calls();
        world
    }

    async fn apply(&self, more: Value) {
        let applied = self.keeper.apply(&manifest("orders", more)).await.unwrap();
        assert!(matches!(applied, Applied::Accepted(..)), "{applied:?}");
    }

    async fn pass(&self) -> Next {
        self.reconciler.reconcile(&self.key, &Claim::Owner, Some(&self.place())).await.unwrap()
    }

    fn place(&self) -> Place {
        Place { control: self.tables.clone(), scope: scope() }
    }

    async fn object(&self) -> Table {
        serde_json::from_value(self.keeper.get(&self.key).await.unwrap().unwrap()).unwrap()
    }

    async fn status(&self) -> TableStatus {
        self.object().await.status.unwrap_or_default()
    }

    /// The reason of `Ready`, and which of `Ready`, `Reconciling` and `Stalled` are true.
    async fn state(&self) -> (String, Vec<String>) {
        let conditions = self.status().await.conditions;
        let holds =
            |type_: &str| conditions.iter().any(|c| c.type_ == type_ && c.status == ConditionStatus::True);
        let held =
            [types::READY, types::RECONCILING, types::STALLED].into_iter().filter(|type_| holds(type_));
        let ready = conditions.iter().find(|c| c.type_ == types::READY).unwrap();
        (ready.reason.clone().unwrap(), held.map(str::to_owned).collect())
    }

    async fn assert_state(&self, reason: &str, held: &[&str]) {
        let (actual, holds) = self.state().await;
        assert_eq!(
            (actual.as_str(), holds.iter().map(String::as_str).collect::<Vec<_>>()),
            (reason, held.to_vec())
        );
    }

    fn writes(&self) -> usize {
        self.objects.writes.swap(0, std::sync::atomic::Ordering::Relaxed)
    }

    fn reasons(&self) -> Vec<String> {
        self.reconciler.events().of(&self.key).into_iter().map(|event| event.reason).collect()
    }
}

fn on_demand() -> Value {
    json!({"billingMode": "PAY_PER_REQUEST"})
}

#[tokio::test]
async fn a_declared_table_is_made_and_shown() {
    let world = World::new();
    world.apply(json!({"billingMode": "PAY_PER_REQUEST", "tags": [{"key": "a", "value": "b"}]})).await;
    assert_eq!(world.pass().await, Next::Resync);
    assert_eq!(world.tables.calls(), ["CreateTable"]);
    world.assert_state("Settled", &["Ready"]).await;
    let status = world.status().await;
    assert_eq!(status.table_status.as_deref(), Some("ACTIVE"));
    assert_eq!(status.observed_generation, Some(1));
    assert!(status.conditions.iter().all(|condition| condition.observed_generation == Some(1)));
    let metadata = status.ack_resource_metadata.unwrap();
    assert_eq!(metadata.arn.as_deref(), Some("arn:aws:dynamodb:eu-central-1:000000000000:table/orders"));
    assert_eq!(world.reasons(), ["Creating", "Settled"]);
}

#[tokio::test]
async fn a_settled_object_causes_no_call_and_no_write() {
    let world = World::settled(on_demand()).await;
    world.writes();
    for pass in 1..5 {
        world.clock.set(pass * STATISTICS_AGE_MS_MAX);
        world.pass().await;
    }
    assert_eq!((world.tables.calls(), world.writes()), (vec![], 0));
}

#[tokio::test]
async fn counts_alone_are_written_once_in_a_while() {
    let world = World::settled(on_demand()).await;
    world.writes();
    world.tables.change("orders", |table| table.description.statistics.item_count = 5);
    world.clock.set(STATISTICS_AGE_MS_MAX - 1);
    world.pass().await;
    assert_eq!((world.writes(), world.status().await.item_count), (0, Some(0)));
    world.clock.set(STATISTICS_AGE_MS_MAX);
    world.pass().await;
    assert_eq!((world.writes(), world.status().await.item_count), (1, Some(5)));
}

#[tokio::test]
async fn a_slow_table_is_waited_for_and_stays_the_objects_own() {
    let world = World::new();
    world.tables.make_slow(3);
    world.apply(json!({"billingMode": "PAY_PER_REQUEST", "adoptionPolicy": "Create"})).await;
    assert_eq!(world.pass().await, Next::Poll);
    world.assert_state("Creating", &["Reconciling"]).await;
    let step = world.status().await.step.unwrap();
    assert_eq!((step.name.as_str(), step.number, step.total), ("CreateTable", 1, 1));
    while world.pass().await == Next::Poll {}
    world.assert_state("Settled", &["Ready"]).await;
    assert_eq!(world.status().await.step, None);
}

#[tokio::test]
async fn a_change_of_the_manifest_is_carried_out_and_its_generation_observed() {
    let world = World::settled(on_demand()).await;
    world.apply(json!({"billingMode": "PAY_PER_REQUEST", "deletionProtectionEnabled": true, "tags": [{"key": "a"}]})).await;
    world.pass().await;
    assert_eq!(world.tables.calls(), ["UpdateDeletionProtection", "TagResource"]);
    world.assert_state("Settled", &["Ready"]).await;
    assert_eq!(world.status().await.observed_generation, Some(2));
}

#[tokio::test]
async fn what_the_api_changes_of_a_named_field_is_put_back() {
    let world = World::settled(json!({"billingMode": "PAY_PER_REQUEST", "tags": [{"key": "a"}]})).await;
    world.tables.change("orders", |table| {
        table.tags.clear();
        table.description.deletion_protection_enabled = true;
    });
    world.pass().await;
    assert_eq!(world.tables.calls(), ["TagResource"]);
    assert!(world.tables.table("orders").unwrap().description.deletion_protection_enabled);
}

#[tokio::test]
async fn a_table_that_the_api_deletes_is_made_again_with_a_warning() {
    let world = World::settled(on_demand()).await;
    let before = world.status().await.table_id;
    world.tables.drop_table("orders");
    world.pass().await;
    world.assert_state("Recreated", &["Ready"]).await;
    assert_ne!(world.status().await.table_id, before);
    let warnings = world.reconciler.events().of(&world.key);
    let last = warnings.last().unwrap();
    assert_eq!((last.reason.as_str(), last.severity), ("Recreated", Severity::Warning));
    // It can be read until the manifest changes.
    world.pass().await;
    world.assert_state("Recreated", &["Ready"]).await;
    world.apply(json!({"billingMode": "PAY_PER_REQUEST", "tags": []})).await;
    world.pass().await;
    world.assert_state("Settled", &["Ready"]).await;
}

#[tokio::test]
async fn a_table_of_the_api_is_taken_over() {
    let world = World::new();
    world.tables.add("orders", &definition::definition(&spec(on_demand())).unwrap());
    world.apply(json!({"tags": [{"key": "a"}]})).await;
    world.pass().await;
    assert_eq!(world.tables.calls(), ["TagResource"]);
    world.assert_state("Adopted", &["Ready"]).await;
}

#[tokio::test]
async fn a_table_that_may_not_be_taken_over_is_neither_touched_nor_claimed() {
    let world = World::new();
    world.tables.add("orders", &definition::definition(&spec(on_demand())).unwrap());
    world
        .apply(json!({"billingMode": "PAY_PER_REQUEST", "tags": [{"key": "a"}], "adoptionPolicy": "Create"}))
        .await;
    for _ in 0..3 {
        world.pass().await;
    }
    assert_eq!(world.tables.calls(), [""; 0]);
    world.assert_state("AlreadyExists", &["Stalled"]).await;
    assert_eq!(world.status().await.table_id, None);
    // It goes on by itself once the cause is gone.
    world.tables.drop_table("orders");
    world.pass().await;
    world.assert_state("Settled", &["Ready"]).await;
}

#[tokio::test]
async fn a_rival_is_told_who_manages_the_table() {
    let world = World::new();
    world.apply(on_demand()).await;
    let owner = ObjectKey { name: "older".into(), ..world.key.clone() };
    world.reconciler.reconcile(&world.key, &Claim::Rival(owner), Some(&world.place())).await.unwrap();
    world.assert_state("Conflict", &["Stalled"]).await;
    assert_eq!(world.tables.calls(), [""; 0]);
}

#[tokio::test]
async fn suspension_keeps_the_status_fresh_and_changes_nothing() {
    let world = World::settled(on_demand()).await;
    world.apply(json!({"billingMode": "PAY_PER_REQUEST", "suspend": true, "tags": [{"key": "a"}]})).await;
    world.pass().await;
    world.assert_state("Suspended", &[]).await;
    assert_eq!(world.tables.calls(), [""; 0]);
    assert_eq!(world.status().await.observed_generation, Some(2));
}

#[tokio::test]
async fn deleting_an_object_deletes_its_table() {
    let world = World::settled(on_demand()).await;
    world.keeper.ask_to_delete(&world.key).await.unwrap();
    assert_eq!(world.pass().await, Next::Gone);
    assert_eq!((world.tables.table("orders"), world.keeper.get(&world.key).await.unwrap()), (None, None));
}

#[tokio::test]
async fn deletion_protection_holds_a_deletion_visibly_until_it_is_lifted() {
    let world =
        World::settled(json!({"billingMode": "PAY_PER_REQUEST", "deletionProtectionEnabled": true})).await;
    world.keeper.ask_to_delete(&world.key).await.unwrap();
    world.pass().await;
    world.assert_state("DeletionProtected", &["Ready", "Reconciling"]).await;
    assert_eq!(world.tables.calls(), [""; 0]);
    world.apply(json!({"billingMode": "PAY_PER_REQUEST", "deletionProtectionEnabled": false})).await;
    assert_eq!(world.pass().await, Next::Gone);
    assert_eq!(world.tables.calls(), ["UpdateDeletionProtection", "DeleteTable"]);
}

#[tokio::test]
async fn a_retained_table_outlives_its_object() {
    let world = World::settled(json!({"billingMode": "PAY_PER_REQUEST", "deletionPolicy": "Retain"})).await;
    world.keeper.ask_to_delete(&world.key).await.unwrap();
    assert_eq!(world.pass().await, Next::Gone);
    assert!(world.tables.table("orders").is_some());
}

#[tokio::test]
async fn a_table_with_recovery_is_not_deleted_without_the_backup() {
    let recovery = json!({"pointInTimeRecoveryEnabled": true});
    let world =
        World::settled(json!({"billingMode": "PAY_PER_REQUEST", "continuousBackups": recovery})).await;
    world.keeper.ask_to_delete(&world.key).await.unwrap();
    world.pass().await;
    world.assert_state("BackupUnsupported", &["Ready", "Reconciling"]).await;
    assert!(world.tables.table("orders").is_some());
}

#[tokio::test]
async fn fields_that_are_not_acted_upon_are_named_and_the_table_is_ready() {
    let world = World::settled(json!({
        "billingMode": "PAY_PER_REQUEST", "warmThroughput": {"readUnitsPerSecond": 20_000},
        "sseSpecification": {"enabled": true, "kmsMasterKeyRef": {"from": {"name": "k"}}},
    }))
    .await;
    world.assert_state("Settled", &["Ready"]).await;
    let conditions = world.status().await.conditions;
    let message =
        |type_: &str| conditions.iter().find(|c| c.type_ == type_).unwrap().message.clone().unwrap();
    assert_eq!(message(types::UNSUPPORTED), "kept, but not acted upon yet: warmThroughput, sseSpecification");
    assert_eq!(message(types::ACK_REFERENCES_RESOLVED), "not found: sseSpecification.kmsMasterKeyRef");
}

#[tokio::test]
async fn a_table_of_another_region_is_refused() {
    let world = World::new();
    let mut manifest = manifest("orders", on_demand());
    manifest["spec"]["tableName"] = json!("arn:aws:dynamodb:us-east-1:000000000000:table/orders");
    world.keeper.apply(&manifest).await.unwrap();
    world.pass().await;
    world.assert_state("InvalidSpec", &["Stalled"]).await;
    world.keeper.ask_to_delete(&world.key).await.unwrap();
    assert_eq!(world.pass().await, Next::Gone);
    assert_eq!(world.keeper.get(&world.key).await.unwrap(), None);
}
