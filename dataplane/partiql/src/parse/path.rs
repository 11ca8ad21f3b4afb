//! Document paths.

use partita_expression::error::Fault;
use partita_expression::{Path, Step};
use partita_model::limits::NESTING_DEPTH_MAX;
use partita_protocol::error::{Malformation, StatementFault};

use super::cursor::Cursor;
use super::word::{WordKind, kind};
use crate::token::{Symbol, Token};

/// The largest index of a list that can be written: the service reads it as a number of 32 bits.
const INDEX_MAX: usize = i32::MAX as usize;

/// A path from its first name on; `or` says what else is there.
pub(super) fn path(cursor: &mut Cursor<'_>, or: Malformation) -> Result<Path, StatementFault> {
    let head = name(cursor).ok_or(or)?;
    rest(cursor, head)
}

/// A bare name that is not reserved, or one in quotes.
pub(super) fn name(cursor: &mut Cursor<'_>) -> Option<String> {
    let found = match cursor.peek() {
        Token::Word(word) if kind(word) == WordKind::Name => word.clone(),
        Token::Quoted(name) => name.clone(),
        _ => return None,
    };
    cursor.advance();
    Some(found)
}

/// The steps after the head.
pub(super) fn rest(cursor: &mut Cursor<'_>, head: String) -> Result<Path, StatementFault> {
    let mut path = Path::top_level(head);
    loop {
        let step = if cursor.eat(Symbol::Dot) {
            Step::Field(name(cursor).ok_or(Malformation::PathComponent)?)
        } else if cursor.eat(Symbol::LeftBracket) {
            subscript(cursor)?
        } else {
            break;
        };
        path.rest.push(step);
        if path.rest.len() > NESTING_DEPTH_MAX {
            return Err(Fault::PathTooDeep { depth: path.rest.len() }.into());
        }
    }
    let names = std::iter::once(&path.head).chain(path.rest.iter().filter_map(|step| match step {
        Step::Field(name) => Some(name),
        Step::Index(_) => None,
    }));
    match names.into_iter().any(String::is_empty) {
        true => Err(StatementFault::EmptyPathComponent),
        false => Ok(path),
    }
}

/// What stands in brackets: an index, or a name as a string.
fn subscript(cursor: &mut Cursor<'_>) -> Result<Step, StatementFault> {
    let negative = cursor.eat(Symbol::Minus);
    let found = cursor.advance();
    let step = match found.token {
        Token::Text(name) if !negative => Step::Field(name),
        Token::Number(digits) => {
            let index = digits.parse().ok().filter(|index| *index <= INDEX_MAX && (!negative || *index == 0));
            let sign = if negative { "-" } else { "" };
            Step::Index(index.ok_or_else(|| StatementFault::ListIndex {
                index: format!("{sign}{digits}"),
                at: found.at,
            })?)
        }
        _ => return Err(Malformation::PathComponent.into()),
    };
    cursor.expect(Symbol::RightBracket, Malformation::PathComponent)?;
    Ok(step)
}
