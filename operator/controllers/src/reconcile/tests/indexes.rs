//! Edits of indexes, streams and expiry that take several steps, some of which take their time.

use super::*;

fn declared(indexes: &[&str], more: Value) -> Value {
    let index = |name: &&str| {
        json!({
            "indexName": name, "projection": {"projectionType": "ALL"},
            "keySchema": [{"attributeName": "x", "keyType": "HASH"}],
        })
    };
    let mut attributes = vec![json!({"attributeName": "pk", "attributeType": "S"})];
    attributes.extend((!indexes.is_empty()).then(|| json!({"attributeName": "x", "attributeType": "S"})));
    let mut spec = json!({
        "billingMode": "PAY_PER_REQUEST", "attributeDefinitions": attributes,
        "globalSecondaryIndexes": indexes.iter().map(index).collect::<Vec<_>>(),
    });
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    spec
}

impl World {
    async fn step(&self) -> Option<(String, i64, i64)> {
        self.status().await.step.map(|step| (step.name, step.number, step.total))
    }

    /// Names, states and whether they are filled, of the indexes in the status.
    async fn indexes(&self) -> Vec<(String, String)> {
        let indexes = self.status().await.global_secondary_indexes_descriptions.unwrap_or_default();
        indexes.into_iter().map(|index| (index.index_name.unwrap(), index.index_status.unwrap())).collect()
    }
}

const CREATE: &str = "CreateGlobalSecondaryIndex";

#[tokio::test]
async fn two_indexes_are_made_one_after_the_other_and_the_status_says_how_far() {
    let world = World::settled(on_demand()).await;
    world.tables.make_slow(u32::MAX);
    world.apply(declared(&["one", "two"], json!({}))).await;
    assert_eq!(world.pass().await, Next::Poll);
    assert_eq!(world.tables.calls(), [CREATE]);
    world.assert_state("Updating", &["Reconciling"]).await;
    assert_eq!(world.step().await, Some((CREATE.to_owned(), 1, 2)));
    assert_eq!(world.indexes().await, [("one".to_owned(), "CREATING".to_owned())]);
    world.writes();
    assert_eq!(world.pass().await, Next::Poll);
    assert_eq!((world.tables.calls(), world.writes()), (vec![], 0), "there is nothing to do but wait");

    world.tables.finish();
    world.pass().await;
    assert_eq!(world.pass().await, Next::Poll);
    assert_eq!(world.tables.calls(), [CREATE]);
    assert_eq!(world.step().await, Some((CREATE.to_owned(), 2, 2)));
    world.tables.finish();
    world.pass().await;
    assert_eq!(world.pass().await, Next::Resync);
    world.assert_state("Settled", &["Ready"]).await;
    assert_eq!(world.step().await, None);
    let active = |name: &str| (name.to_owned(), "ACTIVE".to_owned());
    assert_eq!(world.indexes().await, [active("one"), active("two")]);
}

#[tokio::test]
async fn a_newer_manifest_cancels_a_build_of_the_older_one() {
    let world = World::settled(on_demand()).await;
    world.tables.make_slow(u32::MAX);
    world.apply(declared(&["one"], json!({}))).await;
    assert_eq!(world.pass().await, Next::Poll);
    world.apply(declared(&[], json!({}))).await;
    assert_eq!(world.pass().await, Next::Resync);
    assert_eq!(world.tables.calls(), [CREATE, "DeleteGlobalSecondaryIndex"]);
    world.assert_state("Settled", &["Ready"]).await;
    assert_eq!(world.indexes().await, []);
}

#[tokio::test]
async fn an_object_that_is_deleted_does_not_wait_for_an_index() {
    let world = World::settled(on_demand()).await;
    world.tables.make_slow(u32::MAX);
    world.apply(declared(&["one"], json!({}))).await;
    world.pass().await;
    world.keeper.ask_to_delete(&world.key).await.unwrap();
    assert_eq!(world.pass().await, Next::Gone);
    assert_eq!(world.tables.calls(), [CREATE, "DeleteGlobalSecondaryIndex", "DeleteTable"]);
    assert!(world.tables.table("orders").is_none());
}

#[tokio::test]
async fn a_protected_table_keeps_its_indexes_and_says_so() {
    let world = World::settled(declared(&["one"], json!({"deletionProtectionEnabled": true}))).await;
    world.apply(declared(&[], json!({"deletionProtectionEnabled": true}))).await;
    assert_eq!(world.pass().await, Next::Resync);
    assert_eq!(world.tables.calls(), [""; 0]);
    world.assert_state("DeletionProtected", &["Stalled"]).await;
    world.apply(declared(&[], json!({"deletionProtectionEnabled": false}))).await;
    world.pass().await;
    assert_eq!(world.tables.calls(), ["UpdateDeletionProtection", "DeleteGlobalSecondaryIndex"]);
    world.assert_state("Settled", &["Ready"]).await;
}

#[tokio::test]
async fn a_stream_and_expiry_are_exchanged_in_legal_steps() {
    let parts = |view: &str, attribute: &str| {
        json!({
            "billingMode": "PAY_PER_REQUEST",
            "streamSpecification": {"streamEnabled": true, "streamViewType": view},
            "timeToLive": {"enabled": true, "attributeName": attribute},
        })
    };
    let world = World::new();
    world.apply(parts("NEW_IMAGE", "until")).await;
    assert_eq!(world.pass().await, Next::Resync);
    assert_eq!(world.tables.calls(), ["CreateTable", "EnableTimeToLive"]);
    world.apply(parts("OLD_IMAGE", "date")).await;
    assert_eq!(world.pass().await, Next::Resync);
    let calls = ["DisableStream", "EnableStream", "DisableTimeToLive", "EnableTimeToLive"];
    assert_eq!(world.tables.calls(), calls);
    world.assert_state("Settled", &["Ready"]).await;
    // The API turns expiry off: it is the manifest's.
    let off = partita_protocol::definition::TimeToLiveSpecification {
        enabled: false,
        attribute_name: "date".into(),
    };
    world.tables.set_time_to_live(&TableName::new("orders"), off).await.unwrap();
    world.pass().await;
    assert_eq!(world.tables.calls(), ["DisableTimeToLive", "EnableTimeToLive"]);
}
