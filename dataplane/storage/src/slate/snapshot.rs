//! Reading one moment of the engine's state.

use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use slatedb::config::ScanOptions;
use slatedb::{DbIterator, DbSnapshot, IterationOrder};

use super::read_error;
use crate::error::Result;
use crate::store::{KeyRange, Order, Row, Rows, Snapshot};
use crate::verify::Files;

/// How much a scan reads ahead, in bytes: eight blocks. One block at a time costs a task each, 2.6 times the
/// processor time of a page; more reads what the page will not need.
const READ_AHEAD_BYTES: usize = 64 * 1024;

pub(super) struct SlateSnapshot {
    pub(super) inner: Arc<DbSnapshot>,
    pub(super) files: Arc<Files>,
}

#[async_trait]
impl Snapshot for SlateSnapshot {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>> {
        match self.inner.get(key).await {
            Ok(value) => Ok(value),
            Err(error) => Err(self.files.locate(read_error("read a row", error)).await),
        }
    }

    async fn scan(&self, range: KeyRange, order: Order) -> Result<Box<dyn Rows>> {
        if range.is_empty() {
            return Ok(Box::new(SlateRows { inner: None, files: Arc::clone(&self.files) }));
        }
        let order = match order {
            Order::Ascending => IterationOrder::Ascending,
            Order::Descending => IterationOrder::Descending,
        };
        let options = ScanOptions::new()
            .with_order(order)
            .with_read_ahead_bytes(READ_AHEAD_BYTES)
            .with_cache_blocks(true);
        let end = range.end().cloned().map_or(Bound::Unbounded, Bound::Excluded);
        let bounds = (Bound::Included(range.start().clone()), end);
        let rows = match Box::pin(self.inner.scan_with_options(bounds, &options)).await {
            Ok(rows) => rows,
            Err(error) => return Err(self.files.locate(read_error("scan rows", error)).await),
        };
        Ok(Box::new(SlateRows { inner: Some(rows), files: Arc::clone(&self.files) }))
    }
}

struct SlateRows {
    /// `None` at the end.
    inner: Option<DbIterator>,
    files: Arc<Files>,
}

#[async_trait]
impl Rows for SlateRows {
    async fn next(&mut self) -> Result<Option<Row>> {
        let Some(rows) = &mut self.inner else { return Ok(None) };
        let next = match rows.next().await {
            Ok(next) => next,
            Err(error) => return Err(self.files.locate(read_error("scan rows", error)).await),
        };
        if next.is_none() {
            self.inner = None;
        }
        Ok(next.map(|row| Row { key: row.key, value: row.value }))
    }
}
