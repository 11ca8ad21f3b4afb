//! Statements, checked as far as that goes without a table.

use std::collections::BTreeSet;

use partita_expression::{Path, Step, Update as Change};
use partita_model::{AttributeValue, IndexName, Item};
use partita_protocol::error::StatementFault;
use partita_protocol::operation::TableRef;

use crate::predicate::Predicate;
use crate::syntax::{OrderTerm, Returning};
use crate::{lower, parse};

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// Reads items of a table or of an index.
    Select(Select),
    /// Makes an item that is not there.
    Insert(Insert),
    /// Changes an item that is there.
    Update(Update),
    /// Deletes an item, if it is there.
    Delete(Delete),
    /// Requires that one item is as a SELECT says: a part of a transaction.
    Exists(Select),
}

/// `SELECT`.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    pub(crate) table: TableRef,
    pub(crate) index: Option<IndexName>,
    /// All attributes if absent.
    pub(crate) columns: Option<Columns>,
    pub(crate) filter: Option<Predicate>,
    pub(crate) order: Vec<OrderTerm>,
    /// Of the text and its parameters.
    pub(crate) stamp: u64,
}

/// `INSERT`.
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    pub(crate) table: TableRef,
    pub(crate) item: Item,
}

/// `UPDATE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    pub(crate) table: TableRef,
    pub(crate) change: Change,
    pub(crate) filter: Option<Predicate>,
    pub(crate) returning: Option<Returning>,
}

/// `DELETE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    pub(crate) table: TableRef,
    pub(crate) filter: Option<Predicate>,
    /// Whether the deleted item is shown.
    pub(crate) returning: bool,
}

/// What a SELECT returns of each item. No two have the same name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Columns(pub(crate) Vec<Column>);

/// A value of an item, and what it is called.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) path: Path,
    pub(crate) name: String,
}

impl Statement {
    /// Reads a statement, with `parameters` in the place of its `?`s.
    ///
    /// # Errors
    /// When the text is no statement, when it says what no item can be, or when there are more or fewer parameters than `?`s.
    pub fn parse(text: &str, parameters: &[AttributeValue]) -> Result<Self, StatementFault> {
        lower::statement(parse::parse(text, parameters)?, text, parameters)
    }

    /// The table it is about.
    pub fn table(&self) -> &TableRef {
        match self {
            Self::Select(select) | Self::Exists(select) => &select.table,
            Self::Insert(insert) => &insert.table,
            Self::Update(update) => &update.table,
            Self::Delete(delete) => &delete.table,
        }
    }

    /// Whether it only reads by itself. `EXISTS` does not: it goes with writes.
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Select(_))
    }
}

impl Column {
    /// A column is called as the last name of its path, with the indexes after it.
    pub(crate) fn new(path: Path) -> Self {
        let mut name = path.head.clone();
        for step in &path.rest {
            match step {
                Step::Field(field) => name.clone_from(field),
                Step::Index(index) => name.push_str(&format!("[{index}]")),
            }
        }
        Self { path, name }
    }
}

impl Columns {
    /// The attributes that hold the columns, in the order first named.
    pub(crate) fn attributes(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        self.0.iter().map(|column| column.path.head.as_str()).filter(|name| seen.insert(*name)).collect()
    }

    /// Whether each column is a whole attribute, so that a projection of attributes is all it takes.
    pub(crate) fn are_attributes(&self) -> bool {
        self.0.iter().all(|column| column.path.is_top_level())
    }

    /// The columns of an item that has at least their attributes. What is not there is left out.
    pub(crate) fn of(&self, item: &Item) -> Item {
        let found = self.0.iter().filter_map(|column| {
            let value = column.path.resolve(item)?;
            Some((column.name.clone(), value.clone()))
        });
        found.collect()
    }
}

#[cfg(test)]
mod tests;
