//! The grammars, by recursive descent over [`crate::token`]s into [`crate::syntax`] trees.
//!
//! No input overflows the stack: the text is at most 4 KB, operators are counted while reading, and parentheses and calls
//! nest at most [`DEPTH_MAX`] deep. Nothing else recurses.

mod condition;
mod update;

use partita_model::limits::{EXPRESSION_BYTES_MAX, EXPRESSION_OPERATORS_MAX, NESTING_DEPTH_MAX};

use crate::Kind;
use crate::ast::Function;
use crate::error::Fault;
use crate::syntax::{RawCall, RawNode, RawOperand, RawPath, RawSection, RawStep};
use crate::token::{Token, TokenKind, tokens, window};

/// Parentheses and calls within each other. What nests deeper has redundant parentheses or an unknown function: each further
/// level needs an operator of its own, or is the one pair of parentheses allowed around a call's operand.
const DEPTH_MAX: usize = 2 * EXPRESSION_OPERATORS_MAX + 2;

/// The largest list index an expression can name.
const INDEX_MAX: usize = i32::MAX as usize;

/// A condition as written. The flag is whether it has redundant parentheses, which is said before any other fault.
pub(crate) fn condition(kind: Kind, text: &str) -> Result<(RawNode<'_>, bool), Fault> {
    let mut parser = Parser::new(kind, text)?;
    let node = parser.whole_condition()?;
    Ok((node, parser.redundant_parentheses))
}

/// An update as written, and whether it has redundant parentheses.
pub(crate) fn update(text: &str) -> Result<(Vec<RawSection<'_>>, bool), Fault> {
    let mut parser = Parser::new(Kind::Update, text)?;
    let sections = parser.sections()?;
    Ok((sections, parser.redundant_parentheses))
}

/// A projection's paths as written.
pub(crate) fn projection(text: &str) -> Result<Vec<RawPath<'_>>, Fault> {
    let mut parser = Parser::new(Kind::Projection, text)?;
    let paths = parser.separated(Parser::path)?;
    parser.end()?;
    Ok(paths)
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token<'t>>,
    at: usize,
    keywords: &'static [&'static str],
    operators: usize,
    depth: usize,
    /// First and last token of the pair of grouping parentheses closed last.
    closed: Option<(usize, usize)>,
    redundant_parentheses: bool,
    unknown_function: Option<&'t str>,
}

