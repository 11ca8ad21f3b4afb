//! Conditions: what a write requires of the item, and what a filter keeps.

use std::collections::{BTreeMap, BTreeSet};

use partita_model::Item;

use crate::{ConditionalOperator, Error, Expected, Kind, LegacyCondition, Substitutions};

/// A checked condition, with all names and values filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {}

impl Condition {
    /// Parses and checks a `ConditionExpression` or `FilterExpression`; `kind` is which of the two.
    pub fn parse(kind: Kind, text: &str, substitutions: &Substitutions<'_>) -> Result<Self, Error> {
        unimplemented!("follows in the next commit")
    }

    /// Compiles `Expected`; pass an empty map when the request has none. `None` when there is nothing to require.
    pub fn from_expected(
        expected: BTreeMap<String, Expected>,
        operator: Option<ConditionalOperator>,
    ) -> Result<Option<Self>, Error> {
        unimplemented!("follows in the next commit")
    }

    /// Compiles `QueryFilter` or `ScanFilter`; pass an empty map when the request has none. `None` when there is
    /// nothing to require.
    pub fn from_filter(
        filter: BTreeMap<String, LegacyCondition>,
        operator: Option<ConditionalOperator>,
    ) -> Result<Option<Self>, Error> {
        unimplemented!("follows in the next commit")
    }

    /// Whether the condition holds for `item`. A missing item is the empty item.
    pub fn evaluate(&self, item: &Item) -> bool {
        unimplemented!("follows in the next commit")
    }

    /// The top-level attributes the condition names.
    pub fn top_level_attributes(&self) -> BTreeSet<&str> {
        unimplemented!("follows in the next commit")
    }
}
