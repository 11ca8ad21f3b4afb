//! ExecuteTransaction: statements that become the actions of one native transaction.

use partita_expression::Condition;
use partita_model::{AttributeValue, KeySchema, TableDescriptor};
use partita_protocol::ServiceError;
use partita_protocol::error::{CancellationReason, ErrorKind, StatementFault};
use partita_protocol::operation::{ConditionCheck, TransactAction, TransactGet};

use super::key::{Target, Twice, is_there};
use super::{Lookup, Options, Write};
use crate::statement::{Select, Statement};

/// A statement of a transaction, and the table that it names.
#[derive(Clone, Debug)]
pub struct TransactPart {
    /// What to do.
    pub statement: Statement,
    /// Where.
    pub table: TableDescriptor,
    /// Whether a failed condition shows the item it failed on.
    pub on_condition_failure: bool,
}

/// How the statements of a transaction are carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum Transaction {
    /// By reading items at one moment.
    Read(Vec<Lookup>),
    /// By writing all or nothing.
    Write(Vec<TransactAction>),
}

impl Transaction {
    /// Reads the statements of a transaction, each a text with its parameters.
    ///
    /// # Errors
    /// When one of them is no statement, or some read and some write.
    pub fn parse<'s>(
        statements: impl IntoIterator<Item = (&'s str, &'s [AttributeValue])>,
    ) -> Result<Vec<Statement>, StatementFault> {
        let parse = |(index, (text, parameters)): (usize, (&str, &[AttributeValue]))| {
            Statement::parse(text, parameters).map_err(|fault| told(index, fault))
        };
        let statements: Vec<Statement> =
            statements.into_iter().enumerate().map(parse).collect::<Result<_, _>>()?;
        let reads = statements.iter().filter(|statement| statement.is_read()).count();
        match reads == 0 || reads == statements.len() {
            true => Ok(statements),
            false => Err(StatementFault::TransactMixed),
        }
    }

    /// The plan for statements that [`Transaction::parse`] has read together.
    ///
    /// # Errors
    /// When one of them is nothing that a transaction can do. `TransactionCanceledException` when that is all, but a write does not
    /// name one item: that is told as of its key.
    pub fn new(parts: Vec<TransactPart>) -> Result<Self, ServiceError> {
        let mut lookups = Vec::new();
        let mut actions = Vec::new();
        let mut reasons = Vec::with_capacity(parts.len());
        for (index, part) in parts.into_iter().enumerate() {
            let options = Options { on_condition_failure: part.on_condition_failure, ..Options::default() };
            let planned = match part.statement {
                Statement::Select(select) => lookup(select, &part.table).map(|lookup| lookups.push(lookup)),
                Statement::Exists(select) => {
                    check(select, &part.table.key, &options).map(|action| actions.push(action))
                }
                write => action(write, &part.table, &options).map(|action| actions.push(action)),
            };
            reasons.push(match planned {
                Ok(()) => CancellationReason::NONE,
                Err(StatementFault::KeyNotGiven | StatementFault::KeyGivenTwice(_)) => {
                    CancellationReason::of(ServiceError::key_does_not_match_schema())?
                }
                Err(fault) => return Err(told(index, fault).into()),
            });
        }
        if reasons.iter().any(|reason| !reason.is_none()) {
            return Err(ServiceError::transaction_canceled(reasons));
        }
        Ok(if actions.is_empty() { Self::Read(lookups) } else { Self::Write(actions) })
    }

    /// The error of the native transaction as clients of statements see it: an INSERT fails for a duplicate key.
    pub fn told(&self, error: ServiceError) -> ServiceError {
        let (Self::Write(actions), false) = (self, error.cancellation_reasons().is_empty()) else {
            return error;
        };
        let told = error.cancellation_reasons().iter().zip(actions).map(|(reason, action)| {
            match (reason.kind(), action) {
                (Some(ErrorKind::ConditionalCheckFailed), TransactAction::Put(_)) => {
                    CancellationReason::of(ServiceError::duplicate_item()).unwrap_or(CancellationReason::NONE)
                }
                _ => reason.clone(),
            }
        });
        ServiceError::transaction_canceled(told.collect())
    }
}

fn told(index: usize, fault: StatementFault) -> StatementFault {
    StatementFault::InTransaction { index, fault: Box::new(fault) }
}

fn lookup(select: Select, table: &TableDescriptor) -> Result<Lookup, StatementFault> {
    if select.index.is_some() {
        return Err(StatementFault::TransactReadOfIndex);
    }
    Lookup::new(select, table, &Options::default())?.ok_or(StatementFault::TransactReadWithoutKey)
}

impl Lookup {
    /// The read as a transaction has it.
    pub fn transact_get(&self) -> TransactGet {
        let get = &self.get;
        TransactGet { table: get.table.clone(), key: get.key.clone(), projection: get.projection.clone() }
    }
}

/// `EXISTS`: one item by its key, and something more that must hold of it.
fn check(select: Select, schema: &KeySchema, options: &Options) -> Result<TransactAction, StatementFault> {
    if select.index.is_some() {
        return Err(StatementFault::TransactCheckOfIndex);
    }
    let target = Target::of(select.filter.as_ref(), schema, Twice::Condition)?;
    let target = target.filter(|target| !target.conditions.is_empty());
    let Target { key, conditions } = target.ok_or(StatementFault::ExistsWithoutCondition)?;
    let condition = Condition::all(std::iter::once(is_there(schema)).chain(conditions));
    let on_condition_failure = options.on_condition_failure;
    Ok(TransactAction::ConditionCheck(ConditionCheck {
        table: select.table,
        key,
        condition,
        on_condition_failure,
    }))
}

fn action(
    statement: Statement,
    table: &TableDescriptor,
    options: &Options,
) -> Result<TransactAction, StatementFault> {
    let returns = match &statement {
        Statement::Update(update) => update.returning.is_some(),
        Statement::Delete(delete) => delete.returning,
        Statement::Insert(_) | Statement::Select(_) | Statement::Exists(_) => false,
    };
    if returns {
        return Err(StatementFault::TransactReturning);
    }
    Ok(match Write::new(statement, table, options)? {
        Write::Put(put) => TransactAction::Put(put),
        Write::Update(update) => TransactAction::Update(update),
        Write::Delete(delete) => TransactAction::Delete(delete),
    })
}

#[cfg(test)]
mod tests;
