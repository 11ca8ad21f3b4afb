//! From what a statement says to what it means, as far as that goes without a table: values, conditions and updates of the
//! types that the native operations have.

mod condition;
mod update;
mod value;

use partita_model::{AttributeValue, IndexName};
use partita_protocol::error::StatementFault;
use partita_protocol::operation::TableRef;

use crate::continuation::stamp;
use crate::predicate::Predicate;
use crate::statement::{Column, Columns, Delete, Insert, Select, Statement, Update};
use crate::syntax::{self, Expr, Raw, RawSelect, RawUpdate, Source};

/// The statement that `text` was parsed to.
pub(crate) fn statement(
    raw: Raw,
    text: &str,
    parameters: &[AttributeValue],
) -> Result<Statement, StatementFault> {
    Ok(match raw {
        Raw::Select(raw) => Statement::Select(select(raw, stamp(text, parameters))?),
        Raw::Exists(raw) => Statement::Exists(select(raw, stamp(text, parameters))?),
        Raw::Insert { returning: true, .. } => return Err(StatementFault::InsertReturning),
        Raw::Insert { table, item, returning: false } => {
            Statement::Insert(Insert { table: writable(table)?, item: value::item(item)? })
        }
        Raw::Update(raw) => Statement::Update(update(raw)?),
        Raw::Delete { table, filter, returning } => match returning {
            Some(other) if other != syntax::Returning::AllOld => {
                return Err(StatementFault::DeleteReturning(other.text()));
            }
            _ => Statement::Delete(Delete {
                table: writable(table)?,
                filter: predicate(filter)?,
                returning: returning.is_some(),
            }),
        },
    })
}

fn select(raw: RawSelect, stamp: u64) -> Result<Select, StatementFault> {
    Ok(Select {
        table: TableRef::new(raw.source.table),
        index: raw.source.index.map(IndexName::new),
        columns: columns(raw.columns)?,
        filter: predicate(raw.filter)?,
        order: raw.order,
        stamp,
    })
}

fn columns(raw: syntax::Columns) -> Result<Option<Columns>, StatementFault> {
    let syntax::Columns::Listed(paths) = raw else { return Ok(None) };
    let columns: Vec<Column> = paths.into_iter().map(Column::new).collect();
    for (index, column) in columns.iter().enumerate() {
        if columns.iter().take(index).any(|earlier| earlier.name == column.name) {
            return Err(StatementFault::DuplicateColumn(column.name.clone()));
        }
    }
    Ok(Some(Columns(columns)))
}

fn update(raw: RawUpdate) -> Result<Update, StatementFault> {
    Ok(Update {
        table: writable(raw.table)?,
        change: update::update(raw.clauses)?,
        filter: predicate(raw.filter)?,
        returning: raw.returning,
    })
}

/// The table of a write, which cannot be to an index.
fn writable(source: Source) -> Result<TableRef, StatementFault> {
    match source.index {
        Some(_) => Err(StatementFault::WriteToIndex),
        None => Ok(TableRef::new(source.table)),
    }
}

fn predicate(filter: Option<Expr>) -> Result<Option<Predicate>, StatementFault> {
    filter.map(condition::predicate).transpose()
}
