//! The checks of updates.

use partita_model::value::AttributeType;

use super::{Resolved, function, resolve, resolve_path, unreserved};
use crate::ast::Function;
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
    Set(Resolved),
    SetSum { minus: bool, operands: [Resolved; 2] },
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
                ("ADD", Resolved::Value(value)) => {
                    check_section_type(section, value.attribute_type())?;
                    Self::Done(Change::Add(value))
                }
                ("DELETE", Resolved::Value(value)) => {
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
                let operator = if minus { Operator::Minus } else { Operator::Plus };
                let (left, right) = (set_value(left)?, set_value(right)?);
                check_type(operator, AttributeType::N, [&left, &right])?;
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

fn set_value(mut resolved: Resolved) -> Result<SetValue, Fault> {
    // Only `if_not_exists` nests without end, in its second operand.
    let mut paths = Vec::new();
    while let Resolved::Call(function @ Function::IfNotExists, operands) = resolved {
        let [first, second] = two(function, operands)?;
        let Resolved::Path(path) = first else { return Err(Fault::PathRequired { function }) };
        paths.push(path);
        resolved = second;
    }
    let last = match resolved {
        Resolved::Path(path) => SetValue::Path(path),
        Resolved::Value(value) => SetValue::Value(value),
        Resolved::Call(function @ Function::ListAppend, operands) => list_append(two(function, operands)?)?,
        Resolved::Call(function, _) => return Err(Fault::MisusedFunction { function }),
    };
    let wrap = |otherwise, path| SetValue::IfNotExists { path, otherwise: Box::new(otherwise) };
    Ok(paths.into_iter().rev().fold(last, wrap))
}

fn two(function: Function, operands: Vec<Resolved>) -> Result<[Resolved; 2], Fault> {
    let count = operands.len();
    operands.try_into().map_err(|_| Fault::OperandCount { function, count })
}

/// The operands are no further `list_append`, as [`check_uses`] has seen to.
fn list_append([first, second]: [Resolved; 2]) -> Result<SetValue, Fault> {
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
