use serde_json::{Value, json};

use super::*;

fn apply(changes: Value) -> Result<Settings, Refusal> {
    serde_json::from_value::<Changes>(changes).unwrap().apply(Settings::default())
}

fn refused(changes: Value) -> (&'static str, String) {
    let refusal = apply(changes).unwrap_err();
    (refusal.name(), refusal.to_string())
}

#[test]
fn nothing_asked_for_leaves_the_defaults() {
    assert_eq!(apply(json!({})).unwrap(), Settings::default());
}

#[test]
fn everything_that_is_asked_for_is_taken() {
    let settings = apply(json!({
        "Enabled": false, "BatchSize": 10_000, "MaximumBatchingWindowInSeconds": 300, "ParallelizationFactor": 10,
        "MaximumRetryAttempts": 0, "MaximumRecordAgeInSeconds": 60, "BisectBatchOnFunctionError": true,
        "TumblingWindowInSeconds": 0, "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "FilterCriteria": {"Filters": [{"Pattern": "{\"eventName\":[\"INSERT\"]}"}]},
        "DestinationConfig": {"OnFailure": {"Destination": "http://sink/failed"}},
    }))
    .unwrap();
    let expected = Settings {
        enabled: false,
        batch_size: 10_000,
        batching_window_s: 300,
        starting_position: StartingPosition::TrimHorizon,
        parallelization_factor: 10,
        retries_max: Some(0),
        record_age_max_s: Some(60),
        bisect_on_error: true,
        reports_item_failures: true,
        filters: Filters::new(vec!["{\"eventName\":[\"INSERT\"]}".to_owned()]).unwrap(),
        on_failure: Url::parse("http://sink/failed"),
    };
    assert_eq!(settings, expected);

    let back = json!({"MaximumRetryAttempts": -1, "MaximumRecordAgeInSeconds": -1, "FunctionResponseTypes": [],
        "FilterCriteria": {}, "DestinationConfig": {"OnFailure": {"Destination": ""}}});
    let back = serde_json::from_value::<Changes>(back).unwrap().apply(expected).unwrap();
    assert_eq!((back.retries_max, back.record_age_max_s, back.reports_item_failures), (None, None, false));
    assert_eq!((back.filters, back.on_failure, back.batch_size), (Filters::default(), None, 10_000));
}

#[test]
fn all_violations_of_the_model_are_told_at_once() {
    let (name, text) = refused(json!({"BatchSize": 0, "ParallelizationFactor": 11}));
    assert_eq!(name, "ValidationException");
    assert_eq!(
        text,
        "2 validation errors detected: Value '0' at 'batchSize' failed to satisfy constraint: Member must have value greater \
         than or equal to 1; Value '11' at 'parallelizationFactor' failed to satisfy constraint: Member must have value less \
         than or equal to 10"
    );
}

#[test]
fn each_number_has_its_range() {
    for (member, below, above) in [
        ("BatchSize", 0, 10_001),
        ("MaximumBatchingWindowInSeconds", -1, 301),
        ("ParallelizationFactor", 0, 11),
        ("MaximumRetryAttempts", -2, 10_001),
        ("MaximumRecordAgeInSeconds", -2, 604_801),
        ("TumblingWindowInSeconds", -1, 901),
    ] {
        for value in [below, above] {
            assert_eq!(refused(json!({ member: value })).0, "ValidationException", "{member} {value}");
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for changes in [
        json!({"MaximumRecordAgeInSeconds": 0}),
        json!({"MaximumRecordAgeInSeconds": 59}),
        json!({"TumblingWindowInSeconds": 1}),
        json!({"DestinationConfig": {"OnSuccess": {"Destination": "http://sink"}}}),
        json!({"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:eu-central-1:000000000000:dead"}}}),
        json!({"FilterCriteria": {"Filters": [{"Pattern": "{"}]}}),
        json!({"FilterCriteria": {"Filters": [{}]}}),
    ] {
        assert_eq!(refused(changes.clone()).0, "InvalidParameterValueException", "{changes}");
    }
    for types in [json!(["Other"]), json!(["ReportBatchItemFailures", "ReportBatchItemFailures"])] {
        assert_eq!(refused(json!({"FunctionResponseTypes": types})).0, "ValidationException");
    }
}

#[test]
fn starting_positions_are_those_of_streams() {
    assert_eq!(StartingPosition::read(Some("LATEST")), Ok(StartingPosition::Latest));
    let name = |given| StartingPosition::read(given).unwrap_err().name();
    assert_eq!(name(None), "ValidationException");
    assert_eq!(name(Some("EARLIEST")), "ValidationException");
    assert_eq!(name(Some("AT_TIMESTAMP")), "InvalidParameterValueException");
}

#[test]
fn stored_settings_never_change_their_form() {
    let stored = json!({"enabled": true, "batchSize": 100, "batchingWindowS": 0, "startingPosition": "TRIM_HORIZON",
        "parallelizationFactor": 1, "retriesMax": null, "recordAgeMaxS": null, "bisectOnError": false,
        "reportsItemFailures": false, "filters": [], "onFailure": null});
    assert_eq!(serde_json::to_value(Settings::default()).unwrap(), stored);
    assert_eq!(serde_json::from_value::<Settings>(stored).unwrap(), Settings::default());
    assert_eq!(serde_json::from_value::<Settings>(json!({})).unwrap(), Settings::default());
}
