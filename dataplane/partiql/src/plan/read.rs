//! SELECT: pages of Query or Scan, one after the other.

use std::num::NonZeroU32;

use partita_expression::{Condition, KeyCondition, Projection};
use partita_model::capacity::Consistency;
use partita_model::limits::PAGE_BYTES_MAX;
use partita_model::{CapacityUnits, IndexName, Item, TableDescriptor};
use partita_protocol::error::StatementFault;
use partita_protocol::operation::{FilterForm, GetItem, Query, ReturnCapacity, Scan, TableRef};
use partita_protocol::output::{self, ConsumedCapacity, ItemForm};

use super::branch::{Part, Reads};
use super::key::{ReadKey, Source, only_key};
use super::{Options, Rows};
use crate::continuation::Continuation;
use crate::predicate::Predicate;
use crate::statement::{Columns, Select};
use crate::syntax::OrderTerm;

/// The next operation of a SELECT.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each variant is the operation of the same name")]
pub enum Read {
    Query(Query),
    Scan(Scan),
}

/// A SELECT on its way: [`Reading::next`], carry out, [`Reading::absorb`], again, then [`Reading::finish`].
///
/// An answer holds what is found until as many items have been evaluated as the request allows, or about a megabyte of them, or
/// there are no more.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    table: TableRef,
    index: Option<IndexName>,
    key: (String, Option<String>),
    columns: Option<Columns>,
    reads: Reads,
    forward: bool,
    consistency: Consistency,
    stamp: u64,
    /// How many items may still be evaluated.
    left: Option<u32>,
    /// Which read is next.
    at: u16,
    /// The key after which it goes on.
    after: Option<Item>,
    /// Whether the answer is complete.
    done: bool,
    items: Vec<ItemForm>,
    wanted: ReturnCapacity,
    spent: ConsumedCapacity,
}

impl Reading {
    pub(super) fn new(
        select: Select,
        table: &TableDescriptor,
        options: &Options,
    ) -> Result<Self, StatementFault> {
        let source = Source::of(&select, table)?;
        if source.global && options.consistency == Consistency::Strong {
            return Err(StatementFault::ConsistentReadOfGlobalIndex);
        }
        let reads = Reads::of(select.filter.as_ref(), source.key)?;
        let (reads, forward) = ordered(reads, &select.order, select.filter.as_ref(), source.key)?;
        check_projected(&source, select.index.as_ref(), &reads)?;
        let (mut at, mut after) = (0, None);
        if let Some(token) = &options.next_token {
            let place = Continuation::decode(token, select.stamp)?;
            (at, after) = (place.read, place.after);
        }
        let ReadKey { hash, range } = source.key;
        let spent = ConsumedCapacity {
            table: select.table.as_given().to_owned(),
            total: CapacityUnits::ZERO,
            detail: None,
        };
        Ok(Self {
            table: select.table,
            index: select.index,
            key: (hash.name.clone(), range.map(|range| range.name.clone())),
            columns: select.columns,
            done: usize::from(at) >= count(&reads),
            reads,
            forward,
            consistency: options.consistency,
            stamp: select.stamp,
            left: options.limit.map(NonZeroU32::get),
            at,
            after,
            items: Vec::new(),
            wanted: options.capacity,
            spent,
        })
    }

    /// The operation to carry out now; `None` when the answer is complete.
    pub fn next(&self) -> Option<Read> {
        if self.done {
            return None;
        }
        let limit = self.left.and_then(NonZeroU32::new);
        let attributes = self.columns.as_ref().map(Columns::attributes);
        let projection = attributes.map(|names| Projection::attributes(names.into_iter().map(str::to_owned)));
        let (table, index, start_key) = (self.table.clone(), self.index.clone(), self.after.clone());
        let consistency = self.consistency;
        // Asked for whatever the request asks: it also says how much has been read.
        let capacity = ReturnCapacity::Indexes;
        Some(match &self.reads {
            Reads::Scan(filter) => Read::Scan(Scan {
                table,
                index,
                filter: filter.clone(),
                projection,
                select: None,
                limit,
                start_key,
                segment: None,
                consistency,
                capacity,
            }),
            Reads::Parts(parts) => {
                let Part { hash, range, filter } = parts.get(usize::from(self.at))?.clone();
                let (hash_name, range_name) = self.key.clone();
                let key_condition = KeyCondition::of_partition((hash_name, hash), range_name.zip(range));
                Read::Query(Query {
                    table,
                    index,
                    key_condition,
                    filter,
                    filter_form: FilterForm::Statement,
                    projection,
                    select: None,
                    limit,
                    forward: self.forward,
                    start_key,
                    consistency,
                    capacity,
                })
            }
        })
    }

    /// Takes in the answer to the operation that [`Reading::next`] said.
    pub fn absorb(&mut self, page: output::Page) {
        let found = page.items.unwrap_or_default();
        match self.columns.as_ref().filter(|columns| !columns.are_attributes()) {
            None => self.items.extend(found),
            Some(columns) => {
                self.items.extend(found.iter().map(|item| ItemForm::from(columns.of(&item.decoded()))));
            }
        }
        if let Some(spent) = page.capacity {
            add(&mut self.spent, spent);
        }
        let evaluated = u32::try_from(page.scanned_count).unwrap_or(u32::MAX);
        self.left = self.left.map(|left| left.saturating_sub(evaluated));
        let full = self.left == Some(0)
            || self.spent.total >= CapacityUnits::read(PAGE_BYTES_MAX as u64, self.consistency);
        if page.last_key.is_some() {
            (self.after, self.done) = (page.last_key, true);
            return;
        }
        (self.after, self.at) = (None, self.at.saturating_add(1));
        self.done = full || usize::from(self.at) >= count(&self.reads);
    }

