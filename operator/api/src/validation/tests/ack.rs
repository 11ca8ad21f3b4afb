//! Every field of ACK's Table is a field of ours, of the same JSON type, and the manifests under `ack/` use it.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::{Table, unsupported_fields};

/// The fields of the spec and status of ACK's Table, by their JSON type; `[]` stands for the items of a list.
const FIELDS: [(&str, &str); 4] = [
    (
        "string",
        "spec.attributeDefinitions[].attributeName
         spec.attributeDefinitions[].attributeType
         spec.billingMode
         spec.contributorInsights
         spec.globalSecondaryIndexes[].indexName
         spec.globalSecondaryIndexes[].keySchema[].attributeName
         spec.globalSecondaryIndexes[].keySchema[].keyType
         spec.globalSecondaryIndexes[].projection.nonKeyAttributes[]
         spec.globalSecondaryIndexes[].projection.projectionType
         spec.keySchema[].attributeName
         spec.keySchema[].keyType
         spec.localSecondaryIndexes[].indexName
         spec.localSecondaryIndexes[].keySchema[].attributeName
         spec.localSecondaryIndexes[].keySchema[].keyType
         spec.localSecondaryIndexes[].projection.nonKeyAttributes[]
         spec.localSecondaryIndexes[].projection.projectionType
         spec.resourcePolicy
         spec.sseSpecification.kmsMasterKeyID
         spec.sseSpecification.kmsMasterKeyRef.from.name
         spec.sseSpecification.kmsMasterKeyRef.from.namespace
         spec.sseSpecification.sseType
         spec.streamSpecification.resourcePolicy
         spec.streamSpecification.streamViewType
         spec.tableClass
         spec.tableName
         spec.tableReplicas[].globalSecondaryIndexes[].indexName
         spec.tableReplicas[].kmsMasterKeyID
         spec.tableReplicas[].regionName
         spec.tableReplicas[].tableClassOverride
         spec.tags[].key
         spec.tags[].value
         spec.timeToLive.attributeName
         status.ackResourceMetadata.arn
         status.ackResourceMetadata.ownerAccountID
         status.ackResourceMetadata.partition
         status.ackResourceMetadata.region
         status.archivalSummary.archivalBackupARN
         status.archivalSummary.archivalReason
         status.conditions[].message
         status.conditions[].reason
         status.conditions[].status
         status.conditions[].type
         status.globalSecondaryIndexesDescriptions[].indexARN
         status.globalSecondaryIndexesDescriptions[].indexName
         status.globalSecondaryIndexesDescriptions[].indexStatus
         status.globalSecondaryIndexesDescriptions[].keySchema[].attributeName
         status.globalSecondaryIndexesDescriptions[].keySchema[].keyType
         status.globalSecondaryIndexesDescriptions[].projection.nonKeyAttributes[]
         status.globalSecondaryIndexesDescriptions[].projection.projectionType
         status.globalTableVersion
         status.latestStreamARN
         status.latestStreamLabel
         status.replicas[].globalSecondaryIndexes[].indexName
         status.replicas[].kmsMasterKeyID
         status.replicas[].regionName
         status.replicas[].replicaStatus
         status.replicas[].replicaStatusDescription
         status.replicas[].replicaStatusPercentProgress
         status.replicas[].replicaTableClassSummary.tableClass
         status.restoreSummary.sourceBackupARN
         status.restoreSummary.sourceTableARN
         status.tableID
         status.tableStatus",
    ),
    (
        "date-time",
        "status.archivalSummary.archivalDateTime
         status.conditions[].lastTransitionTime
         status.creationDateTime
         status.globalSecondaryIndexesDescriptions[].provisionedThroughput.lastDecreaseDateTime
         status.globalSecondaryIndexesDescriptions[].provisionedThroughput.lastIncreaseDateTime
         status.replicas[].replicaInaccessibleDateTime
         status.replicas[].replicaTableClassSummary.lastUpdateDateTime
         status.restoreSummary.restoreDateTime",
    ),
    (
        "integer",
        "spec.globalSecondaryIndexes[].onDemandThroughput.maxReadRequestUnits
         spec.globalSecondaryIndexes[].onDemandThroughput.maxWriteRequestUnits
         spec.globalSecondaryIndexes[].provisionedThroughput.readCapacityUnits
         spec.globalSecondaryIndexes[].provisionedThroughput.writeCapacityUnits
         spec.onDemandThroughput.maxReadRequestUnits
         spec.onDemandThroughput.maxWriteRequestUnits
         spec.provisionedThroughput.readCapacityUnits
         spec.provisionedThroughput.writeCapacityUnits
         spec.tableReplicas[].globalSecondaryIndexes[].provisionedThroughputOverride.readCapacityUnits
         spec.tableReplicas[].provisionedThroughputOverride.readCapacityUnits
         status.globalSecondaryIndexesDescriptions[].indexSizeBytes
         status.globalSecondaryIndexesDescriptions[].itemCount
         status.globalSecondaryIndexesDescriptions[].onDemandThroughput.maxReadRequestUnits
         status.globalSecondaryIndexesDescriptions[].onDemandThroughput.maxWriteRequestUnits
         status.globalSecondaryIndexesDescriptions[].provisionedThroughput.numberOfDecreasesToday
         status.globalSecondaryIndexesDescriptions[].provisionedThroughput.readCapacityUnits
         status.globalSecondaryIndexesDescriptions[].provisionedThroughput.writeCapacityUnits
         status.itemCount
         status.replicas[].globalSecondaryIndexes[].provisionedThroughputOverride.readCapacityUnits
         status.replicas[].provisionedThroughputOverride.readCapacityUnits
         status.tableSizeBytes",
    ),
    (
        "boolean",
        "spec.continuousBackups.pointInTimeRecoveryEnabled
         spec.deletionProtectionEnabled
         spec.sseSpecification.enabled
         spec.streamSpecification.streamEnabled
         spec.timeToLive.enabled
         status.globalSecondaryIndexesDescriptions[].backfilling
         status.restoreSummary.restoreInProgress",
    ),
];

