use std::fs;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use partita_model::clock::SystemClock;
use serde_json::json;

use super::*;
use crate::MemoryObjects;
use crate::testing::{FakeMappings, FakeTables, manifest, scope};

/// Far longer than anything here takes, and not waited for unless it does not happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Objects that tell of each write.
struct NotedObjects {
    objects: MemoryObjects,
    writes: watch::Sender<u64>,
}

impl NotedObjects {
    fn new() -> Arc<Self> {
        Arc::new(Self { objects: MemoryObjects::default(), writes: watch::Sender::new(0) })
    }
}

#[async_trait]
impl Objects for NotedObjects {
    async fn list(&self) -> Result<Vec<Value>, Error> {
        self.objects.list().await
    }

    async fn get(&self, key: &ObjectKey) -> Result<Option<Value>, Error> {
        self.objects.get(key).await
    }

    async fn put(&self, key: &ObjectKey, object: Value) -> Result<(), Error> {
        self.objects.put(key, object).await?;
        self.writes.send_modify(|writes| *writes += 1);
        Ok(())
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), Error> {
        self.objects.delete(key).await
    }
}

struct Running {
    objects: Arc<NotedObjects>,
    controller: Arc<Controller>,
    tables: Arc<FakeTables>,
    mappings: Arc<FakeMappings>,
    stop: watch::Sender<bool>,
    work: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn start(objects: Arc<NotedObjects>, paths: Vec<PathBuf>) -> Self {
        let (tables, mappings) = (FakeTables::new(), FakeMappings::new());
        let controller = Controller::new(
            tables.clone(),
            mappings.clone(),
            objects.clone(),
            Arc::new(SystemClock),
            scope(),
            paths,
        );
        let controller = Arc::new(controller.await.unwrap());
        let (stop, stopped) = watch::channel(false);
        let work = tokio::spawn(Arc::clone(&controller).run(stopped));
        Self { objects, controller, tables, mappings, stop, work }
    }

    /// Waits until the object's `Ready` has that reason.
    async fn until(&self, name: &str, reason: &str) -> Value {
        self.until_it(name, |object| object["status"]["conditions"][0]["reason"] == reason).await
    }

    async fn until_it(&self, name: &str, is: impl Fn(&Value) -> bool) -> Value {
        self.until_so(&key(name), is).await
    }

    async fn until_so(&self, key: &ObjectKey, is: impl Fn(&Value) -> bool) -> Value {
        let mut writes = self.objects.writes.subscribe();
        let wait = async {
            loop {
                match self.controller.get(key).await.unwrap() {
                    Some(object) if is(&object) => return object,
                    _ => writes.changed().await.unwrap(),
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{key} never gets there"))
    }

    async fn end(self) {
        self.stop.send_replace(true);
        self.work.await.unwrap();
    }
}

fn key(name: &str) -> ObjectKey {
    ObjectKey { kind: "Table".into(), namespace: "default".into(), name: name.into() }
}

fn write(file: &Path, manifests: &[Value]) {
    let text: Vec<String> = manifests.iter().map(|m| partita_api::to_yaml(m).unwrap()).collect();
    fs::write(file, text.join("---\n")).unwrap();
}

fn table(name: &str, more: Value) -> Value {
    let mut manifest = manifest(name, more);
    manifest["spec"]["tableName"] = json!(name);
    manifest["spec"]["billingMode"] = json!("PAY_PER_REQUEST");
    manifest
}

#[tokio::test]
async fn a_mapping_waits_for_its_table_and_notices_what_the_api_does_to_it() {
    let running = Running::start(NotedObjects::new(), Vec::new()).await;
    let spec = json!({
        "tableRef": {"from": {"name": "one"}}, "target": {"url": "http://sink.example"}, "startingPosition": "LATEST",
    });
    let metadata = json!({"name": "sink"});
    let manifest = json!({"apiVersion": "partita.dev/v1", "kind": "EventSourceMapping", "metadata": metadata, "spec": spec});
    running.controller.apply(&manifest).await.unwrap();
    let sink = ObjectKey { kind: "EventSourceMapping".into(), ..key("sink") };
    running.until_so(&sink, |object| ready(object) == "ReferenceNotFound").await;
    running.controller.apply(&table("one", json!({}))).await.unwrap();
    running.until_so(&sink, |object| ready(object) == "SourceNotFound").await;
    running.mappings.stream("one", "first");
    running.until_so(&sink, |object| ready(object) == "Settled").await;
    running.mappings.stream("one", "second");
    running.controller.touched(&TableName::new("one"));
    running.until_so(&sink, |object| ready(object) == "Moved").await;
    running.end().await;
}

fn ready(object: &Value) -> &Value {
    &object["status"]["conditions"][0]["reason"]
}

#[tokio::test]
async fn files_are_applied_and_edits_follow() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tables.yaml");
    let mut broken = table("broken", json!({}));
    broken["spec"]["billingMode"] = json!("FREE");
    write(&file, &[table("one", json!({})), broken, table("two", json!({}))]);
    let running = Running::start(NotedObjects::new(), vec![folder.path().to_owned()]).await;
    running.until("one", "Settled").await;
    running.until("two", "Settled").await;
    assert_eq!(running.controller.get(&key("broken")).await.unwrap(), None);

    write(&file, &[table("one", json!({"tags": [{"key": "a"}]}))]);
    running.until_it("one", |object| object["status"]["observedGeneration"] == 2).await;
    assert_eq!(running.tables.table("one").unwrap().tags.len(), 1);
    // What no file declares any more stays.
    assert!(running.controller.get(&key("two")).await.unwrap().is_some());
    assert!(running.tables.table("two").is_some());
    running.end().await;
}

#[tokio::test]
async fn objects_outlive_the_controller() {
    let objects = NotedObjects::new();
    let first = Running::start(objects.clone(), Vec::new()).await;
    first.controller.apply(&table("one", json!({}))).await.unwrap();
    first.until("one", "Settled").await;
    first.end().await;
    // The tables of the first run are gone, as after a data folder was lost; the object is not.
    let second = Running::start(objects, Vec::new()).await;
    second.until("one", "Recreated").await;
    assert!(second.tables.table("one").is_some());
    second.end().await;
}

#[tokio::test]
async fn a_touched_table_is_put_back_before_the_next_resync() {
    let running = Running::start(NotedObjects::new(), Vec::new()).await;
    running.controller.apply(&table("one", json!({}))).await.unwrap();
    running.until("one", "Settled").await;
    running.tables.drop_table("one");
    running.controller.touched(&TableName::new("one"));
    running.until("one", "Recreated").await;
    running.end().await;
}

#[tokio::test]
async fn an_heir_takes_over_when_the_owner_goes() {
    let running = Running::start(NotedObjects::new(), Vec::new()).await;
    running.controller.apply(&table("one", json!({"deletionPolicy": "Retain"}))).await.unwrap();
    running.until("one", "Settled").await;
    let mut rival = table("two", json!({}));
    rival["spec"]["tableName"] = json!("one");
    running.controller.apply(&rival).await.unwrap();
    running.until("two", "Conflict").await;
    running.controller.delete(&key("one")).await.unwrap();
    running.until("two", "Adopted").await;
    assert_eq!(running.controller.get(&key("one")).await.unwrap(), None);
    running.end().await;
}

#[tokio::test]
async fn an_object_that_is_not_there_cannot_be_deleted() {
    let running = Running::start(NotedObjects::new(), Vec::new()).await;
    let error = running.controller.delete(&key("nobody")).await.unwrap_err();
    assert_eq!(error.to_string(), "Table default/nobody not found");
    running.end().await;
}

#[tokio::test]
async fn an_object_declared_twice_is_what_the_first_file_says() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("a.yaml"), &[table("one", json!({"tags": [{"key": "a"}]}))]);
    write(&folder.path().join("b.yaml"), &[table("one", json!({"tags": [{"key": "b"}]}))]);
    let running = Running::start(NotedObjects::new(), vec![folder.path().to_owned()]).await;
    running.until("one", "Settled").await;
    let tags: Vec<String> =
        running.tables.table("one").unwrap().tags.into_iter().map(|tag| tag.key).collect();
    assert_eq!(tags, ["a"]);
    running.end().await;
}

