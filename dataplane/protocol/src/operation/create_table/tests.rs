mod properties;

use serde_json::{Value, json};

use super::CreateTable;
use crate::operation::{Operation, OperationName};
use crate::{ServiceError, Wording};

const INVALID: &str = "One or more parameter values were invalid: ";

fn parse(body: &Value) -> Result<CreateTable, ServiceError> {
    match Operation::parse(OperationName::CreateTable, body.to_string().as_bytes())? {
        Operation::CreateTable(operation) => Ok(operation),
        other => panic!("parsed as {other:?}"),
    }
}

/// A request that is in order, with members replaced; a `null` takes one away.
fn request(change: Value) -> Value {
    let mut body = json!({
        "TableName": "music",
        "AttributeDefinitions": [
            { "AttributeName": "a", "AttributeType": "S" },
            { "AttributeName": "b", "AttributeType": "N" },
        ],
        "KeySchema": [
            { "AttributeName": "a", "KeyType": "HASH" },
            { "AttributeName": "b", "KeyType": "RANGE" },
        ],
        "ProvisionedThroughput": { "ReadCapacityUnits": 5, "WriteCapacityUnits": 6 },
    });
    for (name, member) in change.as_object().unwrap() {
        body[name] = member.clone();
    }
    body
}

fn refusal(change: Value) -> String {
    let error = parse(&request(change.clone())).expect_err(&change.to_string());
    assert_eq!(error.name(), "ValidationException");
    error.message(Wording::Classic).unwrap().into_owned()
}

#[track_caller]
fn refuses(change: Value, sentence: &str) {
    assert_eq!(refusal(change), sentence);
}

#[track_caller]
fn invalid(change: Value, detail: &str) {
    refuses(change, &format!("{INVALID}{detail}"));
}

fn definitions(names: &[&str]) -> Value {
    names.iter().map(|name| json!({ "AttributeName": name, "AttributeType": "S" })).collect()
}

fn key(hash: &str, range: &str) -> Value {
    json!([{ "AttributeName": hash, "KeyType": "HASH" }, { "AttributeName": range, "KeyType": "RANGE" }])
}

fn index(change: Value) -> Value {
    let mut index = json!({
        "IndexName": "by-b",
        "KeySchema": [{ "AttributeName": "a", "KeyType": "HASH" }, { "AttributeName": "b", "KeyType": "RANGE" }],
        "Projection": { "ProjectionType": "ALL" },
    });
    for (name, member) in change.as_object().unwrap() {
        index[name] = member.clone();
    }
    index
}

#[test]
fn a_request_in_order_is_taken_as_given() {
    let operation = parse(&request(json!({
        "Tags": [{ "Key": "team", "Value": "" }],
        "TableClass": "STANDARD",
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
        "LocalSecondaryIndexes": [index(json!({}))],
        "Unknown": 7,
    })))
    .unwrap();
    assert_eq!(operation.table.as_given(), "music");
    let checked = operation.definition.check().unwrap();
    assert_eq!(checked.key.hash.name, "a");
    assert_eq!(checked.key.range.unwrap().name, "b");
    assert_eq!(checked.throughput.unwrap().write_units, 6);
    assert_eq!(checked.local_indexes.len(), 1);
    assert_eq!(operation.definition.tags.unwrap().len(), 1);
    let stream = serde_json::to_value(operation.definition.stream_specification).unwrap();
    assert_eq!(stream, json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" }));
}

#[test]
fn the_stored_form_is_read_back_as_it_was() {
    let operation = parse(&request(json!({
        "BillingMode": "PAY_PER_REQUEST",
        "ProvisionedThroughput": null,
        "DeletionProtectionEnabled": true,
        "SSESpecification": { "Enabled": false },
        "WarmThroughput": { "ReadUnitsPerSecond": 12000 },
        "LocalSecondaryIndexes": [index(json!({
            "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"] },
        }))],
    })))
    .unwrap();
    let stored = serde_json::to_string(&operation.definition).unwrap();
    let read: crate::definition::TableDefinition = serde_json::from_str(&stored).unwrap();
    assert_eq!(read, operation.definition);
}

