//! Key conditions: which items of one partition a Query reads.

mod shape;

use std::collections::BTreeMap;

use partita_model::AttributeValue;
use partita_model::schema::KeyAttribute;

use crate::ast::{Node, order};
use crate::check::{self, in_kind};
use crate::error::KeyShapeError;
use crate::{ComparisonOperator, Error, KeyConditionError, Kind, LegacyCondition, Substitutions, legacy};

/// The most attributes that a key can have: four of the partition and four of the sort order, in a global index.
const KEY_ATTRIBUTES_MAX: usize = 8;

/// The most attributes of the key of a table, or of any index that has one attribute of a kind.
const SIMPLE_KEY_ATTRIBUTES_MAX: usize = 2;

/// Conditions on some attributes, one each, that have not met a key schema yet.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyCondition {
    by_attribute: BTreeMap<String, LegacyCondition>,
}

/// A `KeyConditionExpression` that has passed the checks of every condition, but not those of key conditions.
///
/// The service tells what is wrong with any expression of a request, and which names and values are unused, before it tells that
/// a condition is no key condition; a caller that wants the same order calls [`KeyConditionSyntax::restrict`] last.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyConditionSyntax {
    root: Node,
}

/// A key condition that fits a key schema.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundKeyCondition {
    /// The values of the partition attributes.
    pub hash: Vec<AttributeValue>,
    /// The values of the first sort attributes, which are compared by `=` with something else following; none when the sort
    /// key has one attribute.
    pub equal: Vec<AttributeValue>,
    /// The condition on the last sort attribute that has one, if any has.
    pub range: Option<RangeCondition>,
}

/// A condition on a sort key. All values have the sort key's type.
#[derive(Clone, Debug, PartialEq)]
pub enum RangeCondition {
    /// `=`.
    Eq(AttributeValue),
    /// `<`.
    Lt(AttributeValue),
    /// `<=`.
    Le(AttributeValue),
    /// `>`.
    Gt(AttributeValue),
    /// `>=`.
    Ge(AttributeValue),
    /// `BETWEEN`, both bounds included, the lower first.
    Between(AttributeValue, AttributeValue),
    /// `begins_with`, on S and B.
    BeginsWith(AttributeValue),
}

impl KeyConditionSyntax {
    /// Parses a `KeyConditionExpression` and makes the checks it shares with other conditions.
    pub fn parse(text: &str, substitutions: &Substitutions<'_>) -> Result<Self, Error> {
        let root = in_kind(Kind::KeyCondition, check::condition(text, substitutions))?;
        Ok(Self { root })
    }

    /// The condition as a key condition: top-level attributes, each compared once with values.
    pub fn restrict(self) -> Result<KeyCondition, Error> {
        KeyCondition::of(shape::conditions(self.root)?)
    }
}

impl KeyCondition {
    /// Parses and checks a `KeyConditionExpression`: [`KeyConditionSyntax::parse`], then [`KeyConditionSyntax::restrict`].
    pub fn parse(text: &str, substitutions: &Substitutions<'_>) -> Result<Self, Error> {
        KeyConditionSyntax::parse(text, substitutions)?.restrict()
    }

    /// Compiles `KeyConditions`.
    pub fn from_legacy(conditions: BTreeMap<String, LegacyCondition>) -> Result<Self, Error> {
        for condition in conditions.values() {
            legacy::check::condition(condition)?;
        }
        Self::of(conditions)
    }

    /// The condition that reads one partition, or a range of it, by the names of the key attributes.
    pub fn of_partition(
        (hash, value): (String, AttributeValue),
        range: Option<(String, RangeCondition)>,
    ) -> Self {
        let equal = LegacyCondition { operator: ComparisonOperator::Eq, values: vec![value] };
        let range = range.map(|(name, condition)| (name, condition.into()));
        Self { by_attribute: std::iter::once((hash, equal)).chain(range).collect() }
    }

    fn of(by_attribute: BTreeMap<String, LegacyCondition>) -> Result<Self, Error> {
        match by_attribute.len() {
            1..=KEY_ATTRIBUTES_MAX => Ok(Self { by_attribute }),
            _ => Err(KeyShapeError::ConditionCount.into()),
        }
    }

    /// Refuses more conditions than the key of a table can have attributes: to be called where no index is named, so that it is
    /// told before the table is looked for.
    pub fn restrict_to_table(&self) -> Result<(), Error> {
        match self.by_attribute.len() {
            1..=SIMPLE_KEY_ATTRIBUTES_MAX => Ok(()),
            _ => Err(KeyShapeError::ConditionCount.into()),
        }
    }

