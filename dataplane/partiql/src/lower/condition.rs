//! Conditions.

use partita_expression::error::{Fault, OperandType, Operator};
use partita_expression::{Comparator, Condition, Function, RangeCondition, Term};
use partita_model::AttributeValue;
use partita_model::limits::IN_OPERANDS_MAX;
use partita_model::value::AttributeType;
use partita_protocol::error::{Span, StatementFault};

use super::value::{is_value, value};
use crate::predicate::{AttributeTest, Predicate};
use crate::syntax::{Expr, ExprKind, Literal, TypeTest};

type Lowered = Result<Predicate, StatementFault>;

/// The condition of a `WHERE`.
pub(super) fn predicate(expr: Expr) -> Lowered {
    condition(expr, StatementFault::NoCondition)
}

/// A condition; `otherwise` is told if the expression is none.
fn condition(expr: Expr, otherwise: StatementFault) -> Lowered {
    let Expr { kind, at } = expr;
    match kind {
        ExprKind::Join { all, parts } => {
            // A loop, because conditions nest: iterator adapters would take several stack frames for each level.
            let mut lowered = Vec::with_capacity(parts.len());
            for part in parts {
                lowered.push(condition(part, StatementFault::NoConditionToJoin)?);
            }
            Ok(if all { Predicate::All(lowered) } else { Predicate::Any(lowered) })
        }
        ExprKind::Not(inner) => {
            let inner = condition(*inner, StatementFault::NoConditionToNegate)?;
            Ok(Predicate::Not(Box::new(inner)))
        }
        ExprKind::Compare { comparator, operands } => compare(comparator, *operands),
        ExprKind::Between(operands) => between(*operands),
        ExprKind::In { operand, list } => within(*operand, *list),
        ExprKind::Is { operand, test } => is(*operand, test),
        ExprKind::Call { name, operands } => call(&name, at, operands),
        ExprKind::Sum { minus, .. } => Err(sum_fault(minus)),
        ExprKind::Sign => Err(StatementFault::NegatedPath),
        ExprKind::Unsupported(operator) => Err(StatementFault::ConditionOperator(operator)),
        ExprKind::Missing => Err(StatementFault::MissingCompared),
        ExprKind::Path(_) | ExprKind::Literal(_) | ExprKind::Parameter(_) => Err(otherwise),
    }
}

fn sum_fault(minus: bool) -> StatementFault {
    StatementFault::ConditionOperator(if minus { "-" } else { "+" })
}

/// What is compared.
fn term(expr: Expr) -> Result<Term, StatementFault> {
    if is_value(&expr) {
        return value(expr).map(Term::Value);
    }
    let Expr { kind, at } = expr;
    if let Some(operator) = kind.condition_operator() {
        return Err(StatementFault::ConditionOperator(operator));
    }
    match kind {
        ExprKind::Path(path) => Ok(Term::Path(path)),
        ExprKind::Call { name, operands } => Ok(Term::Call(function(&name, at)?, terms(operands)?)),
        ExprKind::Sum { minus, .. } => Err(sum_fault(minus)),
        ExprKind::Sign => Err(StatementFault::NegatedPath),
        ExprKind::Unsupported(operator) => Err(StatementFault::ConditionOperator(operator)),
        _ => Err(StatementFault::MissingCompared),
    }
}

fn terms(exprs: Vec<Expr>) -> Result<Vec<Term>, StatementFault> {
    // A loop, because calls nest.
    let mut terms = Vec::with_capacity(exprs.len());
    for expr in exprs {
        terms.push(term(expr)?);
    }
    Ok(terms)
}

fn function(name: &str, at: Span) -> Result<Function, StatementFault> {
    Function::from_name(name).ok_or_else(|| StatementFault::UnknownFunction { name: name.to_owned(), at })
}

fn call(name: &str, at: Span, operands: Vec<Expr>) -> Lowered {
    let function = function(name, at)?;
    let operands = terms(operands)?;
    let about = match (function, operands.as_slice()) {
        (Function::BeginsWith, [Term::Path(path), Term::Value(prefix)]) if path.is_top_level() => {
            let range = RangeCondition::BeginsWith(prefix.clone());
            Some((path.head.clone(), AttributeTest::Within(range)))
        }
        _ => None,
    };
    Ok(Predicate::test(Condition::call(function, operands)?, about))
}