#[test]
fn constraints_of_the_model_are_gathered_in_the_classic_wording() {
    let body = json!({
        "TableName": "ab;",
        "BillingMode": "FREE",
        "AttributeDefinitions": [{ "AttributeName": "", "AttributeType": "X" }],
        "ProvisionedThroughput": { "ReadCapacityUnits": 0 },
        "KeySchema": [],
        "LocalSecondaryIndexes": [{}],
    });
    let error = parse(&body).unwrap_err();
    let expected = "10 validation errors detected: \
        Value 'ab;' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: \
        [a-zA-Z0-9_.-]+; \
        Value 'FREE' at 'billingMode' failed to satisfy constraint: Member must satisfy enum value set: \
        [PROVISIONED, PAY_PER_REQUEST]; \
        Value '' at 'attributeDefinitions.1.member.attributeName' failed to satisfy constraint: Member must have \
        length greater than or equal to 1; \
        Value 'X' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must satisfy \
        enum value set: [B, N, S]; \
        Value null at 'provisionedThroughput.writeCapacityUnits' failed to satisfy constraint: Member must not be \
        null; \
        Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must have value \
        greater than or equal to 1; \
        Value '[]' at 'keySchema' failed to satisfy constraint: Member must have length greater than or equal to 1; \
        Value null at 'localSecondaryIndexes.1.member.keySchema' failed to satisfy constraint: Member must not be \
        null; \
        Value null at 'localSecondaryIndexes.1.member.projection' failed to satisfy constraint: Member must not be \
        null; \
        Value null at 'localSecondaryIndexes.1.member.indexName' failed to satisfy constraint: Member must not be \
        null";
    assert_eq!(error.message(Wording::Classic).unwrap(), expected);
    // Names are still told about the classic way in 2026, and before what has moved.
    let modern = error.message(Wording::Modern2026).unwrap();
    assert!(modern.contains("Value 'ab;' at 'tableName'"), "{modern}");
    let moved =
        request(json!({ "ProvisionedThroughput": { "ReadCapacityUnits": 0, "WriteCapacityUnits": 1 } }));
    assert_eq!(
        parse(&moved).unwrap_err().message(Wording::Modern2026).unwrap(),
        "1 validation error detected: Value at 'ProvisionedThroughput.ReadCapacityUnits' failed to satisfy constraint: \
         Member must have value greater than or equal to 1"
    );
}

#[test]
fn a_key_of_three_elements_is_shown() {
    let mut three = key("a", "b");
    three.as_array_mut().unwrap().push(json!({ "AttributeName": "c", "KeyType": "RANGE" }));
    refuses(
        json!({ "KeySchema": three }),
        "1 validation error detected: Value '[KeySchemaElement(attributeName=a, keyType=HASH), \
         KeySchemaElement(attributeName=b, keyType=RANGE), KeySchemaElement(attributeName=c, keyType=RANGE)]' at \
         'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2",
    );
}

#[test]
fn a_name_no_table_can_have_is_told_about() {
    for name in [OperationName::CreateTable, OperationName::DescribeTable, OperationName::DeleteTable] {
        let error =
            Operation::parse(name, request(json!({ "TableName": "ab" })).to_string().as_bytes()).unwrap_err();
        assert_eq!(
            error.message(Wording::Classic).unwrap(),
            "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have \
             length greater than or equal to 3"
        );
    }
}

#[test]
fn types_come_before_constraints() {
    let error = parse(&json!({ "TableName": "a", "KeySchema": "b" })).unwrap_err();
    assert_eq!(error.name(), "SerializationException");
    let error = parse(&request(json!({ "DeletionProtectionEnabled": "true" }))).unwrap_err();
    assert_eq!(error.message(Wording::Classic).unwrap(), "STRING_VALUE cannot be converted to Boolean");
}

