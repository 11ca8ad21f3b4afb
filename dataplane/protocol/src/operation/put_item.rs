//! PutItem.

use partita_expression::Condition;
use partita_model::{Item, limits, size};

use super::attributes;
use super::expressions::{GivenMaps, GivenRequirement, refuse_mix};
use super::parameter::GivenReturns;
use super::table_ref::table_name;
use super::{ReturnCapacity, ReturnValues, TableRef};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::{Candidate, Members, item};

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

struct Given {
    table: Option<String>,
    item: Option<Candidate<Item>>,
    returns: GivenReturns,
    requirement: GivenRequirement,
    maps: GivenMaps,
}

impl PutItem {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let given = Given {
            table: members.string("TableName")?,
            item: members.read("Item", item)?,
            returns: GivenReturns::read(&mut members)?,
            requirement: GivenRequirement::read(&mut members)?,
            maps: GivenMaps::read(&mut members)?,
        };
        given.check()
    }
}

impl Given {
    fn check(self) -> Result<PutItem, ServiceError> {
        let mut violations = Violations::new();
        let capacity = self.returns.check_capacity(&mut violations);
        table_name(self.table.as_deref(), &mut violations);
        let returns = self.returns.check(&mut violations);
        self.requirement.check(&mut violations);
        attributes::required(self.item.as_ref(), Place::member("item"), &mut violations);
        violations.finish()?;

        refuse_mix(&self.requirement.legacy(), &[self.requirement.expression()])?;
        let item = self.item.transpose()?.unwrap_or_default();
        returns.only_old_values()?;
        if size::item_size(&item) > limits::ITEM_BYTES_MAX {
            return Err(ServiceError::item_size_exceeded());
        }
        let requirement = self.requirement.compile_legacy()?;
        let condition = requirement.parse_alone(self.maps)?;
        Ok(PutItem {
            table: TableRef::new(self.table.unwrap_or_default()),
            item,
            condition,
            return_values: returns.return_values,
            on_condition_failure: returns.on_condition_failure,
            capacity,
            collection_metrics: returns.collection_metrics,
        })
    }
}
