//! The checks of updates.

use partita_model::value::AttributeType;

use super::{function, resolve, resolve_path, unreserved};
use crate::ast::{Function, Term};
use crate::error::{Fault, OperandType, Operator};
use crate::syntax::{Parts, RawAction, RawCall, RawOperand, RawSection, RawValue};
use crate::update::{Action, Change, SetValue};
use crate::{Path, Substitutions, parse, tree};

/// Parses and checks an update. Each check is made of the whole text before the next.
pub(crate) fn update(text: &str, substitutions: &Substitutions<'_>) -> Result<Vec<Action>, Fault> {
    let (sections, redundant_parentheses) = parse::update(text)?;
    if redundant_parentheses {
        return Err(Fault::RedundantParentheses);
    }
    let parts = Parts::of_update(&sections);
    unreserved(parts.paths.iter().copied())?;
    check_uses(&parts)?;
    check_sections(&sections)?;
    check_defined(&parts, substitutions)?;
    let targets: Vec<Path> = actions(&sections)
        .map(|(_, raw)| resolve_path(&raw.path, substitutions))
        .collect::<Result<_, _>>()?;
    tree::check_apart(&targets)?;
    let mut changes = Vec::with_capacity(targets.len());
    for (section, raw) in actions(&sections) {
        changes.push(Unchecked::new(section, raw, substitutions)?);
    }
    let changes = changes.into_iter().map(Unchecked::check);
    targets.into_iter().zip(changes).map(|(path, change)| Ok(Action { path, change: change? })).collect()
}

/// Checks an update made of parts: first where it changes the item, then what it sets there.
pub(crate) fn changes(changes: Vec<(Path, Change)>) -> Result<Vec<Action>, Fault> {
    let targets: Vec<Path> = changes.iter().map(|(path, _)| path.clone()).collect();
    tree::check_apart(&targets)?;
    let checked = changes.into_iter().map(|(path, change)| {
        match &change {
            Change::Set(value) => check_set_value(value)?,
            Change::Add(value) => check_section_type("ADD", value.attribute_type())?,
            Change::Delete(value) => check_section_type("DELETE", value.attribute_type())?,
            Change::Remove => {}
        }
        Ok(Action { path, change })
    });
    checked.collect()
}

fn check_set_value(value: &SetValue) -> Result<(), Fault> {
    match value {
        SetValue::Path(_) | SetValue::Value(_) => Ok(()),
        SetValue::IfNotExists { otherwise, .. } => check_set_value(otherwise),
        SetValue::ListAppend { first, second } => {
            check_set_value(first)?;
            check_set_value(second)?;
            check_type(Operator::Call(Function::ListAppend), AttributeType::L, [first, second])
        }
        SetValue::Sum { minus, left, right } => {
            check_set_value(left)?;
            check_set_value(right)?;
            check_type(sum_operator(*minus), AttributeType::N, [left, right])
        }
    }
}

fn sum_operator(minus: bool) -> Operator {
    if minus { Operator::Minus } else { Operator::Plus }
}

fn actions<'r, 't>(
    sections: &'r [RawSection<'t>],
) -> impl Iterator<Item = (&'static str, &'r RawAction<'t>)> {
    sections.iter().flat_map(|section| section.actions.iter().map(|action| (section.name, action)))
}

/// Only the two functions of updates can be called, and `list_append` in no other call.
fn check_uses(parts: &Parts<'_, '_>) -> Result<(), Fault> {
    for call in &parts.calls {
        function(call)?;
    }
    for call in &parts.calls {
        let function = function(call)?;
        if !matches!(function, Function::IfNotExists | Function::ListAppend) {
            return Err(Fault::MisusedFunction { function });
        }
        if call.operands.iter().any(|operand| is_call_of(operand, Function::ListAppend)) {
            return Err(Fault::MisusedFunction { function: Function::ListAppend });
        }
    }
    Ok(())
}

fn is_call_of(operand: &RawOperand<'_>, wanted: Function) -> bool {
    matches!(operand, RawOperand::Call(RawCall { name, .. }) if *name == wanted.name())
}

