//! Changes of a table's settings: pure, from one record to the next.

use partita_model::clock::UnixMillis;
use partita_model::descriptor::{BillingMode, Generation, Throughput};
use partita_protocol::ServiceError;
use partita_protocol::definition::{ProvisionedThroughput, TableClass};
use partita_protocol::error::UnchangedThroughput;
use partita_protocol::output::TableStatus;

use crate::catalog::TableRecord;
use crate::history::is_decrease;

/// A change of one setting.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TableChange {
    /// How capacity is paid for, and how much there is.
    Capacity {
        /// Absent leaves it as it is.
        billing_mode: Option<BillingMode>,
        /// Needed with the provisioned mode, refused with the other.
        throughput: Option<ProvisionedThroughput>,
    },
    /// The balance of storage and request cost.
    Class(TableClass),
    /// Whether the table can be deleted.
    DeletionProtection(bool),
}

impl TableChange {
    /// The record after the change: the same if nothing changes, of the next generation if something does, and `UPDATING`
    /// until the data plane has heard of it if that serves by what changed.
    pub(super) fn apply(self, table: &TableRecord, now: UnixMillis) -> Result<TableRecord, ServiceError> {
        let mut changed = table.clone();
        match self {
            Self::Capacity { billing_mode, throughput } => {
                change_capacity(&mut changed, billing_mode, throughput, now)?;
            }
            Self::Class(class) => change_class(&mut changed, class, now)?,
            Self::DeletionProtection(enabled) => {
                changed.definition.deletion_protection_enabled = Some(enabled)
            }
        }
        if changed != *table {
            changed.generation = Generation(table.generation.0 + 1);
        }
        if changed.definition.check()? != table.definition.check()? {
            changed.status = TableStatus::Updating;
        }
        Ok(changed)
    }
}

fn change_capacity(
    table: &mut TableRecord,
    billing_mode: Option<BillingMode>,
    throughput: Option<ProvisionedThroughput>,
    now: UnixMillis,
) -> Result<(), ServiceError> {
    let definition = &mut table.definition;
    let wanted = billing_mode.unwrap_or(definition.billing());
    match (definition.billing(), wanted, definition.provisioned_throughput, throughput) {
        (_, BillingMode::PayPerRequest, _, Some(_)) => Err(ServiceError::throughput_of_on_demand_table()),
        (BillingMode::Provisioned, BillingMode::Provisioned, Some(from), Some(to)) => {
            change_throughput(table, from.into(), to.into(), now)?;
            table.definition.provisioned_throughput = Some(to);
            Ok(())
        }
        (BillingMode::Provisioned, BillingMode::PayPerRequest, _, None) => {
            table.history.check_switch_to_on_demand(now)?;
            table.history.record_switch_to_on_demand(now);
            definition.billing_mode = Some(BillingMode::PayPerRequest);
            definition.provisioned_throughput = None;
            definition.warm_throughput = None;
            for index in definition.global_secondary_indexes.iter_mut().flatten() {
                index.provisioned_throughput = None;
                index.warm_throughput = None;
            }
            Ok(())
        }
        (BillingMode::PayPerRequest, BillingMode::Provisioned, _, Some(to)) => {
            table.history.record_switch_to_provisioned(to.into());
            definition.billing_mode = Some(BillingMode::Provisioned);
            definition.provisioned_throughput = Some(to);
            definition.warm_throughput = None;
            definition.on_demand_throughput = None;
            Ok(())
        }
        (BillingMode::PayPerRequest, BillingMode::Provisioned, _, None) => {
            // The definition's rules say what is missing.
            definition.billing_mode = Some(BillingMode::Provisioned);
            Ok(())
        }
        // Asking again for what is: the service takes it and does nothing.
        (_, _, _, None) | (BillingMode::Provisioned, BillingMode::Provisioned, None, Some(_)) => Ok(()),
    }
}

fn change_throughput(
    table: &mut TableRecord,
    from: Throughput,
    to: Throughput,
    now: UnixMillis,
) -> Result<(), ServiceError> {
    if from == to {
        let Throughput { read_units, write_units } = to;
        return Err(ServiceError::throughput_unchanged(UnchangedThroughput { read_units, write_units }));
    }
    if is_decrease(from, to) {
        table.history.check_decrease(now)?;
    }
    table.history.record_throughput(from, to, now);
    Ok(())
}

/// Asking for the class that the table has is taken and is no change.
fn change_class(table: &mut TableRecord, class: TableClass, now: UnixMillis) -> Result<(), ServiceError> {
    if table.definition.table_class.unwrap_or(TableClass::Standard) != class {
        table.history.check_class_change(now)?;
        table.history.record_class_change(now);
    }
    table.definition.table_class = Some(class);
    Ok(())
}
