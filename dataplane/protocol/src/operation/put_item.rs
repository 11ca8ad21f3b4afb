//! PutItem.

use partita_expression::Condition;
use partita_model::{Item, limits, size};

use super::whole_write::{CheckedWrite, GivenWrite};
use super::{ReturnCapacity, ReturnValues, TableRef};
use crate::ServiceError;
use crate::error::Place;
use crate::json::{Cursor, Members, Pull, Taken};

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
        Self::of(GivenWrite::read("Item", &mut members)?)
    }

    /// Reads an unremarkable body.
    pub(crate) fn pull(body: &[u8]) -> Option<Self> {
        let PullItem(given) = PullItem::pull_body(body)?;
        Self::of(given).ok()
    }

    fn of(given: GivenWrite<'_>) -> Result<Self, ServiceError> {
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

/// The members of a body in which the item is called so.
#[derive(Default)]
struct PullItem<'b>(GivenWrite<'b>);

impl<'b> Pull<'b> for PullItem<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        self.0.member("Item", name, cursor)
    }
}

fn within_limit(item: &Item) -> Result<(), ServiceError> {
    if size::item_size(item) > limits::ITEM_BYTES_MAX {
        Err(ServiceError::item_size_exceeded())
    } else {
        Ok(())
    }
}
