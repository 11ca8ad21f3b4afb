use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};

use super::*;

fn table(name: &str) -> Value {
    json!({
        "apiVersion": "partita.dev/v1", "kind": "Table", "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "tableName": name, "attributeDefinitions": [{"attributeName": "pk", "attributeType": "S"}],
            "keySchema": [{"attributeName": "pk", "keyType": "HASH"}],
        },
    })
}

fn tables(server: &Arc<ApiServer>) -> Api<partita_api::Table> {
    Api::namespaced(server.client(), "shop")
}

#[tokio::test]
async fn a_manager_owns_what_it_applied_and_nothing_else() {
    let server = ApiServer::new();
    server.apply(&table("orders"));
    let apply = |finalizers: &[&str]| {
        let metadata = json!({"name": "orders", "finalizers": finalizers});
        json!({"apiVersion": "partita.dev/v1", "kind": "Table", "metadata": metadata})
    };
    let (ours, theirs) = (PatchParams::apply("ours"), PatchParams::apply("theirs"));
    tables(&server).patch("orders", &ours, &Patch::Apply(apply(&["example/ours"]))).await.unwrap();
    tables(&server).patch("orders", &theirs, &Patch::Apply(apply(&["example/theirs"]))).await.unwrap();
    let both = tables(&server).patch("orders", &ours, &Patch::Apply(apply(&["example/ours"]))).await.unwrap();
    assert_eq!(both.metadata.finalizers.unwrap(), ["example/ours", "example/theirs"]);
    let left = tables(&server).patch("orders", &ours, &Patch::Apply(apply(&[]))).await.unwrap();
    assert_eq!(left.metadata.finalizers.unwrap(), ["example/theirs"]);
    assert_eq!(left.spec.table_name, "orders");
    assert_eq!(server.writes().len(), 4);
}

#[tokio::test]
async fn a_field_of_somebody_else_is_changed_by_force_only() {
    let server = ApiServer::new();
    server.apply(&table("orders"));
    let config = json!({
        "apiVersion": "partita.dev/v1", "kind": "Table", "metadata": {"name": "orders"}, "spec": {"tableName": "x"},
    });
    let apply = |params: PatchParams| {
        let (tables, config) = (tables(&server), config.clone());
        async move { tables.patch("orders", &params, &Patch::Apply(config)).await }
    };
    assert!(matches!(apply(PatchParams::apply("ours")).await, Err(kube::Error::Api(s)) if s.is_conflict()));
    let forced = apply(PatchParams::apply("ours").force()).await.unwrap();
    assert_eq!((forced.spec.table_name.as_str(), forced.metadata.generation), ("x", Some(2)));
}

#[tokio::test]
async fn an_object_goes_with_its_last_finalizer() {
    let server = ApiServer::new();
    let mut held = table("orders");
    held["metadata"]["finalizers"] = json!(["example/a"]);
    server.apply(&held);
    server.delete("Table", "shop", "orders");
    let dying = server.object("Table", "shop", "orders").unwrap();
    assert!(dying["metadata"].get("deletionTimestamp").is_some());
    let patch = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    tables(&server).patch("orders", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(server.object("Table", "shop", "orders"), None);
}

#[tokio::test]
async fn what_no_permission_allows_is_refused() {
    let server = ApiServer::new();
    let leases: Api<Lease> = Api::namespaced(server.client(), "elsewhere");
    let refused = leases.create(&PostParams::default(), &Lease::default()).await;
    assert!(matches!(refused, Err(kube::Error::Api(status)) if status.is_forbidden()));
}

#[tokio::test]
async fn a_fault_is_answered_as_often_as_asked_for() {
    let server = ApiServer::new();
    server.apply(&table("orders"));
    server.fail("list", "tables", 500, 1);
    let list = || {
        let tables = tables(&server);
        async move { tables.list(&Default::default()).await }
    };
    assert!(list().await.is_err());
    assert_eq!(list().await.unwrap().items.len(), 1);
}
