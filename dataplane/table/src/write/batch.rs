//! BatchWriteItem: many puts and deletes, each a write of its own.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;
use partita_model::Item;
use partita_protocol::operation::{self, BatchWrite};
use partita_protocol::output::UnprocessedWrites;
use partita_protocol::{ServiceError, output};

use super::{Intent, Outcome, collection_metrics};
use crate::capacity::Spent;
use crate::engine::TableEngine;
use crate::row::ItemKey;
use crate::table::Table;
use crate::{Error, check};

/// One checked write, and the table of the request it belongs to.
struct Write<'b> {
    part: usize,
    table: Arc<Table>,
    key: ItemKey,
    /// The item's key, alone or in the whole item.
    keys: &'b Item,
    /// The item to put; `None` deletes.
    item: Option<&'b Item>,
}

impl TableEngine {
    /// Puts and deletes items, at most 25, all at once so that they share a sync. Nothing is written when any of the requests is
    /// refused. What goes to a table whose writes are throttled comes back as unprocessed, unless that is all of it.
    ///
    /// # Errors
    /// When a table is absent, an item or key does not fit its schema or limits, or a key is there twice. An item collection
    /// that would grow too large, or a failing store, ends the call with some of the writes done.
    pub async fn batch_write_item(
        &self,
        batch: &operation::BatchWriteItem,
    ) -> Result<output::BatchWrite, Error> {
        let writes = self.checked_writes(batch)?;
        let (writes, throttled) = self.admitted(writes)?;
        // All writes run to their end, whatever becomes of the others.
        let outcomes = join_all(writes.iter().map(|write| self.write_one(write))).await;
        let outcomes = outcomes.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut answer = answer(batch, &writes, &outcomes);
        answer.unprocessed = unprocessed(batch, &throttled);
        Ok(answer)
    }

    /// The writes whose tables admit them, and the others; an error when none does.
    fn admitted<'b>(&self, writes: Vec<Write<'b>>) -> Result<(Vec<Write<'b>>, Vec<Write<'b>>), ServiceError> {
        let mut refused = None;
        let (admitted, throttled): (Vec<_>, Vec<_>) =
            writes.into_iter().partition(|write| match write.table.admit_write(&self.core.scope) {
                Ok(()) => true,
                Err(error) => {
                    refused.get_or_insert(error);
                    false
                }
            });
        match refused {
            Some(error) if admitted.is_empty() => Err(error),
            _ => Ok((admitted, throttled)),
        }
    }

    async fn write_one(&self, write: &Write<'_>) -> Result<Outcome, Error> {
        let intent = Intent {
            table: &write.table,
            key: &write.key,
            condition: None,
            show_item: false,
            change: |_: Option<&_>| Ok(write.item.map(Cow::Borrowed)),
        };
        self.core.write(intent).await
    }

    /// Everything that can be refused, before anything is written.
    fn checked_writes<'b>(
        &self,
        batch: &'b operation::BatchWriteItem,
    ) -> Result<Vec<Write<'b>>, ServiceError> {
        let tables = batch.tables.iter().map(|part| self.table(&part.table));
        let tables = tables.collect::<Result<Vec<_>, _>>()?;
        let mut writes = Vec::new();
        for (part, (requests, table)) in batch.tables.iter().zip(&tables).enumerate() {
            for request in &requests.requests {
                let (key, keys, item) = checked(table, request)?;
                writes.push(Write { part, table: Arc::clone(table), key, keys, item });
            }
        }
        check::no_duplicates(writes.iter().map(|write| &write.key))?;
        Ok(writes)
    }
}

/// The item's place, its key, and the item to put.
fn checked<'b>(
    table: &Table,
    request: &'b BatchWrite,
) -> Result<(ItemKey, &'b Item, Option<&'b Item>), ServiceError> {
    match request {
        BatchWrite::Put(item) => check::put_in_batch(table, item).map(|place| (place, item, Some(item))),
        BatchWrite::Delete(key) => check::key(&table.descriptor, key).map(|place| (place, key, None)),
    }
}

/// Writes that were not done, as a new request.
fn unprocessed(batch: &operation::BatchWriteItem, throttled: &[Write<'_>]) -> Vec<UnprocessedWrites> {
    let mut unprocessed = Vec::new();
    for (number, part) in batch.tables.iter().enumerate() {
        let writes = throttled.iter().filter(|write| write.part == number);
        let requests = Vec::from_iter(writes.map(|write| match write.item {
            Some(item) => BatchWrite::Put(item.clone()),
            None => BatchWrite::Delete(write.keys.clone()),
        }));
        if !requests.is_empty() {
            unprocessed.push(UnprocessedWrites { table: part.table.as_given().to_owned(), requests });
        }
    }
    unprocessed
}

fn answer(
    batch: &operation::BatchWriteItem,
    writes: &[Write<'_>],
    outcomes: &[Outcome],
) -> output::BatchWrite {
    let mut spent: Vec<Spent> = batch.tables.iter().map(|_| Spent::default()).collect();
    // By the collection's row; of several writes to one collection the largest size is told.
    let mut sizes = BTreeMap::new();
    for (write, outcome) in writes.iter().zip(outcomes) {
        spent[write.part].add(&outcome.spent);
        if let Some(bytes) = outcome.collection_bytes {
            let (_, largest) = sizes.entry(write.key.collection()).or_insert((write, 0));
            *largest = bytes.max(*largest);
        }
    }
    let mut answer = output::BatchWrite::default();
    for (part, spent) in batch.tables.iter().zip(&spent) {
        answer.capacity.extend(spent.shown(part.table.as_given(), batch.capacity));
    }
    if batch.collection_metrics {
        for (write, bytes) in sizes.into_values() {
            let table = batch.tables[write.part].table.as_given().to_owned();
            let metrics = collection_metrics(&write.table, write.keys, bytes);
            answer.metrics.entry(table).or_default().push(metrics);
        }
    }
    answer
}
