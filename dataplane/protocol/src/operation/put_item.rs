//! PutItem.

use partita_expression::Condition;
use partita_model::{Item, limits, size};

use super::whole_write::{CheckedWrite, GivenWrite};
use super::{ReturnCapacity, ReturnValues, TableRef};
use crate::ServiceError;
use crate::error::Place;
use crate::json::Members;

/// Creates an item or replaces it whole.
#[derive(Clone, Debug, PartialEq)]
pub struct PutItem {
    /// Where.
    pub table: TableRef,
    /// The new item, not over the size limit; that it has the table's keys is still to be checked.
    pub item: Item,
    /// What must hold of the item that is there.
    pub condition: Option<Condition>,
    /// [`ReturnValues::None`] or [`ReturnValues::AllOld`].
    pub return_values: ReturnValues,
    /// Whether a failed condition shows the item it failed on.
    pub on_condition_failure: bool,
    /// What to say about capacity.
    pub capacity: ReturnCapacity,
    /// Whether to say how large the item collection is.
    pub collection_metrics: bool,
}

impl PutItem {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let given = GivenWrite::read("Item", &mut members)?;
        let checked = given.check(Place::member("item"), within_limit)?;
        let CheckedWrite {
            table,
            item,
            condition,
            return_values,
            on_condition_failure,
            capacity,
            collection_metrics,
        } = checked;
        Ok(Self { table, item, condition, return_values, on_condition_failure, capacity, collection_metrics })
    }
}

fn within_limit(item: &Item) -> Result<(), ServiceError> {
    if size::item_size(item) > limits::ITEM_BYTES_MAX {
        Err(ServiceError::item_size_exceeded())
    } else {
        Ok(())
    }
}
