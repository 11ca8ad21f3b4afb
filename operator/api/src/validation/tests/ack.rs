//! Manifests in the shape of ACK's Table, together holding every field of it.

use serde_json::json;

use super::*;
use crate::{Table, unsupported_fields};

fn manifest(spec: Value) -> Value {
    json!({
        "apiVersion": "partita.dev/v1alpha1",
        "kind": "Table",
        "metadata": {
            "name": "music-library", "namespace": "team-a",
            "annotations": {"services.k8s.aws/region": "eu-west-1", "services.k8s.aws/deletion-policy": "retain"},
        },
        "spec": spec,
    })
}

fn provisioned() -> Value {
    manifest(json!({
        "tableName": "music-library",
        "attributeDefinitions": [
            {"attributeName": "performer", "attributeType": "S"},
            {"attributeName": "title", "attributeType": "S"},
            {"attributeName": "released", "attributeType": "N"},
            {"attributeName": "cover", "attributeType": "B"},
        ],
        "keySchema": [
            {"attributeName": "performer", "keyType": "HASH"},
            {"attributeName": "title", "keyType": "RANGE"},
        ],
        "billingMode": "PROVISIONED",
        "provisionedThroughput": {"readCapacityUnits": 5, "writeCapacityUnits": 7},
        "globalSecondaryIndexes": [
            {
                "indexName": "by-release",
                "keySchema": [
                    {"attributeName": "released", "keyType": "HASH"},
                    {"attributeName": "performer", "keyType": "RANGE"},
                ],
                "projection": {"projectionType": "INCLUDE", "nonKeyAttributes": ["label", "length"]},
                "provisionedThroughput": {"readCapacityUnits": 1, "writeCapacityUnits": 1},
            },
            {
                "indexName": "by-cover",
                "keySchema": [{"attributeName": "cover", "keyType": "HASH"}],
                "projection": {"projectionType": "KEYS_ONLY"},
                "provisionedThroughput": {"readCapacityUnits": 1, "writeCapacityUnits": 1},
            },
        ],
        "localSecondaryIndexes": [{
            "indexName": "by-date",
            "keySchema": [
                {"attributeName": "performer", "keyType": "HASH"},
                {"attributeName": "released", "keyType": "RANGE"},
            ],
            "projection": {"projectionType": "ALL"},
        }],
        "streamSpecification": {"streamEnabled": true, "streamViewType": "NEW_AND_OLD_IMAGES"},
        "timeToLive": {"attributeName": "expires", "enabled": true},
        "continuousBackups": {"pointInTimeRecoveryEnabled": true},
        "contributorInsights": "ENABLE",
        "deletionProtectionEnabled": true,
        "resourcePolicy": "{\"Version\":\"2012-10-17\",\"Statement\":[]}",
        "sseSpecification": {
            "enabled": true, "sseType": "KMS",
            "kmsMasterKeyRef": {"from": {"name": "library-key", "namespace": "keys"}},
        },
        "tableClass": "STANDARD_INFREQUENT_ACCESS",
        "tableReplicas": [{
            "regionName": "eu-central-1",
            "kmsMasterKeyID": "arn:aws:kms:eu-central-1:000000000000:key/1",
            "tableClassOverride": "STANDARD",
            "provisionedThroughputOverride": {"readCapacityUnits": 9},
            "globalSecondaryIndexes": [
                {"indexName": "by-release", "provisionedThroughputOverride": {"readCapacityUnits": 2}},
            ],
        }],
        "tags": [{"key": "team", "value": "a"}, {"key": "empty"}],
    }))
}

fn on_demand() -> Value {
    manifest(json!({
        "tableName": "music-library",
        "attributeDefinitions": [
            {"attributeName": "performer", "attributeType": "S"},
            {"attributeName": "title", "attributeType": "S"},
        ],
        "keySchema": [{"attributeName": "performer", "keyType": "HASH"}],
        "billingMode": "PAY_PER_REQUEST",
        "onDemandThroughput": {"maxReadRequestUnits": 1000, "maxWriteRequestUnits": -1},
        "globalSecondaryIndexes": [{
            "indexName": "by-title",
            "keySchema": [{"attributeName": "title", "keyType": "HASH"}],
            "projection": {"projectionType": "ALL"},
            "onDemandThroughput": {"maxReadRequestUnits": 100, "maxWriteRequestUnits": 100},
        }],
        "sseSpecification": {"enabled": true, "kmsMasterKeyID": "alias/library"},
    }))
}

#[test]
fn manifests_in_acks_shape_are_accepted_and_survive_the_types() {
    for manifest in [provisioned(), on_demand()] {
        assert_eq!(verdict(&manifest), [""; 0]);
        let table: Table = serde_json::from_value(manifest.clone()).unwrap();
        let again = serde_json::to_value(&table).unwrap();
        assert_eq!((&again["metadata"], &again["spec"]), (&manifest["metadata"], &manifest["spec"]));
    }
}

#[test]
fn what_is_not_acted_upon_yet_is_named() {
    let fields =
        |manifest: Value| unsupported_fields(&serde_json::from_value::<Table>(manifest).unwrap().spec);
    assert_eq!(
        fields(provisioned()),
        [
            "globalSecondaryIndexes",
            "streamSpecification",
            "timeToLive",
            "continuousBackups",
            "contributorInsights",
            "resourcePolicy",
            "sseSpecification",
            "tableReplicas",
        ]
    );
    assert_eq!(fields(on_demand()), ["onDemandThroughput", "globalSecondaryIndexes", "sseSpecification"]);
    assert_eq!(
        fields(table(json!({
            "globalSecondaryIndexes": [], "tableReplicas": [], "timeToLive": {"enabled": false, "attributeName": "t"},
            "streamSpecification": {"streamEnabled": false}, "tags": [], "tableClass": "STANDARD",
        }))),
        [""; 0]
    );
}
