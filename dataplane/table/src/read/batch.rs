//! BatchGetItem: many items by their keys, each read by itself.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use partita_model::Item;
use partita_model::codec::StoredItem;
use partita_model::limits::BATCH_GET_BYTES_MAX;
use partita_protocol::operation::{self, BatchGetTable};
use partita_protocol::output::ItemForm;
use partita_protocol::{ServiceError, output};

use super::get::{read_units, shown};
use crate::capacity::Spent;
use crate::engine::TableEngine;
use crate::row::ItemKey;
use crate::table::Table;
use crate::{Error, check};

/// Reads of one batch at a time: they wait for storage together, and no more than so many large items are in memory
/// beyond what the answer may hold.
const READS_AT_ONCE: usize = 16;

/// One key of the batch, and the table of the request it belongs to.
struct Read<'b> {
    table: usize,
    given: &'b Item,
    key: ItemKey,
}

/// What was read of one table.
#[derive(Default)]
struct Answered {
    items: Vec<ItemForm>,
    unprocessed: Vec<Item>,
    spent: Option<Spent>,
}

impl TableEngine {
    /// Reads items by their keys, until the answer would pass 16 MB; the other keys come back as unprocessed. Items that are not
    /// there are left out.
    ///
    /// # Errors
    /// When a table is absent, a key does not fit its schema or is there twice; otherwise the store failed.
    pub async fn batch_get_item(&self, batch: &operation::BatchGetItem) -> Result<output::BatchGet, Error> {
        let reads = self.checked_reads(batch)?;
        let mut answered: Vec<Answered> = batch.tables.iter().map(|_| Answered::default()).collect();
        let mut bytes = 0;
        // Collected first: a closure kept across an await keeps callers from spawning this future.
        let lookups: Vec<_> = reads.iter().map(|read| self.core.durable_item(&read.key)).collect();
        let mut items = stream::iter(lookups).buffered(READS_AT_ONCE);
        let mut left = reads.iter();
        while let Some(item) = items.try_next().await? {
            // One answer for each read, in the same order.
            let Some(read) = left.next() else { break };
            let (table, answered) = (&batch.tables[read.table], &mut answered[read.table]);
            bytes += item.as_ref().map_or(0, StoredItem::size);
            if bytes > BATCH_GET_BYTES_MAX {
                answered.unprocessed.push(read.given.clone());
                break;
            }
            answered.take(table, item);
        }
        for read in left {
            answered[read.table].unprocessed.push(read.given.clone());
        }
        Ok(answer(batch, answered))
    }

    /// Everything that can be refused, before anything is read.
    fn checked_reads<'b>(&self, batch: &'b operation::BatchGetItem) -> Result<Vec<Read<'b>>, ServiceError> {
        let tables = batch.tables.iter().map(|part| self.table(&part.table));
        let tables = tables.collect::<Result<Vec<Arc<Table>>, _>>()?;
        let mut reads = Vec::new();
        for (index, (part, table)) in batch.tables.iter().zip(&tables).enumerate() {
            for given in &part.keys {
                reads.push(Read { table: index, given, key: check::key(&table.descriptor, given)? });
            }
        }
        check::no_duplicates(reads.iter().map(|read| &read.key))?;
        Ok(reads)
    }
}

impl Answered {
    fn take(&mut self, table: &BatchGetTable, item: Option<StoredItem>) {
        let units = read_units(item.as_ref(), table.consistency);
        self.spent.get_or_insert_default().table += units;
        self.items.extend(item.map(|item| shown(item, table.projection.as_ref())));
    }
}

fn answer(batch: &operation::BatchGetItem, answered: Vec<Answered>) -> output::BatchGet {
    let mut answer = output::BatchGet::default();
    for (table, Answered { items, unprocessed, spent }) in batch.tables.iter().zip(answered) {
        let given = table.table.as_given();
        answer.responses.push((given.to_owned(), items));
        if !unprocessed.is_empty() {
            answer.unprocessed.push(table.unprocessed(unprocessed));
        }
        answer.capacity.extend(spent.and_then(|spent| spent.shown(given, batch.capacity)));
    }
    answer
}
