//! What a table's settings were changed to and when: the budgets of changes, and the times that answers show.
//!
//! The budgets are DynamoDB's: throughput may be lowered four times in a UTC day and once more for each hour since the last
//! time; a table may become on-demand four times in 24 hours; its class may change twice in 30 days.

use partita_model::clock::UnixMillis;
use partita_model::descriptor::{BillingMode, TableSettings, Throughput};
use partita_protocol::ServiceError;
use partita_protocol::definition::TableClass;
use partita_protocol::definition::{INITIAL_READ_UNITS, INITIAL_WRITE_UNITS};
use partita_protocol::error::{DecreaseBudget, SwitchBudget};
use partita_protocol::output::{BillingModeSummary, ThroughputDescription, WarmThroughputDescription};
use partita_protocol::output::{TableClassSummary, TableStatus};
use serde::{Deserialize, Serialize};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Decreases of a UTC day that need no waiting.
const FREE_DECREASES: u32 = 4;
/// After those, the time between two decreases.
const DECREASE_INTERVAL_MS: u64 = HOUR_MS;
/// Switches to on-demand within [`SWITCH_WINDOW_MS`].
const SWITCHES_MAX: usize = 4;
const SWITCH_WINDOW_MS: u64 = DAY_MS;
/// Changes of the class within [`CLASS_WINDOW_MS`].
const CLASS_CHANGES_MAX: usize = 2;
const CLASS_WINDOW_MS: u64 = 30 * DAY_MS;

/// The history of a table's settings. Times are milliseconds since 1970. The serialized form is stored: members are only
/// ever added, with a default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    last_increase_ms: Option<u64>,
    last_decrease_ms: Option<u64>,
    /// Decreases on the UTC day of the last one.
    decreases: u32,
    /// When the table last became on-demand, creation included.
    on_demand_since_ms: Option<u64>,
    /// The latest switches to on-demand, oldest first, no more than count.
    on_demand_switches_ms: Vec<u64>,
    /// The latest changes of the class, oldest first, no more than count.
    class_changes_ms: Vec<u64>,
    /// The most that the table was ever asked to serve at once. It never falls.
    warm_read_units: u64,
    warm_write_units: u64,
}

impl History {
    /// The history of a table that is being created.
    pub fn begin(throughput: Option<Throughput>, now: UnixMillis) -> Self {
        let mut history = Self::default();
        history.warm_up(throughput);
        if throughput.is_none() {
            history.on_demand_since_ms = Some(now.0);
        }
        history
    }

    /// Whether throughput may be lowered now.
    pub fn check_decrease(&self, now: UnixMillis) -> Result<(), ServiceError> {
        let decreases_today = self.decreases_on(now);
        let Some(last) = self.last_decrease_ms.filter(|_| decreases_today >= FREE_DECREASES) else {
            return Ok(());
        };
        let next = last + DECREASE_INTERVAL_MS;
        if now.0 >= next {
            return Ok(());
        }
        let midnight = (day_of(now) + 1) * DAY_MS;
        let (last, next) = (UnixMillis(last), UnixMillis(next.min(midnight)));
        Err(ServiceError::decrease_budget_spent(DecreaseBudget { decreases_today, last, next }))
    }

    /// Records that throughput changed. A call that lowers one number and raises the other is both.
    pub fn record_throughput(&mut self, from: Throughput, to: Throughput, now: UnixMillis) {
        if to.read_units > from.read_units || to.write_units > from.write_units {
            self.last_increase_ms = Some(now.0);
        }
        if is_decrease(from, to) {
            self.decreases = self.decreases_on(now) + 1;
            self.last_decrease_ms = Some(now.0);
        }
        self.warm_up(Some(to));
    }

    /// Whether the table may become on-demand now.
    pub fn check_switch_to_on_demand(&self, now: UnixMillis) -> Result<(), ServiceError> {
        let recent = within(&self.on_demand_switches_ms, SWITCH_WINDOW_MS, now);
        match (recent.first(), recent.last()) {
            (Some(oldest), Some(last)) if recent.len() >= SWITCHES_MAX => {
                Err(ServiceError::billing_switches_spent(SwitchBudget {
                    times: SWITCHES_MAX,
                    last: UnixMillis(*last),
                    next: UnixMillis(oldest + SWITCH_WINDOW_MS),
                }))
            }
            _ => Ok(()),
        }
    }

    /// Records that the table became on-demand.
    pub fn record_switch_to_on_demand(&mut self, now: UnixMillis) {
        self.on_demand_since_ms = Some(now.0);
        remember(&mut self.on_demand_switches_ms, SWITCHES_MAX, now);
        self.warm_up(None);
    }