    /// Fits the condition to the key of a table or index: `=` on each partition attribute; then sort attributes from the first on,
    /// without a gap, all by `=` but the last, which may have any condition with an order.
    pub fn bind(
        &self,
        hash: &[KeyAttribute],
        range: &[KeyAttribute],
    ) -> Result<BoundKeyCondition, KeyConditionError> {
        let conditions = self.by_attribute.len();
        let attributes = hash.len() + range.len();
        if attributes <= SIMPLE_KEY_ATTRIBUTES_MAX && conditions > SIMPLE_KEY_ATTRIBUTES_MAX {
            return Err(KeyConditionError::ConditionCount);
        }
        if conditions > attributes {
            return Err(KeyConditionError::NotSupported);
        }
        let hash = hash.iter().map(|key| self.equal(key)).collect::<Result<Vec<_>, _>>()?;
        // What is left must be on just as many of the first sort attributes.
        let sorted = range.get(..conditions.saturating_sub(hash.len())).unwrap_or_default();
        let (range, equal) = match sorted.split_last() {
            None => (None, Vec::new()),
            Some((last, first)) => {
                let equal = first.iter().map(|key| self.equal(key)).collect::<Result<_, _>>()?;
                (Some(self.indexable(last)?.ok_or_else(|| missed(last))?), equal)
            }
        };
        Ok(BoundKeyCondition { hash, equal, range })
    }

    /// The value that this key attribute is compared with by `=`.
    fn equal(&self, key: &KeyAttribute) -> Result<AttributeValue, KeyConditionError> {
        match self.indexable(key)?.ok_or_else(|| missed(key))? {
            RangeCondition::Eq(value) => Ok(value),
            _ => Err(KeyConditionError::NotSupported),
        }
    }

    /// The condition on this key attribute.
    fn indexable(&self, key: &KeyAttribute) -> Result<Option<RangeCondition>, KeyConditionError> {
        let Some(condition) = self.by_attribute.get(&key.name) else { return Ok(None) };
        let bound = RangeCondition::new(condition).ok_or(KeyConditionError::NotIndexable)?;
        let expected = key.scalar.attribute_type();
        if condition.values.iter().any(|value| value.attribute_type() != expected) {
            return Err(KeyConditionError::TypeMismatch);
        }
        match condition.values.iter().find_map(empty_text) {
            Some(text) => Err(KeyConditionError::EmptyValue { name: key.name.clone(), text }),
            None => Ok(Some(bound)),
        }
    }
}

/// Of an empty value, whether it is a string.
fn empty_text(value: &AttributeValue) -> Option<bool> {
    match value {
        AttributeValue::S(text) if text.is_empty() => Some(true),
        AttributeValue::B(bytes) if bytes.is_empty() => Some(false),
        _ => None,
    }
}

fn missed(key: &KeyAttribute) -> KeyConditionError {
    KeyConditionError::MissedElement { name: key.name.clone() }
}

impl From<RangeCondition> for LegacyCondition {
    fn from(condition: RangeCondition) -> Self {
        let (operator, values) = match condition {
            RangeCondition::Eq(value) => (ComparisonOperator::Eq, vec![value]),
            RangeCondition::Lt(value) => (ComparisonOperator::Lt, vec![value]),
            RangeCondition::Le(value) => (ComparisonOperator::Le, vec![value]),
            RangeCondition::Gt(value) => (ComparisonOperator::Gt, vec![value]),
            RangeCondition::Ge(value) => (ComparisonOperator::Ge, vec![value]),
            RangeCondition::Between(lower, upper) => (ComparisonOperator::Between, vec![lower, upper]),
            RangeCondition::BeginsWith(prefix) => (ComparisonOperator::BeginsWith, vec![prefix]),
        };
        Self { operator, values }
    }
}

impl RangeCondition {
    /// `None` if the operator does not select one contiguous range of a sorted index.
    fn new(condition: &LegacyCondition) -> Option<Self> {
        let values = condition.values.as_slice();
        Some(match (condition.operator, values) {
            (ComparisonOperator::Eq, [value]) => Self::Eq(value.clone()),
            (ComparisonOperator::Lt, [value]) => Self::Lt(value.clone()),
            (ComparisonOperator::Le, [value]) => Self::Le(value.clone()),
            (ComparisonOperator::Gt, [value]) => Self::Gt(value.clone()),
            (ComparisonOperator::Ge, [value]) => Self::Ge(value.clone()),
            (ComparisonOperator::Between, [lower, upper]) => Self::Between(lower.clone(), upper.clone()),
            (ComparisonOperator::BeginsWith, [prefix]) => Self::BeginsWith(prefix.clone()),
            _ => return None,
        })
    }

    /// Whether a sort key's value fulfils the condition. False for a value of another type.
    pub fn matches(&self, value: &AttributeValue) -> bool {
        let order = |other| order(value, other);
        match self {
            Self::Eq(other) => value == other,
            Self::Lt(other) => order(other).is_some_and(|order| order.is_lt()),
            Self::Le(other) => order(other).is_some_and(|order| order.is_le()),
            Self::Gt(other) => order(other).is_some_and(|order| order.is_gt()),
            Self::Ge(other) => order(other).is_some_and(|order| order.is_ge()),
            Self::Between(lower, upper) => {
                order(lower).is_some_and(|order| order.is_ge())
                    && order(upper).is_some_and(|order| order.is_le())
            }
            Self::BeginsWith(prefix) => crate::evaluate::begins_with(value, prefix),
        }
    }
}

#[cfg(test)]
mod tests;
