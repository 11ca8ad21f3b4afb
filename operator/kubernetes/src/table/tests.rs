use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::testing::{ApiServer, FakeTables, PATIENCE, Write, installation, no_mappings, scope};

/// Soon enough to count many rounds.
const QUICK: Pace = Pace {
    poll_after: Duration::from_millis(1),
    resync_after: Duration::from_millis(2),
    patience: Duration::ZERO,
};
/// Resyncs in which a settled object must cause no write.
const RESYNCS: u64 = 50;

struct World {
    server: Arc<ApiServer>,
    tables: Arc<FakeTables>,
    control: watch::Sender<Option<Control>>,
    touched: mpsc::Sender<TableName>,
    stop: watch::Sender<bool>,
    work: tokio::task::JoinHandle<()>,
}

impl World {
    /// A controller in a cluster with a Region.
    fn start() -> Self {
        let world = Self::placeless(ApiServer::new(), Arc::default(), QUICK);
        world.place();
        world
    }

    /// A controller in a cluster without a Region.
    fn placeless(server: Arc<ApiServer>, tables: Arc<FakeTables>, pace: Pace) -> Self {
        let (control, controlled) = watch::channel(None);
        let (touched, touches) = mpsc::channel(1);
        let (stop, stopped) = watch::channel(false);
        let work = tokio::spawn(run(installation(&server), pace, controlled, touches, stopped));
        Self { server, tables, control, touched, stop, work }
    }

    fn place(&self) {
        let tables = Arc::<FakeTables>::clone(&self.tables);
        self.control.send_replace(Some(Control { tables, mappings: no_mappings(), scope: scope() }));
    }

    fn apply(&self, name: &str, more: Value) {
        self.server.apply(&manifest(name, more));
    }

    async fn until(&self, name: &str, reason: &str) -> Value {
        let is = |object: &Value| ready(object)["reason"] == reason;
        self.server.until("Table", "shop", name, is).await
    }

    /// Many resyncs of one object, and the writes meanwhile.
    async fn writes_of_many_resyncs(&self) -> Vec<Write> {
        // What is under way ends first.
        self.tables.looked_at(3).await;
        self.server.writes();
        self.tables.looked_at(RESYNCS).await;
        self.server.writes()
    }

    async fn end(self) -> (Arc<ApiServer>, Arc<FakeTables>) {
        self.stop.send_replace(true);
        tokio::time::timeout(PATIENCE, self.work).await.unwrap().unwrap();
        (self.server, self.tables)
    }
}

fn manifest(name: &str, more: Value) -> Value {
    let mut spec = json!({
        "tableName": "orders", "billingMode": "PAY_PER_REQUEST",
        "attributeDefinitions": [{"attributeName": "pk", "attributeType": "S"}],
        "keySchema": [{"attributeName": "pk", "keyType": "HASH"}],
    });
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let metadata = json!({"name": name, "namespace": "shop"});
    json!({"apiVersion": "partita.dev/v1", "kind": "Table", "metadata": metadata, "spec": spec})
}

fn ready(object: &Value) -> &Value {
    let conditions = object["status"]["conditions"].as_array().map_or(&[][..], Vec::as_slice);
    conditions.iter().find(|condition| condition["type"] == "Ready").unwrap_or(&Value::Null)
}

fn finalizers(object: &Value) -> Value {
    object["metadata"].get("finalizers").cloned().unwrap_or(json!([]))
}

#[tokio::test]
async fn a_table_is_held_then_made_then_shown() {
    let world = World::start();
    world.apply("orders", json!({"tags": [{"key": "a", "value": "b"}]}));
    let object = world.until("orders", "Settled").await;
    assert_eq!(world.tables.calls(), ["create"]);
    assert_eq!(finalizers(&object), json!(["partita.dev/table"]));
    assert_eq!(ready(&object)["status"], "True");
    assert_eq!(object["status"]["tableStatus"], "ACTIVE");
    assert_eq!(object["status"]["observedGeneration"], 1);
    let writes: Vec<(String, Option<String>)> = world
        .server
        .writes()
        .into_iter()
        .filter(|write| write.resource.starts_with("tables"))
        .map(|write| (format!("{} {} {}", write.verb, write.resource, write.name), write.manager))
        .collect();
    let by = |what: &str| (what.to_owned(), Some(FIELD_MANAGER.to_owned()));
    // Held, then told that the table is about to be made, then told that it is there.
    let status = "patch tables/status orders";
    assert_eq!(writes, [by("patch tables orders"), by(status), by(status)]);
    world.end().await;
}

