//! How records get from a stream to a target, and what may be asked for.

pub mod limits;

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::filter::Filters;
use crate::mapping::Url;
use crate::refusal::Refusal;

/// How records get from a stream to a target. Holds only what is valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Whether anything is delivered.
    pub enabled: bool,
    /// Records in one delivery, at most; 1 to 10,000.
    pub batch_size: u32,
    /// How long records may be gathered for one delivery, in seconds; 0 to 300.
    pub batching_window_s: u32,
    /// Where to begin.
    pub starting_position: StartingPosition,
    /// Deliveries from one shard at a time; 1 to 10.
    pub parallelization_factor: u32,
    /// How often a delivery that the target failed is repeated; `None` for as long as the record lives.
    pub retries_max: Option<u32>,
    /// Records older than this are not delivered, in seconds, 60 to 604,800; `None` for any age.
    pub record_age_max_s: Option<u32>,
    /// Whether a delivery that failed is split in two.
    pub bisect_on_error: bool,
    /// Whether the target tells which records of a delivery failed.
    pub reports_item_failures: bool,
    /// Which records are delivered.
    pub filters: Filters,
    /// Who is told of records that were given up.
    pub on_failure: Option<Url>,
}

/// Where a mapping begins in the shards that it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StartingPosition {
    /// With the oldest record.
    TrimHorizon,
    /// With the first record that comes after the mapping began.
    Latest,
}

impl StartingPosition {
    /// As JSON spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TrimHorizon => "TRIM_HORIZON",
            Self::Latest => "LATEST",
        }
    }

    /// Reads a required member.
    pub(crate) fn read(given: Option<&str>) -> Result<Self, Refusal> {
        const MEMBER: &str = "startingPosition";
        match given {
            Some("TRIM_HORIZON") => Ok(Self::TrimHorizon),
            Some("LATEST") => Ok(Self::Latest),
            Some("AT_TIMESTAMP") => Err(Refusal::InvalidParameter(
                "AT_TIMESTAMP is not a starting position of DynamoDB event sources. Use TRIM_HORIZON or LATEST.".to_owned(),
            )),
            Some(other) => {
                let constraint = "Member must satisfy enum value set: [TRIM_HORIZON, LATEST, AT_TIMESTAMP]";
                Err(Refusal::Validation(vec![Refusal::violation(MEMBER, other, constraint)]))
            }
            None => Err(Refusal::Validation(vec![Refusal::missing(MEMBER)])),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            batch_size: 100,
            batching_window_s: 0,
            starting_position: StartingPosition::TrimHorizon,
            parallelization_factor: 1,
            retries_max: None,
            record_age_max_s: None,
            bisect_on_error: false,
            reports_item_failures: false,
            filters: Filters::default(),
            on_failure: None,
        }
    }
}

/// What is asked of a mapping's settings, in the members of Lambda's API. `None` leaves what is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the members are Lambda's, and what they mean is said at `Settings`")]
pub struct Changes {
    pub enabled: Option<bool>,
    pub batch_size: Option<i64>,
    pub maximum_batching_window_in_seconds: Option<i64>,
    pub parallelization_factor: Option<i64>,
    pub maximum_retry_attempts: Option<i64>,
    pub maximum_record_age_in_seconds: Option<i64>,
    pub bisect_batch_on_function_error: Option<bool>,
    pub tumbling_window_in_seconds: Option<i64>,
    pub function_response_types: Option<Vec<String>>,
    pub filter_criteria: Option<FilterCriteria>,
    pub destination_config: Option<DestinationConfig>,
}

/// Lambda's form of filters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FilterCriteria {
    /// None of them means that all records are wanted.
    #[serde(default)]
    pub filters: Option<Vec<FilterMember>>,
}

/// One filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FilterMember {
    /// JSON, as text.
    #[serde(default)]
    pub pattern: Option<String>,
}

/// Lambda's form of destinations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DestinationConfig {
    /// Not supported for streams, there as here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_success: Option<Destination>,
    /// Who is told of records that were given up.
    #[serde(default)]
    pub on_failure: Option<Destination>,
}

/// One destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Destination {
    /// An address; empty for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
}

