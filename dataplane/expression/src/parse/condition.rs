//! The grammar of conditions, filters and key conditions.
//!
//! ```text
//! any     = all { OR all }
//! all     = not { AND not }
//! not     = { NOT } primary
//! primary = ( any ) | operand [ comparator operand | BETWEEN operand AND operand | IN ( operand, … ) ]
//! ```
//!
//! What stands in parentheses may turn out to be an operand, so that every level reads a [`Term`] and decides afterwards.

use super::Parser;
use crate::ast::Comparator;
use crate::error::Fault;
use crate::syntax::{RawNode, RawOperand, RawTest};

pub(super) const KEYWORDS: [&str; 5] = ["AND", "OR", "NOT", "BETWEEN", "IN"];

enum Term<'t> {
    Node(RawNode<'t>),
    Operand(RawOperand<'t>),
}

impl<'t> Parser<'t> {
    pub(super) fn whole_condition(&mut self) -> Result<RawNode<'t>, Fault> {
        let term = self.any()?;
        let node = self.node(term)?;
        self.end()?;
        Ok(node)
    }

    fn any(&mut self) -> Result<Term<'t>, Fault> {
        let nodes = match self.chain("OR", Self::all)? {
            Chain::Single(term) => return Ok(term),
            Chain::Joined(nodes) => nodes,
        };
        Ok(Term::Node(RawNode::Any(nodes)))
    }

    fn all(&mut self) -> Result<Term<'t>, Fault> {
        let nodes = match self.chain("AND", Self::not)? {
            Chain::Single(term) => return Ok(term),
            Chain::Joined(nodes) => nodes,
        };
        Ok(Term::Node(RawNode::All(nodes)))
    }

    fn chain(
        &mut self,
        keyword: &str,
        part: impl Fn(&mut Self) -> Result<Term<'t>, Fault>,
    ) -> Result<Chain<'t>, Fault> {
        let first = part(self)?;
        if self.peek_keyword() != Some(keyword) {
            return Ok(Chain::Single(first));
        }
        let mut nodes = vec![self.node(first)?];
        while self.eat_keyword(keyword) {
            self.count_operator()?;
            let next = part(self)?;
            nodes.push(self.node(next)?);
        }
        Ok(Chain::Joined(nodes))
    }

    fn not(&mut self) -> Result<Term<'t>, Fault> {
        let mut negations = 0;
        while self.eat_keyword("NOT") {
            self.count_operator()?;
            negations += 1;
        }
        let term = self.primary()?;
        if negations == 0 {
            return Ok(term);
        }
        let node = self.node(term)?;
        Ok(Term::Node((0..negations).fold(node, |node, _| RawNode::Not(Box::new(node)))))
    }

    fn primary(&mut self) -> Result<Term<'t>, Fault> {
        if self.peek_mark() != Some("(") {
            let operand = self.bare_operand()?;
            return self.comparison(operand);
        }
        match self.group(Self::any)? {
            Term::Node(node) => Ok(Term::Node(node)),
            // `(a).b` is a path as `a.b` is.
            Term::Operand(RawOperand::Path(path)) => {
                let path = self.path_tail(path)?;
                self.comparison(RawOperand::Path(path))
            }
            Term::Operand(operand) => self.comparison(operand),
        }
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

enum Chain<'t> {
    Single(Term<'t>),
    Joined(Vec<RawNode<'t>>),
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