/// The schema of the field at `path`, `Null` if there is none.
fn schema_at(path: &str) -> &'static Value {
    let mut schema: &Value = &TABLE_SCHEMA;
    for step in path.split('.') {
        let name = step.trim_end_matches("[]");
        schema = &schema["properties"][name];
        if step.ends_with("[]") {
            schema = &schema["items"];
        }
    }
    schema
}

/// The paths of all leaves of `value`.
fn leaves(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(value, &path, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, &format!("{path}[]"), found)),
        _ => {
            found.insert(path.to_owned());
        }
    }
}

fn fields() -> impl Iterator<Item = (&'static str, &'static str)> {
    FIELDS.into_iter().flat_map(|(kind, paths)| paths.split_whitespace().map(move |path| (kind, path)))
}

#[test]
fn each_field_of_ack_is_a_field_of_the_same_type() {
    let wrong: Vec<&str> = fields()
        .filter(|(kind, path)| {
            let schema = schema_at(path);
            match *kind {
                "date-time" => schema["type"] != "string" || schema["format"] != "date-time",
                kind => schema["type"] != kind || schema["format"] == "date-time",
            }
        })
        .map(|(_, path)| path)
        .collect();
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn the_manifests_use_each_field_of_ack_and_no_other() {
    let mut used = BTreeSet::new();
    for manifest in manifests::objects("ack") {
        for part in ["spec", "status"] {
            leaves(&manifest[part], part, &mut used);
        }
    }
    used.remove("status"); // a manifest without a status
    let stated: BTreeSet<String> = fields().map(|(_, path)| path.to_owned()).collect();
    assert_eq!(used, stated);
}

#[test]
fn what_is_not_acted_upon_yet_is_named() {
    let fields =
        |manifest: Value| unsupported_fields(&serde_json::from_value::<Table>(manifest).unwrap().spec);
    assert_eq!(
        fields(manifests::named("ack", "provisioned")),
        [
            "streamSpecification.resourcePolicy",
            "continuousBackups",
            "contributorInsights",
            "resourcePolicy",
            "sseSpecification",
            "tableReplicas",
        ]
    );
    assert_eq!(
        fields(manifests::named("ack", "on-demand")),
        ["onDemandThroughput", "globalSecondaryIndexes.onDemandThroughput", "sseSpecification"]
    );
    assert_eq!(
        fields(table(json!({
            "globalSecondaryIndexes": [], "tableReplicas": [], "timeToLive": {"enabled": false, "attributeName": "t"},
            "streamSpecification": {"streamEnabled": false}, "tags": [], "tableClass": "STANDARD",
        }))),
        [""; 0]
    );
}
