use serde_json::{Value, json};

use super::*;
use crate::Wording;
use crate::operation::{Operation, OperationName};

fn parse(name: OperationName, body: &Value) -> Result<Operation, ServiceError> {
    Operation::parse(name, body.to_string().as_bytes())
}

#[test]
fn reads_name_a_table_an_index_or_a_resource() {
    let body = json!({ "TableName": "music", "IndexName": "by-year", "ResourceArn": "arn:x" });
    let (table, index) = (TableRef::new("music"), Some(IndexName::new("by-year")));
    let expected = [
        (
            OperationName::DescribeContinuousBackups,
            Operation::DescribeContinuousBackups(DescribeContinuousBackups { table: table.clone() }),
        ),
        (
            OperationName::DescribeKinesisStreamingDestination,
            Operation::DescribeKinesisStreamingDestination(DescribeKinesisStreamingDestination {
                table: table.clone(),
            }),
        ),
        (
            OperationName::DescribeContributorInsights,
            Operation::DescribeContributorInsights(DescribeContributorInsights { table, index }),
        ),
        (
            OperationName::GetResourcePolicy,
            Operation::GetResourcePolicy(GetResourcePolicy { arn: "arn:x".to_owned() }),
        ),
    ];
    for (name, operation) in expected {
        assert_eq!(parse(name, &body).unwrap(), operation);
        let error = parse(name, &json!({})).unwrap_err();
        let member = if name == OperationName::GetResourcePolicy { "resourceArn" } else { "tableName" };
        assert_eq!(
            error.message(Wording::Classic).unwrap(),
            format!(
                "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
            )
        );
    }
}

#[test]
fn names_have_the_form_of_names() {
    let body = json!({ "TableName": "music", "IndexName": "b" });
    let error = parse(OperationName::DescribeContributorInsights, &body).unwrap_err();
    assert_eq!(
        error.message(Wording::Classic).unwrap(),
        "1 validation error detected: Value 'b' at 'indexName' failed to satisfy constraint: Member must have length \
         greater than or equal to 3"
    );
}

#[test]
fn policies_are_of_tables_and_streams() {
    let scope = Scope { region: "eu-central-1".to_owned(), account_id: "000000000000".to_owned() };
    let table = |arn: &str| {
        let read = GetResourcePolicy { arn: arn.to_owned() }.table(&scope);
        read.map_err(|error| {
            assert_eq!(error.name(), "ValidationException");
            error.message(Wording::Modern2026).unwrap().into_owned()
        })
    };
    let ours = "arn:aws:dynamodb:eu-central-1:000000000000:table/music";
    for arn in [ours.to_owned(), format!("{ours}/stream/2026-10-08T23:20:48.000")] {
        assert_eq!(table(&arn), Ok(TableName::new("music")));
    }
    let invalid = "One or more parameter values were invalid:";
    let other = |arn: &str| format!("{invalid} Provided Arn is not a DynamoDB resource arn: {arn}");
    let elsewhere = |arn: &str| format!("{invalid} Invalid resource Arn: {arn}");
    let index = format!("{ours}/index/by-year");
    let refused = [
        ("music", format!("{invalid} ARNs must start with 'arn:': music")),
        ("arn:", other("arn:")),
        (
            "arn:aws:sqs:eu-central-1:000000000000:table/music",
            other("arn:aws:sqs:eu-central-1:000000000000:table/music"),
        ),
        (
            "arn:aws:dynamodb:eu-central-1:000000000000:table/",
            other("arn:aws:dynamodb:eu-central-1:000000000000:table/"),
        ),
        (
            "arn:aws:dynamodb:eu-central-1:000000000000:table/music/backup/1",
            other("arn:aws:dynamodb:eu-central-1:000000000000:table/music/backup/1"),
        ),
        (
            index.as_str(),
            format!(
                "{invalid} Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {index}"
            ),
        ),
        (
            "arn:aws:dynamodb:us-east-1:000000000000:table/music",
            elsewhere("arn:aws:dynamodb:us-east-1:000000000000:table/music"),
        ),
        (
            "arn:aws-cn:dynamodb:eu-central-1:000000000000:table/music",
            elsewhere("arn:aws-cn:dynamodb:eu-central-1:000000000000:table/music"),
        ),
        (
            "arn:aws:dynamodb:eu-central-1:111111111111:table/music",
            "This action is only supported by accounts that match the resource owner’s account.".to_owned(),
        ),
    ];
    for (arn, sentence) in refused {
        assert_eq!(table(arn), Err(sentence));
    }
}
