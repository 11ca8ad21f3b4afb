//! One page of a Query or Scan.
//!
//! A page evaluates items in key order from one snapshot until it has evaluated `limit` items, or a megabyte, or there are no
//! more. What counts is what was evaluated, whether or not the filter keeps it.

use std::num::NonZeroU32;

use bytes::Bytes;
use partita_expression::{Condition, Projection};
use partita_model::capacity::Consistency;
use partita_model::codec::StoredItem;
use partita_model::limits::PAGE_BYTES_MAX;
use partita_model::{CapacityUnits, Item};
use partita_protocol::operation::ReturnCapacity;
use partita_protocol::output::{self, ItemForm};
use partita_storage::{KeyRange, Order, Rows, Snapshot, Visibility};

use super::get::shown;
use super::source::{Index, Source};
use crate::Error;
use crate::capacity::Spent;
use crate::engine::Core;
use crate::row::{self, RowKind};

/// Rows of another kind that a page reads past before it seeks beyond them. A seek costs about as much as some dozens of
/// rows.
const PASSED_ROWS_MAX: u32 = 64;

/// What a page is to read and show.
pub(super) struct Plan<'p> {
    pub(super) source: &'p Source<'p>,
    pub(super) range: KeyRange,
    pub(super) order: Order,
    pub(super) limit: Option<NonZeroU32>,
    pub(super) filter: Option<&'p Condition>,
    pub(super) projection: Option<&'p Projection>,
    /// Whether items are only counted.
    pub(super) count_only: bool,
    /// Whether the items of index entries are fetched from the table.
    pub(super) fetch: bool,
    pub(super) consistency: Consistency,
}

/// What a page has read so far.
#[derive(Default)]
struct Page {
    items: Vec<ItemForm>,
    kept: u64,
    evaluated: u64,
    /// Bytes of evaluated items or entries: what is charged to the source.
    bytes: usize,
    /// Bytes of fetched items. They count towards the page's size as well, since they are held in memory alike.
    fetched_bytes: usize,
    /// What fetching cost, each item by itself.
    fetched: CapacityUnits,
    last_key: Option<Item>,
}

impl Core {
    /// Reads a page.
    pub(super) async fn page(
        &self,
        plan: &Plan<'_>,
        table_as_given: &str,
        wanted: ReturnCapacity,
    ) -> Result<output::Page, Error> {
        let snapshot = self.shard.store().snapshot(Visibility::Durable).await?;
        let rows = plan.source.rows();
        let mut walk = Walk::new(snapshot.as_ref(), plan.range.clone(), plan.order, rows).await?;
        let mut page = Page::default();
        while let Some((key, item)) = walk.next().await? {
            page.evaluate(plan, snapshot.as_ref(), &key, item).await?;
            if page.last_key.is_some() {
                break;
            }
        }
        Ok(page.answer(plan, table_as_given, wanted))
    }
}

impl Page {
    /// Evaluates the next item or entry, and notes its key if it fills the page.
    async fn evaluate(
        &mut self,
        plan: &Plan<'_>,
        snapshot: &dyn Snapshot,
        row_key: &[u8],
        stored: StoredItem,
    ) -> Result<(), Error> {
        self.evaluated += 1;
        self.bytes += stored.size();
        let fetched = match plan.fetch {
            true => Some(self.fetch(plan, snapshot, row_key, &stored).await?),
            false => None,
        };
        if self.full(plan.limit) {
            self.last_key = Some(plan.source.continuation(&stored));
        }
        let item = fetched.unwrap_or(stored);
        match plan.filter {
            None => self.keep(plan, item),
            Some(filter) if filter.evaluate(&item) => self.keep(plan, item),
            Some(_) => {}
        }
        Ok(())
    }

    /// The whole item of an index entry, from the same snapshot.
    async fn fetch(
        &mut self,
        plan: &Plan<'_>,
        snapshot: &dyn Snapshot,
        row_key: &[u8],
        entry: &StoredItem,
    ) -> Result<StoredItem, Error> {
        let key = plan.source.table.stored_key(row_key, entry)?;
        // An entry and its item are written in one batch, so the item is there.
        let value = snapshot.get(key.row()).await?.ok_or_else(|| row::corrupt(row_key))?;
        let item = row::read_item(key.row(), &value)?;
        self.fetched_bytes += item.size();
        self.fetched += CapacityUnits::read(item.size() as u64, plan.consistency);
        Ok(item)
    }

    fn full(&self, limit: Option<NonZeroU32>) -> bool {
        limit.is_some_and(|limit| self.evaluated >= u64::from(limit.get()))
            || self.bytes + self.fetched_bytes >= PAGE_BYTES_MAX
    }

    fn keep(&mut self, plan: &Plan<'_>, item: StoredItem) {
        self.kept += 1;
        if !plan.count_only {
            self.items.push(shown(item, plan.projection));
        }
    }

    fn answer(self, plan: &Plan<'_>, table_as_given: &str, wanted: ReturnCapacity) -> output::Page {
        let units = CapacityUnits::read(self.bytes as u64, plan.consistency);
        let mut spent = Spent::on_table(self.fetched);
        match plan.source.index {
            Some(Index::Local(_, index)) => spent.add_index(&index.name, units),
            Some(Index::Global(index)) => spent.add_global_index(&index.name, units),
            None => spent.table += units,
        }
        output::Page {
            items: (!plan.count_only).then_some(self.items),
            count: self.kept,
            scanned_count: self.evaluated,
            last_key: self.last_key,
            capacity: spent.shown(table_as_given, wanted),
        }
    }
}

/// The items or entries of one kind within a range, in an order.
pub(crate) struct Walk<'w> {
    snapshot: &'w dyn Snapshot,
    range: KeyRange,
    order: Order,
    kind: RowKind,
    rows: Box<dyn Rows>,
    /// Rows of other kinds read since the last wanted one or the last seek.
    passed: u32,
}

impl<'w> Walk<'w> {
    /// Begins at the start of the range, or at its end if the order is descending.
    pub(crate) async fn new(
        snapshot: &'w dyn Snapshot,
        range: KeyRange,
        order: Order,
        kind: RowKind,
    ) -> Result<Self, Error> {
        let rows = snapshot.scan(range.clone(), order).await?;
        Ok(Self { snapshot, range, order, kind, rows, passed: 0 })
    }

    /// The next item or entry with its row's key.
    pub(crate) async fn next(&mut self) -> Result<Option<(Bytes, StoredItem)>, Error> {
        while let Some(row) = self.rows.next().await? {
            if row::kind(&row.key) == Some(self.kind) {
                self.passed = 0;
                let item = row::read_item(&row.key, &row.value)?;
                return Ok(Some((row.key, item)));
            }
            self.pass(&row.key).await?;
        }
        Ok(None)
    }

    /// Passes over a row of another kind, or over all rows up to the next wanted one if there have been many.
    async fn pass(&mut self, key: &[u8]) -> Result<(), Error> {
        self.passed += 1;
        // Only a Scan meets other kinds: the range of a Query holds one kind. And a Scan goes forward.
        if self.passed < PASSED_ROWS_MAX || self.order == Order::Descending {
            return Ok(());
        }
        self.passed = 0;
        if let Some(start) = row::towards(key, self.kind) {
            let range = match self.range.end() {
                Some(end) => KeyRange::new(start, end.clone()),
                None => KeyRange::starting_at(start),
            };
            self.rows = self.snapshot.scan(range, self.order).await?;
        }
        Ok(())
    }
}
