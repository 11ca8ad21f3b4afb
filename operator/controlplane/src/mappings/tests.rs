use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use partita_mapping::{FunctionName, Url};
use partita_model::TableName;
use partita_model::clock::UnixMillis;
use partita_model::descriptor::{StreamSettings, StreamView};
use partita_protocol::stream::StreamName;
use serde_json::json;

use super::*;
use crate::catalog::{NewTable, Parts, SqliteCatalog, StreamPart};
use crate::data_plane::DataPlaneError;
use crate::history::History;

const NOW: UnixMillis = UnixMillis(1_791_501_648_000);
const LABEL: &str = "2026-10-08T23:20:48.000";

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> UnixMillis {
        NOW
    }
}

/// Counts on.
#[derive(Default)]
struct Numbered(AtomicUsize);

impl UuidSource for Numbered {
    fn uuid(&self) -> String {
        format!("14e0db71-5d35-4eb5-b481-{:012x}", self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// A data plane in memory that can be away.
#[derive(Default)]
struct MemoryPlane {
    mappings: StdMutex<BTreeMap<MappingId, Mapping>>,
    away: AtomicBool,
    applied: AtomicUsize,
}

impl MemoryPlane {
    fn check_present(&self) -> Result<(), DataPlaneError> {
        if self.away.load(Ordering::SeqCst) { Err("away".into()) } else { Ok(()) }
    }
}

#[async_trait]
impl MappingPlane for MemoryPlane {
    async fn apply_mapping(&self, mapping: Mapping) -> Result<(), DataPlaneError> {
        self.check_present()?;
        self.applied.fetch_add(1, Ordering::SeqCst);
        self.mappings.lock().unwrap().insert(mapping.id.clone(), mapping);
        Ok(())
    }

    async fn drop_mapping(&self, mapping: &MappingId) -> Result<(), DataPlaneError> {
        self.check_present()?;
        self.mappings.lock().unwrap().remove(mapping);
        Ok(())
    }

    async fn last_results(
        &self,
        mut mappings: Vec<MappingId>,
    ) -> Result<BTreeMap<MappingId, String>, DataPlaneError> {
        self.check_present()?;
        mappings.retain(|id| self.mappings.lock().unwrap().contains_key(id));
        Ok(mappings.into_iter().map(|id| (id, "OK".to_owned())).collect())
    }
}

struct World {
    catalog: SqliteCatalog,
    plane: Arc<MemoryPlane>,
    control: EventSourceMappings,
}

fn scope() -> Scope {
    Scope { region: "eu-central-1".to_owned(), account_id: "000000000000".to_owned() }
}

fn stream() -> StreamArn {
    StreamName { table: TableName::new("music"), label: LABEL.to_owned() }.arn(&scope())
}

fn control(catalog: &SqliteCatalog, plane: &Arc<MemoryPlane>, functions: bool) -> EventSourceMappings {
    let functions = watch::channel(functions).1;
    let options = MappingOptions { scope: scope(), uuids: Arc::new(Numbered::default()), functions };
    let (catalog, plane) = (Arc::new(catalog.clone()), Arc::<MemoryPlane>::clone(plane));
    EventSourceMappings::new(Arc::<SqliteCatalog>::clone(&catalog), catalog, plane, Arc::new(Noon), options)
}

impl World {
    /// With the table `music`, which has a stream.
    async fn new() -> Self {
        let catalog = SqliteCatalog::in_memory().await.unwrap();
        let definition = serde_json::from_value(json!({
            "AttributeDefinitions": [{ "AttributeName": "a", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "a", "KeyType": "HASH" }],
            "BillingMode": "PAY_PER_REQUEST",
        }));
        let settings = StreamSettings { label: LABEL.to_owned(), view: StreamView::NewImage, enabled: true };
        let table = NewTable {
            name: TableName::new("music"),
            uuid: "uuid".to_owned(),
            created: NOW,
            definition: definition.unwrap(),
            history: History::begin(None, NOW),
            parts: Parts { stream: Some(StreamPart { settings, since_ms: NOW.0 }), ..Parts::default() },
        };
        catalog.insert_table(table, u64::MAX).await.unwrap();
        let plane = Arc::new(MemoryPlane::default());
        let control = control(&catalog, &plane, true);
        Self { catalog, plane, control }
    }

    async fn create(&self, more: Value) -> Result<Value, Refusal> {
        let mut members =
            json!({"EventSourceArn": stream(), "FunctionName": "indexer", "StartingPosition": "LATEST"});
        members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.control.create(Create::read(members.to_string().as_bytes())?).await
    }

    async fn update(&self, id: &str, members: Value) -> Result<Value, Refusal> {
        self.control.update(id, Update::read(members.to_string().as_bytes())?).await
    }

    fn carried_out(&self) -> Vec<Mapping> {
        self.plane.mappings.lock().unwrap().values().cloned().collect()
    }
}

fn id(shown: &Value) -> String {
    shown["UUID"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_mapping_is_created_shown_and_carried_out() {
    let world = World::new().await;
    let created = world.create(json!({"BatchSize": 7})).await.unwrap();
    assert_eq!((&created["State"], &created["BatchSize"]), (&json!("Creating"), &json!(7)));
    let shown = world.control.get(&id(&created)).await.unwrap();
    assert_eq!((&shown["State"], &shown["LastProcessingResult"]), (&json!("Enabled"), &json!("OK")));
    let carried_out = world.carried_out();
    assert_eq!((carried_out.len(), carried_out[0].generation, carried_out[0].settings.batch_size), (1, 1, 7));
}

#[tokio::test]
async fn a_stream_must_be_there() {
    let world = World::new().await;
    let of = |table: &str, label: &str| {
        StreamName { table: TableName::new(table), label: label.to_owned() }.arn(&scope())
    };
    for source in [of("other", LABEL), of("music", "2020-01-01T00:00:00.000")] {
        let refused = world.create(json!({"EventSourceArn": source})).await.unwrap_err();
        assert_eq!(refused, Refusal::InvalidParameter(format!("Stream not found: {source}")));
    }
}

#[tokio::test]
async fn a_stream_and_a_function_are_connected_once() {
    let world = World::new().await;
    let first = world.create(json!({})).await.unwrap();
    let refused = world.create(json!({})).await.unwrap_err();
    assert_eq!((refused.name(), refused.status()), ("ResourceConflictException", 409));
    assert!(refused.to_string().ends_with(&id(&first)), "{refused}");
    let other = world.create(json!({"FunctionName": "other"})).await.unwrap();
    let refused = world.update(&id(&other), json!({"FunctionName": "indexer"})).await.unwrap_err();
    assert_eq!(refused.name(), "ResourceConflictException");
    world.control.delete(&id(&first)).await.unwrap();
    world.update(&id(&other), json!({"FunctionName": "indexer"})).await.unwrap();
}

#[tokio::test]
async fn functions_without_an_address_need_a_server() {
    let world = World::new().await;
    let control = control(&world.catalog, &world.plane, false);
    let function = FunctionName::parse("indexer").unwrap();
    let wanted = |endpoint| Wanted {
        source: stream(),
        target: Target::Lambda { function: function.clone(), endpoint },
        settings: Settings::default(),
    };
    assert_eq!(
        control.create_wanted(None, wanted(None)).await.unwrap_err().name(),
        "InvalidParameterValueException"
    );
    control.create_wanted(None, wanted(Url::parse("http://functions"))).await.unwrap();
}

#[tokio::test]
async fn a_function_whose_server_is_gone_stays_and_no_other_one_comes() {
    let world = World::new().await;
    let created = id(&world.create(json!({})).await.unwrap());
    let control = control(&world.catalog, &world.plane, false);
    let update = |members: Value| Update::read(members.to_string().as_bytes()).unwrap();
    let changed = control.update(&created, update(json!({"BatchSize": 7}))).await.unwrap();
    assert_eq!(changed["BatchSize"], 7);
    let refused = control.update(&created, update(json!({"FunctionName": "other"}))).await.unwrap_err();
    assert_eq!(refused.name(), "InvalidParameterValueException");

    let Mapping { id, target, settings, .. } = control.record(&created).await.unwrap().mapping;
    let settings = Settings { enabled: false, ..settings };
    let changed = control.update_wanted(&id, target, settings.clone()).await.unwrap().mapping;
    assert_eq!((changed.generation, changed.settings.enabled), (3, false));
    let other = Target::Lambda { function: FunctionName::parse("other").unwrap(), endpoint: None };
    let refused = control.update_wanted(&id, other, settings).await.unwrap_err();
    assert_eq!(refused.name(), "InvalidParameterValueException");
}

#[tokio::test]
async fn a_mapping_is_changed_and_only_as_asked() {
    let world = World::new().await;
    let created = world.create(json!({"BatchSize": 7})).await.unwrap();
    let changed = world.update(&id(&created), json!({"Enabled": false})).await.unwrap();
    assert_eq!((&changed["State"], &changed["BatchSize"]), (&json!("Disabling"), &json!(7)));
    assert_eq!(world.control.get(&id(&created)).await.unwrap()["State"], "Disabled");
    let changed =
        world.update(&id(&created), json!({"Enabled": true, "FunctionName": "other"})).await.unwrap();
    assert_eq!(changed["State"], "Enabling");
    assert_eq!(changed["FunctionArn"], "arn:aws:lambda:eu-central-1:000000000000:function:other");
    let refused = world.update(&id(&created), json!({"BatchSize": 0})).await.unwrap_err();
    assert_eq!(refused.name(), "ValidationException");
    let carried_out = world.carried_out();
    assert_eq!((carried_out[0].generation, carried_out[0].target.name()), (3, "other"));
}

#[tokio::test]
async fn a_mapping_of_a_chosen_id_is_made_once() {
    let world = World::new().await;
    let id = world.control.new_id().unwrap();
    let target = |url: &str| Target::Http { url: Url::parse(url).unwrap(), headers: BTreeMap::new() };
    let wanted = |url: &str| Wanted { source: stream(), target: target(url), settings: Settings::default() };
    let make = |url| world.control.create_wanted(Some(id.clone()), wanted(url));
    let made = make("http://sink").await.unwrap();
    assert_eq!(made.mapping.id, id);
    assert_eq!(make("http://sink").await.unwrap(), made);
    assert_eq!(make("http://other").await.unwrap_err(), Refusal::InProgress);
    assert_eq!((world.carried_out(), world.plane.applied.load(Ordering::SeqCst)), (vec![made.mapping], 1));
}

#[tokio::test]
async fn what_is_wanted_already_changes_nothing() {
    let world = World::new().await;
    let url = Url::parse("http://sink").unwrap();
    let target = Target::Http { url, headers: BTreeMap::new() };
    let wanted = Wanted { source: stream(), target: target.clone(), settings: Settings::default() };
    let record = world.control.create_wanted(None, wanted).await.unwrap();
    let again =
        world.control.update_wanted(&record.mapping.id, target.clone(), Settings::default()).await.unwrap();
    assert_eq!(again, record);
    assert_eq!(world.plane.applied.load(Ordering::SeqCst), 1);
    let settings = Settings { batch_size: 1, ..Settings::default() };
    let changed = world.control.update_wanted(&record.mapping.id, target, settings).await.unwrap();
    assert_eq!(changed.mapping.generation, 2);
}

#[tokio::test]
async fn a_deleted_mapping_is_gone() {
    let world = World::new().await;
    let created = world.create(json!({})).await.unwrap();
    assert_eq!(world.control.delete(&id(&created)).await.unwrap()["State"], "Deleting");
    for refused in [
        world.control.get(&id(&created)).await,
        world.control.delete(&id(&created)).await,
        world.update(&id(&created), json!({})).await,
        world.control.get("nonsense").await,
    ] {
        assert_eq!(refused.unwrap_err(), Refusal::NotFound);
    }
    assert!(world.carried_out().is_empty());
}

#[tokio::test]
async fn what_the_data_plane_missed_is_made_up_for() {
    let world = World::new().await;
    world.plane.away.store(true, Ordering::SeqCst);
    let (first, second) =
        (world.create(json!({})).await.unwrap(), world.create(json!({"FunctionName": "b"})).await.unwrap());
    world.control.delete(&id(&second)).await.unwrap();
    world.control.left_unfinished().await;
    assert_eq!(world.control.get(&id(&first)).await.unwrap()["State"], "Creating");
    assert_eq!(world.control.get(&id(&second)).await.unwrap()["State"], "Deleting");
    let refused = world.update(&id(&second), json!({"BatchSize": 1})).await.unwrap_err();
    assert_eq!(refused, Refusal::InProgress);
    assert_eq!(world.control.drive().await.unwrap(), 2);

    world.plane.away.store(false, Ordering::SeqCst);
    assert_eq!(world.control.drive().await.unwrap(), 0);
    assert_eq!(world.control.get(&id(&first)).await.unwrap()["State"], "Enabled");
    assert_eq!(world.control.get(&id(&second)).await, Err(Refusal::NotFound));
    assert_eq!(world.carried_out().len(), 1);

    // Another process of the control plane tells everything again, and a data plane that lost it has it back.
    world.plane.mappings.lock().unwrap().clear();
    assert_eq!(control(&world.catalog, &world.plane, true).republish().await.unwrap(), 0);
    assert_eq!(world.carried_out().len(), 1);
}

#[tokio::test]
async fn mappings_are_listed_page_by_page() {
    let world = World::new().await;
    for function in ["a", "b", "c"] {
        world.create(json!({"FunctionName": function})).await.unwrap();
    }
    let list = async |parameters: Vec<(&str, &str)>| {
        world.control.list(List::read(parameters).unwrap()).await.unwrap()
    };
    let page = list(vec![("MaxItems", "2")]).await;
    assert_eq!(page["EventSourceMappings"].as_array().unwrap().len(), 2);
    let rest = list(vec![("Marker", page["NextMarker"].as_str().unwrap())]).await;
    assert_eq!(rest["EventSourceMappings"].as_array().unwrap().len(), 1);
    assert!(rest.get("NextMarker").is_none());
    assert_eq!(list(vec![("FunctionName", "b")]).await["EventSourceMappings"].as_array().unwrap().len(), 1);
    assert!(
        list(vec![("EventSourceArn", "other")]).await["EventSourceMappings"].as_array().unwrap().is_empty()
    );
    assert_eq!(
        list(vec![("EventSourceArn", stream().as_str())]).await["EventSourceMappings"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn there_are_no_more_mappings_than_nodes_carry_out() {
    let world = World::new().await;
    let mut last = Value::Null;
    for number in 0..MAPPINGS_MAX {
        last = world.create(json!({"FunctionName": format!("f{number}")})).await.unwrap();
    }
    let refused = world.create(json!({"FunctionName": "more"})).await.unwrap_err();
    assert!(
        matches!(&refused, Refusal::InvalidParameter(text) if text.starts_with("There are 256 ")),
        "{refused}"
    );
    world.control.delete(&id(&last)).await.unwrap();
    world.create(json!({"FunctionName": "more"})).await.unwrap();
}
