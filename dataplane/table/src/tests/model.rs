//! The naive model: a map of items, everything else computed anew by looking at all of them. It knows one table, `indexed`.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use partita_expression::RangeCondition;
use partita_model::capacity::Consistency;
use partita_model::descriptor::Statistics;
use partita_model::key::partition_hash;
use partita_model::size::item_size;
use partita_model::{AttributeValue, CapacityUnits, IndexName, Item, Number};
use partita_protocol::operation::{self, BatchWrite, ReturnCapacity, ReturnValues, Select};
use partita_protocol::{ServiceError, output};

use super::support::item;
use crate::TableStatistics;

const INDEXES: [&str; 3] = ["by-a", "by-b", "by-c"];

#[derive(Default)]
pub(super) struct Model {
    items: BTreeMap<(String, Number), Item>,
}

/// What a page is to hold; the same for Query and Scan.
struct Page<'o> {
    limit: Option<u64>,
    filter: Option<&'o partita_expression::Condition>,
    projection: Option<&'o partita_expression::Projection>,
    select: Option<Select>,
    start: Option<&'o Item>,
    consistency: Consistency,
    capacity: ReturnCapacity,
}

type Answer<T> = Result<T, ServiceError>;

impl Model {
    pub(super) fn put(&mut self, put: &operation::PutItem) -> Answer<output::WriteItem> {
        index_types(&put.item, None)?;
        let before = self.items.get(&key_of(&put.item)).cloned();
        self.require(put.condition.as_ref(), &put.item, put.on_condition_failure)?;
        let (capacity, metrics) = self.replace(&put.item, Some(put.item.clone()), put.capacity);
        let attributes = before.filter(|_| put.return_values == ReturnValues::AllOld);
        Ok(output::WriteItem {
            attributes: attributes.map(Into::into),
            capacity,
            metrics: metrics.filter(|_| put.collection_metrics),
        })
    }

    pub(super) fn delete(&mut self, delete: &operation::DeleteItem) -> Answer<output::WriteItem> {
        let before = self.items.get(&key_of(&delete.key)).cloned();
        self.require(delete.condition.as_ref(), &delete.key, delete.on_condition_failure)?;
        let (capacity, metrics) = self.replace(&delete.key, None, delete.capacity);
        let attributes = before.filter(|_| delete.return_values == ReturnValues::AllOld);
        Ok(output::WriteItem {
            attributes: attributes.map(Into::into),
            capacity,
            metrics: metrics.filter(|_| delete.collection_metrics),
        })
    }

    pub(super) fn update(&mut self, update: &operation::UpdateItem) -> Answer<output::WriteItem> {
        let before = self.items.get(&key_of(&update.key)).cloned();
        self.require(update.condition.as_ref(), &update.key, update.on_condition_failure)?;
        let image = before.clone().unwrap_or_default();
        let after = match &update.update {
            Some(change) if before.is_none() && change.only_removes() => None,
            Some(change) => Some(change.apply(&image).map_err(|error| ServiceError::update(&error))?),
            None => Some(image),
        };
        let after = after.map(|after| after.into_iter().chain(update.key.clone()).collect::<Item>());
        if let Some(after) = &after {
            index_types(after, before.as_ref())?;
        }
        let (capacity, metrics) = self.replace(&update.key, after.clone(), update.capacity);
        let touched = |image: Option<Item>| Some(update.update.as_ref()?.touched(&image?));
        let shown = match update.return_values {
            ReturnValues::None => None,
            ReturnValues::AllOld => before,
            ReturnValues::AllNew => after,
            ReturnValues::UpdatedOld => touched(before),
            ReturnValues::UpdatedNew => touched(after),
        };
        let attributes = shown.filter(|item| !item.is_empty());
        Ok(output::WriteItem {
            attributes: attributes.map(Into::into),
            capacity,
            metrics: metrics.filter(|_| update.collection_metrics),
        })
    }

    pub(super) fn get(&self, get: &operation::GetItem) -> output::GetItem {
        let found = self.items.get(&key_of(&get.key));
        let units = read_units(found.map_or(0, item_size), get.consistency);
        let item = found.map(|item| get.projection.as_ref().map_or(item.clone(), |p| p.apply(item)));
        output::GetItem { item: item.map(Into::into), capacity: consumed(get.capacity, units, []) }
    }

