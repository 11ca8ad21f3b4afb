//! From a statement and its table to native operations.
//!
//! A plan is a small state machine: it says which operation is next, takes in what the operation answered, and at last has the
//! answer to the statement. It does no I/O; whoever owns the tables runs it.

mod batch;
mod branch;
mod key;
mod range;
mod read;
mod transaction;
mod write;

use std::num::NonZeroU32;

use partita_model::capacity::Consistency;
use partita_model::{Item, TableDescriptor};
use partita_protocol::error::StatementFault;
use partita_protocol::operation::ReturnCapacity;
use partita_protocol::output::{ConsumedCapacity, ItemForm};

pub use batch::BatchPart;
pub use read::{Lookup, Read, Reading};
pub use transaction::{TransactPart, Transaction};
pub use write::Write;

use crate::statement::Statement;

/// What a request asks for besides its statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// How many items to evaluate at most.
    pub limit: Option<NonZeroU32>,
    /// Where to go on.
    pub next_token: Option<String>,
    /// Whether reads must see every write acknowledged before them.
    pub consistency: Consistency,
    /// What to say about capacity.
    pub capacity: ReturnCapacity,
    /// Whether a failed condition shows the item it failed on.
    pub on_condition_failure: bool,
}

/// How a statement is carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// By reading page after page.
    Read(Box<Reading>),
    /// By one write.
    Write(Box<Write>),
}

/// The answer to a statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The items, or what the statement asks for of each.
    pub items: Vec<ItemForm>,
    /// Where a SELECT goes on, unless it has come to its end.
    pub next_token: Option<String>,
    /// The key that was evaluated last, if there is more to read.
    pub last_key: Option<Item>,
    /// If asked for.
    pub capacity: Option<ConsumedCapacity>,
}

impl Plan {
    /// The plan for a statement that comes alone, on the table that it names.
    ///
    /// # Errors
    /// When the statement does not fit the table's keys and indexes, or the token is not of this statement.
    pub fn new(
        statement: Statement,
        table: &TableDescriptor,
        options: &Options,
    ) -> Result<Self, StatementFault> {
        match statement {
            Statement::Select(select) => {
                Reading::new(select, table, options).map(|reading| Self::Read(Box::new(reading)))
            }
            Statement::Exists(_) => Err(StatementFault::ExistsAlone),
            write => Write::new(write, table, options).map(|write| Self::Write(Box::new(write))),
        }
    }
}
