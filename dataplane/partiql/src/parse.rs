//! From text to [`syntax`](crate::syntax): a recursive descent over the tokens.

mod cursor;
mod expression;
mod path;
mod statement;
mod word;

use partita_model::AttributeValue;
use partita_protocol::error::{Malformation, StatementFault};

use crate::syntax::Raw;
use crate::token::{Symbol, Token, tokens};

use cursor::Cursor;

/// Expressions and literals within each other that the parser follows: more than a value may nest, so that a value too deep is told
/// as such, and little enough for any thread's stack.
pub(crate) const NESTING_MAX: usize = 40;

/// Reads a statement, with the values of its parameters in their places.
pub(crate) fn parse(text: &str, parameters: &[AttributeValue]) -> Result<Raw, StatementFault> {
    let mut cursor = Cursor::new(tokens(text)?, parameters);
    let raw = statement::statement(&mut cursor)?;
    cursor.eat(Symbol::Semicolon);
    if cursor.peek() != &Token::End {
        return Err(Malformation::Leftover.into());
    }
    match cursor.parameters_used() == parameters.len() {
        true => Ok(raw),
        false => Err(StatementFault::ParameterCount),
    }
}
