//! From what is written to what is meant: fills in names and values and makes every check that needs no table.
//!
//! The order of the checks is the service's own, since a text with several faults must be told the same one.

mod condition;
mod update;

pub(crate) use condition::{between, call, compare, condition, within};
pub(crate) use update::{changes, update};

use crate::ast::{Function, Term};
use crate::error::Fault;
use crate::reserved::is_reserved;
use crate::syntax::{RawCall, RawOperand, RawPath, RawStep};
use crate::{Kind, Path, Step, Substitutions, parse, tree};

/// The paths of a projection.
pub(crate) fn projection(text: &str, substitutions: &Substitutions<'_>) -> Result<Vec<Path>, Fault> {
    let raw = parse::projection(text)?;
    unreserved(raw.iter())?;
    let paths: Vec<Path> =
        raw.iter().map(|path| resolve_path(path, substitutions)).collect::<Result<_, _>>()?;
    tree::check_apart(&paths)?;
    Ok(paths)
}

/// The fault as an error of the expression it is in.
pub(crate) fn in_kind<T>(kind: Kind, result: Result<T, Fault>) -> Result<T, crate::Error> {
    result.map_err(|fault| crate::Error::Expression { kind, fault })
}

fn resolve(raw: &RawOperand<'_>, substitutions: &Substitutions<'_>) -> Result<Term, Fault> {
    match raw {
        RawOperand::Path(path) => resolve_path(path, substitutions).map(Term::Path),
        RawOperand::Value(name) => substitutions.value(name).cloned().map(Term::Value),
        RawOperand::Call(call) => resolve_call(call, substitutions),
    }
}

fn resolve_call(raw: &RawCall<'_>, substitutions: &Substitutions<'_>) -> Result<Term, Fault> {
    let function = function(raw)?;
    let operands = resolve_all(&raw.operands, substitutions)?;
    Ok(Term::Call(function, operands))
}

fn resolve_all<'r, 't: 'r>(
    raw: impl IntoIterator<Item = &'r RawOperand<'t>>,
    substitutions: &Substitutions<'_>,
) -> Result<Vec<Term>, Fault> {
    // A loop, because calls nest: iterator adapters would take several stack frames for each level.
    let mut resolved = Vec::new();
    for operand in raw {
        resolved.push(resolve(operand, substitutions)?);
    }
    Ok(resolved)
}

fn resolve_path(raw: &RawPath<'_>, substitutions: &Substitutions<'_>) -> Result<Path, Fault> {
    let name = |written: &str| -> Result<String, Fault> {
        let name = if written.starts_with('#') { substitutions.name(written)? } else { written };
        Ok(name.to_owned())
    };
    let head = name(raw.head)?;
    let rest = raw.rest.iter().map(|step| match step {
        RawStep::Field(field) => Ok(Step::Field(name(field)?)),
        RawStep::Index(index) => Ok(Step::Index(*index)),
    });
    Ok(Path { head, rest: rest.collect::<Result<_, _>>()? })
}

fn function(call: &RawCall<'_>) -> Result<Function, Fault> {
    Function::from_name(call.name).ok_or_else(|| Fault::UnknownFunction { name: call.name.to_owned() })
}

fn unreserved<'r, 't: 'r>(paths: impl IntoIterator<Item = &'r RawPath<'t>>) -> Result<(), Fault> {
    match paths.into_iter().flat_map(RawPath::names).find(|name| is_reserved(name)) {
        Some(word) => Err(Fault::ReservedWord { word: word.to_owned() }),
        None => Ok(()),
    }
}

/// That every call within the operands has as many operands as its function takes.
fn check_counts<'r>(operands: impl IntoIterator<Item = &'r Term>) -> Result<(), Fault> {
    for operand in operands {
        if let Term::Call(function, operands) = operand {
            check_counts(operands)?;
            check_count(*function, operands.len())?;
        }
    }
    Ok(())
}

fn check_count(function: Function, count: usize) -> Result<(), Fault> {
    if count == function.arity() { Ok(()) } else { Err(Fault::OperandCount { function, count }) }
}
