//! DeleteItem.

use partita_expression::Condition;
use partita_model::Item;

use super::whole_write::{CheckedWrite, GivenWrite};
use super::{ReturnCapacity, ReturnValues, TableRef};
use crate::ServiceError;
use crate::error::Place;
use crate::json::{Cursor, Members, Pull, Taken};

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
        Self::of(GivenWrite::read("Key", &mut members)?)
    }

    /// Reads an unremarkable body.
    pub(crate) fn pull(body: &[u8]) -> Option<Self> {
        let PullKey(given) = PullKey::pull_body(body)?;
        Self::of(given).ok()
    }

    fn of(given: GivenWrite<'_>) -> Result<Self, ServiceError> {
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

/// The members of a body in which there is a key in the place of an item.
#[derive(Default)]
struct PullKey<'b>(GivenWrite<'b>);

impl<'b> Pull<'b> for PullKey<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        self.0.member("Key", name, cursor)
    }
}