#[test]
fn throughput_rules() {
    let on_demand = |change: Value| {
        let mut with_mode = change;
        with_mode["BillingMode"] = json!("PAY_PER_REQUEST");
        with_mode
    };
    invalid(
        json!({ "ProvisionedThroughput": null }),
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
    );
    invalid(
        on_demand(json!({})),
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    );
    refuses(
        json!({ "ProvisionedThroughput": { "ReadCapacityUnits": 1_000_000_000_001_u64, "WriteCapacityUnits": 1 } }),
        "Given value 1000000000001 for ReadCapacityUnits is out of bounds",
    );
    refuses(
        json!({ "ProvisionedThroughput": { "ReadCapacityUnits": 1, "WriteCapacityUnits": 1_000_000_000_001_u64 } }),
        "Given value 1000000000001 for WriteCapacityUnits is out of bounds",
    );
    invalid(
        json!({ "OnDemandThroughput": { "MaxReadRequestUnits": 1 } }),
        "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED.",
    );
    invalid(
        on_demand(
            json!({ "ProvisionedThroughput": null, "OnDemandThroughput": { "MaxWriteRequestUnits": 0 } }),
        ),
        "Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range",
    );
    invalid(
        on_demand(json!({ "ProvisionedThroughput": null, "WarmThroughput": { "ReadUnitsPerSecond": 1 } })),
        "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput for OnDemand. See: \
         https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html\
         #on-demand-capacity-mode-initial",
    );
    invalid(
        json!({ "WarmThroughput": { "WriteUnitsPerSecond": 5 } }),
        "Requested WriteUnitsPerSecond for WarmThroughput for table is lower than WriteCapacityUnits of \
         ProvisionedThroughput",
    );
}

