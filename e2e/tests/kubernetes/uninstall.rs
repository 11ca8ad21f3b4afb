//! What stays and what goes.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::install::{first_answer, helm_install};
use crate::lab::{Lab, NAMESPACE};
use crate::settings::{described, manifest};

/// The names of the objects of these kinds in the operator's namespace, but for those of Kubernetes itself.
fn left(lab: &Lab, kinds: &str) -> Result<Vec<String>> {
    let listed = lab.kubectl_ok(&["-n", NAMESPACE, "get", kinds, "-o", "name"])?;
    let foreign = ["configmap/kube-root-ca.crt", "serviceaccount/default"];
    Ok(listed.lines().filter(|name| !foreign.contains(name)).map(str::to_owned).collect())
}

const EVERYTHING: &str = "pods,deployments,replicasets,services,persistentvolumeclaims,secrets,configmaps,\
                          serviceaccounts,roles,rolebindings,networkpolicies,leases,jobs";

fn cluster_wide(lab: &Lab) -> Result<Vec<String>> {
    let listed = lab.kubectl_ok(&["get", "clusterroles,clusterrolebindings,regions", "-o", "name"])?;
    Ok(listed
        .lines()
        .filter(|name| name.contains("partita") || name.contains("region."))
        .map(str::to_owned)
        .collect())
}

fn helm_uninstall(lab: &Lab) -> Result<()> {
    lab.helm(&["uninstall", "partita", "--namespace", NAMESPACE, "--wait"]).map(drop)
}

pub(crate) fn keeps(lab: &Lab) -> Result<()> {
    lab.apply(&manifest("kept", &json!({})))?;
    lab.wait("condition=Ready", &["table/kept"])?;
    let item = r#"{"pk": {"S": "kept"}, "sk": {"N": "1"}}"#;
    lab.aws(&lab.access()?, &["put-item", "--table-name", "kept", "--item", item])?;
    std::fs::write(lab.folder().join("id"), described(lab, "kept")?["TableId"].to_string())?;
    std::fs::write(lab.folder().join("key"), lab.access()?.id)?;
    helm_uninstall(lab)?;
    let kept = [
        "persistentvolumeclaim/partita-default-node-0",
        "persistentvolumeclaim/partita-operator",
        "secret/partita-default-access-key",
    ];
    lab.eventually("only what is kept to be left", || {
        let mut names = left(lab, EVERYTHING)?;
        names.retain(|name| !kept.iter().any(|kept| name.starts_with(kept)));
        Ok(names.is_empty())
    })
    .with_context(|| format!("left: {:?}", left(lab, EVERYTHING)))?;
    let stayed = left(lab, "persistentvolumeclaims,secrets")?;
    for name in kept {
        ensure!(stayed.iter().any(|left| left.starts_with(name)), "{name} did not stay: {stayed:?}");
    }
    ensure!(lab.get(&["table", "kept"])?.is_some(), "people's objects are not the chart's to delete");
    let wide = cluster_wide(lab)?;
    ensure!(wide.is_empty(), "left: {wide:?}");
    Ok(())
}

pub(crate) fn finds_again(lab: &Lab) -> Result<()> {
    helm_install(lab, &[])?;
    first_answer(lab)?;
    lab.wait("condition=Ready", &["table/kept"])?;
    let id = described(lab, "kept")?["TableId"].to_string();
    ensure!(id == std::fs::read_to_string(lab.folder().join("id"))?, "another table: {id}");
    let access = lab.access()?;
    ensure!(access.id == std::fs::read_to_string(lab.folder().join("key"))?, "another access key");
    let count =
        lab.aws(&access, &["scan", "--table-name", "kept", "--select", "COUNT", "--consistent-read"])?;
    ensure!(count["Count"] == 1, "{count}");
    Ok(())
}

pub(crate) fn leaves_nothing(lab: &Lab) -> Result<()> {
    lab.kubectl_ok(&["delete", "tables", "--all", "--timeout=60s"])?;
    let chart = Lab::project("charts/partita");
    let chart = chart.to_string_lossy();
    let mut upgrade =
        vec!["upgrade", "partita", &chart, "--namespace", NAMESPACE, "--set", "region.deletionPolicy=Delete"];
    upgrade.extend(crate::install::IMAGE);
    lab.helm(&upgrade)?;
    lab.eventually("the volume to be the Region's", || {
        let owners = lab.field(
            &["-n", NAMESPACE, "persistentvolumeclaim", "partita-default-node-0"],
            "/metadata/ownerReferences",
        )?;
        Ok(owners.as_array().is_some_and(|owners: &Vec<Value>| !owners.is_empty()))
    })?;
    helm_uninstall(lab)?;
    lab.eventually("nothing to be left", || Ok(left(lab, EVERYTHING)?.is_empty()))
        .with_context(|| format!("left: {:?}", left(lab, EVERYTHING)))?;
    let wide = cluster_wide(lab)?;
    ensure!(wide.is_empty(), "left: {wide:?}");
    Ok(())
}
