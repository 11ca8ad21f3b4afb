//! Where the parser is.

use partita_expression::error::Fault;
use partita_model::AttributeValue;
use partita_model::limits::EXPRESSION_OPERATORS_MAX;
use partita_protocol::error::{Malformation, Span, StatementFault};

use super::NESTING_MAX;
use crate::token::{Lexeme, Symbol, Token};

pub(super) struct Cursor<'p> {
    /// The last one is the end.
    lexemes: Vec<Lexeme>,
    at: usize,
    parameters: &'p [AttributeValue],
    used: usize,
    depth: usize,
    operators: usize,
}

impl<'p> Cursor<'p> {
    /// `lexemes` ends with [`Token::End`].
    pub(super) fn new(lexemes: Vec<Lexeme>, parameters: &'p [AttributeValue]) -> Self {
        Self { lexemes, at: 0, parameters, used: 0, depth: 0, operators: 0 }
    }

    fn lexeme(&self, at: usize) -> &Lexeme {
        let last = self.lexemes.len() - 1;
        self.lexemes.get(at.min(last)).expect("there is always the end")
    }

    pub(super) fn peek(&self) -> &Token {
        &self.lexeme(self.at).token
    }

    /// The token after the next one.
    pub(super) fn peek_second(&self) -> &Token {
        &self.lexeme(self.at + 1).token
    }

    /// Where the next token stands.
    pub(super) fn span(&self) -> Span {
        self.lexeme(self.at).at
    }

    pub(super) fn advance(&mut self) -> Lexeme {
        let found = self.lexeme(self.at).clone();
        self.at += 1;
        found
    }

    /// Takes the symbol, if it is next.
    pub(super) fn eat(&mut self, symbol: Symbol) -> bool {
        let found = self.peek() == &Token::Symbol(symbol);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, symbol: Symbol, or: Malformation) -> Result<(), StatementFault> {
        if self.eat(symbol) { Ok(()) } else { Err(or.into()) }
    }

    /// Whether this keyword is next.
    pub(super) fn at_word(&self, keyword: &str) -> bool {
        matches!(self.peek(), Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    /// Takes the keyword, if it is next.
    pub(super) fn eat_word(&mut self, keyword: &str) -> bool {
        let found = self.at_word(keyword);
        self.at += usize::from(found);
        found
    }

    /// Takes the first of the keywords that is next.
    pub(super) fn eat_one_of(&mut self, keywords: &[&'static str]) -> Option<&'static str> {
        keywords.iter().copied().find(|keyword| self.eat_word(keyword))
    }

    /// Whether the statement ends here.
    pub(super) fn at_end(&self) -> bool {
        matches!(self.peek(), Token::End | Token::Symbol(Symbol::Semicolon))
    }

    /// The value of the next `?`. Without one there is a stand-in: the count is compared at the end.
    pub(super) fn parameter(&mut self) -> AttributeValue {
        let value = self.parameters.get(self.used).cloned();
        self.used += 1;
        value.unwrap_or(AttributeValue::Null)
    }

    pub(super) fn parameters_used(&self) -> usize {
        self.used
    }

    /// Goes one level down for as long as `parse` runs.
    pub(super) fn nested<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, StatementFault>,
    ) -> Result<T, StatementFault> {
        if self.depth == NESTING_MAX {
            return Err(Malformation::Unreadable.into());
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// Counts an operator whose left operand may be another one of them, and so on: without a bound they would nest.
    pub(super) fn count_operator(&mut self) -> Result<(), StatementFault> {
        self.operators += 1;
        match self.operators > EXPRESSION_OPERATORS_MAX {
            true => Err(Fault::TooManyOperators { count: self.operators }.into()),
            false => Ok(()),
        }
    }
}