fn compare(comparator: Comparator, [left, right]: [Expr; 2]) -> Lowered {
    match (truth(&left), truth(&right)) {
        (None, Some(value)) if is_condition(&left) => return equals_truth(left, comparator, value),
        (Some(value), None) if is_condition(&right) => return equals_truth(right, comparator, value),
        _ => {}
    }
    let (left, right) = (term(left)?, term(right)?);
    let about = match (&left, &right) {
        (Term::Path(path), Term::Value(value)) if path.is_top_level() => {
            Some((path.head.clone(), attribute_test(comparator, value)))
        }
        (Term::Value(value), Term::Path(path)) if path.is_top_level() => {
            Some((path.head.clone(), attribute_test(comparator.flipped(), value)))
        }
        _ => None,
    };
    Ok(Predicate::test(Condition::compare(comparator, left, right)?, about))
}

fn attribute_test(comparator: Comparator, value: &AttributeValue) -> AttributeTest {
    let value = value.clone();
    match comparator {
        Comparator::Eq => AttributeTest::Equal(value),
        Comparator::Ne => AttributeTest::Unequal,
        Comparator::Lt => AttributeTest::Within(RangeCondition::Lt(value)),
        Comparator::Le => AttributeTest::Within(RangeCondition::Le(value)),
        Comparator::Gt => AttributeTest::Within(RangeCondition::Gt(value)),
        Comparator::Ge => AttributeTest::Within(RangeCondition::Ge(value)),
    }
}

/// The truth value, if the expression is one.
fn truth(expr: &Expr) -> Option<bool> {
    match &expr.kind {
        ExprKind::Literal(Literal::Bool(value)) => Some(*value),
        ExprKind::Parameter(value) => value.as_bool(),
        _ => None,
    }
}

fn is_condition(expr: &Expr) -> bool {
    let is_test = |name: &str| !matches!(name, "size" | "if_not_exists" | "list_append");
    match &expr.kind {
        ExprKind::Call { name, .. } => is_test(name),
        kind => kind.condition_operator().is_some(),
    }
}

/// A condition compared with a truth value.
fn equals_truth(expr: Expr, comparator: Comparator, value: bool) -> Lowered {
    let holds = match comparator {
        Comparator::Eq => value,
        Comparator::Ne => !value,
        _ => {
            let found = OperandType::Value(AttributeType::Bool);
            let operator = Operator::Compare(comparator);
            return Err(Fault::OperandType { operator, found }.into());
        }
    };
    let inner = condition(expr, StatementFault::NoCondition)?;
    Ok(if holds { inner } else { Predicate::Not(Box::new(inner)) })
}

fn between([operand, lower, upper]: [Expr; 3]) -> Lowered {
    let (operand, lower, upper) = (term(operand)?, term(lower)?, term(upper)?);
    let about = match (&operand, &lower, &upper) {
        (Term::Path(path), Term::Value(lower), Term::Value(upper)) if path.is_top_level() => {
            let range = RangeCondition::Between(lower.clone(), upper.clone());
            Some((path.head.clone(), AttributeTest::Within(range)))
        }
        _ => None,
    };
    Ok(Predicate::test(Condition::between(operand, lower, upper)?, about))
}

fn within(operand: Expr, list: Expr) -> Lowered {
    let list = match list.kind {
        ExprKind::Literal(Literal::List(list) | Literal::Sequence(list) | Literal::Bag(list)) => list,
        // One value in parentheses.
        _ if is_value(&list) => vec![list],
        _ => return Err(StatementFault::InOperands),
    };
    if list.len() > IN_OPERANDS_MAX {
        return Err(StatementFault::InTooMany(list.len()));
    }
    let operand = match (list.is_empty(), operand.kind) {
        (false, ExprKind::Path(path)) => path,
        _ => return Err(StatementFault::InOperands),
    };
    let list = terms(list)?;
    let values: Option<Vec<AttributeValue>> = list
        .iter()
        .map(|term| match term {
            Term::Value(value) => Some(value.clone()),
            Term::Path(_) | Term::Call(..) => None,
        })
        .collect();
    let about = values.filter(|_| operand.is_top_level());
    let about = about.map(|values| (operand.head.clone(), AttributeTest::OneOf(values)));
    Ok(Predicate::test(Condition::within(Term::Path(operand), list)?, about))
}

fn is(operand: Expr, test: TypeTest) -> Lowered {
    let operand = match operand.kind {
        ExprKind::Path(_) | ExprKind::Literal(_) => term(operand)?,
        _ => return Err(StatementFault::NoPathBeforeIs),
    };
    let condition = match test {
        TypeTest::Missing => Condition::call(Function::AttributeNotExists, vec![operand])?,
        TypeTest::OfType(expected) => {
            let name = Term::Value(expected.wire_name().into());
            Condition::call(Function::AttributeType, vec![operand, name])?
        }
        TypeTest::Unsupported(name) => return Err(StatementFault::TypeAfterIs(name)),
    };
    Ok(Predicate::test(condition, None))
}
