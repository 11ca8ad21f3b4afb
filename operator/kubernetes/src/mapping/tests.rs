use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::testing::{ApiServer, FakeMappings, FakeTables, PATIENCE, installation, scope};

const KIND: &str = "EventSourceMapping";
/// Soon enough to see drift put back.
const QUICK: Pace = Pace {
    poll_after: Duration::from_millis(1),
    resync_after: Duration::from_millis(2),
    patience: Duration::ZERO,
};

struct World {
    server: Arc<ApiServer>,
    mappings: Arc<FakeMappings>,
    control: watch::Sender<Option<Control>>,
    stop: watch::Sender<bool>,
    work: tokio::task::JoinHandle<()>,
}

impl World {
    /// A controller in a cluster without a Region.
    fn start() -> Self {
        let (server, mappings) = (ApiServer::new(), Arc::<FakeMappings>::default());
        let (control, controlled) = watch::channel(None);
        let (stop, stopped) = watch::channel(false);
        let work = tokio::spawn(run(installation(&server), QUICK, controlled, stopped));
        Self { server, mappings, control, stop, work }
    }

    fn place(&self) {
        let (tables, mappings) = (Arc::<FakeTables>::default(), Arc::<FakeMappings>::clone(&self.mappings));
        self.control.send_replace(Some(Control { tables, mappings, scope: scope() }));
    }

    fn apply_table(&self) {
        self.apply_table_of(json!({
            "tableName": "orders",
            "attributeDefinitions": [{"attributeName": "pk", "attributeType": "S"}],
            "keySchema": [{"attributeName": "pk", "keyType": "HASH"}],
        }));
    }

    fn apply_table_of(&self, spec: Value) {
        let metadata = json!({"name": "orders", "namespace": "shop"});
        let version = "partita.dev/v1";
        self.server
            .apply(&json!({"apiVersion": version, "kind": "Table", "metadata": metadata, "spec": spec}));
    }

    fn apply(&self, name: &str) {
        self.apply_from(name, json!({"name": "orders"}));
    }

    fn apply_from(&self, name: &str, from: Value) {
        let spec = json!({
            "tableRef": {"from": from}, "startingPosition": "LATEST",
            "target": {"service": {"name": "sink", "port": 8080}},
        });
        let metadata = json!({"name": name, "namespace": "shop"});
        let version = "partita.dev/v1";
        self.server.apply(&json!({"apiVersion": version, "kind": KIND, "metadata": metadata, "spec": spec}));
    }

    async fn until(&self, name: &str, reason: &str) -> Value {
        let is = |object: &Value| object["status"]["conditions"][0]["reason"] == reason;
        self.server.until(KIND, "shop", name, is).await
    }

    async fn end(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(PATIENCE, self.work).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_mapping_waits_for_region_table_and_stream_and_is_then_made_for_a_service() {
    let world = World::start();
    world.apply("sink");
    world.until("sink", "RegionNotReady").await;
    world.place();
    world.until("sink", "ReferenceNotFound").await;
    world.apply_table();
    world.until("sink", "SourceNotFound").await;
    world.mappings.stream("orders", "2026-01-01T00:00:00.000");
    let object = world.until("sink", "Settled").await;
    assert_eq!(world.mappings.targets(), ["http://sink.shop.svc:8080/"]);
    assert_eq!(object["metadata"]["finalizers"], json!(["partita.dev/event-source-mapping"]));
    assert_eq!(object["status"]["tableName"], "orders");
    world.server.until_any("Event", |event| event["reason"] == "Settled").await;
    world.end().await;
}

#[tokio::test]
async fn a_settled_object_causes_no_write_and_goes_with_its_mapping() {
    let world = World::start();
    world.place();
    world.apply_table();
    world.mappings.stream("orders", "2026-01-01T00:00:00.000");
    world.apply("sink");
    world.until("sink", "Settled").await;
    world.apply("rival");
    world.until("rival", "Conflict").await;
    assert_eq!(world.mappings.calls(), ["create"]);
    world.server.delete(KIND, "shop", "rival");
    world.server.until_gone(KIND, "shop", "rival").await;
    world.server.writes();
    // Many resyncs later.
    world.mappings.stream("orders", "2026-01-02T00:00:00.000");
    let moved = |object: &Value| {
        let ready = &object["status"]["conditions"][0];
        (ready["reason"].as_str(), ready["status"].as_str()) == (Some("Moved"), Some("True"))
    };
    world.server.until(KIND, "shop", "sink", moved).await;
    let writes = world.server.writes();
    let of_sink = writes.iter().filter(|write| write.name == "sink").count();
    assert_eq!(of_sink, 2, "the id of the new mapping, and what became of it: {writes:?}");
    assert_eq!(world.mappings.calls(), ["delete", "create"]);

    world.server.delete(KIND, "shop", "sink");
    world.server.until_gone(KIND, "shop", "sink").await;
    assert_eq!((world.mappings.calls(), world.mappings.targets()), (vec!["delete"], vec![]));
    world.end().await;
}

/// As another release may have written it.
#[tokio::test]
async fn a_table_object_that_cannot_be_read_whole_still_tells_its_table() {
    let world = World::start();
    world.place();
    world.mappings.stream("orders", "2026-01-01T00:00:00.000");
    world.apply_table_of(
        json!({"tableName": "orders", "billingMode": "ON_TUESDAYS", "keySchema": "by heart"}),
    );
    world.apply("sink");
    let object = world.until("sink", "Settled").await;
    assert_eq!(object["status"]["tableName"], "orders");
    world.server.delete(KIND, "shop", "sink");
    world.server.until_gone(KIND, "shop", "sink").await;
    assert_eq!((world.mappings.calls(), world.mappings.targets()), (vec!["create", "delete"], vec![]));
    world.end().await;
}

/// Admitted before the kind refused them.
#[tokio::test]
async fn a_reference_that_is_no_name_leads_nowhere() {
    let world = World::start();
    world.place();
    world.apply_table();
    world.mappings.stream("orders", "2026-01-01T00:00:00.000");
    let froms = [
        json!({"name": ""}),
        json!({"name": "orders/status"}),
        json!({"name": "orders?x=y"}),
        json!({"name": "../../shop/tables/orders"}),
        json!({"name": "orders", "namespace": "shop/tables/orders?x="}),
        json!({"name": "orders", "namespace": ""}),
    ];
    for (number, from) in froms.into_iter().enumerate() {
        let name = format!("sink-{number}");
        world.apply_from(&name, from);
        world.until(&name, "ReferenceNotFound").await;
    }
    assert_eq!(world.mappings.targets(), [""; 0]);
    world.end().await;
}
