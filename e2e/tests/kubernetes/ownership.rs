//! Who manages a table.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use crate::lab::Lab;
use crate::settings::{described, manifest};

pub(crate) fn adoption(lab: &Lab) -> Result<()> {
    let access = lab.access()?;
    lab.aws(
        &access,
        &[
            "create-table",
            "--table-name=adopted",
            "--attribute-definitions",
            "AttributeName=pk,AttributeType=S",
            "AttributeName=sk,AttributeType=N",
            "--key-schema",
            "AttributeName=pk,KeyType=HASH",
            "AttributeName=sk,KeyType=RANGE",
            "--billing-mode=PAY_PER_REQUEST",
        ],
    )?;
    lab.aws(&access, &["wait", "table-exists", "--table-name", "adopted"])?;
    lab.aws(
        &access,
        &["put-item", "--table-name", "adopted", "--item", r#"{"pk": {"S": "a"}, "sk": {"N": "1"}}"#],
    )?;
    let before = described(lab, "adopted")?;
    lab.apply(&manifest(
        "adopted",
        &json!({"tableClass": "STANDARD_INFREQUENT_ACCESS", "deletionProtectionEnabled": false}),
    ))?;
    lab.wait("condition=Ready", &["table/adopted"])?;
    let after = described(lab, "adopted")?;
    ensure!(after["TableId"] == before["TableId"], "the table was made anew: {after}");
    ensure!(after["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS", "{after}");
    let key = r#"{"pk": {"S": "a"}, "sk": {"N": "1"}}"#;
    let item =
        lab.aws(&access, &["get-item", "--consistent-read", "--table-name", "adopted", "--key", key])?;
    ensure!(item["Item"]["pk"]["S"] == "a", "{item}");
    // A field that the manifest names is its own: what the API changes is put back.
    lab.aws(&access, &["update-table", "--table-name", "adopted", "--deletion-protection-enabled"])?;
    lab.eventually("the manifest's word on protection", || {
        Ok(described(lab, "adopted")?["DeletionProtectionEnabled"] == false)
    })?;
    // The user's spec is never written.
    let managers = lab.kubectl_ok(&["get", "table", "adopted", "-o", "json", "--show-managed-fields"])?;
    let object: serde_json::Value = serde_json::from_str(&managers)?;
    for entry in object["metadata"]["managedFields"].as_array().context("fields have managers")? {
        let ours = entry["manager"].as_str().is_some_and(|manager| manager.contains("partita"));
        ensure!(!ours || entry["fieldsV1"].get("f:spec").is_none(), "{entry}");
    }
    Ok(())
}

pub(crate) fn conflict(lab: &Lab) -> Result<()> {
    let rival = manifest("adopted", &json!({})).replace(r#""name":"adopted""#, r#""name":"rival""#);
    lab.apply(&rival)?;
    lab.wait("condition=Stalled", &["table/rival"])?;
    let conditions = lab.field(&["table", "rival"], "/status/conditions")?;
    ensure!(conditions.to_string().contains("Conflict"), "{conditions}");
    lab.kubectl_ok(&["delete", "table", "rival", "--timeout=30s"])?;
    ensure!(described(lab, "adopted")?["TableStatus"] == "ACTIVE", "the owner's table is there");
    lab.wait("condition=Ready", &["table/adopted"])
}
