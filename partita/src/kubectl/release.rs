//! `kubectl partita release KIND NAME`: takes our finalizer away where no operator will.
//!
//! An object whose operator is gone can never be deleted otherwise. Where one is there, it would put the finalizer back, or, worse,
//! what it manages would stay although its policy says Delete: so that needs `--force`.

use anyhow::{Context as _, Result, bail};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Patch, PatchParams};
use partita_controllers::declarations::finalizer;
use serde_json::{Value, json};

use super::cluster::{Cluster, Leader};
use crate::arguments::ReleaseOptions;
use crate::kinds::Kind;
use crate::terminal;

pub(super) async fn run(options: &ReleaseOptions) -> Result<()> {
    let kind = options.kind;
    let cluster = Cluster::connect(&options.cluster).await?;
    if !options.force {
        let leaders = cluster.leaders(options.operator_namespace.as_deref()).await?;
        refuse_beside(&leaders)?;
    }
    let namespace = options.namespace.as_deref().unwrap_or(&cluster.namespace);
    let objects = cluster.objects_in(kind, namespace);
    let named = format!("{}/{}", kind.resource(), options.name);
    let object = objects.get(&options.name).await;
    let object = object.with_context(|| format!("cannot read {named} in namespace {namespace}"))?;
    let Some(patch) = without_finalizer(kind, &object.metadata) else {
        return terminal::say(&format!("{named} has no finalizer of Partita's"));
    };
    // The resource version in the patch makes it fail where somebody changed the object meanwhile.
    objects
        .patch(&options.name, &PatchParams::default(), &Patch::Merge(&patch))
        .await
        .context("the object was not changed; try again")?;
    let text = format!(
        "{named} released\n{}\n{}\n",
        left(kind, &object.metadata),
        stays(kind, &options.name, &object.data)
    );
    terminal::print(&text)
}

/// An error if an operator is there to do its work.
fn refuse_beside(leaders: &[Leader]) -> Result<()> {
    match leaders.iter().find(|leader| leader.alive) {
        None => Ok(()),
        Some(leader) => bail!(
            "operator {} in namespace {} is there ({} s ago): `kubectl delete` is enough, and the object's conditions say what it waits for. \
             --force releases it all the same and leaves behind what it manages",
            leader.holder,
            leader.namespace,
            leader.silent_seconds
        ),
    }
}

/// The patch that takes our finalizer away; `None` if it is not there.
fn without_finalizer(kind: Kind, metadata: &ObjectMeta) -> Option<Value> {
    let finalizers = metadata.finalizers.as_deref().unwrap_or_default();
    let others = others(kind, metadata);
    (others.len() < finalizers.len())
        .then(|| json!({"metadata": {"resourceVersion": metadata.resource_version, "finalizers": others}}))
}

/// The finalizers that are not ours.
fn others(kind: Kind, metadata: &ObjectMeta) -> Vec<&str> {
    let all = metadata.finalizers.iter().flatten().map(String::as_str);
    all.filter(|name| Some(*name) != finalizer(kind.name())).collect()
}

/// What becomes of the object after that, for people.
fn left(kind: Kind, metadata: &ObjectMeta) -> String {
    let others = others(kind, metadata);
    match (&metadata.deletion_timestamp, others.is_empty()) {
        (None, _) => {
            "the object is not being deleted and stays; an operator that starts takes it up again".to_owned()
        }
        (Some(_), true) => "the object is gone".to_owned(),
        (Some(_), false) => format!("the object waits for {}", others.join(", ")),
    }
}

/// What the object of that name managed, for people.
fn stays(kind: Kind, name: &str, object: &Value) -> String {
    match kind {
        Kind::Table => {
            let table = object["spec"]["tableName"].as_str().unwrap_or(name);
            format!(
                "table {table} and its items stay in the Region's store; an object with the same tableName takes it up again"
            )
        }
        Kind::EventSourceMapping => {
            let uuid = object["status"]["uuid"].as_str().unwrap_or("of the object");
            format!(
                "event source mapping {uuid} stays; an object of the same stream and target takes it up again"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = Kind::Table;
    const FINALIZER: &str = "partita.dev/table";

    fn metadata(finalizers: &[&str], deleted: bool) -> ObjectMeta {
        let mut metadata = json!({"resourceVersion": "7", "finalizers": finalizers});
        if deleted {
            metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        }
        serde_json::from_value(metadata).unwrap()
    }

    #[test]
    fn only_our_finalizer_goes() {
        let patch = without_finalizer(KIND, &metadata(&["other.dev/x", FINALIZER], true)).unwrap();
        assert_eq!(patch, json!({"metadata": {"resourceVersion": "7", "finalizers": ["other.dev/x"]}}));
        assert_eq!(without_finalizer(KIND, &metadata(&["other.dev/x"], true)), None);
        assert_eq!(without_finalizer(KIND, &metadata(&[], true)), None);
    }

    #[test]
    fn a_live_operator_is_not_undercut() {
        let leader = Leader { namespace: "db".into(), holder: "op-1".into(), silent_seconds: 3, alive: true };
        assert!(refuse_beside(std::slice::from_ref(&leader)).unwrap_err().to_string().contains("op-1"));
        assert!(refuse_beside(&[Leader { alive: false, ..leader }]).is_ok());
        assert!(refuse_beside(&[]).is_ok());
    }

    #[test]
    fn what_is_left_is_said() {
        assert_eq!(left(KIND, &metadata(&[FINALIZER], true)), "the object is gone");
        assert!(left(KIND, &metadata(&[FINALIZER], false)).contains("is not being deleted"));
        assert!(left(KIND, &metadata(&[FINALIZER, "a/b"], true)).contains("waits for a/b"));
        let table = stays(KIND, "orders", &json!({"spec": {"tableName": "shop-orders"}}));
        assert!(table.starts_with("table shop-orders and its items stay"), "{table}");
        let mapping = stays(Kind::EventSourceMapping, "sink", &json!({"status": {"uuid": "an-id"}}));
        assert!(mapping.starts_with("event source mapping an-id stays"), "{mapping}");
    }
}
