//! BatchWriteItem.

use std::collections::BTreeMap;

use partita_model::{Item, limits, size};
use serde_json::Value;

use super::parameter::{collection_metrics, return_capacity};
use super::table_ref::table_keys;
use super::{ReturnCapacity, TableRef, attributes};
use crate::ServiceError;
use crate::error::{BatchKind, Constraint, Place, Violations};
use crate::json::{Candidate, Cursor, Members, Pull, Taken, Text, item, list, once};

/// Puts and deletes many items, each write by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchWriteItem {
    /// What to write to each table, at most 25 requests in all.
    pub tables: Vec<BatchWriteTable>,
    /// What to say about capacity.
    pub capacity: ReturnCapacity,
    /// Whether to say how large the item collections are.
    pub collection_metrics: bool,
}

/// The writes to one table.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchWriteTable {
    /// Where.
    pub table: TableRef,
    /// The writes, at least one. That no key is there twice is still to be checked.
    pub requests: Vec<BatchWrite>,
}

/// One write of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum BatchWrite {
    /// Creates or replaces this item, which is not over the size limit.
    Put(Item),
    /// Deletes the item of this key.
    Delete(Item),
}

#[derive(Default)]
struct Given<'b> {
    tables: Option<BTreeMap<String, Vec<GivenWrite>>>,
    capacity: Option<Text<'b>>,
    collection_metrics: Option<Text<'b>>,
}

/// One element of the list; the outer option is the request, the inner one its item or key.
#[derive(Default)]
struct GivenWrite {
    put: Option<Option<Candidate<Item>>>,
    delete: Option<Option<Candidate<Item>>>,
}

impl<'b> Pull<'b> for Given<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "RequestItems" => once(&mut self.tables, cursor.map(|cursor| cursor.list(GivenWrite::pull))),
            "ReturnConsumedCapacity" => once(&mut self.capacity, cursor.text()),
            "ReturnItemCollectionMetrics" => once(&mut self.collection_metrics, cursor.text()),
            _ => Some(false),
        }
    }
}

impl<'b> Pull<'b> for GivenWrite {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "PutRequest" => once(&mut self.put, only_member("Item", cursor)),
            "DeleteRequest" => once(&mut self.delete, only_member("Key", cursor)),
            _ => Some(false),
        }
    }
}

/// An object whose only member is a map of attribute values.
fn only_member(wanted: &str, cursor: &mut Cursor<'_>) -> Option<Option<Candidate<Item>>> {
    let mut found = None;
    cursor.object(|cursor, name| {
        let item = if name == wanted { cursor.item() } else { None };
        once(&mut found, item.map(Ok)).map(|_| ())
    })?;
    Some(found)
}

impl BatchWriteItem {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let given = Given {
            tables: members.map("RequestItems", |requests| list(requests, GivenWrite::read))?,
            capacity: members.text("ReturnConsumedCapacity")?,
            collection_metrics: members.text("ReturnItemCollectionMetrics")?,
        };
        given.check()
    }

    /// Reads an unremarkable body.
    pub(crate) fn pull(body: &[u8]) -> Option<Self> {
        Given::pull_body(body)?.check().ok()
    }
}

impl Given<'_> {
    fn check(self) -> Result<BatchWriteItem, ServiceError> {
        let mut violations = Violations::new();
        let capacity = return_capacity(self.capacity.as_deref(), &mut violations);
        let collection_metrics = collection_metrics(self.collection_metrics.as_deref(), &mut violations);
        check_tables(self.tables.as_ref(), &mut violations);
        violations.finish()?;
        let tables = self.tables.unwrap_or_default();
        check_names(&tables)?;
        let tables: Vec<BatchWriteTable> =
            tables.into_iter().map(|(name, requests)| accept(name, requests)).collect::<Result<_, _>>()?;
        match tables.iter().map(|table| table.requests.len()).sum::<usize>()
            > limits::BATCH_WRITE_REQUESTS_MAX
        {
            true => Err(ServiceError::too_many_items(BatchKind::Write)),
            false => Ok(BatchWriteItem { tables, capacity, collection_metrics }),
        }
    }
}

