//! What no table has.

use partita_model::IndexName;
use partita_protocol::output::Answer;

use super::*;

#[tokio::test]
async fn what_no_table_has_is_told_so() {
    let world = World::new().await;
    world.create("music", on_demand()).await;
    let control = &world.control;
    let table = || TableRef::new("music");
    let backups =
        control.describe_continuous_backups(operation::DescribeContinuousBackups { table: table() });
    let expected = json!({ "ContinuousBackupsDescription": {
        "ContinuousBackupsStatus": "ENABLED",
        "PointInTimeRecoveryDescription": { "PointInTimeRecoveryStatus": "DISABLED" },
    }});
    assert_eq!(backups.await.unwrap().to_json(), expected);
    let asked = operation::DescribeKinesisStreamingDestination { table: table() };
    let kinesis = control.describe_kinesis_streaming_destination(asked).await.unwrap();
    assert_eq!(kinesis.to_json(), json!({ "TableName": "music", "KinesisDataStreamDestinations": [] }));
    let insights = async |index: Option<&str>| {
        let asked =
            operation::DescribeContributorInsights { table: table(), index: index.map(IndexName::new) };
        control.describe_contributor_insights(asked).await
    };
    let none = json!({ "TableName": "music", "ContributorInsightsStatus": "DISABLED" });
    assert_eq!(insights(None).await.unwrap().to_json(), none);
    assert_eq!(refusal(insights(Some("by-c")).await).0, "ResourceNotFoundException");
    let arn = "arn:aws:dynamodb:eu-central-1:000000000000:table/music".to_owned();
    let policy = control.get_resource_policy(operation::GetResourcePolicy { arn }).await;
    assert_eq!(policy.name(), "PolicyNotFoundException");
}

#[tokio::test]
async fn tables_that_are_not_there_are_told_apart_as_the_service_does() {
    let world = World::new().await;
    let table = || TableRef::new("music");
    let backups = operation::DescribeContinuousBackups { table: table() };
    let backups = world.control.describe_continuous_backups(backups).await;
    assert_eq!(refusal(backups), ("TableNotFoundException", "Table not found: music".to_owned()));
    let kinesis = operation::DescribeKinesisStreamingDestination { table: table() };
    let kinesis = world.control.describe_kinesis_streaming_destination(kinesis).await;
    assert_eq!(refusal(kinesis).0, "ResourceNotFoundException");
}
