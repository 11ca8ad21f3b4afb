//! BatchWriteItem.

use std::collections::BTreeMap;

use partita_model::{Item, limits, size};
use serde_json::Value;

use super::parameter::{collection_metrics, return_capacity};
use super::table_ref::table_key;
use super::{ReturnCapacity, TableRef, attributes};
use crate::ServiceError;
use crate::error::{BatchKind, Constraint, Place, Violations};
use crate::json::{Candidate, Members, item, list};

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

struct Given {
    tables: Option<BTreeMap<String, Vec<GivenWrite>>>,
    capacity: Option<String>,
    collection_metrics: Option<String>,
}

/// One element of the list; the outer option is the request, the inner one its item or key.
struct GivenWrite {
    put: Option<Option<Candidate<Item>>>,
    delete: Option<Option<Candidate<Item>>>,
}

impl BatchWriteItem {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let given = Given {
            tables: members.map("RequestItems", |requests| list(requests, GivenWrite::read))?,
            capacity: members.string("ReturnConsumedCapacity")?,
            collection_metrics: members.string("ReturnItemCollectionMetrics")?,
        };
        given.check()
    }
}

impl Given {
    fn check(self) -> Result<BatchWriteItem, ServiceError> {
        let mut violations = Violations::new();
        let tables = self.tables.unwrap_or_default();
        check_counts(&tables, &mut violations);
        for (name, requests) in &tables {
            let place = Place::member("requestItems");
            table_key(name, &place, &mut violations);
            for (position, request) in requests.iter().enumerate() {
                request.check(&place.value_of(name).element(position), &mut violations);
            }
        }
        let capacity = return_capacity(self.capacity.as_deref(), &mut violations);
        let collection_metrics = collection_metrics(self.collection_metrics.as_deref(), &mut violations);
        violations.finish()?;
        if tables.is_empty() {
            return Err(ServiceError::request_items_required(BatchKind::Write));
        }

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

/// Each table's list has its length within bounds; the service tells it about the map as a whole.
fn check_counts(tables: &BTreeMap<String, Vec<GivenWrite>>, violations: &mut Violations) {
    let most = limits::BATCH_WRITE_REQUESTS_MAX;
    if tables.values().any(|requests| requests.is_empty() || requests.len() > most) {
        let names: Vec<String> =
            tables.iter().map(|(name, requests)| format!("{name}=[{} requests]", requests.len())).collect();
        let inner = format!(
            "Member must have length less than or equal to {most}, Member must have length greater than or equal to 1"
        );
        let shown = format!("{{{}}}", names.join(", "));
        violations.add(Place::member("requestItems"), shown, Constraint::MapValue(inner));
    }
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
