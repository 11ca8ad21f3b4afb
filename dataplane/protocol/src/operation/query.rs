//! Query.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use partita_expression::{Condition, KeyCondition, KeyConditionSyntax, Kind, Projection};
use partita_model::capacity::Consistency;
use partita_model::{IndexName, Item};

use super::expressions::{GivenMaps, refuse_mix};
use super::legacy::{GivenCondition, check_conditions, condition_values};
use super::page::{GivenFilter, GivenPage, Page, legacy_parameters};
use super::selection::GivenProjection;
use super::{ReturnCapacity, Select, TableRef};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::{Cursor, Members, Pull, Taken, Text, once};

/// Reads a page of one partition of a table or index, in the order of the sort key.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Where.
    pub table: TableRef,
    /// The index to read; the table itself if absent.
    pub index: Option<IndexName>,
    /// Which items; that it fits the key is still to be checked.
    pub key_condition: KeyCondition,
    /// Which of them to return.
    pub filter: Option<Condition>,
    /// What the filter was given as.
    pub filter_form: FilterForm,
    /// What to return of each.
    pub projection: Option<Projection>,
    /// As given; absent means what the index or table holds, or what the projection names.
    pub select: Option<Select>,
    /// How many items to evaluate at most.
    pub limit: Option<NonZeroU32>,
    /// Whether the order is ascending.
    pub forward: bool,
    /// The key after which the page begins; that it fits the key is still to be checked.
    pub start_key: Option<Item>,
    /// Whether the read must see every write acknowledged before it.
    pub consistency: Consistency,
    /// What to say about capacity.
    pub capacity: ReturnCapacity,
}

/// What a filter was given as. It decides whether the filter may name attributes of the key that is read by, and what errors
/// call it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FilterForm {
    /// `FilterExpression`, which may not.
    #[default]
    Expression,
    /// The legacy `QueryFilter`, which may not.
    Legacy,
    /// What a PartiQL statement's `WHERE` holds beyond a key condition, which may.
    Statement,
}

/// A Query's expressions and their legacy forms, as given.
#[derive(Default)]
struct Given<'b> {
    projection: GivenProjection<'b>,
    filter: GivenFilter<'b>,
    key_conditions: Option<BTreeMap<String, GivenCondition>>,
    key_expression: Option<Text<'b>>,
    maps: GivenMaps,
}

/// The members of an unremarkable body.
#[derive(Default)]
struct Pulled<'b> {
    page: GivenPage<'b>,
    forward: Option<bool>,
    given: Given<'b>,
}

impl<'b> Pull<'b> for Pulled<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        let given = &mut self.given;
        match name {
            "KeyConditionExpression" => once(&mut given.key_expression, cursor.text()),
            "ScanIndexForward" => once(&mut self.forward, cursor.boolean()),
            _ => Some(
                self.page.member(name, cursor)?
                    || given.maps.member(name, cursor)?
                    || given.projection.member(name, cursor)?
                    || given.filter.member(name, cursor)?,
            ),
        }
    }
}

/// What they come to.
struct Compiled {
    key_condition: KeyCondition,
    filter: Option<Condition>,
    projection: Option<Projection>,
}

impl Query {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let page = GivenPage::read(&mut members)?;
        let forward = members.boolean("ScanIndexForward")?;
        let given = Given::read(&mut members)?;
        Self::of(page, forward, given)
    }

    /// Reads an unremarkable body.
    pub(crate) fn pull(body: &[u8]) -> Option<Self> {
        let Pulled { page, forward, given } = Pulled::pull_body(body)?;
        Self::of(page, forward, given).ok()
    }

    fn of(page: GivenPage<'_>, forward: Option<bool>, given: Given<'_>) -> Result<Self, ServiceError> {
        let mut violations = Violations::new();
        let mut page = page.check(&mut violations);
        given.check(&mut violations);
        violations.finish()?;

        given.refuse_mix()?;
        let start_key = page.take_start_key()?;
        let filter_form = match given.filter.is_legacy() {
            true => FilterForm::Legacy,
            false => FilterForm::Expression,
        };
        let Compiled { key_condition, filter, projection } = given.compile(&page)?;
        Ok(Self {
            table: page.table,
            index: page.index,
            key_condition,
            filter,
            filter_form,
            projection,
            select: page.select,
            limit: page.limit,
            forward: forward.unwrap_or(true),
            start_key,
            consistency: page.consistency,
            capacity: page.capacity,
        })
    }
}

impl Given<'_> {
    fn read(members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self {
            projection: GivenProjection::read(members)?,
            filter: GivenFilter::read("QueryFilter", members)?,
            key_conditions: members.map("KeyConditions", GivenCondition::read)?,
            key_expression: members.text("KeyConditionExpression")?,
            maps: GivenMaps::read(members)?,
        })
    }

    fn check(&self, violations: &mut Violations) {
        self.projection.check(Place::member("attributesToGet"), violations);
        self.filter.check(Place::member("queryFilter"), violations);
        if let Some(conditions) = &self.key_conditions {
            check_conditions(conditions, &Place::member("keyConditions"), violations);
        }
    }

    fn refuse_mix(&self) -> Result<(), ServiceError> {
        let mut legacy = legacy_parameters(&self.projection, &self.filter);
        legacy.push(("KeyConditions", self.key_conditions.is_some()));
        let key_expression = ("KeyConditionExpression", self.key_expression.is_some());
        refuse_mix(&legacy, &[self.projection.expression(), self.filter.expression(), key_expression])
    }

    fn compile(self, page: &Page) -> Result<Compiled, ServiceError> {
        let legacy = self.key_conditions.map(condition_values).transpose()?;
        let legacy = legacy.map(KeyCondition::from_legacy).transpose()?;
        let of_table = |condition: &KeyCondition| match page.index {
            None => condition.restrict_to_table().map_err(ServiceError::from),
            // An index may have a key of more attributes.
            Some(_) => Ok(()),
        };
        legacy.as_ref().map_or(Ok(()), of_table)?;
        let filter = self.filter.compile_legacy()?;
        let projection = self.projection.compile_legacy()?;
        page.check_select(&projection)?;
        let key_expression = (Kind::KeyCondition, self.key_expression.is_some());
        let maps = self.maps.check(&[projection.accepted(), filter.accepted(), key_expression])?;

        let substitutions = maps.substitutions()?;
        let projection = projection.parse(&substitutions)?;
        let filter = filter.parse(&substitutions)?;
        let syntax = match self.key_expression {
            None => None,
            Some(text) => Some(KeyConditionSyntax::parse(&text, &substitutions)?),
        };
        substitutions.finish()?;
        // That a condition is no key condition is told after all else that is wrong with the expressions.
        let key_condition = match syntax {
            None => legacy.ok_or_else(ServiceError::key_condition_required)?,
            Some(syntax) => {
                let condition = syntax.restrict()?;
                of_table(&condition)?;
                condition
            }
        };
        Ok(Compiled { key_condition, filter, projection })
    }
}