#[tokio::test]
async fn an_edit_is_taken_while_a_table_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tables.yaml");
    write(&file, &[table("one", json!({}))]);
    let running = Running::start(NotedObjects::new(), vec![folder.path().to_owned()]).await;
    running.until("one", "Settled").await;
    running.tables.make_slow(u32::MAX);
    running.controller.apply(&table("slow", json!({}))).await.unwrap();
    running.until("slow", "Creating").await;
    write(&file, &[table("one", json!({})), table("two", json!({}))]);
    running.until_it("two", |_| true).await;
    running.end().await;
}

async fn idle() -> Controller {
    let (tables, objects) = (FakeTables::new(), Arc::new(MemoryObjects::default()));
    let mappings = FakeMappings::new();
    Controller::new(tables, mappings, objects, Arc::new(SystemClock), scope(), Vec::new()).await.unwrap()
}

#[tokio::test]
async fn an_object_made_anew_while_it_goes_is_not_forgotten() {
    let controller = idle().await;
    controller.apply(&table("one", json!({}))).await.unwrap();
    controller.work().await;
    controller.gone(&key("one")).await.unwrap();
    assert_eq!(controller.known().about(&TableName::new("one")), [key("one")]);
    assert_eq!(controller.queue().take(Instant::now()), Some(key("one")));
}

#[tokio::test]
async fn an_object_whose_apply_was_dropped_is_reconciled_with_the_next_apply() {
    let controller = idle().await;
    controller.keeper.apply(&table("one", json!({}))).await.unwrap();
    let applied = controller.apply(&table("one", json!({}))).await.unwrap();
    assert!(matches!(applied, Applied::Accepted(_, Change::Unchanged)), "{applied:?}");
    assert!(controller.known().has(&key("one")));
    assert_eq!(controller.queue().take(Instant::now()), Some(key("one")));
}

#[tokio::test]
async fn an_object_of_a_broken_file_is_not_taken_over_by_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("a.yaml"), folder.path().join("b.yaml"));
    write(&first, &[table("one", json!({"tags": [{"key": "a"}]}))]);
    write(&second, &[table("one", json!({"tags": [{"key": "b"}]}))]);
    let controller = idle().await;
    let paths = [folder.path().to_owned()];
    let tag = async || {
        controller.take(crate::source::load(&paths)).await.unwrap();
        controller.get(&key("one")).await.unwrap().unwrap()["spec"]["tags"][0]["key"].clone()
    };
    assert_eq!(tag().await, "a");
    fs::write(&first, "kind: [").unwrap();
    assert_eq!(tag().await, "a");
    fs::remove_file(&first).unwrap();
    assert_eq!(tag().await, "b");
}
