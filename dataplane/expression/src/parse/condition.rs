//! The grammar of conditions, filters and key conditions.
//!
//! ```text
//! any     = all { OR all }
//! all     = not { AND not }
//! not     = { NOT } primary
//! primary = ( any ) | operand [ comparator operand | BETWEEN operand AND operand | IN ( operand, … ) ]
//! ```
//!
//! What stands in parentheses may turn out to be an operand, so that every level reads a [`Term`] and decides afterwards. Open
//! parentheses are kept in a list of [`Level`]s, not on the call stack.

use super::Parser;
use crate::ast::Comparator;
use crate::error::Fault;
use crate::syntax::{RawNode, RawOperand, RawTest};

pub(super) const KEYWORDS: [&str; 5] = ["AND", "OR", "NOT", "BETWEEN", "IN"];

enum Term<'t> {
    Node(RawNode<'t>),
    Operand(RawOperand<'t>),
}

/// What has been read since an opening parenthesis, or since the beginning.
#[derive(Default)]
struct Level<'t> {
    /// The parenthesis' token.
    open: usize,
    /// Finished parts of the disjunction.
    any: Vec<RawNode<'t>>,
    /// Finished parts of the conjunction being read.
    all: Vec<RawNode<'t>>,
    /// How many `NOT` stand before the term being read.
    negations: usize,
}

impl<'t> Level<'t> {
    fn push(&mut self, node: RawNode<'t>) {
        let negations = std::mem::take(&mut self.negations);
        self.all.push((0..negations).fold(node, |node, _| RawNode::Not(Box::new(node))));
    }

    fn end_conjunction(&mut self) {
        self.any.push(joined(std::mem::take(&mut self.all), RawNode::All));
    }

    /// Whether nothing but one term has been read.
    fn is_plain(&self) -> bool {
        self.any.is_empty() && self.all.is_empty() && self.negations == 0
    }
}

impl<'t> Parser<'t> {
    pub(super) fn whole_condition(&mut self) -> Result<RawNode<'t>, Fault> {
        let mut outer = Vec::new();
        let mut level = Level::default();
        loop {
            while self.eat_keyword("NOT") {
                self.count_operator()?;
                level.negations += 1;
            }
            let open = self.at;
            if self.eat_mark("(") {
                outer.push(std::mem::replace(&mut level, Level { open, ..Level::default() }));
                continue;
            }
            let operand = self.bare_operand()?;
            let mut term = self.comparison(operand)?;
            while self.peek_mark() == Some(")")
                && let Some(enclosing) = outer.pop()
            {
                term = self.close_level(std::mem::replace(&mut level, enclosing), term)?;
            }
            let Some(keyword) = self.peek_keyword().filter(|keyword| ["AND", "OR"].contains(keyword)) else {
                let term = self.finish(level, term)?;
                let node = self.node(term)?;
                self.end()?;
                return if outer.is_empty() { Ok(node) } else { Err(self.syntax_error()) };
            };
            level.push(self.node(term)?);
            if keyword == "OR" {
                level.end_conjunction();
            }
            self.at += 1;
            self.count_operator()?;
        }
    }

    /// What the closed parentheses hold, and what follows them if that is an operand. `(a).b` is a path as `a.b` is.
    fn close_level(&mut self, level: Level<'t>, last: Term<'t>) -> Result<Term<'t>, Fault> {
        let open = level.open;
        let inner = self.finish(level, last)?;
        self.close_group(open, self.at);
        self.at += 1;
        match inner {
            Term::Node(node) => Ok(Term::Node(node)),
            Term::Operand(RawOperand::Path(path)) => {
                let path = self.path_tail(path)?;
                self.comparison(RawOperand::Path(path))
            }
            Term::Operand(operand) => self.comparison(operand),
        }
    }

    /// The level as one term. It stays an operand only if there is nothing else in it.
    fn finish(&self, mut level: Level<'t>, last: Term<'t>) -> Result<Term<'t>, Fault> {
        if level.is_plain() {
            return Ok(last);
        }
        level.push(self.node(last)?);
        level.end_conjunction();
        Ok(Term::Node(joined(level.any, RawNode::Any)))
    }

    /// What may follow an operand to make it a condition.
    fn comparison(&mut self, operand: RawOperand<'t>) -> Result<Term<'t>, Fault> {
        let test = if let Some(comparator) = self.peek_mark().and_then(comparator) {
            self.at += 1;
            self.count_operator()?;
            RawTest::Compare { comparator, operands: [operand, self.operand()?] }
        } else if self.eat_keyword("BETWEEN") {
            self.count_operator()?;
            let lower = self.operand()?;
            if !self.eat_keyword("AND") {
                return Err(self.syntax_error());
            }
            RawTest::Between { operands: [operand, lower, self.operand()?] }
        } else if self.eat_keyword("IN") {
            self.count_operator()?;
            self.expect_mark("(")?;
            let list = self.separated(Self::operand)?;
            self.expect_mark(")")?;
            RawTest::In { operand, list }
        } else {
            return Ok(Term::Operand(operand));
        };
        Ok(Term::Node(RawNode::Test(test)))
    }

    /// The term as a condition, which an operand is only if it is a call; otherwise the next token is one too early.
    fn node(&self, term: Term<'t>) -> Result<RawNode<'t>, Fault> {
        match term {
            Term::Node(node) => Ok(node),
            Term::Operand(RawOperand::Call(call)) => Ok(RawNode::Test(RawTest::Call(call))),
            Term::Operand(_) => Err(self.syntax_error()),
        }
    }
}

/// One node as it is, several as `join` makes them one.
fn joined<'t>(
    mut nodes: Vec<RawNode<'t>>,
    join: impl FnOnce(Vec<RawNode<'t>>) -> RawNode<'t>,
) -> RawNode<'t> {
    match nodes.pop() {
        Some(node) if nodes.is_empty() => node,
        last => {
            nodes.extend(last);
            join(nodes)
        }
    }
}

fn comparator(mark: &str) -> Option<Comparator> {
    match mark {
        "=" => Some(Comparator::Eq),
        "<>" => Some(Comparator::Ne),
        "<" => Some(Comparator::Lt),
        "<=" => Some(Comparator::Le),
        ">" => Some(Comparator::Gt),
        ">=" => Some(Comparator::Ge),
        _ => None,
    }
}