    /// The answer, once there is no next operation.
    pub fn finish(self) -> Rows {
        let more = usize::from(self.at) < count(&self.reads);
        let next_token = more.then(|| {
            let (stamp, read, after) = (self.stamp, self.at, self.after.clone());
            Continuation { stamp, read, after }.encode()
        });
        let mut spent = self.spent;
        let capacity = match self.wanted {
            ReturnCapacity::None => None,
            ReturnCapacity::Total => {
                spent.detail = None;
                Some(spent)
            }
            ReturnCapacity::Indexes => {
                spent.detail.get_or_insert_default();
                Some(spent)
            }
        };
        Rows { items: self.items, next_token, last_key: self.after, capacity }
    }
}

fn count(reads: &Reads) -> usize {
    match reads {
        Reads::Scan(_) => 1,
        Reads::Parts(parts) => parts.len(),
    }
}

fn add(sum: &mut ConsumedCapacity, more: ConsumedCapacity) {
    sum.total += more.total;
    let Some(more) = more.detail else { return };
    let detail = sum.detail.get_or_insert_default();
    detail.table += more.table;
    for (index, units) in more.local_indexes {
        *detail.local_indexes.entry(index).or_default() += units;
    }
    for (index, units) in more.global_indexes {
        *detail.global_indexes.entry(index).or_default() += units;
    }
}

/// The reads in the order that `ORDER BY` wants, and whether each goes upwards.
fn ordered(
    reads: Reads,
    order: &[OrderTerm],
    filter: Option<&Predicate>,
    key: ReadKey<'_>,
) -> Result<(Reads, bool), StatementFault> {
    if order.is_empty() {
        return Ok((reads, true));
    }
    if filter.is_none() {
        return Err(StatementFault::OrderWithoutWhere);
    }
    let range = key.range.map(|range| range.name.as_str());
    let is_key = |name: &str| name == key.hash.name || Some(name) == range;
    if let Some(other) = order.iter().find(|term| !is_key(&term.attribute)) {
        return Err(StatementFault::OrderByOther(other.attribute.clone()));
    }
    let Reads::Parts(mut parts) = reads else { return Err(StatementFault::OrderWithoutKey) };
    let term = |name: Option<&str>| order.iter().find(|term| Some(term.attribute.as_str()) == name);
    let by_hash = term(Some(&key.hash.name));
    let several = parts.windows(2).any(|pair| pair.first().map(|p| &p.hash) != pair.last().map(|p| &p.hash));
    if several && by_hash.is_none() {
        return Err(StatementFault::OrderWithoutHash);
    }
    // Without a word on the sort key the service goes downwards as soon as there is an order at all.
    let forward = term(range).is_some_and(|term| !term.descending);
    let hash_forward = by_hash.is_none_or(|term| !term.descending);
    if forward != hash_forward {
        parts.chunk_by_mut(|one, other| one.hash == other.hash).for_each(<[Part]>::reverse);
    }
    if !hash_forward {
        parts.reverse();
    }
    Ok((Reads::Parts(parts), forward))
}

/// That an index holds what its entries are filtered by. The service looks at the read with the highest key alone; a filter of
/// another read finds nothing where an attribute is not held.
fn check_projected(
    source: &Source<'_>,
    index: Option<&IndexName>,
    reads: &Reads,
) -> Result<(), StatementFault> {
    let (Some(index), Reads::Parts(parts)) = (index, reads) else { return Ok(()) };
    let filter = parts.last().and_then(|part| part.filter.as_ref());
    let named = filter.map(Condition::top_level_attributes).unwrap_or_default();
    let missing: Vec<String> =
        named.into_iter().filter(|name| !source.holds(name)).map(str::to_owned).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(StatementFault::FilterNotProjected { index: index.clone(), attributes: missing }),
    }
}

/// A SELECT of one item by its key, as batches and transactions have them.
#[derive(Clone, Debug, PartialEq)]
pub struct Lookup {
    /// The operation.
    pub get: GetItem,
    columns: Option<Columns>,
}

impl Lookup {
    /// The read of one item; `None` if the statement is about anything but one key of a table.
    pub(super) fn new(
        select: Select,
        table: &TableDescriptor,
        options: &Options,
    ) -> Result<Option<Self>, StatementFault> {
        let source = Source::of(&select, table)?;
        // What a SELECT by itself is refused for is refused first.
        Reads::of(select.filter.as_ref(), source.key)?;
        if select.index.is_some() || !select.order.is_empty() {
            return Ok(None);
        }
        let Some(key) = only_key(select.filter.as_ref(), &table.key) else { return Ok(None) };
        let attributes = select.columns.as_ref().map(Columns::attributes);
        let projection = attributes.map(|names| Projection::attributes(names.into_iter().map(str::to_owned)));
        let get = GetItem {
            table: select.table,
            key,
            consistency: options.consistency,
            projection,
            capacity: options.capacity,
        };
        Ok(Some(Self { get, columns: select.columns }))
    }

    /// What the statement shows of the item that was found.
    pub fn shown(&self, item: ItemForm) -> ItemForm {
        match self.columns.as_ref().filter(|columns| !columns.are_attributes()) {
            None => item,
            Some(columns) => columns.of(&item.decoded()).into(),
        }
    }
}

#[cfg(test)]
mod tests;
