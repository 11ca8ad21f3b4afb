//! The checks of conditions, filters and key conditions.

use partita_model::AttributeValue;
use partita_model::limits::IN_OPERANDS_MAX;
use partita_model::value::AttributeType;

use super::{check_count, check_counts, function, resolve_all, unreserved};
use crate::ast::{Comparator, Function, Node, Operand, Term, Test, order};
use crate::error::{Fault, OperandType, Operator};
use crate::syntax::{Parts, RawNode, RawOperand, RawTest};
use crate::{Substitutions, parse};

/// Parses and checks a condition. Redundant parentheses come first, then function names, then reserved words; what is wrong
/// inside one comparison or call is said of the first that has a fault.
pub(crate) fn condition(text: &str, substitutions: &Substitutions<'_>) -> Result<Node, Fault> {
    let (raw, redundant_parentheses) = parse::condition(text)?;
    if redundant_parentheses {
        return Err(Fault::RedundantParentheses);
    }
    let parts = Parts::of_condition(&raw);
    for call in &parts.calls {
        function(call)?;
    }
    raw.tests().try_for_each(check_uses)?;
    unreserved(parts.paths.iter().copied())?;
    node(&raw, substitutions)
}

fn node(raw: &RawNode<'_>, substitutions: &Substitutions<'_>) -> Result<Node, Fault> {
    match raw {
        RawNode::All(parts) => nodes(parts, substitutions).map(Node::All),
        RawNode::Any(parts) => nodes(parts, substitutions).map(Node::Any),
        RawNode::Not(part) => node(part, substitutions).map(|part| Node::Not(Box::new(part))),
        RawNode::Test(raw) => test(raw, substitutions).map(Node::Test),
    }
}

