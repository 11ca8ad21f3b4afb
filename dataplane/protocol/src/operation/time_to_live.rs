//! UpdateTimeToLive and DescribeTimeToLive.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::table_ref::TableRef;
use crate::ServiceError;
use crate::definition::TimeToLiveSpecification;
use crate::definition::member::{only_table, required, table_member, text};
use crate::error::{Place, Violations};
use crate::json::Members;

/// Lengths of the attribute's name in the service model.
const ATTRIBUTE_CHARACTERS: RangeInclusive<usize> = 1..=255;

/// UpdateTimeToLive.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateTimeToLive {
    /// Which table.
    pub table: TableRef,
    /// How its items are to expire.
    pub specification: TimeToLiveSpecification,
}

impl UpdateTimeToLive {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let table = members.string("TableName")?;
        let draft = members.read("TimeToLiveSpecification", Draft::read)?;
        let mut violations = Violations::new();
        table_member(table.as_deref(), &mut violations);
        let place = Place::member("timeToLiveSpecification");
        let draft = required(draft, &place, &mut violations);
        let specification = draft.and_then(|draft| draft.check(&place, &mut violations));
        violations.finish()?;
        Ok(Self {
            table: TableRef::new(table.unwrap_or_default()),
            specification: specification.unwrap_or_default(),
        })
    }
}

struct Draft {
    enabled: Option<bool>,
    attribute: Option<String>,
}

impl Draft {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self { enabled: members.boolean("Enabled")?, attribute: members.string("AttributeName")? })
    }

    fn check(self, place: &Place, violations: &mut Violations) -> Option<TimeToLiveSpecification> {
        let enabled = required(self.enabled, &place.then("enabled"), violations);
        let place = place.then("attributeName");
        let attribute = required(self.attribute, &place, violations);
        let attribute = text(attribute, &ATTRIBUTE_CHARACTERS, &place, violations);
        Some(TimeToLiveSpecification { enabled: enabled?, attribute_name: attribute? })
    }
}

/// DescribeTimeToLive.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeTimeToLive {
    /// Which table.
    pub table: TableRef,
}

impl DescribeTimeToLive {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        Ok(Self { table: only_table(&mut members)? })
    }
}

#[cfg(test)]
mod tests;
