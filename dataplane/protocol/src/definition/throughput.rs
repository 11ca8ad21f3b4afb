//! The rules of billing modes and throughput.

use partita_model::descriptor::BillingMode;

use super::{
    GlobalIndexDefinition, INITIAL_READ_UNITS, INITIAL_WRITE_UNITS, OnDemandThroughput,
    ProvisionedThroughput, TableDefinition, WarmThroughput,
};
use crate::ServiceError;
use crate::error::DefinitionRule;

/// The largest number of units per second that the service takes for a number of units.
const UNITS_MAX: u64 = 1_000_000_000_000;

/// Billing mode, throughput, ceilings and warm throughput of a table.
pub(super) fn check_table(table: &TableDefinition) -> Result<(), ServiceError> {
    match (table.billing(), table.provisioned_throughput) {
        (BillingMode::PayPerRequest, Some(_)) => return Err(DefinitionRule::ThroughputOnDemand.into()),
        (BillingMode::Provisioned, None) => return Err(DefinitionRule::ThroughputRequired.into()),
        (_, given) => check_bounds(given)?,
    }
    check_on_demand(table.on_demand_throughput, table.billing(), "table")?;
    check_warm(table.warm_throughput, table.provisioned_throughput, "table")
}

/// The same for a global index of a table with that billing mode.
pub(super) fn check_index(index: &GlobalIndexDefinition, billing: BillingMode) -> Result<(), ServiceError> {
    if billing == BillingMode::PayPerRequest && index.provisioned_throughput.is_some() {
        return Err(DefinitionRule::IndexThroughputOnDemand(index.index_name.to_string()).into());
    }
    check_bounds(index.provisioned_throughput)?;
    check_on_demand(index.on_demand_throughput, billing, &format!("index : {}", index.index_name))?;
    check_warm(index.warm_throughput, index.provisioned_throughput, &format!("index {}", index.index_name))
}

/// The member of `throughput` that is beyond what the service takes, if any.
pub(crate) fn out_of_bounds(throughput: ProvisionedThroughput) -> Option<(&'static str, u64)> {
    let ProvisionedThroughput { read_capacity_units, write_capacity_units } = throughput;
    [("ReadCapacityUnits", read_capacity_units), ("WriteCapacityUnits", write_capacity_units)]
        .into_iter()
        .find(|(_, units)| !(1..=UNITS_MAX).contains(units))
}

fn check_bounds(throughput: Option<ProvisionedThroughput>) -> Result<(), ServiceError> {
    match throughput.and_then(out_of_bounds) {
        Some((member, value)) => Err(DefinitionRule::OutOfBounds { member, value }.into()),
        None => Ok(()),
    }
}

fn check_on_demand(
    ceilings: Option<OnDemandThroughput>,
    billing: BillingMode,
    target: &str,
) -> Result<(), ServiceError> {
    let Some(OnDemandThroughput { max_read_request_units, max_write_request_units }) = ceilings else {
        return Ok(());
    };
    let members =
        [("MaxReadRequestUnits", max_read_request_units), ("MaxWriteRequestUnits", max_write_request_units)];
    for (member, units) in members {
        match units {
            None => {}
            Some(_) if billing == BillingMode::Provisioned => {
                return Err(DefinitionRule::OnDemandLimitOfProvisioned { member }.into());
            }
            Some(units) if units < 1 => {
                return Err(DefinitionRule::OnDemandLimitRange { member, target: target.to_owned() }.into());
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn check_warm(
    warm: Option<WarmThroughput>,
    provisioned: Option<ProvisionedThroughput>,
    target: &str,
) -> Result<(), ServiceError> {
    let Some(warm) = warm else { return Ok(()) };
    let least = match provisioned {
        None => (INITIAL_READ_UNITS, INITIAL_WRITE_UNITS),
        Some(units) => (units.read_capacity_units, units.write_capacity_units),
    };
    let members = [
        ("ReadUnitsPerSecond", warm.read_units_per_second, least.0, "ReadCapacityUnits"),
        ("WriteUnitsPerSecond", warm.write_units_per_second, least.1, "WriteCapacityUnits"),
    ];
    for (member, asked, least, of_provisioned) in members {
        if asked.is_none_or(|units| units >= least) {
            continue;
        }
        let target = target.to_owned();
        return Err(match provisioned {
            None => DefinitionRule::WarmBelowInitial { member, target },
            Some(_) => DefinitionRule::WarmBelowProvisioned { member, target, provisioned: of_provisioned },
        }
        .into());
    }
    Ok(())
}
