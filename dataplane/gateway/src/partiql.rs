//! PartiQL: runs the plans of statements against the table engine, operation by operation.

use futures::future::join_all;
use partita_model::TableDescriptor;
use partita_partiql::{
    BatchPart, Options, Plan, Read, Reading, Rows, Statement, TransactPart, Transaction, Write,
};
use partita_protocol::ServiceError;
use partita_protocol::operation::{
    self, BatchExecuteStatement, BatchStatement, ExecuteStatement, ExecuteTransaction, ReturnCapacity,
    TransactGetItems, TransactWriteItems,
};
use partita_protocol::output::{self, ConsumedCapacity, ItemForm, StatementResponse, TransactItems};
use partita_table::{Error, TableEngine};
use partita_transaction::Coordinator;

/// Carries out one statement.
///
/// # Cancellation
/// As of the native operation: a write is carried out as a whole or not at all.
pub(crate) async fn execute_statement(
    engine: &TableEngine,
    request: ExecuteStatement,
) -> Result<output::ExecuteStatement, ServiceError> {
    let statement = parse(&request.statement)?;
    let table = engine.descriptor_named(statement.table())?;
    let options = Options {
        limit: request.limit,
        next_token: request.next_token,
        consistency: request.consistency,
        capacity: request.capacity,
        on_condition_failure: request.statement.on_condition_failure,
    };
    let Rows { items, next_token, last_key, capacity } = match Plan::new(statement, &table, &options)? {
        Plan::Read(reading) => read(engine, *reading).await?,
        Plan::Write(plan) => Write::answer(write(engine, *plan).await?),
    };
    Ok(output::ExecuteStatement { items, next_token, last_key, capacity })
}

fn parse(statement: &operation::Statement) -> Result<Statement, ServiceError> {
    Ok(Statement::parse(&statement.text, &statement.parameters)?)
}

async fn read(engine: &TableEngine, mut reading: Reading) -> Result<Rows, ServiceError> {
    while let Some(next) = reading.next() {
        reading.absorb(match next {
            Read::Query(query) => engine.query(&query).await?,
            Read::Scan(scan) => engine.scan(&scan).await?,
        });
    }
    Ok(reading.finish())
}

async fn write(engine: &TableEngine, plan: Write) -> Result<output::WriteItem, ServiceError> {
    Ok(match plan {
        Write::Put(put) => match engine.put_item(&put).await {
            Err(Error::ConditionFailed { .. }) => return Err(ServiceError::duplicate_item()),
            answer => answer?,
        },
        Write::Update(update) => engine.update_item(&update).await?,
        Write::Delete(delete) => engine.delete_item(&delete).await?,
    })
}

/// Carries out the statements of a batch, each by itself and all at once: the protocol allows 25.
///
/// # Cancellation
/// As of the native operations: each write is carried out as a whole or not at all.
pub(crate) async fn batch_execute_statement(
    engine: &TableEngine,
    request: BatchExecuteStatement,
) -> Result<output::BatchExecuteStatement, ServiceError> {
    let parsed: Vec<_> = request.statements.iter().map(|one| parse(&one.statement)).collect();
    BatchPart::check_alike(parsed.iter().filter_map(|statement| statement.as_ref().ok()))?;
    let parts = request.statements.iter().zip(parsed).map(|(given, statement)| {
        // Boxed, because two dozen of them side by side are large.
        Box::pin(batch_statement(engine, given, statement, request.capacity))
    });
    let (responses, capacity): (Vec<_>, Vec<_>) = join_all(parts).await.into_iter().unzip();
    Ok(output::BatchExecuteStatement { responses, capacity: capacity.into_iter().flatten().collect() })
}

async fn batch_statement(
    engine: &TableEngine,
    given: &BatchStatement,
    statement: Result<Statement, ServiceError>,
    capacity: ReturnCapacity,
) -> (StatementResponse, Option<ConsumedCapacity>) {
    let found = statement.and_then(|statement| {
        let table = engine.descriptor_named(statement.table())?;
        Ok((statement, table))
    });
    let (statement, table) = match found {
        Ok(found) => found,
        Err(error) => return (StatementResponse { table: None, outcome: Err(error) }, None),
    };
    let name = Some(statement.table().as_given().to_owned());
    let options = Options {
        consistency: given.consistency,
        capacity,
        on_condition_failure: given.statement.on_condition_failure,
        ..Options::default()
    };
    match batch_part(engine, statement, &table, &options).await {
        Ok((item, capacity)) => (StatementResponse { table: name, outcome: Ok(item) }, capacity),
        Err(error) => (StatementResponse { table: name, outcome: Err(error) }, None),
    }
}

async fn batch_part(
    engine: &TableEngine,
    statement: Statement,
    table: &TableDescriptor,
    options: &Options,
) -> Result<(Option<ItemForm>, Option<ConsumedCapacity>), ServiceError> {
    Ok(match BatchPart::new(statement, table, options)? {
        BatchPart::Read(lookup) => {
            let found = engine.get_item(&lookup.get).await?;
            (found.item.map(|item| lookup.shown(item)), found.capacity)
        }
        BatchPart::Write(plan) => {
            let answer = write(engine, *plan).await?;
            (answer.attributes, answer.capacity)
        }
    })
}

/// Carries out the statements of a transaction, all of them or none.
///
/// # Cancellation
/// When the future is dropped, all is written or nothing.
pub(crate) async fn execute_transaction(
    engine: &TableEngine,
    transactions: &Coordinator,
    request: ExecuteTransaction,
) -> Result<TransactItems, ServiceError> {
    let texts = request.statements.iter().map(|given| (given.text.as_str(), given.parameters.as_slice()));
    let statements = Transaction::parse(texts)?;
    let parts = request.statements.iter().zip(statements).map(|(given, statement)| {
        let table = engine.descriptor_named(statement.table())?;
        Ok(TransactPart { statement, table, on_condition_failure: given.on_condition_failure })
    });
    let plan = Transaction::new(parts.collect::<Result<_, ServiceError>>()?)?;
    let capacity = request.capacity;
    match &plan {
        Transaction::Read(lookups) => {
            let gets = lookups.iter().map(partita_partiql::Lookup::transact_get).collect();
            let read = transactions.transact_get_items(&TransactGetItems { gets, capacity }).await?;
            let shown = lookups.iter().zip(read.responses);
            let responses = shown.map(|(lookup, item)| item.map(|item| lookup.shown(item))).collect();
            Ok(TransactItems { responses, ..read })
        }
        Transaction::Write(actions) => {
            let (actions, token) = (actions.clone(), request.token);
            let write = TransactWriteItems { actions, token, capacity, collection_metrics: false };
            let written = transactions.transact_write_items(write).await;
            let written = written.map_err(|error| plan.told(error.into()))?;
            // A transaction that writes answers no statement.
            Ok(TransactItems { responses: Vec::new(), capacity: written.capacity })
        }
    }
}

#[cfg(test)]
mod tests;