/// The constraints of `RequestItems`, its keys excepted.
fn check_tables(tables: Option<&BTreeMap<String, Vec<GivenWrite>>>, violations: &mut Violations) {
    let place = Place::member("requestItems");
    let tables = match tables {
        None => return violations.missing(place),
        Some(tables) if tables.is_empty() => return violations.add(place, "{}", Constraint::LengthMin(1)),
        Some(tables) => tables,
    };
    check_counts(tables, violations);
    for (name, requests) in tables {
        for (position, request) in requests.iter().enumerate() {
            request.check(&place.value_of(name).element(position), violations);
        }
    }
}

/// Each table's list has its length within bounds. The classic wording tells it about the map as a whole.
fn check_counts(tables: &BTreeMap<String, Vec<GivenWrite>>, violations: &mut Violations) {
    let most = limits::BATCH_WRITE_REQUESTS_MAX;
    let Some((name, requests)) = tables.iter().find(|(_, requests)| !(1..=most).contains(&requests.len()))
    else {
        return;
    };
    let place = Place::member("requestItems");
    let bound = if requests.is_empty() { Constraint::LengthMin(1) } else { Constraint::LengthMax(most) };
    let modern = (place.value_of(name), bound);
    violations.add_moved(place, shown(tables), Constraint::MapValueLengthMax(most), modern);
}

/// The names of the tables, which this operation checks last of its constraints.
fn check_names(tables: &BTreeMap<String, Vec<GivenWrite>>) -> Result<(), ServiceError> {
    let mut violations = Violations::new();
    table_keys(tables.keys(), || shown(tables), &mut violations);
    violations.finish()
}

/// The map as errors echo it: the service's echo has no form that a client could read.
fn shown(tables: &BTreeMap<String, Vec<GivenWrite>>) -> String {
    let tables: Vec<String> = tables
        .iter()
        .map(|(name, requests)| {
            let requests: Vec<&str> = requests.iter().map(GivenWrite::shown).collect();
            format!("{name}=[{}]", requests.join(", "))
        })
        .collect();
    format!("{{{}}}", tables.join(", "))
}

fn accept(name: String, requests: Vec<GivenWrite>) -> Result<BatchWriteTable, ServiceError> {
    if requests.iter().any(|request| request.put.is_some() == request.delete.is_some()) {
        return Err(ServiceError::write_request_shape());
    }
    let requests = requests.into_iter().map(GivenWrite::accept).collect::<Result<_, _>>()?;
    Ok(BatchWriteTable { table: TableRef::new(name), requests })
}

impl GivenWrite {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        let part = |request: Option<Members>, name: &str| {
            request.map(|mut request| request.read(name, item)).transpose()
        };
        Ok(Self {
            put: part(members.structure("PutRequest")?, "Item")?,
            delete: part(members.structure("DeleteRequest")?, "Key")?,
        })
    }

    fn shown(&self) -> &'static str {
        match (&self.put, &self.delete) {
            (Some(_), None) => "WriteRequest(putRequest)",
            (None, Some(_)) => "WriteRequest(deleteRequest)",
            _ => "WriteRequest",
        }
    }

    fn check(&self, place: &Place, violations: &mut Violations) {
        if let Some(put) = &self.put {
            attributes::required(put.as_ref(), place.then("putRequest").then("item"), violations);
        }
        if let Some(delete) = &self.delete {
            attributes::required(delete.as_ref(), place.then("deleteRequest").then("key"), violations);
        }
    }

    /// The write, once it is known to be exactly one.
    fn accept(self) -> Result<BatchWrite, ServiceError> {
        if let Some(delete) = self.delete {
            return Ok(BatchWrite::Delete(delete.transpose()?.unwrap_or_default()));
        }
        let item = self.put.flatten().transpose()?.unwrap_or_default();
        match size::item_size(&item) > limits::ITEM_BYTES_MAX {
            true => Err(ServiceError::item_size_exceeded()),
            false => Ok(BatchWrite::Put(item)),
        }
    }
}
