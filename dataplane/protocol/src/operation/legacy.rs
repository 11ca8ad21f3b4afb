//! The parameters of the API before expressions, as given: their JSON, their constraints, their values.
//!
//! What they mean is compiled by `partita-expression`.

use std::collections::BTreeMap;

use partita_expression::{
    AttributeAction, AttributeUpdate, ComparisonOperator, ConditionalOperator, Expected, LegacyCondition,
};
use partita_model::AttributeValue;
use serde_json::Value;

use super::parameter::Choices;
use crate::ServiceError;
use crate::error::{Constraint, Place, Violations};
use crate::json::{Candidate, Members, ValueFault, attribute_value, candidate, list};

const COMPARISON_OPERATOR_SET: &str =
    "IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS";

const CONDITIONAL_OPERATOR: Choices<ConditionalOperator> = Choices {
    all: &[("AND", ConditionalOperator::And), ("OR", ConditionalOperator::Or)],
    classic: "OR, AND",
    // `ALL` is how the service spells it in this sentence; the value it accepts is `AND`.
    modern: "ALL, OR",
};

const ACTION: Choices<AttributeAction> = Choices {
    all: &[("ADD", AttributeAction::Add), ("DELETE", AttributeAction::Delete), ("PUT", AttributeAction::Put)],
    classic: "ADD, PUT, DELETE",
    modern: "ADD, PUT, DELETE",
};

/// Most names `AttributesToGet` may list.
const ATTRIBUTES_TO_GET_MAX: usize = 255;

fn comparison_operator(
    given: Option<&str>,
    place: &Place,
    violations: &mut Violations,
) -> Option<ComparisonOperator> {
    let given = given?;
    let found = ComparisonOperator::from_wire_name(given);
    if found.is_none() {
        let constraint =
            Constraint::Enum { classic: COMPARISON_OPERATOR_SET, modern: COMPARISON_OPERATOR_SET };
        violations.add(place.then("comparisonOperator"), given, constraint);
    }
    found
}

/// Checks `ConditionalOperator`.
pub(crate) fn conditional_operator(
    given: Option<&str>,
    violations: &mut Violations,
) -> Option<ConditionalOperator> {
    CONDITIONAL_OPERATOR.check(given, &Place::member("conditionalOperator"), violations)
}

/// Checks the length of `AttributesToGet` at `place`.
pub(crate) fn attributes_to_get(given: Option<&[String]>, place: Place, violations: &mut Violations) {
    let Some(names) = given else { return };
    let shown = format!("[{}]", names.join(", "));
    if names.is_empty() {
        violations.add(place, shown, Constraint::LengthMin(1));
    } else if names.len() > ATTRIBUTES_TO_GET_MAX {
        violations.add(place, shown, Constraint::LengthMax(ATTRIBUTES_TO_GET_MAX));
    }
}

/// One entry of `Expected`, as given.
pub(crate) struct GivenExpected {
    value: Option<Candidate<AttributeValue>>,
    exists: Option<bool>,
    operator: Option<String>,
    values: Option<Candidate<Vec<AttributeValue>>>,
}

impl GivenExpected {
    pub(crate) fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self {
            value: members.read("Value", attribute_value)?,
            exists: members.boolean("Exists")?,
            operator: members.string("ComparisonOperator")?,
            values: members.read("AttributeValueList", value_list)?,
        })
    }
}

/// One entry of `KeyConditions`, `QueryFilter` or `ScanFilter`, as given.
pub(crate) struct GivenCondition {
    operator: Option<String>,
    values: Option<Candidate<Vec<AttributeValue>>>,
}

impl GivenCondition {
    pub(crate) fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self {
            operator: members.string("ComparisonOperator")?,
            values: members.read("AttributeValueList", value_list)?,
        })
    }
}

/// One entry of `AttributeUpdates`, as given.
pub(crate) struct GivenUpdate {
    action: Option<String>,
    value: Option<Candidate<AttributeValue>>,
}

impl GivenUpdate {
    pub(crate) fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self { action: members.string("Action")?, value: members.read("Value", attribute_value)? })
    }
}

fn value_list(value: Value) -> Result<Candidate<Vec<AttributeValue>>, ServiceError> {
    list(value, attribute_value).map(candidate)
}

/// Checks the operators of `Expected`; call [`expected_values`] when the turn of its values comes.
pub(crate) fn check_expected(given: &BTreeMap<String, GivenExpected>, violations: &mut Violations) {
    for (name, entry) in given {
        let place = Place::member("expected").value_of(name);
        comparison_operator(entry.operator.as_deref(), &place, violations);
    }
}

/// Accepts the values of a checked `Expected`.
pub(crate) fn expected_values(
    given: BTreeMap<String, GivenExpected>,
) -> Result<BTreeMap<String, Expected>, ServiceError> {
    given
        .into_iter()
        .map(|(name, entry)| {
            let expected = Expected {
                value: entry.value.transpose()?,
                exists: entry.exists,
                operator: entry.operator.as_deref().and_then(ComparisonOperator::from_wire_name),
                values: entry.values.transpose()?,
            };
            Ok((name, expected))
        })
        .collect()
}

/// Checks the operators of a map of conditions, the member `place`.
pub(crate) fn check_conditions(
    given: &BTreeMap<String, GivenCondition>,
    place: &Place,
    violations: &mut Violations,
) {
    for (name, entry) in given {
        let place = place.value_of(name);
        match entry.operator.as_deref() {
            None => violations.missing(place.then("comparisonOperator")),
            given => {
                comparison_operator(given, &place, violations);
            }
        }
    }
}

/// Accepts the values of a checked map of conditions.
pub(crate) fn condition_values(
    given: BTreeMap<String, GivenCondition>,
) -> Result<BTreeMap<String, LegacyCondition>, ServiceError> {
    let mut conditions = BTreeMap::new();
    for (name, entry) in given {
        let values = entry.values.transpose()?.unwrap_or_default();
        // The check of the constraints has refused conditions without an operator.
        if let Some(operator) = entry.operator.as_deref().and_then(ComparisonOperator::from_wire_name) {
            conditions.insert(name, LegacyCondition { operator, values });
        }
    }
    Ok(conditions)
}

/// Checks the actions of `AttributeUpdates`.
pub(crate) fn check_updates(given: &BTreeMap<String, GivenUpdate>, violations: &mut Violations) {
    for (name, entry) in given {
        let place = Place::member("attributeUpdates").value_of(name).then("action");
        ACTION.check(entry.action.as_deref(), &place, violations);
    }
}

/// Accepts the values of checked `AttributeUpdates`.
pub(crate) fn update_values(
    given: BTreeMap<String, GivenUpdate>,
) -> Result<BTreeMap<String, AttributeUpdate>, ServiceError> {
    given
        .into_iter()
        .map(|(name, entry)| {
            if name.is_empty() {
                return Err(ValueFault::EmptyName.into());
            }
            let action = entry.action.as_deref();
            let action = ACTION.all.iter().find(|(spelling, _)| Some(*spelling) == action).map(|(_, a)| *a);
            Ok((name, AttributeUpdate { action, value: entry.value.transpose()? }))
        })
        .collect()
}
