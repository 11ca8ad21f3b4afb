//! Key conditions: which items of one partition a Query reads.

use std::collections::BTreeMap;

use partita_model::AttributeValue;
use partita_model::schema::KeyAttribute;

use crate::{Error, KeyConditionError, LegacyCondition, Substitutions};

/// A checked key condition that has not met a key schema yet.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyCondition {}

/// A key condition that fits a key schema.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundKeyCondition {
    /// The partition key's value.
    pub hash: AttributeValue,
    /// The condition on the sort key, if there is one.
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

impl KeyCondition {
    /// Parses and checks a `KeyConditionExpression`.
    pub fn parse(text: &str, substitutions: &Substitutions<'_>) -> Result<Self, Error> {
        unimplemented!("follows in the next commit")
    }

    /// Compiles `KeyConditions`.
    pub fn from_legacy(conditions: BTreeMap<String, LegacyCondition>) -> Result<Self, Error> {
        unimplemented!("follows in the next commit")
    }

    /// Fits the condition to the key of a table or index.
    pub fn bind(
        &self,
        hash: &KeyAttribute,
        range: Option<&KeyAttribute>,
    ) -> Result<BoundKeyCondition, KeyConditionError> {
        unimplemented!("follows in the next commit")
    }
}
