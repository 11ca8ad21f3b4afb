//! DeleteItem.

use partita_expression::Condition;
use partita_model::Item;

use super::whole_write::{CheckedWrite, GivenWrite};
use super::{ReturnCapacity, ReturnValues, TableRef};
use crate::ServiceError;
use crate::error::Place;
use crate::json::Members;

/// Deletes an item, if it is there.
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteItem {
    /// Where.
    pub table: TableRef,
    /// The item's key; that it fits the table's schema is still to be checked.
    pub key: Item,
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

impl DeleteItem {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let given = GivenWrite::read("Key", &mut members)?;
        let checked = given.check(Place::member("key"), |_| Ok(()))?;
        let CheckedWrite {
            table,
            item,
            condition,
            return_values,
            on_condition_failure,
            capacity,
            collection_metrics,
        } = checked;
        Ok(Self {
            table,
            key: item,
            condition,
            return_values,
            on_condition_failure,
            capacity,
            collection_metrics,
        })
    }
}
