//! Every CEL rule, once broken and once kept.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;

/// A patch of the spec that keeps a rule, one that breaks it, and the rule's message.
struct Case {
    kept: Value,
    broken: Value,
    message: &'static str,
}

fn case(kept: Value, broken: Value, message: &'static str) -> Case {
    Case { kept, broken, message }
}

fn key(elements: &[(&str, &str)]) -> Value {
    elements.iter().map(|(name, role)| json!({"attributeName": name, "keyType": role})).collect()
}

fn global(index: Value) -> Value {
    let mut whole = json!({
        "indexName": "global", "keySchema": key(&[("other", "HASH")]), "projection": {"projectionType": "ALL"},
    });
    whole.as_object_mut().unwrap().extend(index.as_object().unwrap().clone());
    json!({"globalSecondaryIndexes": [whole]})
}

fn local(elements: &[(&str, &str)]) -> Value {
    let index =
        json!({"indexName": "local", "keySchema": key(elements), "projection": {"projectionType": "ALL"}});
    json!({"localSecondaryIndexes": [index]})
}

fn joined(left: Value, right: Value) -> Value {
    let mut all = left.as_object().unwrap().clone();
    all.extend(right.as_object().unwrap().clone());
    Value::Object(all)
}

fn backup() -> Value {
    json!("arn:aws:dynamodb:eu-west-1:000000000000:table/orders/backup/01489602797149-73d8d5bc")
}

/// Rules that look at one object alone.
fn cases() -> Vec<Case> {
    let mut cases = keys();
    cases.extend(indexes());
    cases.extend(capacity());
    cases.extend(features());
    cases.extend(origins());
    cases
}

fn keys() -> Vec<Case> {
    vec![
        case(
            json!({"keySchema": key(&[("pk", "HASH")])}),
            json!({"keySchema": [{"attributeName": "pk"}]}),
            "every element of keySchema must have attributeName and keyType",
        ),
        case(
            json!({"keySchema": key(&[("pk", "HASH"), ("sk", "RANGE")])}),
            json!({"keySchema": key(&[("sk", "RANGE"), ("pk", "HASH")])}),
            "keySchema must be one HASH element, then at most one RANGE element",
        ),
        case(
            json!({}),
            json!({"keySchema": key(&[("pk", "HASH"), ("pk", "RANGE")])}),
            "an attribute can be in a keySchema only once",
        ),
        case(
            json!({}),
            json!({"keySchema": key(&[("nowhere", "HASH")])}),
            "every attribute of keySchema must be among attributeDefinitions",
        ),
        case(
            json!({}),
            json!({"attributeDefinitions": [{"attributeName": "pk"}, {"attributeName": "sk", "attributeType": "S"}]}),
            "attributeType must be specified",
        ),
    ]
}

fn indexes() -> Vec<Case> {
    let eight = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let definitions: Vec<Value> = eight
        .iter()
        .chain(&["pk", "sk"])
        .map(|name| json!({"attributeName": name, "attributeType": "S"}))
        .collect();
    let roles = |hashes: usize| -> Value {
        let role = |position| if position < hashes { "HASH" } else { "RANGE" };
        let elements: Vec<_> =
            eight.iter().enumerate().map(|(position, name)| (*name, role(position))).collect();
        joined(global(json!({"keySchema": key(&elements)})), json!({"attributeDefinitions": definitions}))
    };
    vec![
        case(
            roles(4),
            roles(5),
            "the keySchema of a global index must be one to four HASH elements, then at most four RANGE elements",
        ),
        case(
            local(&[("pk", "HASH"), ("other", "RANGE")]),
            local(&[("pk", "HASH")]),
            "the keySchema of a local index must be one HASH element, then one RANGE element",
        ),
        case(
            global(json!({})),
            global(json!({"keySchema": key(&[("nowhere", "HASH")])})),
            "every key attribute of globalSecondaryIndexes must be among attributeDefinitions",
        ),
        case(
            local(&[("pk", "HASH"), ("other", "RANGE")]),
            local(&[("pk", "HASH"), ("nowhere", "RANGE")]),
            "every key attribute of localSecondaryIndexes must be among attributeDefinitions",
        ),
        case(
            json!({"keySchema": key(&[("pk", "HASH")]), "localSecondaryIndexes": []}),
            joined(
                local(&[("pk", "HASH"), ("other", "RANGE")]),
                json!({"keySchema": key(&[("pk", "HASH")])}),
            ),
            "a table with localSecondaryIndexes must have a RANGE key",
        ),
        case(
            local(&[("pk", "HASH"), ("other", "RANGE")]),
            local(&[("sk", "HASH"), ("other", "RANGE")]),
            "localSecondaryIndexes must have the same HASH key as the table",
        ),
        case(
            joined(global(json!({})), local(&[("pk", "HASH"), ("other", "RANGE")])),
            joined(global(json!({"indexName": "local"})), local(&[("pk", "HASH"), ("other", "RANGE")])),
            "index names must be unique within the table",
        ),
        case(
            global(json!({})),
            json!({"globalSecondaryIndexes": [{"indexName": "one", "projection": {"projectionType": "ALL"}}]}),
            "an index must have a keySchema",
        ),
        case(
            global(json!({})),
            global(json!({"projection": {}})),
            "an index must have a projection with a projectionType",
        ),
        case(
            global(json!({"projection": {"projectionType": "INCLUDE", "nonKeyAttributes": ["x"]}})),
            global(json!({"projection": {"projectionType": "INCLUDE"}})),
            "nonKeyAttributes must be specified when projectionType is INCLUDE",
        ),
        case(
            global(json!({"projection": {"projectionType": "KEYS_ONLY"}})),
            global(json!({"projection": {"projectionType": "ALL", "nonKeyAttributes": ["x"]}})),
            "nonKeyAttributes can only be specified when projectionType is INCLUDE",
        ),
    ]
}

