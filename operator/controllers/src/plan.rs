//! The planner: what is declared and what is there, to the steps that lead from one to the other.
//!
//! Pure: no I/O, no time, no memory between calls. The ownership rule it follows is in the crate's documentation.

use std::collections::BTreeMap;

use partita_api::conditions::reasons;
use partita_api::{AdoptionPolicy, DeletionPolicy, TableSpec};
use partita_model::descriptor::BillingMode;
use partita_protocol::Wording;
use partita_protocol::definition::{ProvisionedThroughput, TableClass, TableDefinition, Tag};
use partita_protocol::output::{TableDescription, TableStatus};

use crate::definition::{self, Invalid};

mod keys;

/// A table as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// What DescribeTable tells.
    pub description: TableDescription,
    /// What ListTagsOfResource tells.
    pub tags: Vec<Tag>,
}

/// A table as it should be, and what is known of the object that says so.
#[derive(Clone, Copy, Debug)]
pub struct Desired<'a> {
    /// The manifest's spec.
    pub spec: &'a TableSpec,
    /// The id of the table that the object managed last, from its status.
    pub table_id: Option<&'a str>,
    /// What becomes of a table that is already there.
    pub adoption: AdoptionPolicy,
    /// Present once the object is to be deleted: what becomes of its table.
    pub deletion: Option<DeletionPolicy>,
    /// Nothing may be changed.
    pub suspended: bool,
}

/// One legal call to the control plane.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Makes the table.
    Create(Box<TableDefinition>),
    /// Sets the billing mode, and the units of a provisioned one.
    SetBilling(BillingMode, Option<ProvisionedThroughput>),
    /// Sets the units of a table that is provisioned already.
    SetThroughput(ProvisionedThroughput),
    /// Sets the class.
    SetClass(TableClass),
    /// Sets or removes deletion protection.
    SetDeletionProtection(bool),
    /// Adds tags, or gives them other values.
    Tag(Vec<Tag>),
    /// Removes tags by key.
    Untag(Vec<String>),
    /// Deletes the table.
    Delete,
}

/// The name of [`Step::Create`].
pub(crate) const CREATE_TABLE: &str = "CreateTable";

impl Step {
    /// A stable name for status, events and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => CREATE_TABLE,
            Self::SetBilling(..) => "UpdateBillingMode",
            Self::SetThroughput(_) => "UpdateProvisionedThroughput",
            Self::SetClass(_) => "UpdateTableClass",
            Self::SetDeletionProtection(_) => "UpdateDeletionProtection",
            Self::Tag(_) => "TagResource",
            Self::Untag(_) => "UntagResource",
            Self::Delete => "DeleteTable",
        }
    }
}

/// Why nothing can be done now, or ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// One of [`reasons`].
    pub reason: &'static str,
    /// For people.
    pub message: String,
}