fn check_sections(sections: &[RawSection<'_>]) -> Result<(), Fault> {
    for (index, section) in sections.iter().enumerate() {
        if sections.iter().take(index).any(|earlier| earlier.name == section.name) {
            return Err(Fault::RepeatedSection { section: section.name });
        }
    }
    Ok(())
}

/// All names before all values.
fn check_defined(parts: &Parts<'_, '_>, substitutions: &Substitutions<'_>) -> Result<(), Fault> {
    for name in parts.paths.iter().flat_map(|path| path.names()).filter(|name| name.starts_with('#')) {
        substitutions.name(name)?;
    }
    for value in &parts.values {
        substitutions.value(value)?;
    }
    Ok(())
}

/// A change whose functions are still to be checked, because the operand types of `ADD` and `DELETE` come before them.
enum Unchecked {
    Done(Change),
    Set(Term),
    SetSum { minus: bool, operands: [Term; 2] },
}

impl Unchecked {
    fn new(
        section: &'static str,
        raw: &RawAction<'_>,
        substitutions: &Substitutions<'_>,
    ) -> Result<Self, Fault> {
        let resolved = |operand| resolve(operand, substitutions);
        Ok(match &raw.value {
            None => Self::Done(Change::Remove),
            Some(RawValue::Sum { minus, operands: [left, right] }) => {
                Self::SetSum { minus: *minus, operands: [resolved(left)?, resolved(right)?] }
            }
            Some(RawValue::Operand(operand)) => match (section, resolved(operand)?) {
                ("ADD", Term::Value(value)) => {
                    check_section_type(section, value.attribute_type())?;
                    Self::Done(Change::Add(value))
                }
                ("DELETE", Term::Value(value)) => {
                    check_section_type(section, value.attribute_type())?;
                    Self::Done(Change::Delete(value))
                }
                (_, value) => Self::Set(value),
            },
        })
    }

    fn check(self) -> Result<Change, Fault> {
        Ok(match self {
            Self::Done(change) => change,
            Self::Set(value) => Change::Set(set_value(value)?),
            Self::SetSum { minus, operands: [left, right] } => {
                let (left, right) = (set_value(left)?, set_value(right)?);
                check_type(sum_operator(minus), AttributeType::N, [&left, &right])?;
                let (left, right) = (Box::new(left), Box::new(right));
                Change::Set(SetValue::Sum { minus, left, right })
            }
        })
    }
}

fn check_section_type(section: &'static str, found: AttributeType) -> Result<(), Fault> {
    let is_set = matches!(found, AttributeType::Ss | AttributeType::Ns | AttributeType::Bs);
    if is_set || (section == "ADD" && found == AttributeType::N) {
        return Ok(());
    }
    Err(Fault::SectionOperandType { section, found })
}

fn set_value(mut resolved: Term) -> Result<SetValue, Fault> {
    // Only `if_not_exists` nests without end, in its second operand.
    let mut paths = Vec::new();
    while let Term::Call(function @ Function::IfNotExists, operands) = resolved {
        let [first, second] = two(function, operands)?;
        let Term::Path(path) = first else { return Err(Fault::PathRequired { function }) };
        paths.push(path);
        resolved = second;
    }
    let last = match resolved {
        Term::Path(path) => SetValue::Path(path),
        Term::Value(value) => SetValue::Value(value),
        Term::Call(function @ Function::ListAppend, operands) => list_append(two(function, operands)?)?,
        Term::Call(function, _) => return Err(Fault::MisusedFunction { function }),
    };
    let wrap = |otherwise, path| SetValue::IfNotExists { path, otherwise: Box::new(otherwise) };
    Ok(paths.into_iter().rev().fold(last, wrap))
}

fn two(function: Function, operands: Vec<Term>) -> Result<[Term; 2], Fault> {
    let count = operands.len();
    operands.try_into().map_err(|_| Fault::OperandCount { function, count })
}

/// The operands are no further `list_append`, as [`check_uses`] has seen to.
fn list_append([first, second]: [Term; 2]) -> Result<SetValue, Fault> {
    let (first, second) = (set_value(first)?, set_value(second)?);
    check_type(Operator::Call(Function::ListAppend), AttributeType::L, [&first, &second])?;
    Ok(SetValue::ListAppend { first: Box::new(first), second: Box::new(second) })
}

/// Only the types of values in the request are known here; those in the item are checked when the update meets it.
fn check_type(operator: Operator, wanted: AttributeType, operands: [&SetValue; 2]) -> Result<(), Fault> {
    for operand in operands {
        if let SetValue::Value(value) = operand
            && value.attribute_type() != wanted
        {
            return Err(Fault::OperandType { operator, found: OperandType::Value(value.attribute_type()) });
        }
    }
    Ok(())
}
