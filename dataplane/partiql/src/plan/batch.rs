//! BatchExecuteStatement: statements that stand for themselves, each about one item.

use partita_model::TableDescriptor;
use partita_protocol::error::StatementFault;

use super::{Lookup, Options, Write};
use crate::statement::Statement;

/// How one statement of a batch is carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum BatchPart {
    /// By reading an item.
    Read(Box<Lookup>),
    /// By one write.
    Write(Box<Write>),
}

impl BatchPart {
    /// The plan for a statement of a batch, on the table that it names.
    ///
    /// # Errors
    /// As of [`Plan::new`](super::Plan::new), and when a SELECT is about anything but one item of a table.
    pub fn new(
        statement: Statement,
        table: &TableDescriptor,
        options: &Options,
    ) -> Result<Self, StatementFault> {
        match statement {
            Statement::Select(select) => Lookup::new(select, table, options)?
                .map(|lookup| Self::Read(Box::new(lookup)))
                .ok_or(StatementFault::BatchReadWithoutKey),
            Statement::Exists(_) => Err(StatementFault::ExistsAlone),
            write => Write::new(write, table, options).map(|write| Self::Write(Box::new(write))),
        }
    }

    /// That the statements of a batch all read or all write. Those that could not be read are of neither kind.
    ///
    /// # Errors
    /// When there are both.
    pub fn check_alike<'s>(
        statements: impl IntoIterator<Item = &'s Statement>,
    ) -> Result<(), StatementFault> {
        let mut kinds = statements.into_iter().map(Statement::is_read);
        match kinds.next() {
            Some(first) if kinds.any(|kind| kind != first) => Err(StatementFault::BatchMixed),
            _ => Ok(()),
        }
    }
}
