//! INSERT, UPDATE and DELETE: one native write each.

use partita_expression::Condition;
use partita_model::{KeySchema, TableDescriptor};
use partita_protocol::error::StatementFault;
use partita_protocol::operation::{DeleteItem, PutItem, ReturnValues, UpdateItem};
use partita_protocol::output::WriteItem;

use super::key::{Target, Twice, is_there};
use super::{Options, Rows};
use crate::predicate::Predicate;
use crate::statement::{Delete, Insert, Statement, Update};

/// The operation that carries out a writing statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// INSERT. If its condition fails there is an item with that key: `DuplicateItemException`.
    Put(PutItem),
    /// UPDATE.
    Update(UpdateItem),
    /// DELETE.
    Delete(DeleteItem),
}

impl Write {
    /// The write that a statement is; one that reads is none.
    pub(super) fn new(
        statement: Statement,
        table: &TableDescriptor,
        options: &Options,
    ) -> Result<Self, StatementFault> {
        match statement {
            Statement::Insert(insert) => Ok(Self::Put(put(insert, &table.key, options))),
            Statement::Update(statement) => update(statement, &table.key, options).map(Self::Update),
            Statement::Delete(statement) => delete(statement, &table.key, options).map(Self::Delete),
            Statement::Select(_) | Statement::Exists(_) => Err(StatementFault::ExistsAlone),
        }
    }

    /// The answer to the statement, from that to the operation.
    pub fn answer(answer: WriteItem) -> Rows {
        Rows { items: answer.attributes.into_iter().collect(), capacity: answer.capacity, ..Rows::default() }
    }
}

fn put(insert: Insert, schema: &KeySchema, options: &Options) -> PutItem {
    PutItem {
        table: insert.table,
        item: insert.item,
        condition: Some(is_there(schema).negated()),
        return_values: ReturnValues::None,
        on_condition_failure: options.on_condition_failure,
        capacity: options.capacity,
        collection_metrics: false,
    }
}

/// The item that the `WHERE` names.
fn target(filter: Option<&Predicate>, schema: &KeySchema) -> Result<Target, StatementFault> {
    Target::of(filter, schema, Twice::Refused)?.ok_or(StatementFault::KeyNotGiven)
}

/// An UPDATE is of an item that is there.
fn update(update: Update, schema: &KeySchema, options: &Options) -> Result<UpdateItem, StatementFault> {
    let Target { key, conditions } = target(update.filter.as_ref(), schema)?;
    Ok(UpdateItem {
        table: update.table,
        key,
        update: Some(update.change),
        condition: Some(Condition::all(std::iter::once(is_there(schema)).chain(conditions))),
        return_values: update.returning.map_or(ReturnValues::None, |returning| returning.values()),
        on_condition_failure: options.on_condition_failure,
        capacity: options.capacity,
        collection_metrics: false,
    })
}

/// A DELETE of an item that is not there changes nothing, whatever it requires of the item.
fn delete(delete: Delete, schema: &KeySchema, options: &Options) -> Result<DeleteItem, StatementFault> {
    let Target { key, conditions } = target(delete.filter.as_ref(), schema)?;
    let condition = (!conditions.is_empty())
        .then(|| Condition::any([is_there(schema).negated(), Condition::all(conditions)]));
    Ok(DeleteItem {
        table: delete.table,
        key,
        condition,
        return_values: if delete.returning { ReturnValues::AllOld } else { ReturnValues::None },
        on_condition_failure: options.on_condition_failure,
        capacity: options.capacity,
        collection_metrics: false,
    })
}

#[cfg(test)]
mod tests;
