//! Query: the items of one partition, by a condition on the sort key.

use partita_expression::BoundKeyCondition;
use partita_model::key::write_scalar;
use partita_protocol::operation::{self, FilterForm, Select};
use partita_protocol::{ServiceError, output};
use partita_storage::{KeyRange, Order};

use super::page::Plan;
use super::range;
use super::source::Source;
use crate::engine::TableEngine;
use crate::{Error, check};

impl TableEngine {
    /// Reads a page of one partition of a table or index.
    ///
    /// # Errors
    /// When the request does not fit the table's schema; otherwise the store failed.
    pub async fn query(&self, query: &operation::Query) -> Result<output::Page, Error> {
        let table = self.table(&query.table)?;
        let source = Source::of(&table, query.index.as_ref(), query.consistency)?;
        source.gives(query.select, query.projection.as_ref())?;
        let order = if query.forward { Order::Ascending } else { Order::Descending };
        let range = rows(&source, query, order)?;
        no_filter_on_key(&source, query)?;
        let plan = Plan {
            source: &source,
            range,
            order,
            limit: query.limit,
            filter: query.filter.as_ref(),
            projection: query.projection.as_ref(),
            count_only: query.select == Some(Select::Count),
            fetch: source.needs_items(query.select, query.projection.as_ref()),
            consistency: query.consistency,
        };
        self.core.page(&plan, query.table.as_given(), query.capacity).await
    }
}

/// The rows that the key condition and the start key leave.
fn rows(source: &Source<'_>, query: &operation::Query, order: Order) -> Result<KeyRange, ServiceError> {
    let start = match &query.start_key {
        Some(key) => Some(source.start_row(key).ok_or_else(ServiceError::invalid_start_key)?),
        None => None,
    };
    let (hash_attributes, range_attributes) = source.key();
    let bound = query.key_condition.bind(hash_attributes, range_attributes);
    let BoundKeyCondition { hash, equal, range } =
        bound.map_err(|error| ServiceError::key_condition(&error))?;
    check::hash_values(hash_attributes, &hash)?;
    let mismatch = ServiceError::key_does_not_match_schema;
    let mut base = source.rows_of(&hash).ok_or_else(mismatch)?.to_vec();
    for value in &equal {
        write_scalar(value, &mut base).ok_or_else(mismatch)?;
    }
    let rows = range::rows(&base.into(), range.as_ref()).ok_or_else(mismatch)?;
    match start {
        None => Ok(rows),
        Some(start) if !rows.contains(&start) => Err(ServiceError::start_key_outside_query()),
        Some(start) => Ok(match order {
            Order::Ascending => rows.after(&start),
            Order::Descending => rows.before(&start),
        }),
    }
}

/// The key condition alone may name the attributes of the key that is read by, but for PartiQL statements, which have no key
/// condition of their own.
fn no_filter_on_key(source: &Source<'_>, query: &operation::Query) -> Result<(), ServiceError> {
    let Some(filter) = &query.filter else { return Ok(()) };
    let expression = match query.filter_form {
        FilterForm::Expression => true,
        FilterForm::Legacy => false,
        FilterForm::Statement => return Ok(()),
    };
    let named = filter.top_level_attributes();
    let (hash, range) = source.key();
    match hash.iter().chain(range).find(|key| named.contains(key.name.as_str())) {
        Some(key) => Err(ServiceError::filter_on_key(&key.name, expression)),
        None => Ok(()),
    }
}
