//! What Query and Scan have in common: they read a page of a table or index.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use partita_expression::{Condition, Kind, Substitutions};
use partita_model::capacity::Consistency;
use partita_model::{IndexName, Item};

use super::expressions::Presence;
use super::get_item::consistency;
use super::legacy::{GivenCondition, check_conditions, condition_values, conditional_operator};
use super::parameter::return_capacity;
use super::selection::{self, GivenProjection, HalfProjection};
use super::table_ref::{index_name, table_name};
use super::{ReturnCapacity, Select, TableRef, attributes};
use crate::ServiceError;
use crate::error::{Constraint, Place, Violations};
use crate::json::{Candidate, Cursor, Members, Pull, Taken, Text, item, once};

/// The parameters of a page that are no expressions, as given.
#[derive(Default)]
pub(crate) struct GivenPage<'b> {
    table: Option<Text<'b>>,
    index: Option<Text<'b>>,
    select: Option<Text<'b>>,
    limit: Option<i64>,
    start_key: Option<Candidate<Item>>,
    consistent: Option<bool>,
    capacity: Option<Text<'b>>,
}

/// The same, within their constraints.
pub(crate) struct Page {
    pub(crate) table: TableRef,
    pub(crate) index: Option<IndexName>,
    pub(crate) select: Option<Select>,
    pub(crate) limit: Option<NonZeroU32>,
    pub(crate) consistency: Consistency,
    pub(crate) capacity: ReturnCapacity,
    start_key: Option<Candidate<Item>>,
}

impl<'b> Pull<'b> for GivenPage<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "TableName" => once(&mut self.table, cursor.text()),
            "IndexName" => once(&mut self.index, cursor.text()),
            "Select" => once(&mut self.select, cursor.text()),
            "Limit" => once(&mut self.limit, cursor.integer()),
            "ExclusiveStartKey" => once(&mut self.start_key, cursor.item().map(Ok)),
            "ConsistentRead" => once(&mut self.consistent, cursor.boolean()),
            "ReturnConsumedCapacity" => once(&mut self.capacity, cursor.text()),
            _ => Some(false),
        }
    }
}

impl GivenPage<'_> {
    pub(crate) fn read(members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self {
            table: members.text("TableName")?,
            index: members.text("IndexName")?,
            select: members.text("Select")?,
            limit: members.integer("Limit")?,
            start_key: members.read("ExclusiveStartKey", item)?,
            consistent: members.boolean("ConsistentRead")?,
            capacity: members.text("ReturnConsumedCapacity")?,
        })
    }

    /// Nothing of the result may be used if there were violations.
    pub(crate) fn check(self, violations: &mut Violations) -> Page {
        let capacity = return_capacity(self.capacity.as_deref(), violations);
        table_name(self.table.as_deref(), violations);
        index_name(self.index.as_deref(), violations);
        let select = selection::select(self.select.as_deref(), violations);
        let limit = self.limit.and_then(|limit| positive("limit", limit, violations));
        if let Some(key) = &self.start_key {
            attributes::names(key, Place::member("exclusiveStartKey"), violations);
        }
        Page {
            select,
            limit,
            capacity,
            table: TableRef::new(self.table.unwrap_or_default()),
            index: self.index.map(IndexName::new),
            consistency: consistency(self.consistent),
            start_key: self.start_key,
        }
    }
}

impl Page {
    /// Whether `Select` goes with the projection and with what is read. The 2026 wording prefixes these rules of reads alone.
    pub(crate) fn check_select(&self, projection: &HalfProjection<'_>) -> Result<(), ServiceError> {
        projection.agrees_with(self.select, self.index.is_some()).map_err(ServiceError::in_envelope)
    }

    /// Accepts the values of `ExclusiveStartKey`.
    pub(crate) fn take_start_key(&mut self) -> Result<Option<Item>, ServiceError> {
        let key = self.start_key.take().transpose();
        key.map_err(|fault| ServiceError::invalid_start_key_value(&fault))
    }
}