    pub(super) fn batch_get(&self, batch: &operation::BatchGetItem) -> output::BatchGet {
        let part = &batch.tables[0];
        let found: Vec<_> = part.keys.iter().map(|key| self.items.get(&key_of(key))).collect();
        let units = found.iter().map(|item| read_units(item.map_or(0, item_size), part.consistency)).sum();
        let capacity = Vec::from_iter(consumed(batch.capacity, units, []));
        let responses =
            vec![("indexed".to_owned(), found.into_iter().flatten().cloned().map(Into::into).collect())];
        output::BatchGet { responses, unprocessed: Vec::new(), capacity }
    }

    pub(super) fn batch_write(&mut self, batch: &operation::BatchWriteItem) -> Answer<output::BatchWrite> {
        let requests = &batch.tables[0].requests;
        let mut keys = Vec::new();
        for request in requests {
            match request {
                BatchWrite::Put(item) => {
                    index_types(item, None)?;
                    keys.push(key_of(item));
                }
                BatchWrite::Delete(key) => keys.push(key_of(key)),
            }
        }
        keys.sort();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(ServiceError::duplicate_keys());
        }
        let (mut table, mut total) = (CapacityUnits::ZERO, BTreeMap::new());
        for request in requests {
            let (_, detail) = match request {
                BatchWrite::Put(item) => self.replaced_for(item, Some(item.clone())),
                BatchWrite::Delete(key) => self.replaced_for(key, None),
            };
            table += detail.table;
            for (index, units) in detail.local_indexes {
                *total.entry(index).or_insert(CapacityUnits::ZERO) += units;
            }
        }
        let capacity = Vec::from_iter(consumed(batch.capacity, table, total));
        Ok(output::BatchWrite { unprocessed: Vec::new(), capacity, metrics: BTreeMap::new() })
    }

    pub(super) fn query(&self, query: &operation::Query) -> output::Page {
        let index = query.index.as_ref().map(IndexName::as_str);
        let (hash, range) = keys_of(index);
        let bound = query.key_condition.bind(&[hash], std::slice::from_ref(&range)).unwrap();
        let mut found: Vec<Item> = self.source(index).collect();
        found.retain(|item| item["p"] == bound.hash[0] && in_range(&item[&range.name], bound.range.as_ref()));
        found.sort_by(|one, other| order(one, other, &range.name));
        if !query.forward {
            found.reverse();
        }
        let page = Page {
            limit: query.limit.map(|limit| limit.get().into()),
            filter: query.filter.as_ref(),
            projection: query.projection.as_ref(),
            select: query.select,
            start: query.start_key.as_ref(),
            consistency: query.consistency,
            capacity: query.capacity,
        };
        self.page(found, index, page)
    }

    pub(super) fn scan(&self, scan: &operation::Scan) -> output::Page {
        let index = scan.index.as_ref().map(IndexName::as_str);
        let (_, range) = keys_of(index);
        let hash = |item: &Item| u128::from_be_bytes(partition_hash(&item["p"]));
        let mut found: Vec<Item> = self.source(index).collect();
        if let Some(segment) = scan.segment {
            found.retain(|item| segment_of(hash(item), segment.total) == segment.index);
        }
        found.sort_by(|one, other| hash(one).cmp(&hash(other)).then_with(|| order(one, other, &range.name)));
        let page = Page {
            limit: scan.limit.map(|limit| limit.get().into()),
            filter: scan.filter.as_ref(),
            projection: scan.projection.as_ref(),
            select: scan.select,
            start: scan.start_key.as_ref(),
            consistency: scan.consistency,
            capacity: scan.capacity,
        };
        self.page(found, index, page)
    }

    pub(super) fn statistics(&self) -> TableStatistics {
        let of = |items: Vec<Item>| Statistics {
            item_count: items.len() as u64,
            size_bytes: items.iter().map(|item| item_size(item) as u64 + 100).sum(),
        };
        let indexes = INDEXES.map(|name| (IndexName::new(name), of(self.source(Some(name)).collect())));
        TableStatistics {
            table: of(self.source(None).collect()),
            indexes: indexes.into(),
            ..TableStatistics::default()
        }
    }

    /// All items of the table, or all entries of an index.
    fn source<'m>(&'m self, index: Option<&'m str>) -> impl Iterator<Item = Item> + 'm {
        self.items.values().filter_map(move |item| match index {
            None => Some(item.clone()),
            Some(index) => entry(index, item),
        })
    }

    fn page(&self, found: Vec<Item>, index: Option<&str>, page: Page<'_>) -> output::Page {
        let (_, range) = keys_of(index);
        let whole = match (page.projection, page.select, index) {
            (_, _, None | Some("by-c")) => false,
            (Some(projection), ..) => {
                let held: &[&str] =
                    if index == Some("by-a") { &["p", "s", "a"] } else { &["p", "s", "b", "c"] };
                projection.top_level_attributes().iter().any(|name| !held.contains(name))
            }
            (None, select, _) => select == Some(Select::AllAttributes),
        };
        let mut answer = output::Page { items: Some(Vec::new()), ..output::Page::default() };
        let (mut bytes, mut fetched_bytes, mut fetched) = (0, 0, CapacityUnits::ZERO);
        let at_start =
            |item: &Item| page.start.is_some_and(|start| continuation(item, &range.name) == *start);
        // Starting keys of the tests are keys of items that are still there, or of items since removed: see `random`.
        let begin = found.iter().position(at_start).map_or(0, |at| at + 1);
        for stored in &found[begin..] {
            answer.scanned_count += 1;
            bytes += item_size(stored);
            let mut shown = stored.clone();
            if whole {
                shown = self.items[&key_of(stored)].clone();
                fetched_bytes += item_size(&shown);
                fetched += read_units(item_size(&shown), page.consistency);
            }
            if page.filter.is_none_or(|filter| filter.evaluate(&shown)) {
                answer.count += 1;
                let shown = page.projection.map_or(shown.clone(), |projection| projection.apply(&shown));
                answer.items.get_or_insert_default().push(shown.into());
            }
            if page.limit == Some(answer.scanned_count) || bytes + fetched_bytes >= 1 << 20 {
                answer.last_key = Some(continuation(stored, &range.name));
                break;
            }
        }
        if page.select == Some(Select::Count) {
            answer.items = None;
        }
        let units = read_units(bytes, page.consistency);
        answer.capacity = match index {
            None => consumed(page.capacity, units, []),
            Some(index) => consumed(page.capacity, fetched, [(IndexName::new(index), units)]),
        };
        answer
    }

    /// Refuses a write whose condition the stored item does not fulfil.
    fn require(
        &self,
        condition: Option<&partita_expression::Condition>,
        key: &Item,
        show: bool,
    ) -> Result<(), ServiceError> {
        let stored = self.items.get(&key_of(key));
        match condition {
            Some(condition) if !condition.evaluate(stored.unwrap_or(&Item::new())) => {
                Err(ServiceError::conditional_check_failed(stored.filter(|_| show).cloned()))
            }
            _ => Ok(()),
        }
    }

    fn replace(
        &mut self,
        key: &Item,
        after: Option<Item>,
        wanted: ReturnCapacity,
    ) -> (Option<output::ConsumedCapacity>, Option<output::ItemCollectionMetrics>) {
        let (metrics, detail) = self.replaced_for(key, after);
        (consumed(wanted, detail.table, detail.local_indexes), Some(metrics))
    }

    fn replaced_for(
        &mut self,
        key: &Item,
        after: Option<Item>,
    ) -> (output::ItemCollectionMetrics, output::CapacityDetail) {
        let before = self.items.remove(&key_of(key));
        let size = before.iter().chain(&after).map(item_size).max().unwrap_or(0);
        let mut detail = output::CapacityDetail { table: write_units(size), ..Default::default() };
        for index in INDEXES {
            let entries = [&before, &after].map(|image| image.as_ref().and_then(|item| entry(index, item)));
            let units = entry_units(index, &entries);
            if !units.is_zero() {
                detail.local_indexes.insert(IndexName::new(index), units);
            }
        }
        if let Some(after) = after {
            self.items.insert(key_of(key), after);
        }
        let metrics =
            output::ItemCollectionMetrics { key: item([("p", key["p"].clone())]), size_range_gb: [0.0, 1.0] };
        (metrics, detail)
    }
}

