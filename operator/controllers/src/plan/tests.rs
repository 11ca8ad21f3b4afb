mod parts;
mod properties;

use partita_api::conditions::reasons::*;
use partita_model::IndexName;
use partita_protocol::definition::ProvisionedThroughput;
use serde_json::{Value, json};

use super::*;
use crate::testing::{observed, spec};

fn wanted(spec: &TableSpec) -> Desired<'_> {
    Desired {
        spec,
        table_id: Some("table-1"),
        adoption: AdoptionPolicy::AdoptOrCreate,
        deletion: None,
        suspended: false,
    }
}

/// A table that was made from `more`.
fn there(more: Value) -> Observed {
    observed("orders", 1, &definition::definition(&spec(more)).unwrap())
}

fn names(plan: &Plan) -> Vec<&'static str> {
    match plan {
        Plan::Steps(steps) => steps.iter().map(Step::name).collect(),
        other => panic!("{other:?}"),
    }
}

fn reason(plan: Plan) -> &'static str {
    match plan {
        Plan::Refuse(cause) | Plan::Wait(cause) => cause.reason,
        other => panic!("{other:?}"),
    }
}

fn on_demand() -> Value {
    json!({"billingMode": "PAY_PER_REQUEST"})
}

fn units(read: i64) -> Value {
    json!({"readCapacityUnits": read, "writeCapacityUnits": 5})
}

#[test]
fn a_table_that_is_not_there_is_made() {
    let spec = spec(on_demand());
    assert_eq!(names(&plan(&wanted(&spec), None)), ["CreateTable"]);
    let adopt = Desired { adoption: AdoptionPolicy::Adopt, ..wanted(&spec) };
    assert_eq!(reason(plan(&adopt, None)), NOT_FOUND);
}

#[test]
fn what_create_table_would_refuse_is_not_tried() {
    let refused = spec(json!({}));
    let Plan::Refuse(cause) = plan(&wanted(&refused), None) else { panic!() };
    assert_eq!(cause.reason, INVALID_SPEC);
    assert!(
        cause.message.contains("ReadCapacityUnits and WriteCapacityUnits must both be specified"),
        "{cause:?}"
    );
    let restore = spec(json!({
        "billingMode": "PAY_PER_REQUEST", "restore": {"sourceTableName": "old", "useLatestRestorableTime": true}
    }));
    assert_eq!(reason(plan(&wanted(&restore), None)), FIELDS_NOT_ACTED_UPON);
}

#[test]
fn a_foreign_table_is_taken_over_unless_the_policy_forbids() {
    let spec = spec(json!({"tags": [{"key": "a"}]}));
    let adopted = Desired { table_id: None, ..wanted(&spec) };
    assert_eq!(names(&plan(&adopted, Some(&there(on_demand())))), ["TagResource"]);
    let create = Desired { adoption: AdoptionPolicy::Create, ..adopted };
    assert_eq!(reason(plan(&create, Some(&there(on_demand())))), ALREADY_EXISTS);
    let own = Desired { table_id: Some("table-1"), ..create };
    assert_eq!(names(&plan(&own, Some(&there(on_demand())))), ["TagResource"]);
}

#[test]
fn absent_fields_are_not_managed() {
    let table = there(json!({
        "provisionedThroughput": units(7), "tableClass": "STANDARD_INFREQUENT_ACCESS",
        "deletionProtectionEnabled": true, "tags": [{"key": "a", "value": "b"}],
    }));
    assert_eq!(plan(&wanted(&spec(json!({}))), Some(&table)), Plan::Settled);
    assert_eq!(names(&plan(&wanted(&spec(json!({"tags": []}))), Some(&table))), ["UntagResource"]);
}

#[test]
fn named_fields_are_put_back() {
    let declared = spec(json!({
        "billingMode": "PAY_PER_REQUEST", "tableClass": "STANDARD", "deletionProtectionEnabled": true,
        "tags": [{"key": "a", "value": "new"}, {"key": "b"}],
    }));
    let table = there(json!({
        "provisionedThroughput": units(1), "tableClass": "STANDARD_INFREQUENT_ACCESS",
        "tags": [{"key": "a", "value": "old"}, {"key": "gone"}],
    }));
    assert_eq!(
        names(&plan(&wanted(&declared), Some(&table))),
        ["UpdateDeletionProtection", "UpdateBillingMode", "UpdateTableClass", "UntagResource", "TagResource"]
    );
}

#[test]
fn protection_goes_last() {
    let declared = spec(json!({"deletionProtectionEnabled": false, "tags": [{"key": "a"}]}));
    let mut table = there(on_demand());
    table.description.deletion_protection_enabled = true;
    assert_eq!(names(&plan(&wanted(&declared), Some(&table))), ["TagResource", "UpdateDeletionProtection"]);
}

#[test]
fn naming_units_asks_for_provisioned() {
    let declared = spec(json!({"provisionedThroughput": units(5)}));
    assert_eq!(names(&plan(&wanted(&declared), Some(&there(on_demand())))), ["UpdateBillingMode"]);
    let table = there(json!({"provisionedThroughput": units(4)}));
    assert_eq!(names(&plan(&wanted(&declared), Some(&table))), ["UpdateProvisionedThroughput"]);
}

