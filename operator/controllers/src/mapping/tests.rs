mod crash;
mod life;
mod ownership;

use partita_api::conditions::types;
use partita_api::{ConditionStatus, EventSourceMappingStatus};
use partita_mapping::{StartingPosition, Url};
use serde_json::{Value, json};

use super::*;
use crate::testing::{Crash, FakeMappings, SetClock, manifest, scope};
use crate::{Applied, Declared as _, Keeper, MemoryObjects, Objects};

const FIRST: &str = "2026-01-01T00:00:00.000";
const SECOND: &str = "2026-01-02T00:00:00.000";
const URL: &str = "http://sink.example/";

struct World {
    mappings: Arc<FakeMappings>,
    clock: Arc<SetClock>,
    keeper: Arc<Keeper>,
    reconciler: MappingReconciler,
}

impl World {
    fn new() -> Self {
        let (mappings, clock) = (FakeMappings::new(), Arc::<SetClock>::default());
        let objects: Arc<dyn Objects> = Arc::new(MemoryObjects::default());
        let keeper = Arc::new(Keeper::new(objects, clock.clone()));
        let (declarations, references) = (Arc::clone(&keeper), Arc::clone(&keeper));
        let reconciler = MappingReconciler::new(declarations, references, Arc::default(), clock.clone());
        Self { mappings, clock, keeper, reconciler }
    }

    /// The reconciler of a process that begins now.
    fn reconciler_with(&self, references: Arc<dyn References>) -> MappingReconciler {
        MappingReconciler::new(Arc::clone(&self.keeper) as _, references, Arc::default(), self.clock.clone())
    }

    /// A world with a Table `orders` whose table has a stream.
    async fn with_table() -> Self {
        let world = Self::new();
        world.apply(&manifest("orders", json!({}))).await;
        world.mappings.stream("orders", FIRST);
        world
    }

    /// A world with a table and the object `sink`, settled.
    async fn settled(more: Value) -> Self {
        let world = Self::with_table().await;
        world.apply(&mapping("sink", more)).await;
        assert_eq!(world.pass("sink").await, Next::Resync);
        assert_eq!(world.mappings.calls(), ["create"]);
        world
    }

    async fn apply(&self, manifest: &Value) {
        let applied = self.keeper.apply(manifest).await.unwrap();
        assert!(matches!(applied, Applied::Accepted(..)), "{applied:?}");
    }

    async fn pass(&self, name: &str) -> Next {
        let place = MappingPlace { control: self.mappings.clone(), scope: scope(), in_cluster: false };
        self.reconciler.reconcile(&key(name), Some(&place)).await.unwrap()
    }

    /// A pass in whose midst the process ends, and the beginning of the next one.
    async fn crash(&mut self, crash: Crash, name: &str) {
        let crashed = self.mappings.crash(crash);
        tokio::select! {
            next = self.pass(name) => panic!("{next:?}"),
            () = crashed.notified() => {}
        }
        self.reconciler = self.reconciler_with(Arc::clone(&self.keeper) as _);
    }

    async fn status(&self, name: &str) -> EventSourceMappingStatus {
        let object = self.keeper.get(&key(name)).await.unwrap().unwrap();
        serde_json::from_value::<EventSourceMapping>(object).unwrap().status.unwrap_or_default()
    }

    /// The reason of `Ready`, and which of `Ready`, `Reconciling` and `Stalled` is true.
    async fn state(&self, name: &str) -> (String, Vec<&'static str>) {
        let conditions = self.status(name).await.conditions;
        let holds =
            |type_: &str| conditions.iter().any(|c| c.type_ == type_ && c.status == ConditionStatus::True);
        let held =
            [types::READY, types::RECONCILING, types::STALLED].into_iter().filter(|type_| holds(type_));
        (conditions[0].reason.clone().unwrap(), held.collect())
    }

    async fn assert_state(&self, name: &str, reason: &str, held: &[&'static str]) {
        assert_eq!(self.state(name).await, (reason.to_owned(), held.to_vec()));
    }

    async fn message(&self, name: &str) -> String {
        self.status(name).await.conditions[0].message.clone().unwrap_or_default()
    }

    /// The only mapping.
    fn only(&self) -> Mapping {
        let [only] = &self.mappings.all()[..] else { panic!("{:?}", self.mappings.all()) };
        only.mapping.clone()
    }

    fn reasons(&self, name: &str) -> Vec<String> {
        self.reconciler.events().of(&key(name)).into_iter().map(|event| event.reason).collect()
    }

    async fn delete(&self, name: &str) {
        self.keeper.ask_to_delete(&key(name)).await.unwrap();
    }

    async fn is_gone(&self, name: &str) -> bool {
        self.keeper.get(&key(name)).await.unwrap().is_none()
    }
}

fn key(name: &str) -> ObjectKey {
    ObjectKey { kind: EventSourceMapping::KIND.into(), namespace: "default".into(), name: name.into() }
}

/// An object of the Table `orders`, which `more` changes: null removes a field.
fn mapping(name: &str, more: Value) -> Value {
    let mut spec = json!({
        "tableRef": {"from": {"name": "orders"}}, "target": {"url": URL}, "startingPosition": "LATEST",
    });
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let metadata = json!({"name": name});
    json!({"apiVersion": "partita.dev/v1", "kind": "EventSourceMapping", "metadata": metadata, "spec": spec})
}

fn stream(label: &str) -> StreamArn {
    StreamName { table: TableName::new("orders"), label: label.to_owned() }.arn(&scope())
}

fn sink() -> Target {
    Target::Http { url: Url::parse(URL).unwrap(), headers: [].into() }
}
