//! What `SET` and `REMOVE` change.

use partita_expression::error::Fault;
use partita_expression::{Change, Function, Path, SetValue, Update};
use partita_model::value::AttributeType;
use partita_protocol::error::{SetFunction, Span, StatementFault};

use super::value::{is_value, value};
use crate::syntax::{Clause, Expr, ExprKind};

/// The update that the clauses are together. All of them read the item as it was.
pub(super) fn update(clauses: Vec<Clause>) -> Result<Update, StatementFault> {
    let mut changes = Vec::with_capacity(clauses.len());
    for Clause { path, value } in clauses {
        let change = match value {
            None => Change::Remove,
            Some(value) => assignment(&path, value)?,
        };
        changes.push((path, change));
    }
    Ok(Update::of_changes(changes)?)
}

fn assignment(target: &Path, expr: Expr) -> Result<Change, StatementFault> {
    let Expr { kind, at } = expr;
    match kind {
        ExprKind::Call { name, operands } => match set_function(&name) {
            Some(function) => change_of_set(function, at, target, operands),
            None => call(&name, at, operands).map(Change::Set),
        },
        kind => set_value(Expr { kind, at }).map(Change::Set),
    }
}

fn set_function(name: &str) -> Option<SetFunction> {
    match name {
        "set_add" => Some(SetFunction::Add),
        "set_delete" => Some(SetFunction::Delete),
        _ => None,
    }
}

/// `SET a = set_add(a, …)`, which is what `ADD` is of an update expression, or the same with `set_delete` and `DELETE`.
fn change_of_set(
    function: SetFunction,
    at: Span,
    target: &Path,
    operands: Vec<Expr>,
) -> Result<Change, StatementFault> {
    let operands: Result<[Expr; 2], _> = operands.try_into();
    let [first, second] = operands.map_err(|_| StatementFault::SetArguments { function, at })?;
    match first.kind {
        ExprKind::Path(path) if path == *target => {}
        _ => return Err(StatementFault::SetTarget { function, at }),
    }
    let not_a_set = StatementFault::SetValue { function, at: first.at };
    if !is_value(&second) {
        return Err(not_a_set);
    }
    let set = value(second)?;
    let is_set = matches!(set.attribute_type(), AttributeType::Ss | AttributeType::Ns | AttributeType::Bs);
    match function {
        _ if !is_set => Err(not_a_set),
        SetFunction::Add => Ok(Change::Add(set)),
        SetFunction::Delete => Ok(Change::Delete(set)),
    }
}

fn set_value(expr: Expr) -> Result<SetValue, StatementFault> {
    if is_value(&expr) {
        return value(expr).map(SetValue::Value);
    }
    let Expr { kind, at } = expr;
    if let Some(operator) = kind.condition_operator() {
        return Err(StatementFault::UpdateOperator(operator));
    }
    match kind {
        ExprKind::Path(path) => Ok(SetValue::Path(path)),
        ExprKind::Sum { minus, operands } => {
            let [left, right] = *operands;
            let (left, right) = (boxed(left)?, boxed(right)?);
            Ok(SetValue::Sum { minus, left, right })
        }
        ExprKind::Call { name, operands } => call(&name, at, operands),
        ExprKind::Sign => Err(StatementFault::NegatedPath),
        ExprKind::Unsupported(operator) => Err(StatementFault::UpdateOperator(operator)),
        _ => Err(StatementFault::MissingCompared),
    }
}

fn boxed(expr: Expr) -> Result<Box<SetValue>, StatementFault> {
    set_value(expr).map(Box::new)
}

fn call(name: &str, at: Span, operands: Vec<Expr>) -> Result<SetValue, StatementFault> {
    let function = Function::from_name(name)
        .ok_or_else(|| StatementFault::UnknownFunction { name: name.to_owned(), at })?;
    if !matches!(function, Function::ListAppend | Function::IfNotExists) {
        return Err(Fault::MisusedFunction { function }.into());
    }
    let count = operands.len();
    let operands: Result<[Expr; 2], _> = operands.try_into();
    let [first, second] = operands.map_err(|_| Fault::OperandCount { function, count })?;
    if function == Function::ListAppend {
        return Ok(SetValue::ListAppend { first: boxed(first)?, second: boxed(second)? });
    }
    match first.kind {
        ExprKind::Path(path) => Ok(SetValue::IfNotExists { path, otherwise: boxed(second)? }),
        _ => Err(Fault::PathRequired { function }.into()),
    }
}