    /// Records that the table became provisioned.
    pub fn record_switch_to_provisioned(&mut self, to: Throughput) {
        self.warm_up(Some(to));
    }

    /// Whether the class may change now.
    pub fn check_class_change(&self, now: UnixMillis) -> Result<(), ServiceError> {
        match within(&self.class_changes_ms, CLASS_WINDOW_MS, now).len() {
            changes if changes >= CLASS_CHANGES_MAX => {
                Err(ServiceError::class_changes_spent(CLASS_CHANGES_MAX))
            }
            _ => Ok(()),
        }
    }

    /// Records that the class changed.
    pub fn record_class_change(&mut self, now: UnixMillis) {
        remember(&mut self.class_changes_ms, CLASS_CHANGES_MAX, now);
    }

    /// When a number of units was last raised.
    pub fn last_increase(&self) -> Option<UnixMillis> {
        self.last_increase_ms.map(UnixMillis)
    }

    /// When a number of units was last lowered.
    pub fn last_decrease(&self) -> Option<UnixMillis> {
        self.last_decrease_ms.map(UnixMillis)
    }

    /// Units as answers show them; `throughput` is none when on demand.
    pub fn throughput(&self, throughput: Option<Throughput>, now: UnixMillis) -> ThroughputDescription {
        ThroughputDescription {
            last_increase_date_time: self.last_increase(),
            last_decrease_date_time: self.last_decrease(),
            number_of_decreases_today: self.decreases_on(now),
            ..ThroughputDescription::of(throughput)
        }
    }

    /// Only tables that are on demand, or were, tell their billing mode.
    pub fn billing(&self, billing_mode: BillingMode) -> Option<BillingModeSummary> {
        let last_update_to_pay_per_request_date_time = Some(UnixMillis(self.on_demand_since_ms?));
        Some(BillingModeSummary { billing_mode, last_update_to_pay_per_request_date_time })
    }

    /// A class is only told if one was ever asked for.
    pub fn class(&self, table_class: Option<TableClass>) -> Option<TableClassSummary> {
        let last_update_date_time = self.class_changes_ms.last().copied().map(UnixMillis);
        table_class.map(|table_class| TableClassSummary { table_class, last_update_date_time })
    }

    /// What the table serves at once.
    pub fn warm(&self) -> WarmThroughputDescription {
        WarmThroughputDescription {
            read_units_per_second: self.warm_read_units,
            write_units_per_second: self.warm_write_units,
            status: TableStatus::Active,
        }
    }

    /// The part of a table's settings that is history.
    pub fn settings(&self) -> TableSettings {
        TableSettings {
            class_changed: self.class_changes_ms.last().copied().map(UnixMillis),
            on_demand_since: self.on_demand_since_ms.map(UnixMillis),
            last_increase: self.last_increase(),
            last_decrease: self.last_decrease(),
            decreases: self.decreases,
            warm: Some(Throughput { read_units: self.warm_read_units, write_units: self.warm_write_units }),
            ..TableSettings::default()
        }
    }

    fn warm_up(&mut self, throughput: Option<Throughput>) {
        let (read, write) =
            throughput.map_or((INITIAL_READ_UNITS, INITIAL_WRITE_UNITS), |t| (t.read_units, t.write_units));
        self.warm_read_units = self.warm_read_units.max(read);
        self.warm_write_units = self.warm_write_units.max(write);
    }

    fn decreases_on(&self, now: UnixMillis) -> u32 {
        match self.last_decrease_ms {
            Some(last) if day_of(UnixMillis(last)) == day_of(now) => self.decreases,
            _ => 0,
        }
    }
}

/// Whether a change lowers at least one number of units.
pub(crate) fn is_decrease(from: Throughput, to: Throughput) -> bool {
    to.read_units < from.read_units || to.write_units < from.write_units
}

fn day_of(time: UnixMillis) -> u64 {
    time.0 / DAY_MS
}

fn within(times: &[u64], window_ms: u64, now: UnixMillis) -> &[u64] {
    let start = times.partition_point(|time| time.saturating_add(window_ms) <= now.0);
    times.get(start..).unwrap_or_default()
}

/// Keeps the latest times only: the older ones cannot break a budget any more.
fn remember(times: &mut Vec<u64>, keep: usize, now: UnixMillis) {
    times.push(now.0);
    let spare = times.len().saturating_sub(keep);
    times.drain(..spare);
}

#[cfg(test)]
mod tests;
