//! The grammars, by recursive descent over [`crate::token`]s into [`crate::syntax`] trees.
//!
//! No input overflows the stack: the text is at most 4 KB, operators and known functions are counted while reading, open
//! parentheses and calls are kept in lists and not on the call stack, and trees are at most about [`DEPTH_MAX`] deep.

mod condition;
mod update;

use partita_model::limits::{EXPRESSION_BYTES_MAX, EXPRESSION_OPERATORS_MAX, NESTING_DEPTH_MAX};

use crate::ast::Function;
use crate::error::Fault;
use crate::syntax::{RawCall, RawNode, RawOperand, RawPath, RawSection, RawStep};
use crate::token::{Token, TokenKind, tokens, window};

/// Calls within each other. Calls that nest deeper include one of an unknown function, since known ones are counted as operators.
const DEPTH_MAX: usize = EXPRESSION_OPERATORS_MAX;

/// The largest list index an expression can name.
const INDEX_MAX: usize = i32::MAX as usize;

/// A condition as written. The flag is whether it has redundant parentheses, which is said before any other fault.
pub(crate) fn condition(text: &str) -> Result<(RawNode<'_>, bool), Fault> {
    let mut parser = Parser::new(&condition::KEYWORDS, text)?;
    let node = parser.whole_condition()?;
    Ok((node, parser.redundant_parentheses))
}

/// An update as written, and whether it has redundant parentheses.
pub(crate) fn update(text: &str) -> Result<(Vec<RawSection<'_>>, bool), Fault> {
    let mut parser = Parser::new(&update::SECTIONS, text)?;
    let sections = parser.sections()?;
    Ok((sections, parser.redundant_parentheses))
}

/// A projection's paths as written.
pub(crate) fn projection(text: &str) -> Result<Vec<RawPath<'_>>, Fault> {
    let mut parser = Parser::new(&[], text)?;
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
    /// First and last token of the pair of grouping parentheses closed last.
    closed: Option<(usize, usize)>,
    redundant_parentheses: bool,
    unknown_function: Option<&'t str>,
}

/// A call whose operands are being read, and the parentheses it stands in.
struct OpenCall<'t> {
    name: &'t str,
    operands: Vec<RawOperand<'t>>,
    groups: Vec<usize>,
}

impl<'t> Parser<'t> {
    fn new(keywords: &'static [&'static str], text: &'t str) -> Result<Self, Fault> {
        if text.len() > EXPRESSION_BYTES_MAX {
            return Err(Fault::TooLong { bytes: text.len() });
        }
        let tokens = tokens(text);
        if tokens.is_empty() {
            return Err(Fault::Empty);
        }
        Ok(Self {
            text,
            tokens,
            at: 0,
            keywords,
            operators: 0,
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

    /// Notes that the pair of parentheses at these tokens is closed. It is redundant if it holds nothing but another pair.
    fn close_group(&mut self, open: usize, close: usize) {
        self.redundant_parentheses |= self.closed == Some((open + 1, close - 1));
        self.closed = Some((open, close));
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
        let groups = self.open_groups();
        self.operand_in(groups)
    }

    /// A path, a value or a call.
    fn bare_operand(&mut self) -> Result<RawOperand<'t>, Fault> {
        self.operand_in(Vec::new())
    }

    /// The operand inside `groups`, and the parentheses that close those.
    fn operand_in(&mut self, mut groups: Vec<usize>) -> Result<RawOperand<'t>, Fault> {
        let mut calls: Vec<OpenCall<'t>> = Vec::new();
        loop {
            if let Some(name) = self.open_call(calls.len())? {
                calls.push(OpenCall { name, operands: Vec::new(), groups });
                groups = self.open_groups();
                continue;
            }
            let mut operand = self.leaf()?;
            loop {
                self.close_groups(groups)?;
                let Some(mut call) = calls.pop() else { return Ok(operand) };
                call.operands.push(operand);
                if self.eat_mark(",") {
                    calls.push(call);
                    groups = self.open_groups();
                    break;
                }
                self.expect_mark(")")?;
                operand = RawOperand::Call(RawCall { name: call.name, operands: call.operands });
                groups = call.groups;
            }
        }
    }

    /// The name of the function, if a call begins here; its opening parenthesis is read too.
    fn open_call(&mut self, depth: usize) -> Result<Option<&'t str>, Fault> {
        let next = self.tokens.get(self.at + 1);
        if !next.is_some_and(|token| token.kind == TokenKind::Mark && token.text == "(") {
            return Ok(None);
        }
        let Some(name) = self.eat(TokenKind::Word) else { return Ok(None) };
        match Function::from_name(name) {
            Some(_) => self.count_operator()?,
            None => {
                self.unknown_function.get_or_insert(name);
            }
        }
        if let Some(name) = self.unknown_function.filter(|_| depth > DEPTH_MAX) {
            return Err(Fault::UnknownFunction { name: name.to_owned() });
        }
        self.at += 1;
        Ok(Some(name))
    }

    fn leaf(&mut self) -> Result<RawOperand<'t>, Fault> {
        match self.eat(TokenKind::Value) {
            Some(name) => Ok(RawOperand::Value(name)),
            None => self.path().map(RawOperand::Path),
        }
    }

    fn open_groups(&mut self) -> Vec<usize> {
        let first = self.at;
        while self.eat_mark("(") {}
        (first..self.at).collect()
    }

    fn close_groups(&mut self, groups: Vec<usize>) -> Result<(), Fault> {
        for open in groups.into_iter().rev() {
            let close = self.at;
            self.expect_mark(")")?;
            self.close_group(open, close);
        }
        Ok(())
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
