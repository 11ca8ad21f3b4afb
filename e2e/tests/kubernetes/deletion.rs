//! What becomes of a table whose object is deleted.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::lab::{Lab, finished};
use crate::settings::{described, manifest};

/// Long enough for a controller to do what it must not do.
const WAITING: Duration = Duration::from_secs(3);

fn exists(lab: &Lab, table: &str) -> Result<bool> {
    let mut describe = lab.aws_command(&lab.access()?, &["describe-table", "--table-name", table]);
    let done = finished(&mut describe)?;
    ensure!(done.success || done.stderr.contains("ResourceNotFoundException"), "{}", done.stderr);
    Ok(done.success)
}

pub(crate) fn protection(lab: &Lab) -> Result<()> {
    lab.apply(&manifest("protected", &json!({"deletionProtectionEnabled": true})))?;
    lab.wait("condition=Ready", &["table/protected"])?;
    lab.kubectl_ok(&["delete", "table", "protected", "--wait=false"])?;
    lab.eventually("the condition that says why", || {
        Ok(lab
            .field(&["table", "protected"], "/status/conditions")?
            .to_string()
            .contains("DeletionProtected"))
    })?;
    lab.steadily("the table and its object stay", WAITING, || {
        Ok(lab.get(&["table", "protected"])?.is_some()
            && described(lab, "protected")?["TableStatus"] == "ACTIVE")
    })?;
    // Whoever lifts the protection, by either door, lets the table go.
    lab.apply(&manifest("protected", &json!({"deletionProtectionEnabled": false})))?;
    lab.wait("delete", &["table/protected"])?;
    ensure!(!exists(lab, "protected")?, "the table is still there");
    Ok(())
}

pub(crate) fn policies(lab: &Lab) -> Result<()> {
    for (name, policy) in [("gone", "Delete"), ("kept", "Retain")] {
        lab.apply(&manifest(name, &json!({"deletionPolicy": policy})))?;
        lab.wait("condition=Ready", &[&format!("table/{name}")])?;
        lab.kubectl_ok(&["delete", "table", name, "--timeout=60s"])?;
    }
    ensure!(!exists(lab, "gone")?, "Delete kept the table");
    ensure!(exists(lab, "kept")?, "Retain deleted the table");
    // An object again: it takes the table over.
    lab.apply(&manifest("kept", &json!({"deletionPolicy": "Delete"})))?;
    lab.wait("condition=Ready", &["table/kept"])?;
    lab.kubectl_ok(&["delete", "table", "kept", "--timeout=60s"])?;
    ensure!(!exists(lab, "kept")?, "Delete kept the adopted table");
    Ok(())
}
