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
mod tests;