#[tokio::test]
async fn a_settled_object_causes_no_write() {
    let world = World::start();
    world.apply("orders", json!({"tags": []}));
    world.until("orders", "Settled").await;
    assert_eq!(world.writes_of_many_resyncs().await, []);
    assert_eq!(world.server.object("Table", "shop", "orders").unwrap()["spec"]["tags"], json!([]));
    world.end().await;
}

#[tokio::test]
async fn another_operator_finds_everything_settled() {
    let world = World::start();
    world.apply("orders", json!({}));
    world.until("orders", "Settled").await;
    let (server, tables) = world.end().await;
    server.writes();
    // The Region is found a moment after the start: nothing is said about that.
    let pace = Pace { patience: PATIENCE, ..QUICK };
    let world = World::placeless(server, tables, pace);
    tokio::task::yield_now().await;
    world.place();
    world.tables.looked_at(RESYNCS).await;
    assert_eq!((world.server.writes(), world.tables.calls()), (vec![], vec!["create"]));
    world.end().await;
}

#[tokio::test]
async fn each_transition_is_one_event() {
    let world = World::start();
    world.apply("orders", json!({}));
    world.until("orders", "Settled").await;
    world.tables.looked_at(RESYNCS).await;
    let object = world.server.object("Table", "shop", "orders").unwrap();
    let mut events = world.server.objects("Event");
    events.sort_by_key(|event| event["reason"].to_string());
    let shown: Vec<_> =
        events.iter().map(|event| json!([event["reason"], event["regarding"]["uid"]])).collect();
    let uid = &object["metadata"]["uid"];
    assert_eq!(shown, [json!(["Creating", uid]), json!(["Settled", uid])]);
    world.end().await;
}

#[tokio::test]
async fn a_change_through_the_api_is_put_back_at_once() {
    let world = World::placeless(ApiServer::new(), Arc::default(), Pace { resync_after: PATIENCE, ..QUICK });
    world.place();
    world.apply("orders", json!({"tags": [{"key": "a", "value": "b"}]}));
    world.until("orders", "Settled").await;
    world.tables.drop_tags("orders");
    world.tables.calls();
    // One look finds the drift, the next one sees that it is gone.
    let looked_at = world.tables.looked_at(2);
    world.touched.send(TableName::new("orders")).await.unwrap();
    looked_at.await;
    assert_eq!(world.tables.calls(), ["tag"]);
    world.end().await;
}

#[tokio::test]
async fn the_older_object_owns_a_table_and_the_next_inherits_it() {
    let world = World::start();
    world.apply("old", json!({}));
    world.until("old", "Settled").await;
    world.apply("young", json!({}));
    let young = world.until("young", "Conflict").await;
    assert_eq!(ready(&young)["message"], "Table shop/old manages the table");
    assert_eq!(finalizers(&young), json!([]));

    world.apply("old", json!({"deletionPolicy": "Retain"}));
    world.server.delete("Table", "shop", "old");
    world.until("young", "Adopted").await;
    assert_eq!((world.tables.calls(), world.server.object("Table", "shop", "old")), (vec!["create"], None));
    world.server.delete("Table", "shop", "young");
    world.server.until_gone("Table", "shop", "young").await;
    assert!(!world.tables.has("orders"));
    world.end().await;
}

