use serde_json::json;

use super::*;
use crate::output::Answer as _;

#[test]
fn expiry() {
    let specification = TimeToLiveSpecification { enabled: true, attribute_name: "until".to_owned() };
    let changed = UpdateTimeToLive { time_to_live_specification: specification };
    assert_eq!(
        changed.to_json(),
        json!({ "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "until" } })
    );
    let described = |time_to_live_status, attribute_name| {
        let time_to_live_description = TimeToLiveDescription { time_to_live_status, attribute_name };
        DescribeTimeToLive { time_to_live_description }.to_json()
    };
    assert_eq!(
        described(TimeToLiveStatus::Disabled, None),
        json!({ "TimeToLiveDescription": { "TimeToLiveStatus": "DISABLED" } })
    );
    let spellings = [
        (TimeToLiveStatus::Enabling, "ENABLING"),
        (TimeToLiveStatus::Enabled, "ENABLED"),
        (TimeToLiveStatus::Disabling, "DISABLING"),
    ];
    for (status, spelling) in spellings {
        assert_eq!(
            described(status, Some("until".to_owned())),
            json!({ "TimeToLiveDescription": { "TimeToLiveStatus": spelling, "AttributeName": "until" } })
        );
    }
}

#[test]
fn features_that_a_table_has_not() {
    assert_eq!(
        NoContinuousBackups.to_json(),
        json!({ "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": { "PointInTimeRecoveryStatus": "DISABLED" },
        }})
    );
    let table = TableName::new("music");
    assert_eq!(
        NoContributorInsights { table: table.clone(), index: None }.to_json(),
        json!({ "TableName": "music", "ContributorInsightsStatus": "DISABLED" })
    );
    let index = Some(IndexName::new("by-year"));
    assert_eq!(
        NoContributorInsights { table: table.clone(), index }.to_json(),
        json!({ "TableName": "music", "IndexName": "by-year", "ContributorInsightsStatus": "DISABLED" })
    );
    assert_eq!(
        NoKinesisDestination { table }.to_json(),
        json!({ "TableName": "music", "KinesisDataStreamDestinations": [] })
    );
}
