use serde_json::{Value, json};

use super::UpdateTable;
use crate::operation::{Operation, OperationName};
use crate::{ServiceError, Wording};

const INVALID: &str = "One or more parameter values were invalid: ";

fn parse(mut body: Value) -> Result<UpdateTable, ServiceError> {
    body["TableName"] = json!("music");
    match Operation::parse(OperationName::UpdateTable, body.to_string().as_bytes())? {
        Operation::UpdateTable(operation) => Ok(operation),
        other => panic!("parsed as {other:?}"),
    }
}

#[track_caller]
fn refuses(body: Value, sentence: &str) {
    let error = parse(body.clone()).expect_err(&body.to_string());
    assert_eq!(error.name(), "ValidationException");
    assert_eq!(error.message(Wording::Classic).unwrap(), sentence);
}

#[track_caller]
fn invalid(body: Value, detail: &str) {
    refuses(body, &format!("{INVALID}{detail}"));
}

fn units(read: u64, write: u64) -> Value {
    json!({ "ReadCapacityUnits": read, "WriteCapacityUnits": write })
}

#[test]
fn something_must_be_updated() {
    refuses(
        json!({ "AttributeDefinitions": [] }),
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or \
         SSESpecification or ReplicaUpdates is required",
    );
    let modern = parse(json!({})).unwrap_err().message(Wording::Modern2026).unwrap().into_owned();
    assert_eq!(
        modern,
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, \
         SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, \
         DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"
    );
}

#[test]
fn billing_mode_and_throughput_agree() {
    invalid(
        json!({ "BillingMode": "PROVISIONED" }),
        "ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
    );
    invalid(
        json!({ "BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": units(1, 1) }),
        "ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST",
    );
    refuses(
        json!({ "ProvisionedThroughput": units(1, 1_000_000_000_001) }),
        "Given value 1000000000001 for WriteCapacityUnits is out of bounds",
    );
    refuses(
        json!({ "ProvisionedThroughput": units(0, 0) }),
        "2 validation errors detected: Value '0' at 'provisionedThroughput.writeCapacityUnits' failed to satisfy \
         constraint: Member must have value greater than or equal to 1; Value '0' at \
         'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must have value greater than \
         or equal to 1",
    );
    let update =
        parse(json!({ "BillingMode": "PROVISIONED", "ProvisionedThroughput": units(7, 8) })).unwrap();
    assert_eq!(update.throughput.unwrap().read_capacity_units, 7);
}

#[test]
fn some_members_come_alone() {
    let protection = json!({ "DeletionProtectionEnabled": true });
    let cases = [
        ("TableClass", json!("STANDARD"), "TableClass modification"),
        ("SSESpecification", json!({}), "Server-Side Encryption modification"),
        ("ProvisionedThroughput", units(1, 1), "DeletionProtection modification"),
    ];
    for (member, value, told) in cases {
        let mut body = protection.clone();
        body[member] = value;
        invalid(body, &format!("{told} must be the only operation in the request"));
    }
    invalid(
        json!({ "WarmThroughput": {}, "ProvisionedThroughput": units(1, 1) }),
        "WarmThroughput must be the only operation in the request",
    );
    invalid(
        json!({ "OnDemandThroughput": {}, "ProvisionedThroughput": units(1, 1) }),
        "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request",
    );
    invalid(
        json!({ "OnDemandThroughput": { "MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 0 } }),
        "Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range",
    );
    parse(json!({ "OnDemandThroughput": {}, "BillingMode": "PAY_PER_REQUEST" })).unwrap();
    parse(protection).unwrap();
}

#[test]
fn streams_have_a_view_exactly_when_enabled() {
    invalid(
        json!({ "StreamSpecification": { "StreamEnabled": true } }),
        "If stream is being enabled then UpdateViewType is required",
    );
    invalid(
        json!({ "StreamSpecification": { "StreamEnabled": false, "StreamViewType": "KEYS_ONLY" } }),
        "If stream is being disabled, then UpdateViewType must not be specified",
    );
}

#[test]
fn updates_of_global_indexes_are_shaped_right_before_they_are_refused() {
    let updates = |updates: Value| json!({ "GlobalSecondaryIndexUpdates": updates });
    let delete = json!({ "Delete": { "IndexName": "by-b" } });
    invalid(updates(json!([])), "List of GlobalSecondaryIndexUpdates is empty");
    invalid(
        updates(json!([{}])),
        "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete \
         must not be null",
    );
    invalid(
        updates(json!([{ "Delete": { "IndexName": "by-b" }, "Update": { "IndexName": "by-b" } }])),
        "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object",
    );
    invalid(
        updates(json!([delete, delete])),
        "Only one global secondary index update per index is allowed simultaneously. Index: by-b",
    );
    refuses(
        updates(json!([{ "Delete": {} }])),
        "1 validation error detected: Value null at 'globalSecondaryIndexUpdates.1.member.delete.indexName' failed to \
         satisfy constraint: Member must not be null",
    );
    assert_eq!(parse(updates(json!([delete]))).unwrap().unsupported, Some("GlobalSecondaryIndexUpdates"));
    assert_eq!(parse(json!({ "ReplicaUpdates": [] })).unwrap().unsupported, Some("ReplicaUpdates"));
}
