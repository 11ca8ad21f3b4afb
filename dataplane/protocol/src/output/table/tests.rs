use partita_model::ScalarType;
use partita_model::descriptor::StreamView;
use partita_model::name::Scope;
use partita_model::schema::KeyType;
use serde_json::json;

use super::*;
use crate::definition::ProjectionType;
use crate::output::Answer;
use crate::stream::StreamName;

fn scope() -> Scope {
    Scope { region: "eu-central-1".to_owned(), account_id: "000000000000".to_owned() }
}

fn element(name: &str, key_type: KeyType) -> KeySchemaElement {
    KeySchemaElement { attribute_name: name.to_owned(), key_type }
}

fn description() -> TableDescription {
    let (table, index) = (TableName::new("music"), IndexName::new("by-b"));
    let stream = StreamName { table: table.clone(), label: "2026-10-08T23:20:48.000".to_owned() };
    let projection =
        ProjectionDefinition { projection_type: Some(ProjectionType::All), non_key_attributes: None };
    let key_schema = vec![element("a", KeyType::Hash), element("b", KeyType::Range)];
    let units = Throughput { read_units: 5, write_units: 6 };
    let warm = WarmThroughputDescription {
        read_units_per_second: 5,
        write_units_per_second: 6,
        status: TableStatus::Active,
    };
    TableDescription {
        attribute_definitions: vec![AttributeDefinition {
            attribute_name: "a".to_owned(),
            attribute_type: ScalarType::S,
        }],
        key_schema: key_schema.clone(),
        table_status: TableStatus::Creating,
        creation_date_time: Some(UnixMillis(1_700_000_000_123)),
        provisioned_throughput: ThroughputDescription {
            last_decrease_date_time: Some(UnixMillis(1_700_000_001_000)),
            number_of_decreases_today: 1,
            ..ThroughputDescription::of(Some(units))
        },
        statistics: Statistics { item_count: 2, size_bytes: 222 },
        table_arn: scope().table_arn(&table),
        table_id: "00000000-0000-4000-8000-000000000000".to_owned(),
        billing_mode_summary: None,
        local_secondary_indexes: vec![LocalIndexDescription {
            index_name: index.clone(),
            key_schema: key_schema.clone(),
            projection: projection.clone(),
            statistics: Statistics { item_count: 1, size_bytes: 111 },
            index_arn: scope().index_arn(&table, &index),
        }],
        global_secondary_indexes: vec![GlobalIndexDescription {
            index_name: index.clone(),
            key_schema,
            projection,
            index_status: TableStatus::Creating,
            backfilling: Some(false),
            provisioned_throughput: ThroughputDescription::of(None),
            statistics: Statistics::default(),
            index_arn: scope().index_arn(&table, &index),
            on_demand_throughput: Some(OnDemandThroughput {
                max_read_request_units: Some(7),
                max_write_request_units: None,
            }),
            warm_throughput: Some(warm),
        }],
        table_class_summary: None,
        deletion_protection_enabled: false,
        warm_throughput: None,
        on_demand_throughput: None,
        stream_specification: Some(StreamSpecification {
            stream_enabled: true,
            stream_view_type: Some(StreamView::NewImage),
        }),
        latest_stream_label: Some(stream.label.clone()),
        latest_stream_arn: Some(stream.arn(&scope())),
        table_name: table,
    }
}

#[test]
fn a_description_has_the_members_of_the_service() {
    let arn = "arn:aws:dynamodb:eu-central-1:000000000000:table/music";
    let key =
        json!([{ "AttributeName": "a", "KeyType": "HASH" }, { "AttributeName": "b", "KeyType": "RANGE" }]);
    let expected = json!({ "TableDescription": {
        "AttributeDefinitions": [{ "AttributeName": "a", "AttributeType": "S" }],
        "TableName": "music",
        "KeySchema": key,
        "TableStatus": "CREATING",
        "CreationDateTime": 1_700_000_000.123,
        "ProvisionedThroughput": {
            "LastDecreaseDateTime": 1_700_000_001.0,
            "NumberOfDecreasesToday": 1,
            "ReadCapacityUnits": 5,
            "WriteCapacityUnits": 6,
        },
        "TableSizeBytes": 222,
        "ItemCount": 2,
        "TableArn": arn,
        "TableId": "00000000-0000-4000-8000-000000000000",
        "LocalSecondaryIndexes": [{
            "IndexName": "by-b",
            "KeySchema": key,
            "Projection": { "ProjectionType": "ALL" },
            "IndexSizeBytes": 111,
            "ItemCount": 1,
            "IndexArn": format!("{arn}/index/by-b"),
        }],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-b",
            "KeySchema": key,
            "Projection": { "ProjectionType": "ALL" },
            "IndexStatus": "CREATING",
            "Backfilling": false,
            "ProvisionedThroughput": { "NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0 },
            "IndexSizeBytes": 0,
            "ItemCount": 0,
            "IndexArn": format!("{arn}/index/by-b"),
            "OnDemandThroughput": { "MaxReadRequestUnits": 7 },
            "WarmThroughput": { "ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 6, "Status": "ACTIVE" },
        }],
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
        "LatestStreamLabel": "2026-10-08T23:20:48.000",
        "LatestStreamArn": format!("{arn}/stream/2026-10-08T23:20:48.000"),
        "DeletionProtectionEnabled": false,
    }});
    assert_eq!(ChangedTable { table_description: description() }.to_json(), expected);
    let described = DescribedTable { table: description() }.to_json();
    assert_eq!(described["Table"], expected["TableDescription"]);
}

#[test]
fn what_a_deletion_does_not_tell_is_left_out() {
    let deleted = TableDescription {
        attribute_definitions: Vec::new(),
        key_schema: Vec::new(),
        creation_date_time: None,
        local_secondary_indexes: Vec::new(),
        global_secondary_indexes: Vec::new(),
        stream_specification: None,
        latest_stream_label: None,
        latest_stream_arn: None,
        table_status: TableStatus::Deleting,
        billing_mode_summary: Some(BillingModeSummary {
            billing_mode: BillingMode::PayPerRequest,
            last_update_to_pay_per_request_date_time: None,
        }),
        ..description()
    };
    let json = deleted.to_json();
    let members: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "BillingModeSummary",
        "DeletionProtectionEnabled",
        "ItemCount",
        "ProvisionedThroughput",
        "TableArn",
        "TableId",
        "TableName",
        "TableSizeBytes",
        "TableStatus",
    ];
    assert_eq!(members, expected);
    assert_eq!(json["BillingModeSummary"], json!({ "BillingMode": "PAY_PER_REQUEST" }));
}

#[test]
fn small_answers() {
    let names = ListTables {
        table_names: vec![TableName::new("one"), TableName::new("two")],
        last_evaluated_table_name: Some(TableName::new("two")),
    };
    assert_eq!(names.to_json(), json!({ "TableNames": ["one", "two"], "LastEvaluatedTableName": "two" }));
    let last = ListTables { table_names: Vec::new(), last_evaluated_table_name: None };
    assert_eq!(last.to_json(), json!({ "TableNames": [] }));
    assert_eq!(ChangedTags {}.to_json(), json!({}));
    let endpoints = json!({ "Endpoints": [{ "Address": "localhost:8000", "CachePeriodInMinutes": 1440 }] });
    assert_eq!(DescribeEndpoints::at("localhost:8000").to_json(), endpoints);
    let tags = ListTagsOfResource { tags: vec![Tag { key: "a".to_owned(), value: "b".to_owned() }] };
    assert_eq!(tags.to_json(), json!({ "Tags": [{ "Key": "a", "Value": "b" }] }));
}