/// Checks that a number is at least one. What no `u32` holds means no less than the largest one.
pub(crate) fn positive(name: &'static str, given: i64, violations: &mut Violations) -> Option<NonZeroU32> {
    if given < 1 {
        violations.add(Place::member(name), given.to_string(), Constraint::ValueMin(1));
        return None;
    }
    NonZeroU32::new(u32::try_from(given).unwrap_or(u32::MAX))
}

/// The filter of a page in either syntax, as given.
#[derive(Default)]
pub(crate) struct GivenFilter<'b> {
    /// `QueryFilter` or `ScanFilter`; of no matter when no legacy form is given.
    name: &'static str,
    conditions: Option<BTreeMap<String, GivenCondition>>,
    operator: Option<String>,
    expression: Option<Text<'b>>,
}

impl<'b> Pull<'b> for GivenFilter<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "FilterExpression" => once(&mut self.expression, cursor.text()),
            _ => Some(false),
        }
    }
}

impl<'b> GivenFilter<'b> {
    /// `name` is that of the legacy parameter.
    pub(crate) fn read(name: &'static str, members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self {
            name,
            conditions: members.map(name, GivenCondition::read)?,
            operator: members.string("ConditionalOperator")?,
            expression: members.text("FilterExpression")?,
        })
    }

    /// The constraints of the legacy form, the member `place`.
    pub(crate) fn check(&self, place: Place, violations: &mut Violations) {
        if let Some(conditions) = &self.conditions {
            check_conditions(conditions, &place, violations);
        }
        conditional_operator(self.operator.as_deref(), violations);
    }

    /// The legacy parameters given.
    pub(crate) fn legacy(&self) -> [Presence; 2] {
        [(self.name, self.conditions.is_some()), ("ConditionalOperator", self.operator.is_some())]
    }

    /// Whether the legacy form is given.
    pub(crate) fn is_legacy(&self) -> bool {
        self.conditions.is_some()
    }

    /// The expression given.
    pub(crate) fn expression(&self) -> Presence {
        ("FilterExpression", self.expression.is_some())
    }

    /// Compiles the legacy form, and leaves the expression to be parsed.
    pub(crate) fn compile_legacy(self) -> Result<HalfFilter<'b>, ServiceError> {
        if self.conditions.is_none() && self.operator.is_none() {
            return Ok(HalfFilter { legacy: None, expression: self.expression });
        }
        let operator = conditional_operator(self.operator.as_deref(), &mut Violations::new());
        let conditions = condition_values(self.conditions.unwrap_or_default())?;
        let legacy = Condition::from_filter(conditions, operator)?;
        Ok(HalfFilter { legacy, expression: self.expression })
    }
}

/// A filter whose legacy form has been compiled.
pub(crate) struct HalfFilter<'b> {
    legacy: Option<Condition>,
    expression: Option<Text<'b>>,
}

impl HalfFilter<'_> {
    /// For [`GivenMaps::check`](super::expressions::GivenMaps::check).
    pub(crate) fn accepted(&self) -> (Kind, bool) {
        (Kind::Filter, self.expression.is_some())
    }

    /// The filter, whichever syntax it was given in.
    pub(crate) fn parse(self, substitutions: &Substitutions<'_>) -> Result<Option<Condition>, ServiceError> {
        match self.expression {
            None => Ok(self.legacy),
            Some(text) => Ok(Some(Condition::parse(Kind::Filter, &text, substitutions)?)),
        }
    }
}

/// The legacy projection, filter and operator of a page, for
/// [`refuse_mix`](super::expressions::refuse_mix).
pub(crate) fn legacy_parameters(projection: &GivenProjection<'_>, filter: &GivenFilter<'_>) -> Vec<Presence> {
    std::iter::once(projection.legacy()).chain(filter.legacy()).collect()
}