impl Changes {
    /// The settings after the change.
    ///
    /// # Errors
    /// With what the service model does not allow, all of it at once; then with the first thing that makes no sense.
    pub fn apply(self, settings: Settings) -> Result<Settings, Refusal> {
        let mut checks = Checks::default();
        let batch_size = checks.range("batchSize", self.batch_size, limits::BATCH_SIZE);
        let window = checks.range(
            "maximumBatchingWindowInSeconds",
            self.maximum_batching_window_in_seconds,
            limits::BATCHING_WINDOW_S,
        );
        let parallelization_factor = checks.range(
            "parallelizationFactor",
            self.parallelization_factor,
            limits::PARALLELIZATION_FACTOR,
        );
        let retries = checks.range("maximumRetryAttempts", self.maximum_retry_attempts, limits::RETRIES);
        let age = checks.range(
            "maximumRecordAgeInSeconds",
            self.maximum_record_age_in_seconds,
            limits::RECORD_AGE_S,
        );
        let tumbling = checks.range(
            "tumblingWindowInSeconds",
            self.tumbling_window_in_seconds,
            limits::TUMBLING_WINDOW_S,
        );
        let reports = checks.response_types(self.function_response_types);
        checks.finish()?;

        if tumbling.is_some_and(|window| window > 0) {
            return Err(Refusal::unsupported("TumblingWindowInSeconds"));
        }
        if age.is_some_and(|age| (0..limits::RECORD_AGE_S_MIN).contains(&age)) {
            let text = format!(
                "MaximumRecordAgeInSeconds must be -1, or from {} to {}.",
                limits::RECORD_AGE_S_MIN,
                limits::RECORD_AGE_S.end()
            );
            return Err(Refusal::InvalidParameter(text));
        }
        let filters = self.filter_criteria.map(FilterCriteria::read).transpose()?;
        let on_failure = self.destination_config.map(DestinationConfig::read).transpose()?;
        Ok(Settings {
            enabled: self.enabled.unwrap_or(settings.enabled),
            batch_size: batch_size.map_or(settings.batch_size, unsigned),
            batching_window_s: window.map_or(settings.batching_window_s, unsigned),
            starting_position: settings.starting_position,
            parallelization_factor: parallelization_factor.map_or(settings.parallelization_factor, unsigned),
            retries_max: retries.map_or(settings.retries_max, unless_infinite),
            record_age_max_s: age.map_or(settings.record_age_max_s, unless_infinite),
            bisect_on_error: self.bisect_batch_on_function_error.unwrap_or(settings.bisect_on_error),
            reports_item_failures: reports.unwrap_or(settings.reports_item_failures),
            filters: filters.unwrap_or(settings.filters),
            on_failure: on_failure.unwrap_or(settings.on_failure),
        })
    }
}

/// A number that was found in a range without negative ones.
fn unsigned(checked: i64) -> u32 {
    u32::try_from(checked).unwrap_or_default()
}

/// -1 stands for no limit.
fn unless_infinite(checked: i64) -> Option<u32> {
    u32::try_from(checked).ok()
}

impl FilterCriteria {
    fn read(self) -> Result<Filters, Refusal> {
        let patterns =
            self.filters.unwrap_or_default().into_iter().map(|filter| filter.pattern.unwrap_or_default());
        Ok(Filters::new(patterns.collect())?)
    }
}

impl DestinationConfig {
    fn read(self) -> Result<Option<Url>, Refusal> {
        if self
            .on_success
            .and_then(|success| success.destination)
            .is_some_and(|destination| !destination.is_empty())
        {
            return Err(Refusal::unsupported("DestinationConfig.OnSuccess"));
        }
        let given = self.on_failure.and_then(|failure| failure.destination).filter(|given| !given.is_empty());
        let Some(given) = given else { return Ok(None) };
        Url::parse(&given).map(Some).ok_or_else(|| {
            let text = format!(
                "The destination {given} is not supported: name an address that begins with http:// or https:// and takes \
                 CloudEvents. Queues, topics and buckets are not reached from here."
            );
            Refusal::InvalidParameter(text)
        })
    }
}

/// Collects what the service model does not allow.
#[derive(Default)]
struct Checks(Vec<String>);

impl Checks {
    fn range(&mut self, member: &str, given: Option<i64>, allowed: RangeInclusive<i64>) -> Option<i64> {
        let given = given?;
        if given < *allowed.start() {
            self.add(
                member,
                given,
                &format!("Member must have value greater than or equal to {}", allowed.start()),
            );
        } else if given > *allowed.end() {
            self.add(
                member,
                given,
                &format!("Member must have value less than or equal to {}", allowed.end()),
            );
        }
        Some(given)
    }

    fn response_types(&mut self, given: Option<Vec<String>>) -> Option<bool> {
        const MEMBER: &str = "functionResponseTypes";
        let given = given?;
        let shown = format!("[{}]", given.join(", "));
        if given.iter().any(|kind| kind != limits::REPORT_BATCH_ITEM_FAILURES) {
            let constraint = "Member must satisfy constraint: [Member must satisfy enum value set: [ReportBatchItemFailures]]";
            self.add(MEMBER, &shown, constraint);
        } else if given.len() > 1 {
            self.add(MEMBER, &shown, "Member must have length less than or equal to 1");
        }
        Some(!given.is_empty())
    }

    fn add(&mut self, member: &str, value: impl Display, constraint: &str) {
        self.0.push(Refusal::violation(member, &value.to_string(), constraint));
    }

    fn finish(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Validation(self.0)) }
    }
}

#[cfg(test)]
mod tests;