fn capacity() -> Vec<Case> {
    let units = json!({"readCapacityUnits": 1, "writeCapacityUnits": 1});
    let scaling = |min: i64| json!({"autoScaling": {"read": {"min": min, "max": 10}}});
    vec![
        case(
            json!({"billingMode": "PROVISIONED", "provisionedThroughput": units}),
            json!({"billingMode": "PROVISIONED"}),
            "provisionedThroughput must be specified when billingMode is PROVISIONED",
        ),
        case(
            json!({"billingMode": "PAY_PER_REQUEST"}),
            json!({"billingMode": "PAY_PER_REQUEST", "provisionedThroughput": units}),
            "provisionedThroughput cannot be specified when billingMode is PAY_PER_REQUEST",
        ),
        case(
            global(json!({"provisionedThroughput": units})),
            joined(
                global(json!({"provisionedThroughput": units})),
                json!({"billingMode": "PAY_PER_REQUEST"}),
            ),
            "provisionedThroughput cannot be specified for an index when billingMode is PAY_PER_REQUEST",
        ),
        case(
            json!({"provisionedThroughput": units}),
            json!({"provisionedThroughput": {"readCapacityUnits": 1}}),
            "readCapacityUnits and writeCapacityUnits must both be specified",
        ),
        case(
            json!({"onDemandThroughput": {"maxReadRequestUnits": -1, "maxWriteRequestUnits": 1}}),
            json!({"onDemandThroughput": {"maxReadRequestUnits": 0}}),
            "must be at least 1, or -1 for no ceiling",
        ),
        case(scaling(10), scaling(11), "min must not be greater than max"),
    ]
}

fn features() -> Vec<Case> {
    vec![
        case(
            json!({"streamSpecification": {"streamEnabled": false}}),
            json!({"streamSpecification": {"streamEnabled": true}}),
            "streamViewType must be specified when streamEnabled is true",
        ),
        case(
            json!({"timeToLive": {"enabled": false}}),
            json!({"timeToLive": {"enabled": true}}),
            "attributeName must be specified when enabled is true",
        ),
        case(
            json!({"tags": [{"key": "awsome"}]}),
            json!({"tags": [{"key": "aws:x"}]}),
            "a tag's key cannot start with aws:",
        ),
    ]
}

fn origins() -> Vec<Case> {
    let import = json!({"s3BucketSource": {"s3Bucket": "data"}, "inputFormat": "CSV"});
    vec![
        case(
            json!({"import": import}),
            json!({"import": import, "restore": {"backupARN": backup()}}),
            "restore and import exclude each other",
        ),
        case(
            json!({"restore": {"backupARN": backup()}}),
            json!({"restore": {"backupARN": backup(), "backupRef": {"from": {"name": "b"}}}}),
            "exactly one of backupARN, backupRef, sourceTableName, sourceTableARN and sourceTableRef must be specified",
        ),
        case(
            json!({"restore": {"backupRef": {"from": {"name": "b"}}}}),
            json!({"restore": {"backupARN": backup(), "useLatestRestorableTime": true}}),
            "a backup is restored as it is: restoreDateTime and useLatestRestorableTime cannot be specified",
        ),
        case(
            json!({"restore": {"sourceTableName": "old", "restoreDateTime": "2026-01-02T03:04:05Z"}}),
            json!({"restore": {"sourceTableName": "old", "useLatestRestorableTime": false}}),
            "a table is restored to restoreDateTime or, with useLatestRestorableTime, as late as possible: specify one",
        ),
    ]
}

