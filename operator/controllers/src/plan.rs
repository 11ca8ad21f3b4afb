//! The planner: what is declared and what is there, to the steps that lead from one to the other.
//!
//! Pure: no I/O, no time, no memory between calls. The ownership rule it follows is in the crate's documentation.

use std::collections::BTreeMap;

use partita_api::conditions::reasons;
use partita_api::{AdoptionPolicy, DeletionPolicy, TableSpec};
use partita_protocol::Wording;
use partita_protocol::definition::{TableClass, Tag};
use partita_protocol::output::{TableDescription, TableStatus, TimeToLiveDescription, TimeToLiveStatus};

use crate::definition::{self, Invalid};

mod capacity;
mod features;
mod indexes;
mod keys;
mod step;

pub(crate) use capacity::billing_in_force;
pub(crate) use step::CREATE_TABLE;
pub use step::Step;

/// A table as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// What DescribeTable tells.
    pub description: TableDescription,
    /// What ListTagsOfResource tells.
    pub tags: Vec<Tag>,
    /// What DescribeTimeToLive tells.
    pub time_to_live: TimeToLiveDescription,
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
    let mut steps = vec![Step::Create(Box::new(definition))];
    // All else is made with the table.
    let none =
        TimeToLiveDescription { time_to_live_status: TimeToLiveStatus::Disabled, attribute_name: None };
    steps.extend(features::time_to_live(desired.spec, &none)?);
    Ok(steps)
}

fn deletion(desired: &Desired<'_>, policy: DeletionPolicy, observed: Option<&Observed>) -> Planned {
    let Some(observed) = observed else { return Err(Plan::Release) };
    let foreign = desired.table_id != Some(observed.description.table_id.as_str());
    if policy == DeletionPolicy::Retain || foreign {
        return Err(Plan::Release);
    }
    let description = &observed.description;
    // An index that is being filled would keep the table for as long as that takes.
    let mut steps = indexes::cancellation(description);
    if steps.is_empty() {
        still(description)?;
    }
    if description.deletion_protection_enabled {
        if desired.spec.deletion_protection_enabled != Some(false) {
            return Err(wait(
                reasons::DELETION_PROTECTED,
                "the table is protected against deletion: set \
                 deletionProtectionEnabled to false to let it go, or deletionPolicy to Retain to keep it",
            ));
        }
        steps.push(Step::SetDeletionProtection(false));
    } else if policy == DeletionPolicy::BackupThenDelete {
        return Err(wait(
            reasons::BACKUP_UNSUPPORTED,
            "a backup before deletion cannot be made yet: set deletionPolicy to Delete or Retain",
        ));
    }
    steps.push(Step::Delete);
    Ok(steps)
}

/// Nothing is asked of a table that is on its way from one state to another.
fn still(description: &TableDescription) -> Result<(), Plan> {
    match description.table_status {
        TableStatus::Active => Ok(()),
        TableStatus::Creating => Err(wait(reasons::CREATING, "the table is being created")),
        TableStatus::Updating => Err(wait(reasons::UPDATING, indexes::under_way(description))),
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
    let superseded = indexes::superseded(desired.spec, description)?;
    if !superseded.is_empty() {
        return Ok(superseded);
    }
    still(description)?;
    settings(desired.spec, observed)
}

/// What leads to the fields that the spec names. What takes long comes last.
fn settings(spec: &TableSpec, observed: &Observed) -> Planned {
    let description = &observed.description;
    let protection = spec.deletion_protection_enabled;
    let protection = protection.filter(|wanted| *wanted != description.deletion_protection_enabled);
    let mut steps = Vec::new();
    // Protection comes first and goes last of all settings, so that a table is never without it while anybody wants it.
    steps.extend(protection.filter(|on| *on).map(Step::SetDeletionProtection));
    steps.extend(capacity::steps(spec, description)?);
    steps.extend(class(spec, description));
    steps.extend(tags(spec, &observed.tags));
    steps.extend(features::stream(spec, description)?);
    steps.extend(features::time_to_live(spec, &observed.time_to_live)?);
    steps.extend(protection.filter(|on| !*on).map(Step::SetDeletionProtection));
    let held = indexes::steps(spec, description, &mut steps)?;
    match held {
        // All else is done first.
        Some(held) if steps.is_empty() => Err(held),
        _ => Ok(steps),
    }
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