#[test]
fn a_dimension_under_automatic_scaling_is_the_scalers() {
    let declared = spec(json!({
        "provisionedThroughput": units(5), "autoScaling": {"read": {"min": 1, "max": 100}}
    }));
    let table = there(json!({"provisionedThroughput": units(50)}));
    assert_eq!(plan(&wanted(&declared), Some(&table)), Plan::Settled);
}

#[test]
fn what_cannot_change_stalls_with_both_sides() {
    let table = there(on_demand());
    let mut other = spec(on_demand());
    other.key_schema[0].attribute_name = Some("id".to_owned());
    other.attribute_definitions[0].attribute_name = "id".to_owned();
    let Plan::Refuse(cause) = plan(&wanted(&other), Some(&table)) else { panic!() };
    assert_eq!(cause.reason, IMMUTABLE_FIELD);
    assert_eq!(
        cause.message,
        "keySchema cannot change: the table has [pk HASH], the spec asks for [id HASH]"
    );

    let mut typed = spec(on_demand());
    typed.attribute_definitions[0].attribute_type = Some(partita_api::ScalarAttributeType::N);
    assert_eq!(reason(plan(&wanted(&typed), Some(&table))), IMMUTABLE_FIELD);
}

#[test]
fn local_indexes_must_agree_if_they_are_named() {
    let with = |range: &str, projection: Value| {
        json!({
            "billingMode": "PAY_PER_REQUEST",
            "attributeDefinitions": [
                {"attributeName": "pk", "attributeType": "S"}, {"attributeName": "sk", "attributeType": "S"},
                {"attributeName": range, "attributeType": "S"},
            ],
            "keySchema": [{"attributeName": "pk", "keyType": "HASH"}, {"attributeName": "sk", "keyType": "RANGE"}],
            "localSecondaryIndexes": [{
                "indexName": "local", "projection": projection,
                "keySchema": [{"attributeName": "pk", "keyType": "HASH"}, {"attributeName": range, "keyType": "RANGE"}],
            }],
        })
    };
    let include = |names: [&str; 2]| json!({"projectionType": "INCLUDE", "nonKeyAttributes": names});
    let table = there(with("date", include(["a", "b"])));
    assert_eq!(plan(&wanted(&spec(with("date", include(["b", "a"])))), Some(&table)), Plan::Settled);
    assert_eq!(
        reason(plan(&wanted(&spec(with("other", include(["a", "b"])))), Some(&table))),
        IMMUTABLE_FIELD
    );
    assert_eq!(
        reason(plan(&wanted(&spec(with("date", json!({"projectionType": "ALL"})))), Some(&table))),
        IMMUTABLE_FIELD
    );
    let mut unnamed = with("date", include(["a", "b"]));
    unnamed.as_object_mut().unwrap().remove("localSecondaryIndexes");
    assert_eq!(plan(&wanted(&spec(unnamed)), Some(&table)), Plan::Settled);
}

#[test]
fn nothing_is_asked_of_a_table_on_its_way() {
    let declared = spec(json!({"tags": [{"key": "a"}]}));
    for (status, expected) in [
        (TableStatus::Creating, CREATING),
        (TableStatus::Updating, UPDATING),
        (TableStatus::Deleting, DELETING),
    ] {
        let mut table = there(on_demand());
        table.description.table_status = status;
        if status == TableStatus::Deleting {
            table.description.key_schema.clear();
        }
        assert_eq!(reason(plan(&wanted(&declared), Some(&table))), expected);
    }
}

#[test]
fn a_suspended_object_only_tells_what_it_would_do() {
    let declared = spec(json!({"tags": [{"key": "a"}]}));
    let suspended = Desired { suspended: true, ..wanted(&declared) };
    let Plan::Suspended(steps) = plan(&suspended, Some(&there(on_demand()))) else { panic!() };
    assert_eq!(steps.len(), 1);
    let settled = spec(json!({}));
    let suspended = Desired { suspended: true, ..wanted(&settled) };
    assert_eq!(plan(&suspended, Some(&there(on_demand()))), Plan::Settled);
}

#[test]
fn deletion_follows_the_policy_and_never_lifts_protection_by_itself() {
    let delete = |more: Value, policy, table: Option<&Observed>| {
        let spec = spec(more);
        plan(&Desired { deletion: Some(policy), ..wanted(&spec) }, table)
    };
    let table = there(on_demand());
    let mut protected = table.clone();
    protected.description.deletion_protection_enabled = true;
    assert_eq!(delete(json!({}), DeletionPolicy::Delete, None), Plan::Release);
    assert_eq!(delete(json!({}), DeletionPolicy::Retain, Some(&protected)), Plan::Release);
    assert_eq!(names(&delete(json!({}), DeletionPolicy::Delete, Some(&table))), ["DeleteTable"]);
    assert_eq!(reason(delete(json!({}), DeletionPolicy::Delete, Some(&protected))), DELETION_PROTECTED);
    let given_up = json!({"deletionProtectionEnabled": false});
    assert_eq!(
        names(&delete(given_up, DeletionPolicy::Delete, Some(&protected))),
        ["UpdateDeletionProtection", "DeleteTable"]
    );
    assert_eq!(reason(delete(json!({}), DeletionPolicy::BackupThenDelete, Some(&table))), BACKUP_UNSUPPORTED);
    let mut foreign = table;
    foreign.description.table_id = "table-2".to_owned();
    assert_eq!(delete(json!({}), DeletionPolicy::Delete, Some(&foreign)), Plan::Release);
}