/// Rules that compare with the object before: what it was, a change that is allowed, one that is not.
fn transitions() -> Vec<(Value, Case)> {
    let lsi = || local(&[("pk", "HASH"), ("other", "RANGE")]);
    let import =
        |bucket: &str| json!({"import": {"s3BucketSource": {"s3Bucket": bucket}, "inputFormat": "ION"}});
    let restore =
        |table: &str| json!({"restore": {"sourceTableName": table, "useLatestRestorableTime": true}});
    vec![
        (json!({}), case(json!({"tags": []}), json!({"tableName": "others"}), "Value is immutable once set")),
        (
            json!({}),
            case(json!({}), json!({"keySchema": key(&[("pk", "HASH")])}), "Value is immutable once set"),
        ),
        (lsi(), case(lsi(), json!({}), "localSecondaryIndexes are made with the table and are immutable")),
        (
            json!({}),
            case(json!({}), lsi(), "localSecondaryIndexes are made with the table and are immutable"),
        ),
        (restore("old"), case(restore("old"), restore("older"), "restore is immutable")),
        (import("one"), case(import("one"), import("two"), "import is immutable")),
    ]
}

#[test]
fn each_rule_is_kept_by_one_object_and_broken_by_another() {
    for Case { kept, broken, message } in cases() {
        assert_eq!(verdict(&table(kept.clone())), [""; 0], "kept: {message}");
        let errors = validate(&table(broken.clone()), None);
        assert!(
            errors.iter().any(|error| error.message == format!("Invalid value: {message}")),
            "broken: {message}\n{broken}\n{errors:?}"
        );
    }
}

#[test]
fn each_transition_rule_is_kept_by_one_change_and_broken_by_another() {
    for (before, Case { kept, broken, message }) in transitions() {
        let before = table(before);
        assert_eq!(texts(&validate(&table(kept), Some(&before))), [""; 0], "kept: {message}");
        let errors = validate(&table(broken), Some(&before));
        assert!(
            errors.iter().any(|e| e.message == format!("Invalid value: {message}")),
            "{message}: {errors:?}"
        );
    }
}

#[test]
fn every_rule_of_the_schema_has_a_case() {
    fn collect(schema: &Value, messages: &mut BTreeSet<String>) {
        match schema {
            Value::Object(object) => {
                for rule in
                    object.get("x-kubernetes-validations").and_then(Value::as_array).into_iter().flatten()
                {
                    messages.insert(rule["message"].as_str().unwrap().to_owned());
                }
                object.values().for_each(|value| collect(value, messages));
            }
            Value::Array(items) => items.iter().for_each(|value| collect(value, messages)),
            _ => {}
        }
    }
    let mut stated = BTreeSet::new();
    collect(&TABLE_SCHEMA, &mut stated);
    let tried: BTreeSet<String> = cases()
        .into_iter()
        .chain(transitions().into_iter().map(|(_, case)| case))
        .map(|case| case.message.to_owned())
        .collect();
    assert_eq!(stated, tried);
}

#[test]
fn a_broken_rule_names_its_field() {
    let errors = validate(&table(json!({"tags": [{"key": "fine"}, {"key": "aws:x"}]})), None);
    assert_eq!(texts(&errors), ["spec.tags[1]: Invalid value: a tag's key cannot start with aws:"]);
}

/// What an API server takes one rule to cost at most, in its units.
const RULE_COST_MAX: u64 = 10_000_000;
/// What comparing two names costs in those units, a tenth of a unit for each character, and more than all around it.
const COMPARISON_COST: u64 = 255 / 10 + 20;

#[test]
fn the_dearest_rule_is_cheap_enough_for_an_api_server() {
    let spec = &TABLE_SCHEMA["properties"]["spec"]["properties"];
    let most = |list: &Value| list["maxItems"].as_u64().unwrap();
    let indexes = &spec["globalSecondaryIndexes"];
    let elements = &indexes["items"]["properties"]["keySchema"];
    // Every key attribute of every index is looked for among all definitions.
    let comparisons = most(indexes) * most(elements) * most(&spec["attributeDefinitions"]);
    assert!(comparisons * COMPARISON_COST < RULE_COST_MAX / 2, "{comparisons} comparisons");
    for name in [&elements["items"], &spec["attributeDefinitions"]["items"]] {
        assert_eq!(name["properties"]["attributeName"]["maxLength"], 255);
    }
}
