//! Tables and their settings.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::lab::{Lab, NAMESPACE};

/// How long nothing must be written: a few resyncs of a settled object.
const QUIET: Duration = Duration::from_secs(12);

/// A manifest of a table with the key (pk S, sk N) and these further fields.
pub(crate) fn manifest(name: &str, fields: &Value) -> String {
    let mut spec = json!({
        "tableName": name,
        "attributeDefinitions": [
            {"attributeName": "pk", "attributeType": "S"}, {"attributeName": "sk", "attributeType": "N"}
        ],
        "keySchema": [
            {"attributeName": "pk", "keyType": "HASH"}, {"attributeName": "sk", "keyType": "RANGE"}
        ],
        "billingMode": "PAY_PER_REQUEST",
    });
    for (field, value) in fields.as_object().into_iter().flatten() {
        spec[field] = value.clone();
    }
    json!({
        "apiVersion": "partita.dev/v1", "kind": "Table",
        "metadata": {"name": name, "namespace": "default"}, "spec": spec,
    })
    .to_string()
}

/// DescribeTable, as a client sees it.
pub(crate) fn described(lab: &Lab, table: &str) -> Result<Value> {
    let mut answer = lab.aws(&lab.access()?, &["describe-table", "--table-name", table])?;
    Ok(answer["Table"].take())
}

pub(crate) fn a_table_becomes_active(lab: &Lab) -> Result<()> {
    lab.apply(&manifest("orders", &json!({})))?;
    lab.wait("condition=Ready", &["table/orders"])?;
    lab.wait("jsonpath={.status.tableStatus}=ACTIVE", &["table/orders"])?;
    let shown = lab.kubectl_ok(&["get", "tables"])?;
    for part in ["STATUS", "READY", "BILLING", "ITEMS", "AGE", "orders", "ACTIVE", "True", "PAY_PER_REQUEST"]
    {
        ensure!(shown.contains(part), "`{part}` is not in\n{shown}");
    }
    let arn = lab.field(&["table", "orders"], "/status/ackResourceMetadata/arn")?;
    ensure!(arn == described(lab, "orders")?["TableArn"], "{arn}");
    let events = lab.kubectl_ok(&["events", "--for", "table/orders"])?;
    ensure!(
        events.contains("Settled") || events.contains("Creating"),
        "no event tells of the table:\n{events}"
    );
    Ok(())
}

/// Each change of a manifest, and what DescribeTable shows of it.
pub(crate) fn mutable_fields(lab: &Lab) -> Result<()> {
    let provisioned = json!({"readCapacityUnits": 7, "writeCapacityUnits": 3});
    let changes = [
        (
            json!({"billingMode": "PROVISIONED", "provisionedThroughput": provisioned}),
            "/ProvisionedThroughput/ReadCapacityUnits",
            json!(7),
        ),
        (
            json!({"billingMode": "PROVISIONED", "provisionedThroughput": {"readCapacityUnits": 9, "writeCapacityUnits": 3}}),
            "/ProvisionedThroughput/ReadCapacityUnits",
            json!(9),
        ),
        (
            json!({"billingMode": "PAY_PER_REQUEST"}),
            "/BillingModeSummary/BillingMode",
            json!("PAY_PER_REQUEST"),
        ),
        (
            json!({"tableClass": "STANDARD_INFREQUENT_ACCESS"}),
            "/TableClassSummary/TableClass",
            json!("STANDARD_INFREQUENT_ACCESS"),
        ),
        (json!({"deletionProtectionEnabled": true}), "/DeletionProtectionEnabled", json!(true)),
        (json!({"deletionProtectionEnabled": false}), "/DeletionProtectionEnabled", json!(false)),
    ];
    for (fields, pointer, wanted) in changes {
        lab.apply(&manifest("orders", &fields))?;
        lab.eventually(&format!("{pointer} to be {wanted}"), || {
            Ok(described(lab, "orders")?.pointer(pointer) == Some(&wanted))
        })?;
    }
    tags(lab)?;
    lab.wait("condition=Ready", &["table/orders"])
}

fn tags(lab: &Lab) -> Result<()> {
    let access = lab.access()?;
    let arn = described(lab, "orders")?["TableArn"].as_str().context("a table has an ARN")?.to_owned();
    let shown = || lab.aws(&access, &["list-tags-of-resource", "--resource-arn", &arn]);
    for (declared, wanted) in [
        (json!([{"key": "team", "value": "shop"}]), json!([{"Key": "team", "Value": "shop"}])),
        (json!([{"key": "tier", "value": "1"}]), json!([{"Key": "tier", "Value": "1"}])),
    ] {
        lab.apply(&manifest("orders", &json!({"tags": declared})))?;
        lab.eventually(&format!("the tags {wanted}"), || Ok(shown()?["Tags"] == wanted))?;
    }
    // A server-side apply cannot say "empty": the API server forgets a list that an applier empties.
    lab.kubectl_ok(&["patch", "table", "orders", "--type=merge", "-p", r#"{"spec": {"tags": []}}"#])?;
    lab.eventually("no tags", || Ok(shown()?["Tags"] == json!([])))
}

pub(crate) fn unsupported_fields(lab: &Lab) -> Result<()> {
    lab.apply(&manifest("orders", &json!({"contributorInsights": "ENABLE"})))?;
    lab.wait("condition=Unsupported", &["table/orders"])?;
    let conditions = lab.field(&["table", "orders"], "/status/conditions")?;
    let unsupported = conditions.as_array().into_iter().flatten().find(|c| c["type"] == "Unsupported");
    let message = unsupported.and_then(|condition| condition["message"].as_str()).unwrap_or_default();
    ensure!(message.contains("contributorInsights"), "{conditions}");
    lab.apply(&manifest("orders", &json!({})))?;
    lab.eventually("nothing to be unsupported", || {
        let conditions = lab.field(&["table", "orders"], "/status/conditions")?;
        let told = |c: &Value| c["type"] == "Unsupported" && c["status"] == "True";
        Ok(!conditions.as_array().into_iter().flatten().any(told))
    })
}

/// Nothing of ours is written while nothing changes: neither to what users apply nor to what the operator made.
pub(crate) fn settled(lab: &Lab) -> Result<()> {
    let versions = || -> Result<BTreeMap<String, String>> {
        let mut versions = BTreeMap::new();
        for kinds in ["regions,tables", "pods,services,persistentvolumeclaims,secrets"] {
            let listed = lab.get(&["-A", kinds])?.unwrap_or_default();
            for object in listed["items"].as_array().into_iter().flatten() {
                let metadata = &object["metadata"];
                let name = format!("{} {}/{}", object["kind"], metadata["namespace"], metadata["name"]);
                versions.insert(name, metadata["resourceVersion"].to_string());
            }
        }
        Ok(versions)
    };
    let mut before = versions()?;
    // What is still on its way may arrive first.
    lab.eventually("a moment without writes", || {
        std::thread::sleep(Duration::from_secs(2));
        let after = versions()?;
        let same = after == before;
        before = after;
        Ok(same)
    })?;
    lab.steadily("no object is written", QUIET, || {
        let after = versions()?;
        if after != before {
            let changed: Vec<_> =
                after.iter().filter(|(name, version)| before.get(*name) != Some(version)).collect();
            eprintln!("          written: {changed:?}");
        }
        Ok(after == before)
    })?;
    ensure!(before.keys().any(|name| name.contains(NAMESPACE)), "the operator's children were looked at");
    Ok(())
}