fn nodes(raw: &[RawNode<'_>], substitutions: &Substitutions<'_>) -> Result<Vec<Node>, Fault> {
    // A loop, because conditions nest: iterator adapters would take several stack frames for each level.
    let mut nodes = Vec::with_capacity(raw.len());
    for part in raw {
        nodes.push(node(part, substitutions)?);
    }
    Ok(nodes)
}

/// Inside a comparison or a call only `size` may be called; by itself, only a function that is a condition.
fn check_uses(test: &RawTest<'_>) -> Result<(), Fault> {
    if let RawTest::Call(call) = test {
        let function = function(call)?;
        if !function.is_condition() {
            return Err(Fault::MisusedFunction { function });
        }
    }
    test.operands().try_for_each(check_operand_uses)
}

fn check_operand_uses(mut operand: &RawOperand<'_>) -> Result<(), Fault> {
    while let RawOperand::Call(call) = operand {
        let function = function(call)?;
        if function != Function::Size {
            return Err(Fault::MisusedFunction { function });
        }
        let [sized] = call.operands.as_slice() else {
            return call.operands.iter().try_for_each(check_operand_uses);
        };
        operand = sized;
    }
    Ok(())
}

fn test(raw: &RawTest<'_>, substitutions: &Substitutions<'_>) -> Result<Test, Fault> {
    let resolved = resolve_all(raw.operands(), substitutions)?;
    match raw {
        RawTest::Compare { comparator, .. } => compare(*comparator, exactly(resolved)),
        RawTest::Between { .. } => between(exactly(resolved)),
        RawTest::In { .. } => within(resolved),
        RawTest::Call(raw) => call(function(raw)?, resolved),
    }
}

/// A comparison.
pub(crate) fn compare(comparator: Comparator, resolved: [Term; 2]) -> Result<Test, Fault> {
    let operator = Operator::Compare(comparator);
    check_counts(&resolved)?;
    check_distinct(operator, &resolved)?;
    let operands = operands(resolved)?;
    if comparator.needs_order() {
        check_types(operator, &operands, is_ordered)?;
    }
    let [left, right] = exactly(operands);
    Ok(Test::Compare { comparator, left, right })
}

/// `BETWEEN`: the operand, then its bounds.
pub(crate) fn between(resolved: [Term; 3]) -> Result<Test, Fault> {
    check_counts(&resolved)?;
    let operands = operands(resolved)?;
    check_types(Operator::Between, &operands, is_ordered)?;
    let [operand, lower, upper] = exactly(operands);
    if let (Operand::Value(lower), Operand::Value(upper)) = (&lower, &upper) {
        check_bounds(lower, upper)?;
    }
    Ok(Test::Between { operand, lower, upper })
}

fn check_bounds(lower: &AttributeValue, upper: &AttributeValue) -> Result<(), Fault> {
    let (lower_shown, upper_shown) = (lower.clone(), upper.clone());
    match order(lower, upper) {
        None => Err(Fault::BoundTypes { lower: lower_shown, upper: upper_shown }),
        Some(order) if order.is_gt() => Err(Fault::BoundsReversed { lower: lower_shown, upper: upper_shown }),
        Some(_) => Ok(()),
    }
}

/// `IN`: the operand, then the list; at least the operand.
pub(crate) fn within(resolved: Vec<Term>) -> Result<Test, Fault> {
    check_counts(&resolved)?;
    let mut list = operands(resolved)?;
    let operand = list.remove(0);
    if list.len() > IN_OPERANDS_MAX {
        return Err(Fault::TooManyOperands { operator: Operator::In, count: list.len() });
    }
    Ok(Test::In { operand, list })
}

/// A call that is a condition by itself.
pub(crate) fn call(function: Function, resolved: Vec<Term>) -> Result<Test, Fault> {
    check_counts(&resolved)?;
    check_count(function, resolved.len())?;
    check_distinct(Operator::Call(function), &resolved)?;
    let operands = operands(resolved)?;
    match function {
        Function::AttributeExists => Ok(Test::Exists(path(function, operands)?)),
        Function::AttributeNotExists => Ok(Test::NotExists(path(function, operands)?)),
        Function::AttributeType => has_type(operands),
        Function::BeginsWith => {
            let is_text = |found| matches!(found, AttributeType::S | AttributeType::B);
            check_types(Operator::Call(function), &operands, is_text)?;
            let [operand, prefix] = exactly(operands);
            Ok(Test::BeginsWith { operand, prefix })
        }
        Function::Contains => {
            let [operand, element] = exactly(operands);
            Ok(Test::Contains { operand, element })
        }
        Function::Size | Function::IfNotExists | Function::ListAppend => {
            Err(Fault::MisusedFunction { function })
        }
    }
}

fn path(function: Function, operands: Vec<Operand>) -> Result<crate::Path, Fault> {
    match exactly(operands) {
        [Operand::Path(path)] => Ok(path),
        _ => Err(Fault::PathRequired { function }),
    }
}

fn has_type(operands: Vec<Operand>) -> Result<Test, Fault> {
    let [operand, named] = exactly(operands);
    let found = match &named {
        Operand::Value(AttributeValue::S(name)) => {
            let expected = type_of_name(name).ok_or_else(|| Fault::UnknownType { found: name.clone() })?;
            return Ok(Test::HasType { operand, expected });
        }
        other => value_type(other).map_or(OperandType::Unknown, OperandType::Value),
    };
    Err(Fault::OperandType { operator: Operator::Call(Function::AttributeType), found })
}

fn type_of_name(name: &str) -> Option<AttributeType> {
    use AttributeType::{B, Bool, Bs, L, M, N, Ns, Null, S, Ss};
    [S, N, B, Bool, Null, M, L, Ss, Ns, Bs].into_iter().find(|kind| kind.wire_name() == name)
}

/// The operands as conditions hold them.
fn operands(resolved: impl IntoIterator<Item = Term>) -> Result<Vec<Operand>, Fault> {
    resolved.into_iter().map(operand).collect()
}

fn operand(resolved: Term) -> Result<Operand, Fault> {
    match resolved {
        Term::Path(path) => Ok(Operand::Path(path)),
        Term::Value(value) => Ok(Operand::Value(value)),
        Term::Call(Function::Size, sized) => size(sized),
        Term::Call(function, _) => Err(Fault::MisusedFunction { function }),
    }
}

/// `size` takes nothing that is known to have no size, such as another size.
fn size(sized: Vec<Term>) -> Result<Operand, Fault> {
    let count = sized.len();
    let [sized]: [Term; 1] =
        sized.try_into().map_err(|_| Fault::OperandCount { function: Function::Size, count })?;
    let sized = match sized {
        Term::Call(..) => return Err(no_size(AttributeType::N)),
        sized => operand(sized)?,
    };
    match value_type(&sized) {
        Some(found @ (AttributeType::N | AttributeType::Bool | AttributeType::Null)) => Err(no_size(found)),
        _ => Ok(Operand::Size(Box::new(sized))),
    }
}

fn no_size(found: AttributeType) -> Fault {
    Fault::OperandType { operator: Operator::Call(Function::Size), found: OperandType::Value(found) }
}

/// The operands as an array.
fn exactly<T, const N: usize>(operands: Vec<T>) -> [T; N] {
    let given = operands.try_into().ok();
    given.expect("the grammar or the count checks have made the length right")
}

fn check_distinct(operator: Operator, resolved: &[Term]) -> Result<(), Fault> {
    match resolved {
        [Term::Path(one), Term::Path(two)] if one == two => {
            Err(Fault::NotDistinct { operator, operand: one.clone() })
        }
        _ => Ok(()),
    }
}

fn check_types(
    operator: Operator,
    operands: &[Operand],
    allowed: impl Fn(AttributeType) -> bool,
) -> Result<(), Fault> {
    match operands.iter().filter_map(value_type).find(|found| !allowed(*found)) {
        Some(found) => Err(Fault::OperandType { operator, found: OperandType::Value(found) }),
        None => Ok(()),
    }
}

fn is_ordered(found: AttributeType) -> bool {
    matches!(found, AttributeType::S | AttributeType::N | AttributeType::B)
}

/// The operand's type, if it is known without an item.
fn value_type(operand: &Operand) -> Option<AttributeType> {
    match operand {
        Operand::Path(_) => None,
        Operand::Value(value) => Some(value.attribute_type()),
        Operand::Size(_) => Some(AttributeType::N),
    }
}
