//! Scan: all items of a table or index, or of one segment of it.
//!
//! Partitions come in the order of their hash; the segments of a parallel scan cut the hashes into equal ranges, so that
//! together they read every item exactly once.

use bytes::Bytes;
use partita_model::{Item, TableId};
use partita_protocol::operation::{self, Segment, Select};
use partita_protocol::{ServiceError, output};
use partita_storage::{KeyRange, Order};

use super::page::Plan;
use super::source::Source;
use crate::engine::TableEngine;
use crate::{Error, row};

impl TableEngine {
    /// Reads a page of a table or index.
    ///
    /// # Errors
    /// When the request does not fit the table's schema; otherwise the store failed.
    pub async fn scan(&self, scan: &operation::Scan) -> Result<output::Page, Error> {
        let table = self.table(&scan.table)?;
        let source = Source::of(&table, scan.index.as_ref(), scan.consistency)?;
        source.gives(scan.select, scan.projection.as_ref())?;
        let mut range = segment_rows(source.id(), scan.segment);
        if let Some(key) = &scan.start_key {
            let start = start(&source, key)?;
            if let Some(segment) = scan.segment
                && !range.contains(&start)
            {
                return Err(ServiceError::start_key_outside_segment(segment.index, segment.total).into());
            }
            range = range.after(&start);
        }
        let plan = Plan {
            source: &source,
            range,
            order: Order::Ascending,
            limit: scan.limit,
            filter: scan.filter.as_ref(),
            projection: scan.projection.as_ref(),
            count_only: scan.select == Some(Select::Count),
            fetch: source.needs_items(scan.select, scan.projection.as_ref()),
            consistency: scan.consistency,
        };
        self.core.page(&plan, scan.table.as_given(), scan.capacity).await
    }
}

/// The row of a start key.
fn start(source: &Source<'_>, key: &Item) -> Result<Bytes, ServiceError> {
    if source.index.is_none() && key.len() != source.start_key_length() {
        return Err(ServiceError::start_key_size());
    }
    source.start_row(key).ok_or_else(ServiceError::invalid_start_key_of_scan)
}

/// The rows of a segment, or of the whole table or global index.
fn segment_rows(table: TableId, segment: Option<Segment>) -> KeyRange {
    let Some(Segment { index, total }) = segment else { return KeyRange::prefix(row::table_prefix(table)) };
    let start = row::hash_start(table, segment_start(index, total));
    match index + 1 < total {
        true => KeyRange::new(start, row::hash_start(table, segment_start(index + 1, total))),
        false => match KeyRange::prefix(row::table_prefix(table)).end() {
            Some(end) => KeyRange::new(start, end.clone()),
            None => KeyRange::starting_at(start),
        },
    }
}

/// The first hash of a segment: ⌊index · 2¹²⁸ / total⌋, for `index < total`.
fn segment_start(index: u32, total: u32) -> u128 {
    let (index, total) = (u128::from(index), u128::from(total));
    // 2^128 does not fit, 2^128 - 1 does: 2^128 = quotient · total + remainder, with 1 <= remainder <= total.
    let (quotient, remainder) = (u128::MAX / total, u128::MAX % total + 1);
    quotient * index + remainder * index / total
}

#[cfg(test)]
mod tests;
