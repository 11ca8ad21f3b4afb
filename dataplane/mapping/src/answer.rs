//! What Lambda's API answers about mappings.

use partita_model::name::Scope;
use serde_json::{Value, json};

use crate::mapping::{Mapping, MappingId, Target};
use crate::settings::limits::{FILTERS_MAX, LISTED_MAX, PATTERN_CHARACTERS_MAX, REPORT_BATCH_ITEM_FAILURES};

/// Characters of [`Configuration::last_result`], part of which a target says.
pub const RESULT_CHARACTERS_MAX: usize = 1024;

/// Bytes of a [`Page`] in JSON, at most: so much whoever reads one has to have room for.
pub const LIST_BYTES_MAX: usize =
    LISTED_MAX * (FILTERS_MAX * PATTERN_CHARACTERS_MAX * PATTERN_CHARACTER_BYTES_MAX + MEMBERS_BYTES_MAX);

/// Bytes of a pattern's character in JSON: four in UTF-8. Those that are escaped take two, as a pattern is JSON itself and so has
/// no control characters besides line breaks and tabs.
const PATTERN_CHARACTER_BYTES_MAX: usize = 4;

/// Bytes of what else is told of a mapping: a result of [`RESULT_CHARACTERS_MAX`] at up to six bytes, a URL of 2,048 characters at up
/// to two, and some 2,000 of names and numbers.
const MEMBERS_BYTES_MAX: usize = 16 * 1024;

/// Where a mapping is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the states are Lambda's")]
pub enum State {
    Creating,
    Enabling,
    Enabled,
    Disabling,
    Disabled,
    Updating,
    Deleting,
}

impl State {
    /// The state that lasts once everybody knows of the mapping.
    pub fn settled(mapping: &Mapping) -> Self {
        if mapping.settings.enabled { Self::Enabled } else { Self::Disabled }
    }

    /// As JSON spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Enabling => "Enabling",
            Self::Enabled => "Enabled",
            Self::Disabling => "Disabling",
            Self::Disabled => "Disabled",
            Self::Updating => "Updating",
            Self::Deleting => "Deleting",
        }
    }
}

/// A mapping as clients see it.
#[derive(Clone, Copy, Debug)]
pub struct Configuration<'a> {
    /// The mapping.
    pub mapping: &'a Mapping,
    /// Where it is in its life.
    pub state: State,
    /// How the latest delivery went; `None` when there was none.
    pub last_result: Option<&'a str>,
    /// Where the installation's resources are.
    pub scope: &'a Scope,
}

impl Configuration<'_> {
    /// The body of an answer.
    pub fn to_json(&self) -> Value {
        let Mapping { id, source, target, settings, last_modified, .. } = self.mapping;
        let infinite = |limit: Option<u32>| limit.map_or(-1, i64::from);
        let failure =
            settings.on_failure.as_ref().map_or_else(|| json!({}), |url| json!({ "Destination": url }));
        let mut answer = json!({
            "UUID": id,
            "StartingPosition": settings.starting_position,
            "BatchSize": settings.batch_size,
            "MaximumBatchingWindowInSeconds": settings.batching_window_s,
            "ParallelizationFactor": settings.parallelization_factor,
            "EventSourceArn": source,
            "LastModified": last_modified.as_epoch_seconds(),
            "LastProcessingResult": self.last_result.unwrap_or("No records processed"),
            "State": self.state.as_str(),
            "StateTransitionReason": "User action",
            "DestinationConfig": { "OnFailure": failure },
            "MaximumRecordAgeInSeconds": infinite(settings.record_age_max_s),
            "BisectBatchOnFunctionError": settings.bisect_on_error,
            "MaximumRetryAttempts": infinite(settings.retries_max),
            "TumblingWindowInSeconds": 0,
            "FunctionResponseTypes": settings.reports_item_failures.then_some(REPORT_BATCH_ITEM_FAILURES).as_slice(),
            "EventSourceMappingArn": id.arn(self.scope),
        });
        if let Target::Lambda { function, .. } = target {
            answer["FunctionArn"] = function.arn(self.scope).into();
        }
        let patterns = settings.filters.patterns();
        if !patterns.is_empty() {
            let filters: Vec<_> = patterns.iter().map(|pattern| json!({ "Pattern": pattern })).collect();
            answer["FilterCriteria"] = json!({ "Filters": filters });
        }
        answer
    }
}

/// One page of mappings.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// By id.
    pub mappings: Vec<Configuration<'a>>,
    /// The last one of the page when there are more.
    pub next: Option<&'a MappingId>,
}

impl Page<'_> {
    /// The body of an answer.
    pub fn to_json(&self) -> Value {
        let mappings: Vec<_> = self.mappings.iter().map(Configuration::to_json).collect();
        let mut answer = json!({ "EventSourceMappings": mappings });
        if let Some(next) = self.next {
            answer["NextMarker"] = json!(next);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use partita_model::clock::UnixMillis;
    use partita_protocol::stream::StreamArn;

    use super::*;
    use crate::filter::Filters;
    use crate::function::FunctionName;
    use crate::mapping::Url;
    use crate::settings::Settings;

    const ID: &str = "14e0db71-5d35-4eb5-b481-8945cf9d10c2";
    const STREAM: &str =
        "arn:aws:dynamodb:eu-central-1:000000000000:table/music/stream/2026-10-08T23:20:48.000";

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
        let told =
            Configuration { mapping: &mapping, state: State::Creating, last_result: None, scope: &scope };
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
}
