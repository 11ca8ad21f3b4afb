use partita_model::ScalarType;
use serde_json::{Value, json};

use super::UpdateTable;
use crate::definition::IndexUpdate;
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

fn create() -> Value {
    json!({ "Create": {
        "IndexName": "by-c",
        "KeySchema": [{ "AttributeName": "c", "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "ALL" },
    }})
}

fn updates(updates: Value) -> Value {
    json!({ "GlobalSecondaryIndexUpdates": updates })
}

#[test]
fn updates_of_global_indexes_have_their_shape() {
    let delete = json!({ "Delete": { "IndexName": "by-b" } });
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
    let place = "globalSecondaryIndexUpdates.1.member";
    refuses(
        updates(json!([{ "Create": { "IndexName": "x" } }])),
        &format!(
            "3 validation errors detected: Value null at '{place}.create.keySchema' failed to satisfy constraint: Member \
             must not be null; Value null at '{place}.create.projection' failed to satisfy constraint: Member must not be \
             null; Value 'x' at '{place}.create.indexName' failed to satisfy constraint: Member must have length greater \
             than or equal to 3"
        ),
    );
    refuses(
        updates(json!([{ "Update": { "IndexName": "by-b", "ProvisionedThroughput": units(1, 0) } }])),
        &format!(
            "1 validation error detected: Value '0' at '{place}.update.provisionedThroughput.writeCapacityUnits' failed to \
             satisfy constraint: Member must have value greater than or equal to 1"
        ),
    );
    assert_eq!(parse(json!({ "ReplicaUpdates": [] })).unwrap().unsupported, Some("ReplicaUpdates"));
}

#[test]
fn an_empty_list_of_updates_is_nothing_to_update_and_no_update_beside_one() {
    let error = parse(updates(json!([]))).unwrap_err();
    assert!(error.message(Wording::Modern2026).unwrap().starts_with("At least one of"));
    let mut body = updates(json!([]));
    body["DeletionProtectionEnabled"] = json!(true);
    invalid(body, "List of GlobalSecondaryIndexUpdates is empty");
}

#[test]
fn updates_of_global_indexes_are_read_whole() {
    let mut body = updates(json!([
        { "Delete": { "IndexName": "by-b" } },
        create(),
        { "Update": { "IndexName": "by-d", "ProvisionedThroughput": units(3, 4) } },
    ]));
    body["AttributeDefinitions"] = json!([{ "AttributeName": "c", "AttributeType": "N" }]);
    let update = parse(body).unwrap();
    assert_eq!(update.unsupported, None);
    assert_eq!(update.attribute_definitions[0].attribute_type, ScalarType::N);
    let [IndexUpdate::Delete(gone), IndexUpdate::Create(new), IndexUpdate::Update(changed)] =
        update.index_updates.as_slice()
    else {
        panic!("read as {:?}", update.index_updates);
    };
    assert_eq!((gone.as_str(), new.index_name.as_str()), ("by-b", "by-c"));
    assert_eq!(changed.provisioned_throughput.unwrap().write_capacity_units, 4);
}

#[test]
fn indexes_neither_come_nor_go_while_something_else_of_the_table_changes() {
    let with = |action: Value, member: &str, value: Value| {
        let mut body = updates(json!([action]));
        body[member] = value;
        body
    };
    let (delete, update) = (
        json!({ "Delete": { "IndexName": "by-b" } }),
        json!({ "Update": { "IndexName": "by-b", "ProvisionedThroughput": units(2, 2) } }),
    );
    let stream = json!({ "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" });
    for online in [create(), delete] {
        invalid(
            with(online.clone(), "ProvisionedThroughput", units(1, 1)),
            "You cannot create or delete index while updating table IOPS",
        );
        invalid(
            with(online.clone(), "StreamSpecification", stream.clone()),
            "You cannot create or delete index while changing stream status",
        );
        parse(with(online, "BillingMode", json!("PAY_PER_REQUEST"))).unwrap();
    }
    invalid(
        with(create(), "WarmThroughput", json!({})),
        "Create global secondary index cannot be specified when updating WarmThroughput",
    );
    invalid(
        with(create(), "DeletionProtectionEnabled", json!(true)),
        "DeletionProtection modification must be the only operation in the request",
    );
    parse(with(update.clone(), "ProvisionedThroughput", units(1, 1))).unwrap();
    parse(with(update, "StreamSpecification", stream.clone())).unwrap();
    let mut body = json!({ "ProvisionedThroughput": units(1, 1) });
    body["StreamSpecification"] = stream;
    invalid(body, "You cannot modify stream status while updating table IOPS");
}
