//! What UpdateTable refuses.

use partita_model::clock::UnixMillis;

use super::super::{ErrorKind, ServiceError};

/// A rule of UpdateTable that the request alone, or the request against the table, breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UpdateRule {
    #[error("One or more parameter values were invalid: {0} must be the only operation in the request")]
    NotAlone(&'static str),
    #[error(
        "One or more parameter values were invalid: OnDemandThroughput can only be combined with BillingMode in an \
         UpdateTable request"
    )]
    CeilingsNotAlone,
    #[error(
        "One or more parameter values were invalid: Requested {0} for OnDemandThroughput for table is outside of valid \
         range"
    )]
    CeilingRange(&'static str),
    #[error(
        "One or more parameter values were invalid: ProvisionedThroughput must be specified when BillingMode \
         is PROVISIONED"
    )]
    ThroughputRequired,
    #[error(
        "One or more parameter values were invalid: ProvisionedThroughput cannot be specified when BillingMode is \
         PAY_PER_REQUEST"
    )]
    ThroughputOnDemand,
    #[error("Given value {value} for {member} is out of bounds")]
    OutOfBounds { member: &'static str, value: u64 },
    #[error(
        "One or more parameter values were invalid: One of GlobalSecondaryIndexUpdate.Update, \
         GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null"
    )]
    IndexUpdateEmpty,
    #[error(
        "One or more parameter values were invalid: Only one global secondary index action is allowed per \
         GlobalSecondaryIndexUpdate object"
    )]
    IndexUpdateAmbiguous,
    #[error(
        "One or more parameter values were invalid: Only one global secondary index update per index is \
         allowed simultaneously. Index: {0}"
    )]
    IndexUpdateRepeated(String),
    #[error("One or more parameter values were invalid: List of GlobalSecondaryIndexUpdates is empty")]
    IndexUpdatesEmpty,
    #[error("One or more parameter values were invalid: You cannot create or delete index while {0}")]
    IndexOnlineWhile(&'static str),
    #[error(
        "One or more parameter values were invalid: Create global secondary index cannot be specified when updating \
         WarmThroughput"
    )]
    IndexCreatedWhileWarming,
    #[error(
        "One or more parameter values were invalid: You cannot modify stream status while updating table IOPS"
    )]
    StreamWithThroughput,
    #[error(
        "One or more parameter values were invalid: If stream is being enabled then UpdateViewType is required"
    )]
    StreamWithoutView,
    #[error(
        "One or more parameter values were invalid: If stream is being disabled, then UpdateViewType must \
         not be specified"
    )]
    ViewWithoutStream,
}

impl From<UpdateRule> for ServiceError {
    fn from(rule: UpdateRule) -> Self {
        Self::rule(rule.to_string())
    }
}

/// Current and requested units, for the sentence about an update that changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnchangedThroughput {
    /// What the table has, and what was asked for again.
    pub read_units: u64,
    /// The same for writes.
    pub write_units: u64,
}

/// Facts of the daily budget of throughput decreases, for its sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecreaseBudget {
    /// Decreases since 00:00 UTC.
    pub decreases_today: u32,
    /// When the last one was accepted.
    pub last: UnixMillis,
    /// When the next one may be.
    pub next: UnixMillis,
}

/// Facts of the daily budget of switches to on-demand, for its sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwitchBudget {
    /// Switches allowed in 24 hours.
    pub times: usize,
    /// When the last one was accepted.
    pub last: UnixMillis,
    /// When the next one may be.
    pub next: UnixMillis,
}

impl ServiceError {
    /// UpdateTable names nothing to update. The service has lengthened its list over the years.
    pub(crate) fn nothing_to_update() -> Self {
        Self::reworded_rule(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or \
             SSESpecification or ReplicaUpdates is required",
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, \
             SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, \
             MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is \
             required",
        )
    }

    /// The requested throughput is the table's own.
    pub fn throughput_unchanged(units: UnchangedThroughput) -> Self {
        let UnchangedThroughput { read_units, write_units } = units;
        Self::validation(format!(
            "The provisioned throughput for the table will not change. The requested value equals the current value. \
             Current ReadCapacityUnits provisioned for the table: {read_units}. \
             Requested ReadCapacityUnits: {read_units}. \
             Current WriteCapacityUnits provisioned for the table: {write_units}. \
             Requested WriteCapacityUnits: {write_units}. \
             Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
        ))
    }

    /// Throughput was given for a table that is on demand.
    pub fn throughput_of_on_demand_table() -> Self {
        Self::validation(
            "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be \
             specified when BillingMode is PAY_PER_REQUEST",
        )
    }

    /// A limit of on-demand units was given for a table that is provisioned.
    pub fn on_demand_limit_of_provisioned_table() -> Self {
        Self::validation(
            "One or more parameter values were invalid: MaxReadRequestUnits for OnDemandThroughput cannot be specified \
             when the table BillingMode is PROVISIONED",
        )
    }

    /// Warm throughput cannot be lowered; `member` is the one that was.
    pub fn warm_throughput_decrease(member: &'static str) -> Self {
        Self::validation(format!(
            "One or more parameter values were invalid: Requested {member} for WarmThroughput for table is lower than \
             current WarmThroughput, decreasing WarmThroughput is not supported"
        ))
    }

    /// A stream was to be enabled where there is one. Another view takes another stream.
    pub fn stream_already_enabled(table: &str) -> Self {
        Self::validation(format!("Table already has an enabled stream: TableName: {table}"))
    }

    /// A stream was to be disabled where there is none.
    pub fn no_stream_to_disable(table: &str) -> Self {
        Self::validation(format!("Table has no stream to disable: TableName: {table}"))
    }

    /// Encryption with the service's own key was asked for, which every table has.
    pub fn already_encrypted() -> Self {
        Self::validation("One or more parameter values were invalid: Table is already encrypted by default")
    }

    /// The day's decreases are used up and the last one is less than an hour old.
    pub fn decrease_budget_spent(budget: DecreaseBudget) -> Self {
        let DecreaseBudget { decreases_today, last, next } = budget;
        Self::fixed(
            ErrorKind::LimitExceeded,
            format!(
                "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After \
                 the first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once \
                 every 3600 seconds. Number of decreases today: {decreases_today}. Last decrease at {}. Next decrease \
                 can be made at {}",
                super::date::long(last),
                super::date::long(next),
            ),
        )
    }

    /// Too many switches to on-demand within a day.
    pub fn billing_switches_spent(budget: SwitchBudget) -> Self {
        let SwitchBudget { times, last, next } = budget;
        Self::fixed(
            ErrorKind::LimitExceeded,
            format!(
                "Subscriber limit exceeded: Update to PayPerRequest mode are limited to {times} times in 1 day(s). Last \
                 update at {}. Next update can be made at {}",
                super::date::short(last),
                super::date::short(next),
            ),
        )
    }

    /// Too many changes of the table class within thirty days.
    pub fn class_changes_spent(times: usize) -> Self {
        Self::fixed(
            ErrorKind::LimitExceeded,
            format!(
                "Subscriber limit exceeded: Updates to TableClass are limited to {times} times in 30 day(s)."
            ),
        )
    }
}