#[tokio::test]
async fn deleting_an_object_deletes_its_table_and_leaves_the_finalizers_of_others() {
    let world = World::start();
    world.apply("orders", json!({}));
    world.until("orders", "Settled").await;
    let others = json!({"finalizers": ["example.com/hold"]});
    let mut held = manifest("orders", json!({}));
    held["metadata"]["finalizers"] = others["finalizers"].clone();
    world.server.apply(&held);
    world.server.delete("Table", "shop", "orders");
    let left = |object: &Value| finalizers(object) == others["finalizers"];
    world.server.until("Table", "shop", "orders", left).await;
    assert!(!world.tables.has("orders"));
    world.server.edit("Table", "shop", "orders", |object| object["metadata"]["finalizers"] = json!([]));
    assert_eq!(world.tables.calls(), ["create", "delete"]);
    world.end().await;
}

#[tokio::test]
async fn a_finalizer_that_a_restored_manifest_brought_is_taken_away_too() {
    let world = World::start();
    let mut restored = manifest("orders", json!({}));
    restored["metadata"]["finalizers"] = json!([FIELD_MANAGER]);
    world.server.apply(&restored);
    world.until("orders", "Settled").await;
    world.server.delete("Table", "shop", "orders");
    world.server.until_gone("Table", "shop", "orders").await;
    world.end().await;
}

#[tokio::test]
async fn deletion_protection_holds_an_object_visibly_until_it_is_lifted() {
    let world = World::start();
    world.apply("orders", json!({"deletionProtectionEnabled": true}));
    world.until("orders", "Settled").await;
    world.server.delete("Table", "shop", "orders");
    world.until("orders", "DeletionProtected").await;
    assert_eq!(world.writes_of_many_resyncs().await, []);
    world.apply("orders", json!({"deletionProtectionEnabled": false}));
    world.server.until_gone("Table", "shop", "orders").await;
    assert_eq!(world.tables.calls(), ["create", "update", "delete"]);
    world.end().await;
}

#[tokio::test]
async fn without_a_region_objects_say_so_and_go_on_as_soon_as_there_is_one() {
    let world = World::placeless(ApiServer::new(), Arc::default(), Pace { resync_after: PATIENCE, ..QUICK });
    world.apply("orders", json!({}));
    let waiting = world.until("orders", "RegionNotReady").await;
    assert_eq!((&ready(&waiting)["status"], finalizers(&waiting)), (&json!("False"), json!([])));
    world.apply("gone", json!({"tableName": "gone"}));
    world.until("gone", "RegionNotReady").await;
    // It never had a table: nothing keeps it.
    world.server.delete("Table", "shop", "gone");
    assert_eq!(world.server.object("Table", "shop", "gone"), None);
    world.place();
    world.until("orders", "Settled").await;
    world.end().await;
}

#[tokio::test]
async fn the_deletion_of_a_table_waits_for_the_region() {
    let world = World::start();
    world.apply("orders", json!({}));
    world.until("orders", "Settled").await;
    world.control.send_replace(None);
    world.until("orders", "RegionNotReady").await;
    world.server.delete("Table", "shop", "orders");
    let says =
        |object: &Value| ready(object)["message"].as_str().is_some_and(|text| text.contains("to be deleted"));
    world.server.until("Table", "shop", "orders", says).await;
    world.place();
    world.server.until_gone("Table", "shop", "orders").await;
    assert!(!world.tables.has("orders"));
    world.end().await;
}

#[tokio::test]
async fn an_api_server_that_fails_is_asked_again() {
    let world = World::start();
    for (resource, verb) in [("tables", "patch"), ("tables/status", "patch"), ("tables", "list")] {
        world.server.fail(verb, resource, 500, 1);
    }
    world.apply("orders", json!({}));
    world.until("orders", "Settled").await;
    assert_eq!(world.tables.calls(), ["create"]);
    world.end().await;
}

#[tokio::test]
async fn an_object_that_this_release_cannot_read_is_told_of_and_keeps_nobody_up() {
    let world = World::start();
    world.apply("strange", json!({"tableName": "strange", "billingMode": "FREE"}));
    world.apply("orders", json!({}));
    world.until("orders", "Settled").await;
    assert!(!world.tables.has("strange"));
    let strange = |event: &Value| event["regarding"]["name"] == "strange";
    let told = world.server.objects("Event").into_iter().find(strange).unwrap();
    assert_eq!((&told["type"], &told["reason"]), (&json!("Warning"), &json!("InvalidSpec")));
    world.end().await;
}