impl Cause {
    pub(crate) fn new(reason: &'static str, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Nothing: the table is as declared.
    Settled,
    /// These steps, in this order; after each one it is worth planning again.
    Steps(Vec<Step>),
    /// Nothing now: something is under way, or somebody else has to act; it will be looked at again.
    Wait(Cause),
    /// Nothing until the object or the table is changed.
    Refuse(Cause),
    /// Nothing, as the object says; the causes tell what would be done.
    Suspended(Vec<Step>),
    /// The object is to be deleted, and nothing keeps it.
    Release,
}

/// Plans. An empty plan is [`Plan::Settled`], never `Steps` without a step.
pub fn plan(desired: &Desired<'_>, observed: Option<&Observed>) -> Plan {
    let planned = match (desired.deletion, observed) {
        (Some(policy), observed) => deletion(desired, policy, observed),
        (None, None) => creation(desired),
        (None, Some(observed)) => alteration(desired, observed),
    };
    match planned {
        Ok(steps) if steps.is_empty() => Plan::Settled,
        Ok(steps) if desired.suspended => Plan::Suspended(steps),
        Ok(steps) => Plan::Steps(steps),
        Err(end) => end,
    }
}

type Planned = Result<Vec<Step>, Plan>;

fn refuse(reason: &'static str, message: impl Into<String>) -> Plan {
    Plan::Refuse(Cause::new(reason, message))
}

fn wait(reason: &'static str, message: impl Into<String>) -> Plan {
    Plan::Wait(Cause::new(reason, message))
}

impl From<Invalid> for Plan {
    fn from(invalid: Invalid) -> Self {
        refuse(reasons::INVALID_SPEC, invalid.0)
    }
}

fn creation(desired: &Desired<'_>) -> Planned {
    if desired.adoption == AdoptionPolicy::Adopt {
        return Err(refuse(reasons::NOT_FOUND, "there is no such table, and adoptionPolicy is Adopt"));
    }
    // Made without its items, the table would look restored while its data is missing.
    if desired.spec.restore.is_some() || desired.spec.import.is_some() {
        let message = "the table is not made: restore and import cannot be done yet, and it would be empty";
        return Err(refuse(reasons::FIELDS_NOT_ACTED_UPON, message));
    }
    let definition = definition::definition(desired.spec)?;
    if let Err(error) = definition.check() {
        let message = error.message(Wording::Classic).unwrap_or_default().into_owned();
        return Err(refuse(reasons::INVALID_SPEC, message));
    }
    Ok(vec![Step::Create(Box::new(definition))])
}

fn deletion(desired: &Desired<'_>, policy: DeletionPolicy, observed: Option<&Observed>) -> Planned {
    let Some(observed) = observed else { return Err(Plan::Release) };
    let foreign = desired.table_id != Some(observed.description.table_id.as_str());
    if policy == DeletionPolicy::Retain || foreign {
        return Err(Plan::Release);
    }
    still(&observed.description)?;
    if observed.description.deletion_protection_enabled {
        return match desired.spec.deletion_protection_enabled {
            Some(false) => Ok(vec![Step::SetDeletionProtection(false), Step::Delete]),
            _ => Err(wait(
                reasons::DELETION_PROTECTED,
                "the table is protected against deletion: set \
                 deletionProtectionEnabled to false to let it go, or deletionPolicy to Retain to keep it",
            )),
        };
    }
    match policy {
        DeletionPolicy::BackupThenDelete => Err(wait(
            reasons::BACKUP_UNSUPPORTED,
            "a backup before deletion cannot be made yet: set deletionPolicy to Delete or Retain",
        )),
        _ => Ok(vec![Step::Delete]),
    }
}

/// Nothing is asked of a table that is on its way from one state to another.
fn still(description: &TableDescription) -> Result<(), Plan> {
    match description.table_status {
        TableStatus::Active => Ok(()),
        TableStatus::Creating => Err(wait(reasons::CREATING, "the table is being created")),
        TableStatus::Updating => Err(wait(reasons::UPDATING, "the table is being updated")),
        TableStatus::Deleting => Err(wait(reasons::DELETING, "the table is being deleted")),
    }
}

fn alteration(desired: &Desired<'_>, observed: &Observed) -> Planned {
    let description = &observed.description;
    let ours = desired.table_id == Some(description.table_id.as_str());
    if desired.adoption == AdoptionPolicy::Create && !ours {
        return Err(refuse(
            reasons::ALREADY_EXISTS,
            "the table is already there, and adoptionPolicy is Create",
        ));
    }
    // A table that is being deleted shows no keys to compare.
    if description.table_status == TableStatus::Deleting {
        still(description)?;
    }
    keys::agree(desired.spec, description)?;
    still(description)?;

    let protection = desired.spec.deletion_protection_enabled;
    let protection = protection.filter(|wanted| *wanted != description.deletion_protection_enabled);
    let mut steps = Vec::new();
    // Protection comes first and goes last, so that a table is never without it while anybody wants it.
    steps.extend(protection.filter(|on| *on).map(Step::SetDeletionProtection));
    steps.extend(billing(desired.spec, description)?);
    steps.extend(class(desired.spec, description));
    steps.extend(tags(desired.spec, &observed.tags));
    steps.extend(protection.filter(|on| !*on).map(Step::SetDeletionProtection));
    Ok(steps)
}

/// The billing mode in force; a table that never was on demand does not say it.
pub(crate) fn billing_in_force(description: &TableDescription) -> BillingMode {
    description.billing_mode_summary.map_or(BillingMode::Provisioned, |summary| summary.billing_mode)
}

fn billing(spec: &TableSpec, description: &TableDescription) -> Result<Option<Step>, Plan> {
    let wanted = match (spec.billing_mode, spec.provisioned_throughput) {
        (Some(mode), _) => definition::billing_mode(mode),
        (None, Some(_)) => BillingMode::Provisioned,
        (None, None) => return Ok(None),
    };
    let in_force = billing_in_force(description);
    let units = match spec.provisioned_throughput.filter(|_| wanted == BillingMode::Provisioned) {
        Some(units) => Some(definition::throughput(units)?),
        None => None,
    };
    match (wanted, in_force, units) {
        (BillingMode::PayPerRequest, BillingMode::Provisioned, _) => {
            Ok(Some(Step::SetBilling(BillingMode::PayPerRequest, None)))
        }
        (BillingMode::Provisioned, BillingMode::PayPerRequest, None) => Err(refuse(
            reasons::INVALID_SPEC,
            "provisionedThroughput must be specified when billingMode is PROVISIONED",
        )),
        (BillingMode::Provisioned, BillingMode::PayPerRequest, units) => {
            Ok(Some(Step::SetBilling(BillingMode::Provisioned, units)))
        }
        (BillingMode::Provisioned, BillingMode::Provisioned, Some(units)) => {
            Ok(units_to_set(spec, units, description).map(Step::SetThroughput))
        }
        _ => Ok(None),
    }
}

/// What differs of the units. A dimension under automatic scaling is the scaler's, and its units here only the first.
fn units_to_set(
    spec: &TableSpec,
    mut units: ProvisionedThroughput,
    description: &TableDescription,
) -> Option<ProvisionedThroughput> {
    let in_force = ProvisionedThroughput {
        read_capacity_units: description.provisioned_throughput.read_capacity_units,
        write_capacity_units: description.provisioned_throughput.write_capacity_units,
    };
    let scaling = spec.auto_scaling.unwrap_or_default();
    if scaling.read.is_some() {
        units.read_capacity_units = in_force.read_capacity_units;
    }
    if scaling.write.is_some() {
        units.write_capacity_units = in_force.write_capacity_units;
    }
    (units != in_force).then_some(units)
}

/// The class in force; a table that was never given one does not say it.
pub(crate) fn class_in_force(description: &TableDescription) -> TableClass {
    description.table_class_summary.map_or(TableClass::Standard, |summary| summary.table_class)
}

fn class(spec: &TableSpec, description: &TableDescription) -> Option<Step> {
    let wanted = definition::table_class(spec.table_class?);
    (wanted != class_in_force(description)).then_some(Step::SetClass(wanted))
}

/// Removals come first, so that a full set of tags can be exchanged.
fn tags(spec: &TableSpec, observed: &[Tag]) -> Vec<Step> {
    let Some(wanted) = &spec.tags else { return Vec::new() };
    let wanted = definition::tags(wanted);
    let value_of = |tags: &[Tag]| -> BTreeMap<String, String> {
        tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect()
    };
    let (wanted_values, observed_values) = (value_of(&wanted), value_of(observed));
    let gone: Vec<String> =
        observed_values.keys().filter(|key| !wanted_values.contains_key(*key)).cloned().collect();
    let set: Vec<Tag> =
        wanted.into_iter().filter(|tag| observed_values.get(&tag.key) != Some(&tag.value)).collect();
    let mut steps = Vec::new();
    if !gone.is_empty() {
        steps.push(Step::Untag(gone));
    }
    if !set.is_empty() {
        steps.push(Step::Tag(set));
    }
    steps
}

#[cfg(test)]
mod tests;
