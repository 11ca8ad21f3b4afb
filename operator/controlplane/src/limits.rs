//! What an account may have.

use partita_model::limits::{ACCOUNT_UNITS_MAX, TABLE_UNITS_MAX};

/// How long the service takes no further change of a table's time to live.
const TIME_TO_LIVE_INTERVAL_MS: u64 = 60 * 60 * 1000;

/// Quotas of an installation. The defaults are DynamoDB's default quotas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tables.
    pub tables: u64,
    /// Read units per second of all provisioned tables, as DescribeLimits tells them.
    pub account_read_units: u64,
    /// Write units per second of all provisioned tables, as DescribeLimits tells them.
    pub account_write_units: u64,
    /// Read units per second of one table, as DescribeLimits tells them.
    pub table_read_units: u64,
    /// Write units per second of one table, as DescribeLimits tells them.
    pub table_write_units: u64,
    /// Milliseconds between two calls of UpdateTimeToLive that change one table.
    pub time_to_live_interval_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tables: 2_500,
            account_read_units: ACCOUNT_UNITS_MAX,
            account_write_units: ACCOUNT_UNITS_MAX,
            table_read_units: TABLE_UNITS_MAX,
            table_write_units: TABLE_UNITS_MAX,
            time_to_live_interval_ms: TIME_TO_LIVE_INTERVAL_MS,
        }
    }
}