impl<'t> Parser<'t> {
    fn new(kind: Kind, text: &'t str) -> Result<Self, Fault> {
        if text.len() > EXPRESSION_BYTES_MAX {
            return Err(Fault::TooLong { bytes: text.len() });
        }
        let tokens = tokens(text);
        if tokens.is_empty() {
            return Err(Fault::Empty);
        }
        let keywords: &[&str] = match kind {
            Kind::Update => &update::SECTIONS,
            Kind::Condition | Kind::Filter | Kind::KeyCondition => &condition::KEYWORDS,
            Kind::Projection => &[],
        };
        Ok(Self {
            text,
            tokens,
            at: 0,
            keywords,
            operators: 0,
            depth: 0,
            closed: None,
            redundant_parentheses: false,
            unknown_function: None,
        })
    }

    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.at).copied()
    }

    fn peek_mark(&self) -> Option<&'t str> {
        self.peek().filter(|token| token.kind == TokenKind::Mark).map(|token| token.text)
    }

    fn eat_mark(&mut self, mark: &str) -> bool {
        let found = self.peek_mark() == Some(mark);
        self.at += usize::from(found);
        found
    }

    fn expect_mark(&mut self, mark: &str) -> Result<(), Fault> {
        if self.eat_mark(mark) { Ok(()) } else { Err(self.syntax_error()) }
    }

    fn peek_keyword(&self) -> Option<&'static str> {
        let word = self.peek().filter(|token| token.kind == TokenKind::Word)?;
        self.keywords.iter().copied().find(|keyword| keyword.eq_ignore_ascii_case(word.text))
    }

    fn eat_keyword(&mut self, keyword: &str) -> bool {
        let found = self.peek_keyword() == Some(keyword);
        self.at += usize::from(found);
        found
    }

    /// The next token if it is of this kind and no keyword.
    fn eat(&mut self, kind: TokenKind) -> Option<&'t str> {
        let token = self.peek().filter(|token| token.kind == kind)?;
        if self.peek_keyword().is_some() {
            return None;
        }
        self.at += 1;
        Some(token.text)
    }

    fn end(&self) -> Result<(), Fault> {
        if self.peek().is_none() { Ok(()) } else { Err(self.syntax_error()) }
    }

    /// The next token, or the end, is not what the grammar needs.
    fn syntax_error(&self) -> Fault {
        let token = self.peek().map_or("<EOF>", |token| token.text).to_owned();
        Fault::Syntax { token, near: window(self.text, &self.tokens, self.at).to_owned() }
    }

    fn count_operator(&mut self) -> Result<(), Fault> {
        self.operators += 1;
        if self.operators > EXPRESSION_OPERATORS_MAX {
            return Err(Fault::TooManyOperators { count: self.operators });
        }
        Ok(())
    }

    /// Call before reading what stands inside parentheses, and [`Parser::leave`] after it.
    fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth <= DEPTH_MAX {
            return Ok(());
        }
        Err(match self.unknown_function {
            Some(name) => Fault::UnknownFunction { name: name.to_owned() },
            None => Fault::RedundantParentheses,
        })
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// `( inner )`, with the opening parenthesis not yet read.
    fn group<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let open = self.at;
        self.expect_mark("(")?;
        self.enter()?;
        let value = inner(self)?;
        self.leave();
        let close = self.at;
        self.expect_mark(")")?;
        self.redundant_parentheses |= self.closed == Some((open + 1, close - 1));
        self.closed = Some((open, close));
        Ok(value)
    }

    /// One or more of `part`, with commas between them.
    fn separated<T>(&mut self, part: impl Fn(&mut Self) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
        let mut parts = vec![part(self)?];
        while self.eat_mark(",") {
            parts.push(part(self)?);
        }
        Ok(parts)
    }

    /// A path, a value or a call, in parentheses or not.
    fn operand(&mut self) -> Result<RawOperand<'t>, Fault> {
        if self.peek_mark() == Some("(") {
            return self.group(Self::operand);
        }
        self.bare_operand()
    }

    fn bare_operand(&mut self) -> Result<RawOperand<'t>, Fault> {
        if let Some(name) = self.eat(TokenKind::Value) {
            return Ok(RawOperand::Value(name));
        }
        let next = self.tokens.get(self.at + 1);
        let is_call = next.is_some_and(|token| token.kind == TokenKind::Mark && token.text == "(");
        if is_call && let Some(name) = self.eat(TokenKind::Word) {
            return Ok(RawOperand::Call(self.call(name)?));
        }
        self.path().map(RawOperand::Path)
    }

    fn call(&mut self, name: &'t str) -> Result<RawCall<'t>, Fault> {
        match Function::from_name(name) {
            Some(_) => self.count_operator()?,
            None => {
                self.unknown_function.get_or_insert(name);
            }
        }
        self.expect_mark("(")?;
        self.enter()?;
        let operands = self.separated(Self::operand)?;
        self.leave();
        self.expect_mark(")")?;
        Ok(RawCall { name, operands })
    }

    fn path(&mut self) -> Result<RawPath<'t>, Fault> {
        let head = self.name()?;
        self.path_tail(RawPath { head, rest: Vec::new() })
    }

    fn path_tail(&mut self, mut path: RawPath<'t>) -> Result<RawPath<'t>, Fault> {
        loop {
            if self.eat_mark(".") {
                path.rest.push(RawStep::Field(self.name()?));
            } else if self.eat_mark("[") {
                path.rest.push(RawStep::Index(self.index()?));
            } else {
                return Ok(path);
            }
            if path.rest.len() > NESTING_DEPTH_MAX {
                return Err(Fault::PathTooDeep { depth: path.rest.len() });
            }
        }
    }

    fn name(&mut self) -> Result<&'t str, Fault> {
        self.eat(TokenKind::Word).or_else(|| self.eat(TokenKind::Name)).ok_or_else(|| self.syntax_error())
    }

    /// What follows `[`.
    fn index(&mut self) -> Result<usize, Fault> {
        let digits = self.eat(TokenKind::Digits).ok_or_else(|| self.syntax_error())?;
        self.expect_mark("]")?;
        let index = digits.parse().ok().filter(|index| *index <= INDEX_MAX);
        index.ok_or_else(|| Fault::IndexRange { index: digits.to_owned() })
    }
}
