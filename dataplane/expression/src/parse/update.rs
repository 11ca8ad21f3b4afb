//! The grammar of updates.
//!
//! ```text
//! update = section { section }
//! section = SET path = value, … | REMOVE path, … | ADD path :value, … | DELETE path :value, …
//! value  = ( value ) | operand [ + operand | - operand ]
//! ```

use super::Parser;
use crate::error::Fault;
use crate::syntax::{RawAction, RawOperand, RawSection, RawValue};
use crate::token::TokenKind;

pub(super) const SECTIONS: [&str; 4] = ["SET", "REMOVE", "ADD", "DELETE"];

impl<'t> Parser<'t> {
    pub(super) fn sections(&mut self) -> Result<Vec<RawSection<'t>>, Fault> {
        let mut sections = Vec::new();
        while let Some(name) = self.peek_keyword() {
            self.at += 1;
            let actions = match name {
                "SET" => self.separated(Self::set)?,
                "REMOVE" => self.separated(Self::remove)?,
                _ => self.separated(Self::add_or_delete)?,
            };
            sections.push(RawSection { name, actions });
        }
        self.end()?;
        Ok(sections)
    }

    fn set(&mut self) -> Result<RawAction<'t>, Fault> {
        let path = self.path()?;
        self.expect_mark("=")?;
        Ok(RawAction { path, value: Some(self.set_value()?) })
    }

    fn remove(&mut self) -> Result<RawAction<'t>, Fault> {
        Ok(RawAction { path: self.path()?, value: None })
    }

    fn add_or_delete(&mut self) -> Result<RawAction<'t>, Fault> {
        let path = self.path()?;
        let value = self.eat(TokenKind::Value).ok_or_else(|| self.syntax_error())?;
        Ok(RawAction { path, value: Some(RawValue::Operand(RawOperand::Value(value))) })
    }

    fn set_value(&mut self) -> Result<RawValue<'t>, Fault> {
        let mut groups = self.open_groups();
        let operand = self.bare_operand()?;
        let mut value = RawValue::Operand(operand);
        loop {
            if let RawValue::Operand(left) = value {
                value = self.sum(left)?;
            }
            let Some(open) = groups.pop() else { return Ok(value) };
            let close = self.at;
            self.expect_mark(")")?;
            self.close_group(open, close);
        }
    }

    fn sum(&mut self, left: RawOperand<'t>) -> Result<RawValue<'t>, Fault> {
        let minus = match self.peek_mark() {
            Some("+") => false,
            Some("-") => true,
            _ => return Ok(RawValue::Operand(left)),
        };
        self.at += 1;
        self.count_operator()?;
        Ok(RawValue::Sum { minus, operands: [left, self.operand()?] })
    }
}
