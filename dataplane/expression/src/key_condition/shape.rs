//! Whether a condition has the shape of a key condition: simple comparisons of attributes with values, joined by AND.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use partita_model::AttributeValue;

use crate::ast::{Comparator, Function, Node, Operand, Test};
use crate::error::{KeyShapeError, Operator};
use crate::{ComparisonOperator, LegacyCondition};

/// The condition on each attribute.
pub(super) fn conditions(root: Node) -> Result<BTreeMap<String, LegacyCondition>, KeyShapeError> {
    let mut conditions = BTreeMap::new();
    add(root, &mut conditions)?;
    Ok(conditions)
}

fn add(node: Node, conditions: &mut BTreeMap<String, LegacyCondition>) -> Result<(), KeyShapeError> {
    let test = match node {
        Node::All(nodes) => return nodes.into_iter().try_for_each(|node| add(node, conditions)),
        Node::Any(_) => return Err(KeyShapeError::Operator(Operator::Or)),
        Node::Not(_) => return Err(KeyShapeError::Operator(Operator::Not)),
        Node::Test(test) => test,
    };
    let (attribute, condition) = condition(test)?;
    match conditions.entry(attribute) {
        Entry::Vacant(entry) => {
            entry.insert(condition);
            Ok(())
        }
        Entry::Occupied(_) => Err(KeyShapeError::ManyConditionsPerKey),
    }
}

fn condition(test: Test) -> Result<(String, LegacyCondition), KeyShapeError> {
    let call = |function| Err(KeyShapeError::Operator(Operator::Call(function)));
    match test {
        Test::Compare { comparator, left, right } => comparison(comparator, left, right),
        Test::Between { operand, lower, upper } => {
            let operands = key_first(Operator::Between, [operand, lower, upper])?;
            split(ComparisonOperator::Between, operands).map(|(name, condition, _)| (name, condition))
        }
        Test::BeginsWith { operand, prefix } => {
            let operands = key_first(Operator::Call(Function::BeginsWith), [operand, prefix])?;
            split(ComparisonOperator::BeginsWith, operands).map(|(name, condition, _)| (name, condition))
        }
        Test::In { .. } => Err(KeyShapeError::Operator(Operator::In)),
        Test::Exists(_) => call(Function::AttributeExists),
        Test::NotExists(_) => call(Function::AttributeNotExists),
        Test::HasType { .. } => call(Function::AttributeType),
        Test::Contains { .. } => call(Function::Contains),
    }
}

fn comparison(
    comparator: Comparator,
    left: Operand,
    right: Operand,
) -> Result<(String, LegacyCondition), KeyShapeError> {
    let operator = |comparator| match comparator {
        Comparator::Eq => Ok(ComparisonOperator::Eq),
        Comparator::Lt => Ok(ComparisonOperator::Lt),
        Comparator::Le => Ok(ComparisonOperator::Le),
        Comparator::Gt => Ok(ComparisonOperator::Gt),
        Comparator::Ge => Ok(ComparisonOperator::Ge),
        Comparator::Ne => Err(KeyShapeError::Operator(Operator::Compare(comparator))),
    };
    let as_written = operator(comparator)?;
    let (name, mut condition, position) = split(as_written, [left, right])?;
    if position > 0 {
        // `:v < key` says `key > :v`.
        condition.operator = operator(comparator.flipped())?;
    }
    Ok((name, condition))
}

fn key_first<const N: usize>(
    operator: Operator,
    operands: [Operand; N],
) -> Result<[Operand; N], KeyShapeError> {
    match operands.first() {
        Some(Operand::Path(_)) => Ok(operands),
        _ => Err(KeyShapeError::KeyNotFirst(operator)),
    }
}

/// The one attribute among the operands, the condition with the values around it, and the attribute's position.
fn split<const N: usize>(
    operator: ComparisonOperator,
    operands: [Operand; N],
) -> Result<(String, LegacyCondition, usize), KeyShapeError> {
    let mut key: Option<(String, usize)> = None;
    let mut values: Vec<AttributeValue> = Vec::new();
    for (position, operand) in operands.into_iter().enumerate() {
        match operand {
            Operand::Value(value) => values.push(value),
            Operand::Size(_) => return Err(KeyShapeError::NestedOperation),
            Operand::Path(_) if key.is_some() => return Err(KeyShapeError::MultipleNames),
            Operand::Path(path) if !path.is_top_level() => return Err(KeyShapeError::NestedAttribute),
            Operand::Path(path) => key = Some((path.head, position)),
        }
    }
    let (name, position) = key.ok_or(KeyShapeError::NoKey)?;
    Ok((name, LegacyCondition { operator, values }, position))
}
