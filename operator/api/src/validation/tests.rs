mod ack;
mod manifests;
mod rules;

use serde_json::{Value, json};

use super::*;

/// A small valid table whose spec is changed by a merge patch: members of `patch` replace, null removes.
fn table(patch: Value) -> Value {
    let mut table = json!({
        "apiVersion": "partita.dev/v1",
        "kind": "Table",
        "metadata": {"name": "orders"},
        "spec": {
            "tableName": "orders",
            "attributeDefinitions": [
                {"attributeName": "pk", "attributeType": "S"},
                {"attributeName": "sk", "attributeType": "N"},
                {"attributeName": "other", "attributeType": "B"},
            ],
            "keySchema": [
                {"attributeName": "pk", "keyType": "HASH"},
                {"attributeName": "sk", "keyType": "RANGE"},
            ],
        },
    });
    for (field, value) in patch.as_object().unwrap() {
        let spec = table["spec"].as_object_mut().unwrap();
        if value.is_null() {
            spec.remove(field)
        } else {
            spec.insert(field.clone(), value.clone())
        };
    }
    table
}

fn texts(errors: &[FieldError]) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

fn verdict(object: &Value) -> Vec<String> {
    texts(&validate(object, None))
}

#[test]
fn a_small_table_is_accepted_in_both_versions() {
    for version in ["partita.dev/v1", "partita.dev/v1alpha1"] {
        let mut object = table(json!({}));
        object["apiVersion"] = version.into();
        assert_eq!(verdict(&object), [""; 0]);
    }
}

#[test]
fn kinds_and_versions_that_are_not_served_are_named() {
    let mut object = table(json!({}));
    object["kind"] = "Tabel".into();
    assert_eq!(verdict(&object), ["kind: no matches for kind \"Tabel\" in version \"partita.dev/v1\""]);
    let mut object = table(json!({}));
    object["apiVersion"] = "dynamodb.services.k8s.aws/v1alpha1".into();
    assert_eq!(
        verdict(&object),
        ["apiVersion: no matches for kind \"Table\" in version \"dynamodb.services.k8s.aws/v1alpha1\" \
          (change apiVersion to partita.dev/v1)"]
    );
    assert_eq!(verdict(&json!({"kind": "Table"})), ["apiVersion: Object 'apiVersion' is missing"]);
    assert_eq!(verdict(&json!([])), ["an object must be a mapping with apiVersion, kind, metadata and spec"]);
}

#[test]
fn an_unquoted_n_gets_the_api_servers_words_and_a_hint() {
    let object = table(json!({"attributeDefinitions": [
        {"attributeName": "pk", "attributeType": "S"},
        {"attributeName": "sk", "attributeType": false},
    ]}));
    assert_eq!(
        verdict(&object),
        ["spec.attributeDefinitions[1].attributeType: Invalid value: \"boolean\": \
          spec.attributeDefinitions[1].attributeType in body must be of type string: \"boolean\" \
          (quote it: an unquoted N, n, Y, y, yes, no, on, off, true or false is a boolean in YAML 1.1)"]
    );
}

#[test]
fn structural_errors_are_all_reported_and_rules_wait() {
    let object = table(json!({
        "tableName": "a!",
        "billingMode": "FREE",
        "keyschema": [],
        "provisionedThroughput": {"readCapacityUnits": 0, "writeCapacityUnits": "1"},
        "tags": [{"value": "v"}, {"key": "k"}, {"key": "k"}],
        "keySchema": [],
        "restore": {"restoreDateTime": "yesterday"},
    }));
    assert_eq!(
        verdict(&object),
        [
            "spec.billingMode: Unsupported value: \"FREE\": supported values: \"PROVISIONED\", \"PAY_PER_REQUEST\"",
            "spec.keySchema: Invalid value: 0: spec.keySchema in body should have at least 1 items",
            "spec.provisionedThroughput.readCapacityUnits: Invalid value: 0: \
             spec.provisionedThroughput.readCapacityUnits in body should be greater than or equal to 1",
            "spec.provisionedThroughput.writeCapacityUnits: Invalid value: \"string\": \
             spec.provisionedThroughput.writeCapacityUnits in body must be of type integer: \"string\"",
            "spec.restore.restoreDateTime: Invalid value: \"yesterday\": spec.restore.restoreDateTime in body must \
             be of type date-time: \"yesterday\"",
            "spec.tableName: Invalid value: \"a!\": spec.tableName in body should be at least 3 chars long",
            "spec.tags[0].key: Required value",
            "spec.tags[2]: Duplicate value: {\"key\":\"k\"}",
            "spec.keyschema: unknown field \"spec.keyschema\" (did you mean \"keySchema\"?)",
        ]
    );
}

#[test]
fn required_fields_are_required_and_a_null_is_an_absent_field() {
    assert_eq!(verdict(&table(json!({"keySchema": null}))), ["spec.keySchema: Required value"]);
    let mut object = table(json!({}));
    object["spec"]["tags"] = Value::Null;
    object["spec"]["billingMode"] = Value::Null;
    object["spec"]["tableName"] = Value::Null;
    assert_eq!(verdict(&object), ["spec.tableName: Required value"]);
    let mut object = table(json!({}));
    object.as_object_mut().unwrap().remove("spec");
    assert_eq!(verdict(&object), ["spec: Required value"]);
}

#[test]
fn lists_are_bounded_and_sets_hold_a_value_once() {
    let tags: Vec<Value> = (0..201).map(|n| json!({"key": n.to_string()})).collect();
    assert_eq!(
        verdict(&table(json!({"tags": tags}))),
        ["spec.tags: Too many: 201: must have at most 200 items"]
    );
    let object = table(json!({"localSecondaryIndexes": [{
        "indexName": "one",
        "keySchema": [{"attributeName": "pk", "keyType": "HASH"}, {"attributeName": "other", "keyType": "RANGE"}],
        "projection": {"projectionType": "INCLUDE", "nonKeyAttributes": ["a", "a"]},
    }]}));
    assert_eq!(
        verdict(&object),
        ["spec.localSecondaryIndexes[0].projection.nonKeyAttributes[1]: Duplicate value: \"a\""]
    );
}

#[test]
fn metadata_is_checked() {
    let mut object = table(json!({}));
    object["metadata"] = json!({
        "name": "Orders", "namespace": "a.b", "labels": {"team": 7}, "annotations": {"a": true}, "lables": {}
    });
    let paths: Vec<String> = validate(&object, None).into_iter().map(|error| error.path).collect();
    assert_eq!(
        paths,
        [
            "metadata.name",
            "metadata.namespace",
            "metadata.labels.team",
            "metadata.annotations.a",
            "metadata.lables"
        ]
    );
    object["metadata"] = Value::Null;
    assert_eq!(verdict(&object), ["metadata.name: Required value: name is required"]);
}

#[test]
fn what_a_cluster_writes_into_an_object_is_accepted() {
    let mut object = table(json!({}));
    object["metadata"]["generation"] = 3.into();
    object["metadata"]["creationTimestamp"] = "2026-01-02T03:04:05Z".into();
    object["status"] = json!({
        "tableStatus": "ACTIVE", "itemCount": 5, "observedGeneration": 3,
        "ackResourceMetadata": {"region": "eu-central-1", "ownerAccountID": "000000000000"},
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-02T03:04:05Z"}],
    });
    assert_eq!(verdict(&object), [""; 0]);
}
