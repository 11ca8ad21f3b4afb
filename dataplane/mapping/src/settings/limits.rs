//! Limits of event source mappings: the service model's, if nothing else is said.

use std::ops::RangeInclusive;

/// Records in one delivery.
pub const BATCH_SIZE: RangeInclusive<i64> = 1..=10_000;
/// Seconds that records may be gathered for.
pub const BATCHING_WINDOW_S: RangeInclusive<i64> = 0..=300;
/// Deliveries from one shard at a time.
pub const PARALLELIZATION_FACTOR: RangeInclusive<i64> = 1..=10;
/// Repetitions of a delivery; -1 for no limit.
pub const RETRIES: RangeInclusive<i64> = -1..=10_000;
/// Seconds after which a record is given up, in the service model; -1 for no limit.
pub const RECORD_AGE_S: RangeInclusive<i64> = -1..=604_800;
/// The least such age that makes sense: the service documents it beside its model.
pub const RECORD_AGE_S_MIN: i64 = 60;
/// Seconds of a tumbling window.
pub const TUMBLING_WINDOW_S: RangeInclusive<i64> = 0..=900;
/// Filters of one mapping: five in the service, or ten for those who ask.
pub const FILTERS_MAX: usize = 10;
/// Characters of one filter's pattern.
pub const PATTERN_CHARACTERS_MAX: usize = 4096;
/// Mappings of an account in a region; ours. Each may keep some 8 MiB of records of an open shard in its node's memory.
pub const MAPPINGS_MAX: usize = 256;
/// Mappings on one page of a list, whatever is asked for.
pub const LISTED_MAX: usize = 100;
/// The one function response type.
pub const REPORT_BATCH_ITEM_FAILURES: &str = "ReportBatchItemFailures";
