//! `kubectl partita release table NAME`: takes our finalizer away where no operator will.
//!
//! An object whose operator is gone can never be deleted otherwise. Where one is there, it would put the finalizer back, or, worse,
//! the table would stay although its policy says Delete: so that needs `--force`.

use anyhow::{Context as _, Result, bail};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Patch, PatchParams};
use partita_controllers::declarations::FINALIZER;
use serde_json::{Value, json};

use super::cluster::{Cluster, Leader};
use crate::arguments::{ReleasableKind, ReleaseOptions};
use crate::terminal;

pub(super) async fn run(options: &ReleaseOptions) -> Result<()> {
    let ReleasableKind::Table = options.kind;
    let cluster = Cluster::connect(&options.cluster).await?;
    if !options.force {
        let leaders = cluster.leaders(options.operator_namespace.as_deref()).await?;
        refuse_beside(&leaders)?;
    }
    let namespace = options.namespace.as_deref().unwrap_or(&cluster.namespace);
    let tables = cluster.tables_in(namespace);
    let object = tables.get(&options.name).await.with_context(|| {
        format!("cannot read table.partita.dev/{} in namespace {namespace}", options.name)
    })?;
    let Some(patch) = without_finalizer(&object.metadata) else {
        return terminal::say(&format!("table.partita.dev/{} has no finalizer of Partita's", options.name));
    };
    // The resource version in the patch makes it fail where somebody changed the object meanwhile.
    tables
        .patch(&options.name, &PatchParams::default(), &Patch::Merge(&patch))
        .await
        .context("the object was not changed; try again")?;
    let table = object.data["spec"]["tableName"].as_str().unwrap_or(&options.name).to_owned();
    terminal::print(&left(&options.name, &table, &object.metadata))
}

/// An error if an operator is there to do its work.
fn refuse_beside(leaders: &[Leader]) -> Result<()> {
    match leaders.iter().find(|leader| leader.alive) {
        None => Ok(()),
        Some(leader) => bail!(
            "operator {} in namespace {} is there ({} s ago): `kubectl delete` is enough, and the object's conditions say what it waits for. \
             --force releases it all the same and leaves its table behind",
            leader.holder,
            leader.namespace,
            leader.silent_seconds
        ),
    }
}

/// The patch that takes our finalizer away; `None` if it is not there.
fn without_finalizer(metadata: &ObjectMeta) -> Option<Value> {
    let finalizers = metadata.finalizers.as_deref().unwrap_or_default();
    let others: Vec<&String> = finalizers.iter().filter(|name| *name != FINALIZER).collect();
    (others.len() < finalizers.len())
        .then(|| json!({"metadata": {"resourceVersion": metadata.resource_version, "finalizers": others}}))
}

/// What is left after that, for people.
fn left(name: &str, table: &str, metadata: &ObjectMeta) -> String {
    let others: Vec<&str> =
        metadata.finalizers.iter().flatten().map(String::as_str).filter(|name| *name != FINALIZER).collect();
    let object = match (&metadata.deletion_timestamp, others.is_empty()) {
        (None, _) => {
            "the object is not being deleted and stays; an operator that starts takes it up again".to_owned()
        }
        (Some(_), true) => "the object is gone".to_owned(),
        (Some(_), false) => format!("the object waits for {}", others.join(", ")),
    };
    format!(
        "table.partita.dev/{name} released\n{object}\ntable {table} and its items stay in the Region's store; \
         an object with the same tableName takes it up again\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(finalizers: &[&str], deleted: bool) -> ObjectMeta {
        let mut metadata = json!({"resourceVersion": "7", "finalizers": finalizers});
        if deleted {
            metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        }
        serde_json::from_value(metadata).unwrap()
    }

    #[test]
    fn only_our_finalizer_goes() {
        let patch = without_finalizer(&metadata(&["other.dev/x", FINALIZER], true)).unwrap();
        assert_eq!(patch, json!({"metadata": {"resourceVersion": "7", "finalizers": ["other.dev/x"]}}));
        assert_eq!(without_finalizer(&metadata(&["other.dev/x"], true)), None);
        assert_eq!(without_finalizer(&metadata(&[], true)), None);
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
        expect_test::expect![[r#"
            table.partita.dev/orders released
            the object is gone
            table shop-orders and its items stay in the Region's store; an object with the same tableName takes it up again
        "#]]
        .assert_eq(&left("orders", "shop-orders", &metadata(&[FINALIZER], true)));
        assert!(left("o", "o", &metadata(&[FINALIZER], false)).contains("is not being deleted"));
        assert!(left("o", "o", &metadata(&[FINALIZER, "a/b"], true)).contains("waits for a/b"));
    }
}
