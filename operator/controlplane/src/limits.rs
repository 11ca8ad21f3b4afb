//! What an account may have.

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
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tables: 2_500,
            account_read_units: 80_000,
            account_write_units: 80_000,
            table_read_units: 40_000,
            table_write_units: 40_000,
        }
    }
}
