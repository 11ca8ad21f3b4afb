//! Manifests as people write them: good ones, and one that the API server itself must refuse.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::lab::Lab;
use crate::settings::manifest;

/// How a person meets a rule. All rules are gone through in the suite before an API server alone.
pub(crate) fn refused(lab: &Lab) -> Result<()> {
    let done = lab.try_apply(&manifest("refused", &json!({"billingMode": "PROVISIONED"})))?;
    ensure!(!done.success, "it was accepted");
    for part in ["spec.provisionedThroughput", "must be specified when billingMode is PROVISIONED"] {
        ensure!(done.stderr.contains(part), "`{part}` is not in {}", done.stderr);
    }
    ensure!(lab.get(&["table", "refused"])?.is_none(), "a refused object is there");
    Ok(())
}

/// A folder of manifests that the ACK controller took, with another `apiVersion`.
pub(crate) fn ack(lab: &Lab) -> Result<()> {
    let mut manifests = Vec::new();
    for file in std::fs::read_dir(Lab::project("e2e/kubernetes/manifests/ack"))? {
        // They were written for another region, which an ARN names.
        manifests.push(std::fs::read_to_string(file?.path())?.replace("eu-west-1", "us-east-1"));
    }
    let applied = lab.feed(&["apply", "-o", "json", "-f", "-"], &manifests.join("\n---\n"))?;
    ensure!(applied.success, "{}", applied.stderr);
    let applied: Value = serde_json::from_str(&applied.stdout)?;
    let objects = applied["items"].as_array().context("a list of tables")?;
    ensure!(
        objects.len() == manifests.len(),
        "{} of {} manifests became objects",
        objects.len(),
        manifests.len()
    );
    for object in objects {
        let (namespace, name) = names(object)?;
        let table = format!("table/{name}");
        lab.wait("jsonpath={.status.tableStatus}=ACTIVE", &["-n", namespace, &table])?;
        lab.wait("condition=ACK.ResourceSynced", &["-n", namespace, &table])?;
    }
    for object in objects {
        let (namespace, name) = names(object)?;
        // As its owner would have to: the protection first. A finalizer of the other controller goes with it.
        let free = r#"{"metadata": {"finalizers": ["partita.dev/table"]}, "spec": {"deletionProtectionEnabled": false, "deletionPolicy": "Delete"}}"#;
        lab.kubectl_ok(&["-n", namespace, "patch", "table", name, "--type=merge", "-p", free])?;
        lab.kubectl_ok(&["-n", namespace, "delete", "table", name, "--timeout=60s"])?;
    }
    Ok(())
}

fn names(object: &Value) -> Result<(&str, &str)> {
    let metadata = &object["metadata"];
    let namespace = metadata["namespace"].as_str().unwrap_or("default");
    Ok((namespace, metadata["name"].as_str().context("an object has a name")?))
}
