//! Conditions: what a write requires of the item, and what a filter keeps.

use std::collections::{BTreeMap, BTreeSet};

use crate::ast::{Node, Operand, Test};
use crate::check::{self, in_kind};
use crate::{
    ConditionalOperator, Document, Error, Expected, Kind, LegacyCondition, Substitutions, evaluate, legacy,
};

/// A checked condition, with all names and values filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    root: Node,
}

impl Condition {
    /// Parses and checks a `ConditionExpression` or `FilterExpression`; `kind` is which of the two.
    pub fn parse(kind: Kind, text: &str, substitutions: &Substitutions<'_>) -> Result<Self, Error> {
        let root = in_kind(kind, check::condition(text, substitutions))?;
        Ok(Self { root })
    }

    /// Compiles `Expected`; pass an empty map when the request has none. `None` when there is nothing to require.
    pub fn from_expected(
        expected: BTreeMap<String, Expected>,
        operator: Option<ConditionalOperator>,
    ) -> Result<Option<Self>, Error> {
        let tests = expected
            .into_iter()
            .map(|(attribute, expected)| legacy::condition::expected(attribute, expected))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(legacy::condition::join(tests, operator)?.map(|root| Self { root }))
    }

    /// Compiles `QueryFilter` or `ScanFilter`; pass an empty map when the request has none. `None` when there is
    /// nothing to require.
    pub fn from_filter(
        filter: BTreeMap<String, LegacyCondition>,
        operator: Option<ConditionalOperator>,
    ) -> Result<Option<Self>, Error> {
        let tests = filter
            .into_iter()
            .map(|(attribute, condition)| legacy::condition::filter(attribute, condition))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(legacy::condition::join(tests, operator)?.map(|root| Self { root }))
    }

    /// Whether the condition holds for `item`. A missing item is the empty item.
    pub fn evaluate(&self, item: &impl Document) -> bool {
        evaluate::holds(&self.root, item)
    }

    /// The top-level attributes the condition names.
    pub fn top_level_attributes(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        add_node_names(&self.root, &mut names);
        names
    }
}

fn add_node_names<'c>(node: &'c Node, names: &mut BTreeSet<&'c str>) {
    match node {
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|node| add_node_names(node, names)),
        Node::Not(node) => add_node_names(node, names),
        Node::Test(test) => add_test_names(test, names),
    }
}

fn add_test_names<'c>(test: &'c Test, names: &mut BTreeSet<&'c str>) {
    let mut add =
        |operands: &[&'c Operand]| names.extend(operands.iter().filter_map(|operand| head(operand)));
    match test {
        Test::Compare { left, right, .. } => add(&[left, right]),
        Test::Between { operand, lower, upper } => add(&[operand, lower, upper]),
        Test::In { operand, list } => {
            add(&[operand]);
            list.iter().for_each(|operand| add(&[operand]));
        }
        Test::Exists(path) | Test::NotExists(path) => {
            names.insert(&path.head);
        }
        Test::HasType { operand, .. } => add(&[operand]),
        Test::BeginsWith { operand, prefix: second } | Test::Contains { operand, element: second } => {
            add(&[operand, second]);
        }
    }
}

fn head(operand: &Operand) -> Option<&str> {
    match operand {
        Operand::Path(path) => Some(&path.head),
        Operand::Value(_) => None,
        Operand::Size(sized) => head(sized),
    }
}

#[cfg(test)]
mod tests;
