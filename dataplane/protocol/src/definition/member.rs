//! Constraints of the service model on single members of table operations.
//!
//! Each function records what is broken and gives the member back typed, or nothing if it was absent or broken.

use std::ops::RangeInclusive;

use super::KeySchemaElement;
use crate::ServiceError;
use crate::error::{Constraint, Place, Violations};
use crate::json::Members;
use crate::operation::{TableRef, name_form, table_name};

/// The required member `tableName` of a table operation. Unlike the operations on items, these say what is wrong with a name
/// that no table can have.
pub(crate) fn table_member(given: Option<&str>, violations: &mut Violations) {
    match given {
        Some(name) if !name.starts_with("arn:") => name_form(name, &Place::member("tableName"), violations),
        missing_or_arn => table_name(missing_or_arn, violations),
    }
}

/// The table of an operation that names nothing else.
pub(crate) fn only_table(members: &mut Members) -> Result<TableRef, ServiceError> {
    let table = members.string("TableName")?;
    let mut violations = Violations::new();
    table_member(table.as_deref(), &mut violations);
    violations.finish()?;
    Ok(TableRef::new(table.unwrap_or_default()))
}

/// Records that a required member is missing.
pub(crate) fn required<T>(member: Option<T>, place: &Place, violations: &mut Violations) -> Option<T> {
    if member.is_none() {
        violations.missing(place.clone());
    }
    member
}

/// A text of so many characters.
pub(crate) fn text(
    member: Option<String>,
    characters: &RangeInclusive<usize>,
    place: &Place,
    violations: &mut Violations,
) -> Option<String> {
    let member = member?;
    let constraint = broken_length(member.chars().count(), characters);
    match constraint {
        None => Some(member),
        Some(constraint) => {
            violations.add(place.clone(), member, constraint);
            None
        }
    }
}

/// A number of at least `least`.
pub(crate) fn at_least(
    member: Option<i64>,
    least: u64,
    place: &Place,
    violations: &mut Violations,
) -> Option<u64> {
    let member = member?;
    match u64::try_from(member) {
        Ok(value) if value >= least => Some(value),
        _ => {
            violations.add(place.clone(), member.to_string(), Constraint::ValueMin(least));
            None
        }
    }
}

/// Checks how many elements a list has; `shown` is the list as a sentence shows it.
pub(crate) fn list_length(
    length: usize,
    bounds: &RangeInclusive<usize>,
    shown: impl FnOnce() -> String,
    place: &Place,
    violations: &mut Violations,
) {
    if let Some(constraint) = broken_length(length, bounds) {
        violations.add(place.clone(), shown(), constraint);
    }
}

fn broken_length(length: usize, bounds: &RangeInclusive<usize>) -> Option<Constraint> {
    match length {
        length if length < *bounds.start() => Some(Constraint::LengthMin(*bounds.start())),
        length if length > *bounds.end() => Some(Constraint::LengthMax(*bounds.end())),
        _ => None,
    }
}

/// A key schema as sentences show it.
pub(crate) fn shown_key_schema(elements: &[KeySchemaElement]) -> String {
    let shown = elements.iter().map(|element| {
        let role = match element.key_type {
            partita_model::KeyType::Hash => "HASH",
            partita_model::KeyType::Range => "RANGE",
        };
        shown_key_element(Some(&element.attribute_name), Some(role))
    });
    format!("[{}]", shown.collect::<Vec<_>>().join(", "))
}

/// One element of a key schema as sentences show it, complete or not.
pub(crate) fn shown_key_element(name: Option<&str>, role: Option<&str>) -> String {
    format!("KeySchemaElement(attributeName={}, keyType={})", name.unwrap_or("null"), role.unwrap_or("null"))
}
