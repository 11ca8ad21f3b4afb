//! Conditions: what a write requires of the item, and what a filter keeps.

use std::collections::{BTreeMap, BTreeSet};

use crate::ast::{Comparator, Function, Node, Operand, Term, Test};
use crate::check::{self, in_kind};
use crate::error::Fault;
use crate::{
    ConditionalOperator, Document, Error, Expected, Kind, LegacyCondition, Path, Substitutions, evaluate,
    legacy,
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

    /// `left` compared with `right`. For callers that read another language, as are the other makers of parts; what is wrong is
    /// told as of an expression.
    pub fn compare(comparator: Comparator, left: Term, right: Term) -> Result<Self, Fault> {
        check::compare(comparator, [left, right]).map(Self::of)
    }

    /// Whether a term lies between two others, both included.
    pub fn between(term: Term, lower: Term, upper: Term) -> Result<Self, Fault> {
        check::between([term, lower, upper]).map(Self::of)
    }

    /// Whether a term is one of a list.
    pub fn within(term: Term, list: Vec<Term>) -> Result<Self, Fault> {
        check::within(std::iter::once(term).chain(list).collect()).map(Self::of)
    }

    /// A call of a function that is a condition by itself, such as `contains`.
    pub fn call(function: Function, operands: Vec<Term>) -> Result<Self, Fault> {
        match function.is_condition() {
            true => check::call(function, operands).map(Self::of),
            false => Err(Fault::MisusedFunction { function }),
        }
    }

    /// Holds when the item has something at the path.
    pub fn exists(path: Path) -> Self {
        Self::of(Test::Exists(path))
    }

    /// Holds when all parts do; always without parts.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::join(parts, Node::All)
    }

    /// Holds when one of the parts does; never without parts.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::join(parts, Node::Any)
    }

    /// Holds when this one does not.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { root: Node::Not(Box::new(self.root)) }
    }

    fn of(test: Test) -> Self {
        Self { root: Node::Test(test) }
    }

    fn join(parts: impl IntoIterator<Item = Self>, join: fn(Vec<Node>) -> Node) -> Self {
        let mut parts: Vec<Node> = parts.into_iter().map(|part| part.root).collect();
        let root = match parts.len() {
            1 => parts.remove(0),
            _ => join(parts),
        };
        Self { root }
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
