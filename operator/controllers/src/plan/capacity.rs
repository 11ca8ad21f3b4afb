//! Billing mode and units, of the table and of its global indexes.

use partita_api::conditions::reasons;
use partita_api::{AutoScaling, GlobalSecondaryIndex, TableSpec};
use partita_model::IndexName;
use partita_model::descriptor::BillingMode;
use partita_protocol::definition::ProvisionedThroughput;
use partita_protocol::output::{GlobalIndexDescription, TableDescription, ThroughputDescription};

use super::{Plan, Step, refuse};
use crate::definition;

/// The billing mode in force; a table that never was on demand does not say it.
pub(crate) fn billing_in_force(description: &TableDescription) -> BillingMode {
    description.billing_mode_summary.map_or(BillingMode::Provisioned, |summary| summary.billing_mode)
}

/// What leads to the mode and the units that the spec names.
pub(super) fn steps(spec: &TableSpec, description: &TableDescription) -> Result<Vec<Step>, Plan> {
    let in_force = billing_in_force(description);
    let wanted = match (spec.billing_mode, spec.provisioned_throughput) {
        (Some(mode), _) => definition::billing_mode(mode),
        (None, Some(_)) => BillingMode::Provisioned,
        (None, None) => in_force,
    };
    let units = spec.provisioned_throughput.filter(|_| wanted == BillingMode::Provisioned);
    let units = units.map(definition::throughput).transpose()?;
    match (wanted, in_force, units) {
        (BillingMode::PayPerRequest, BillingMode::Provisioned, _) => Ok(vec![Step::SetOnDemand]),
        (BillingMode::PayPerRequest, BillingMode::PayPerRequest, _) => Ok(Vec::new()),
        (BillingMode::Provisioned, BillingMode::PayPerRequest, None) => Err(refuse(
            reasons::INVALID_SPEC,
            "provisionedThroughput must be specified when billingMode is PROVISIONED",
        )),
        (BillingMode::Provisioned, BillingMode::PayPerRequest, Some(table)) => {
            Ok(vec![Step::SetProvisioned { table, indexes: named_units(spec, description)? }])
        }
        (BillingMode::Provisioned, BillingMode::Provisioned, units) => {
            let scaling = spec.auto_scaling.unwrap_or_default();
            let table = units.and_then(|units| to_set(scaling, units, &description.provisioned_throughput));
            let mut steps: Vec<Step> = table.map(Step::SetThroughput).into_iter().collect();
            steps.extend(index_units(spec, description)?);
            Ok(steps)
        }
    }
}

/// Indexes that the table has and the spec names, with the units that it gives them.
fn units_of_indexes<'a>(
    spec: &'a TableSpec,
    description: &'a TableDescription,
) -> impl Iterator<Item = (&'a GlobalIndexDescription, &'a GlobalSecondaryIndex, partita_api::ProvisionedThroughput)>
{
    description.global_secondary_indexes.iter().filter_map(|there| {
        let mut named = spec.global_secondary_indexes.iter().flatten();
        let named = named.find(|index| index.index_name == there.index_name.as_str())?;
        Some((there, named, named.provisioned_throughput?))
    })
}

fn named_units(
    spec: &TableSpec,
    description: &TableDescription,
) -> Result<Vec<(IndexName, ProvisionedThroughput)>, Plan> {
    let units = units_of_indexes(spec, description);
    units.map(|(there, _, units)| Ok((there.index_name.clone(), definition::throughput(units)?))).collect()
}

fn index_units(spec: &TableSpec, description: &TableDescription) -> Result<Vec<Step>, Plan> {
    let mut steps = Vec::new();
    for (there, named, units) in units_of_indexes(spec, description) {
        let (scaling, units) = (named.auto_scaling.unwrap_or_default(), definition::throughput(units)?);
        let units = to_set(scaling, units, &there.provisioned_throughput);
        steps.extend(units.map(|units| Step::SetIndexThroughput(there.index_name.clone(), units)));
    }
    Ok(steps)
}

/// What differs of the units. A dimension under automatic scaling is the scaler's, and its units here only the first.
fn to_set(
    scaling: AutoScaling,
    mut units: ProvisionedThroughput,
    in_force: &ThroughputDescription,
) -> Option<ProvisionedThroughput> {
    let in_force = ProvisionedThroughput {
        read_capacity_units: in_force.read_capacity_units,
        write_capacity_units: in_force.write_capacity_units,
    };
    if scaling.read.is_some() {
        units.read_capacity_units = in_force.read_capacity_units;
    }
    if scaling.write.is_some() {
        units.write_capacity_units = in_force.write_capacity_units;
    }
    (units != in_force).then_some(units)
}
