use partita_model::clock::UnixMillis;
use partita_protocol::stream::StreamArn;

use super::*;
use crate::filter::Filters;
use crate::function::FunctionName;
use crate::mapping::Url;
use crate::settings::Settings;

const ID: &str = "14e0db71-5d35-4eb5-b481-8945cf9d10c2";
const STREAM: &str = "arn:aws:dynamodb:eu-central-1:000000000000:table/music/stream/2026-10-08T23:20:48.000";

fn mapping(settings: Settings) -> Mapping {
    Mapping {
        id: MappingId::parse(ID).unwrap(),
        generation: 1,
        source: StreamArn::as_given(STREAM),
        target: Target::Lambda { function: FunctionName::parse("indexer:live").unwrap(), endpoint: None },
        settings,
        last_modified: UnixMillis(1_791_501_648_250),
    }
}

fn scope() -> Scope {
    Scope { region: "eu-central-1".to_owned(), account_id: "000000000000".to_owned() }
}

#[test]
fn a_mapping_is_told_as_lambda_does() {
    let (mapping, scope) = (mapping(Settings::default()), scope());
    let told = Configuration { mapping: &mapping, state: State::Creating, last_result: None, scope: &scope };
    let expected = json!({
        "UUID": ID, "StartingPosition": "TRIM_HORIZON", "BatchSize": 100, "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1, "EventSourceArn": STREAM,
        "FunctionArn": "arn:aws:lambda:eu-central-1:000000000000:function:indexer:live",
        "LastModified": 1_791_501_648.25, "LastProcessingResult": "No records processed", "State": "Creating",
        "StateTransitionReason": "User action", "DestinationConfig": {"OnFailure": {}},
        "MaximumRecordAgeInSeconds": -1, "BisectBatchOnFunctionError": false, "MaximumRetryAttempts": -1,
        "TumblingWindowInSeconds": 0, "FunctionResponseTypes": [],
        "EventSourceMappingArn":
            "arn:aws:lambda:eu-central-1:000000000000:event-source-mapping:14e0db71-5d35-4eb5-b481-8945cf9d10c2",
    });
    assert_eq!(told.to_json(), expected);
}

#[test]
fn what_was_asked_for_is_told_back() {
    let settings = Settings {
        enabled: false,
        retries_max: Some(3),
        reports_item_failures: true,
        filters: Filters::new(vec![r#"{"a":["b"]}"#.to_owned()]).unwrap(),
        on_failure: Url::parse("http://sink"),
        ..Settings::default()
    };
    let (mapping, scope) = (mapping(settings), scope());
    let state = State::settled(&mapping);
    let told = Configuration { mapping: &mapping, state, last_result: Some("OK"), scope: &scope };
    let page = Page { mappings: vec![told], next: Some(&mapping.id) }.to_json();
    assert_eq!(page["NextMarker"], ID);
    let told = &page["EventSourceMappings"][0];
    assert_eq!(told["State"], "Disabled");
    assert_eq!(told["LastProcessingResult"], "OK");
    assert_eq!(told["MaximumRetryAttempts"], 3);
    assert_eq!(told["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    assert_eq!(told["FilterCriteria"], json!({"Filters": [{"Pattern": r#"{"a":["b"]}"#}]}));
    assert_eq!(told["DestinationConfig"]["OnFailure"]["Destination"], "http://sink");
}

#[test]
fn the_longest_mappings_fit_on_a_page() {
    let frame = r#"{"a":[""]}"#.len();
    let pattern = |text: &str, characters: usize| {
        let text = text.repeat((PATTERN_CHARACTERS_MAX - frame) / characters);
        format!(r#"{{"a":["{text}"]}}"#)
    };
    let url = format!("http://sink/{}", "\"".repeat(2048 - "http://sink/".len()));
    let (result, scope) = ("\u{1}".repeat(RESULT_CHARACTERS_MAX), scope());
    for pattern in [pattern("\u{1f3b5}", 1), pattern(r"\\", 2)] {
        let settings = Settings {
            filters: Filters::new(vec![pattern; FILTERS_MAX]).unwrap(),
            on_failure: Some(Url::parse(&url).unwrap()),
            ..Settings::default()
        };
        let mapping = mapping(settings);
        let state = State::settled(&mapping);
        let told = Configuration { mapping: &mapping, state, last_result: Some(&result), scope: &scope };
        let page = Page { mappings: vec![told; LISTED_MAX], next: Some(&mapping.id) };
        let bytes = page.to_json().to_string().len();
        assert!((LIST_BYTES_MAX / 4..=LIST_BYTES_MAX).contains(&bytes), "{bytes}");
    }
}

#[test]
fn a_stored_mapping_is_read_back() {
    let headers = [("x-key".to_owned(), "secret".to_owned())].into();
    let http = Target::Http { url: Url::parse("http://sink").unwrap(), headers };
    for target in [mapping(Settings::default()).target, http] {
        let mapping = Mapping { target, ..mapping(Settings::default()) };
        let stored = serde_json::to_string(&mapping).unwrap();
        assert_eq!(serde_json::from_str::<Mapping>(&stored).unwrap(), mapping);
    }
}