#[test]
fn key_rules() {
    refuses(json!({ "AttributeDefinitions": definitions(&["a", "a"]) }), "Attribute Name is duplicated: a");
    let undefined = "Invalid KeySchema: Some index key attribute have no definition";
    refuses(json!({ "AttributeDefinitions": [] }), undefined);
    refuses(json!({ "AttributeDefinitions": definitions(&["a"]) }), undefined);
    refuses(json!({ "AttributeDefinitions": definitions(&["a", "c"]) }), undefined);
    invalid(
        json!({
            "KeySchema": [{ "AttributeName": "c", "KeyType": "HASH" }],
        }),
        "Some index key attributes are not defined in AttributeDefinitions. Keys: [c], AttributeDefinitions: [a, b]",
    );
    refuses(
        json!({ "KeySchema": key("a", "a") }),
        "Both the Hash Key and the Range Key element in the KeySchema have the same name",
    );
    let roles = |first: &str, second: &str| {
        json!({ "KeySchema": [
            { "AttributeName": "a", "KeyType": first }, { "AttributeName": "b", "KeyType": second },
        ] })
    };
    refuses(roles("RANGE", "HASH"), "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    refuses(roles("HASH", "HASH"), "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
    invalid(
        json!({ "AttributeDefinitions": definitions(&["a", "b", "c"]) }),
        "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
    );
}

#[test]
fn local_index_rules() {
    let local = |change: Value| json!({ "LocalSecondaryIndexes": [index(change)] });
    invalid(json!({ "LocalSecondaryIndexes": [] }), "List of LocalSecondaryIndexes is empty");
    invalid(
        json!({
            "AttributeDefinitions": definitions(&["a"]),
            "KeySchema": [{ "AttributeName": "a", "KeyType": "HASH" }],
            "LocalSecondaryIndexes": [index(json!({}))],
        }),
        "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
    );
    invalid(
        local(json!({ "KeySchema": key("a", "z") })),
        "Some index key attributes are not defined in AttributeDefinitions. Keys: [a, z], AttributeDefinitions: [a, b]",
    );
    invalid(
        local(json!({ "KeySchema": [{ "AttributeName": "a", "KeyType": "HASH" }] })),
        "Index KeySchema does not have a range key for index: by-b",
    );
    invalid(
        local(json!({ "KeySchema": key("b", "a") })),
        "Index KeySchema does not have the same leading hash key as table KeySchema for index: by-b. index hash key: \
         b, table hash key: a",
    );
    invalid(local(json!({ "Projection": {} })), "Unknown ProjectionType: null");
    for kind in ["ALL", "KEYS_ONLY"] {
        invalid(
            local(json!({ "Projection": { "ProjectionType": kind, "NonKeyAttributes": ["x"] } })),
            &format!("ProjectionType is {kind}, but NonKeyAttributes is specified"),
        );
    }
    invalid(
        local(json!({ "Projection": { "ProjectionType": "INCLUDE" } })),
        "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
    );
    invalid(
        local(json!({ "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "x"] } })),
        "Duplicate element in NonKeyAttributes: x",
    );
    invalid(
        json!({ "LocalSecondaryIndexes": [index(json!({})), index(json!({}))] }),
        "Duplicate index name: by-b",
    );
    let six: Vec<Value> = (0..6).map(|n| index(json!({ "IndexName": format!("by-{n}") }))).collect();
    invalid(
        json!({ "LocalSecondaryIndexes": six }),
        "Number of LocalSecondaryIndexes exceeds per-table limit of 5",
    );
    invalid(
        json!({
            "AttributeDefinitions": definitions(&["a", "b", "c"]),
            "LocalSecondaryIndexes": [index(json!({}))],
        }),
        "Some AttributeDefinitions are not used. AttributeDefinitions: [a, b, c], keys used: [a, b]",
    );
}

#[test]
fn projected_attributes_are_counted_over_all_indexes() {
    let projecting = |count: usize| -> Value {
        let index = |n: usize| {
            let names: Vec<String> = (0..20).map(|attribute| format!("x{attribute}")).collect();
            index(json!({
                "IndexName": format!("by-{n}"),
                "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": names },
            }))
        };
        (0..count).map(index).collect()
    };
    let five = json!({ "BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": null,
        "LocalSecondaryIndexes": projecting(5) });
    parse(&request(five.clone())).unwrap();
    let mut six = five;
    six["GlobalSecondaryIndexes"] = json!([index(json!({
        "IndexName": "one-more", "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["y"] },
    }))]);
    invalid(six, "Number of NonKeyAttributes over all indexes exceeds per-table limit of 100");
}

#[test]
fn global_index_rules() {
    let global = |change: Value| {
        let mut with_units =
            json!({ "ProvisionedThroughput": { "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 } });
        for (name, member) in change.as_object().unwrap() {
            with_units[name] = member.clone();
        }
        json!({ "GlobalSecondaryIndexes": [index(with_units)] })
    };
    invalid(json!({ "GlobalSecondaryIndexes": [] }), "List of GlobalSecondaryIndexes is empty");
    invalid(
        global(json!({ "KeySchema": key("a", "z") })),
        "Some index key attributes are not defined in AttributeDefinitions. Keys: [a, z], AttributeDefinitions: [a, b]",
    );
    let element = |name: &str, role: &str| json!({ "AttributeName": name, "KeyType": role });
    let schema = |elements: &[(&str, &str)]| -> Value {
        let key: Value = elements.iter().map(|(name, role)| element(name, role)).collect();
        let mut names: Vec<&str> = elements.iter().map(|(name, _)| *name).chain(["a", "b"]).collect();
        names.sort_unstable();
        names.dedup();
        let mut body = global(json!({ "KeySchema": key }));
        body["AttributeDefinitions"] = definitions(&names);
        body
    };
    refuses(
        schema(&[("a", "RANGE")]),
        "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
    );
    invalid(
        schema(&[("a", "HASH"), ("b", "RANGE"), ("c", "HASH")]),
        "All HASH key attributes must precede RANGE key attributes in the KeySchema",
    );
    refuses(
        schema(&[("a", "HASH"), ("a", "RANGE")]),
        "Both the Hash Key and the Range Key element in the KeySchema have the same name",
    );
    refuses(
        schema(&[("a", "HASH"), ("b", "HASH"), ("a", "RANGE")]),
        "The KeySchema contains multiple key attributes with the same name",
    );
    invalid(
        schema(&[("a", "HASH"), ("b", "HASH"), ("c", "HASH"), ("d", "HASH"), ("e", "HASH")]),
        "The KeySchema exceeds the maximum allowed number of HASH key attributes",
    );
    invalid(
        global(json!({ "ProvisionedThroughput": null })),
        "ProvisionedThroughput must be specified for index: by-b",
    );
    let mut on_demand = global(json!({}));
    on_demand["BillingMode"] = json!("PAY_PER_REQUEST");
    on_demand["ProvisionedThroughput"] = Value::Null;
    invalid(
        on_demand,
        "ProvisionedThroughput should not be specified for index: by-b when BillingMode is PAY_PER_REQUEST",
    );
    let with_units = |n: usize| {
        index(json!({
            "IndexName": format!("by-{n}"),
            "ProvisionedThroughput": { "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 },
        }))
    };
    let many: Vec<Value> = (0..21).map(with_units).collect();
    invalid(
        json!({ "GlobalSecondaryIndexes": many }),
        "GlobalSecondaryIndex count exceeds the per-table limit of 20",
    );
    let local_and_global = json!({ "LocalSecondaryIndexes": [index(json!({ "IndexName": "by-0" }))], "GlobalSecondaryIndexes": [with_units(0)] });
    invalid(local_and_global, "Duplicate index name: by-0");
}

#[test]
fn stream_encryption_and_tag_rules() {
    invalid(
        json!({ "StreamSpecification": { "StreamEnabled": true } }),
        "Table is being created with a stream enabled, UpdateViewType is required",
    );
    invalid(
        json!({ "StreamSpecification": { "StreamEnabled": false, "StreamViewType": "NEW_IMAGE" } }),
        "Table is being created with a stream disabled, UpdateViewType should not be specified",
    );
    let sse = |specification: Value| json!({ "SSESpecification": specification });
    invalid(sse(json!({ "SSEType": "KMS" })), "SSEType can not be specified if Enabled is false");
    invalid(sse(json!({ "KMSMasterKeyId": "k" })), "KMSMasterKeyId can not be specified if Enabled is false");
    invalid(
        sse(json!({ "Enabled": true, "KMSMasterKeyId": "k" })),
        "SSEType KMS is required if KMSMasterKeyId is specified",
    );
    invalid(sse(json!({ "Enabled": true, "SSEType": "AES256" })), "SSEType AES256 is not supported");
    refuses(
        json!({ "Tags": [{ "Key": "aws:x", "Value": "1" }] }),
        "Tag Key cannot be prefixed with aws:, Key: aws:x",
    );
}

#[test]
fn what_is_not_supported_yet_is_refused_last_and_never_ignored() {
    let on_demand = |member: &str, value: Value| {
        let mut change = json!({ "BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": null });
        change[member] = value;
        change
    };
    let cases = [
        (
            on_demand(
                "GlobalSecondaryIndexes",
                json!([index(json!({ "OnDemandThroughput": { "MaxReadRequestUnits": 10 } }))]),
            ),
            "OnDemandThroughput of a global index",
        ),
        (
            on_demand(
                "GlobalSecondaryIndexes",
                json!([index(json!({ "WarmThroughput": { "ReadUnitsPerSecond": 12001 } }))]),
            ),
            "WarmThroughput of a global index above its initial throughput",
        ),
        (
            json!({ "SSESpecification": { "Enabled": true, "SSEType": "KMS" } }),
            "SSESpecification with Enabled true",
        ),
        (on_demand("OnDemandThroughput", json!({ "MaxReadRequestUnits": 10 })), "OnDemandThroughput"),
        (
            on_demand("WarmThroughput", json!({ "ReadUnitsPerSecond": 12001 })),
            "WarmThroughput above the initial throughput",
        ),
        (json!({ "ResourcePolicy": "{}" }), "ResourcePolicy"),
        (json!({ "VectorIndexes": [] }), "VectorIndexes"),
    ];
    for (change, member) in cases {
        let detail = format!("{member} is not supported by this installation yet");
        invalid(change.clone(), &detail);
        // The service's own rules come first.
        let mut wrong = change;
        wrong["KeySchema"] = key("b", "b");
        refuses(wrong, "Both the Hash Key and the Range Key element in the KeySchema have the same name");
    }
    parse(&request(on_demand("WarmThroughput", json!({ "ReadUnitsPerSecond": 12000 })))).unwrap();
    parse(&request(on_demand("OnDemandThroughput", json!({})))).unwrap();
    parse(&request(json!({ "SSESpecification": {} }))).unwrap();
    let warm_enough = index(json!({ "WarmThroughput": { "WriteUnitsPerSecond": 4000 } }));
    parse(&request(on_demand("GlobalSecondaryIndexes", json!([warm_enough])))).unwrap();
}