/// The entry of an item in an index, spelled out for each of the three.
fn entry(index: &str, item: &Item) -> Option<Item> {
    let cloned = |names: &[&str]| {
        let held = item.iter().filter(|(name, _)| names.contains(&name.as_str()));
        held.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    match index {
        "by-a" => item.contains_key("a").then(|| cloned(&["p", "s", "a"])),
        "by-b" => item.contains_key("b").then(|| cloned(&["p", "s", "b", "c"])),
        "by-c" => item.contains_key("c").then(|| item.clone()),
        other => panic!("no index {other}"),
    }
}

fn entry_units(index: &str, entries: &[Option<Item>; 2]) -> CapacityUnits {
    let (_, range) = keys_of(Some(index));
    match entries {
        [None, None] => CapacityUnits::ZERO,
        [Some(before), Some(after)] if before == after => CapacityUnits::ZERO,
        [Some(before), Some(after)] if before[&range.name] == after[&range.name] => {
            write_units(item_size(before).max(item_size(after)))
        }
        entries => entries.iter().flatten().map(|entry| write_units(item_size(entry))).sum(),
    }
}

/// The index keys' types, as the service tells about them.
fn index_types(item: &Item, before: Option<&Item>) -> Result<(), ServiceError> {
    for index in INDEXES {
        let (_, range) = keys_of(Some(index));
        if let Some(value) = item.get(&range.name)
            && before.and_then(|before| before.get(&range.name)) != Some(value)
            && value.scalar_type() != Some(range.scalar)
        {
            let (name, actual) = (IndexName::new(index), value.attribute_type());
            return Err(ServiceError::index_key_type_mismatch(&range.name, range.scalar, actual, &name));
        }
    }
    Ok(())
}

fn keys_of(
    index: Option<&str>,
) -> (partita_model::schema::KeyAttribute, partita_model::schema::KeyAttribute) {
    use partita_model::ScalarType::{N, S};
    let range = match index {
        None => super::support::key("s", N),
        Some("by-a") => super::support::key("a", N),
        Some("by-b") => super::support::key("b", S),
        Some("by-c") => super::support::key("c", S),
        Some(other) => panic!("no index {other}"),
    };
    (super::support::key("p", S), range)
}

fn key_of(item: &Item) -> (String, Number) {
    match (&item["p"], &item["s"]) {
        (AttributeValue::S(hash), AttributeValue::N(range)) => (hash.clone(), *range),
        other => panic!("no key: {other:?}"),
    }
}

fn compare(one: &AttributeValue, other: &AttributeValue) -> Ordering {
    match (one, other) {
        (AttributeValue::S(one), AttributeValue::S(other)) => one.as_bytes().cmp(other.as_bytes()),
        (AttributeValue::N(one), AttributeValue::N(other)) => one.cmp(other),
        other => panic!("not comparable: {other:?}"),
    }
}

/// By the source's sort key, then by the table's.
fn order(one: &Item, other: &Item, range: &str) -> Ordering {
    compare(&one[range], &other[range]).then_with(|| compare(&one["s"], &other["s"]))
}

fn in_range(value: &AttributeValue, condition: Option<&RangeCondition>) -> bool {
    let Some(condition) = condition else { return true };
    match condition {
        RangeCondition::Eq(bound) => compare(value, bound).is_eq(),
        RangeCondition::Lt(bound) => compare(value, bound).is_lt(),
        RangeCondition::Le(bound) => compare(value, bound).is_le(),
        RangeCondition::Gt(bound) => compare(value, bound).is_gt(),
        RangeCondition::Ge(bound) => compare(value, bound).is_ge(),
        RangeCondition::Between(low, high) => compare(value, low).is_ge() && compare(value, high).is_le(),
        RangeCondition::BeginsWith(AttributeValue::S(prefix)) => {
            matches!(value, AttributeValue::S(text) if text.starts_with(prefix))
        }
        RangeCondition::BeginsWith(other) => panic!("no prefix: {other:?}"),
    }
}

/// ⌊hash · total / 2¹²⁸⌋, in two halves.
fn segment_of(hash: u128, total: u32) -> u32 {
    let total = u128::from(total);
    let (high, low) = (hash >> 64, hash & u128::from(u64::MAX));
    ((high * total + ((low * total) >> 64)) >> 64) as u32
}

fn continuation(stored: &Item, range: &str) -> Item {
    ["p", "s", range].into_iter().map(|name| (name.to_owned(), stored[name].clone())).collect()
}

fn write_units(bytes: usize) -> CapacityUnits {
    CapacityUnits::whole(bytes.max(1).div_ceil(1024) as u64)
}

fn read_units(bytes: usize, consistency: Consistency) -> CapacityUnits {
    let strong = CapacityUnits::whole(bytes.max(1).div_ceil(4096) as u64);
    match consistency {
        Consistency::Strong => strong,
        // Half of it, by the only way to make half a unit.
        Consistency::Eventual => {
            CapacityUnits::read(1, Consistency::Eventual) * bytes.max(1).div_ceil(4096) as u64
        }
    }
}

fn consumed(
    wanted: ReturnCapacity,
    table: CapacityUnits,
    indexes: impl IntoIterator<Item = (IndexName, CapacityUnits)>,
) -> Option<output::ConsumedCapacity> {
    let local_indexes: BTreeMap<_, _> = indexes.into_iter().collect();
    let total = table + local_indexes.values().copied().sum();
    let detail = match wanted {
        ReturnCapacity::None => return None,
        ReturnCapacity::Total => None,
        ReturnCapacity::Indexes => {
            Some(output::CapacityDetail { table, local_indexes, global_indexes: BTreeMap::new() })
        }
    };
    Some(output::ConsumedCapacity { table: "indexed".to_owned(), total, detail })
}
