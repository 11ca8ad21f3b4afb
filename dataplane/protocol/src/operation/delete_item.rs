//! DeleteItem.

use partita_expression::Condition;
use partita_model::Item;

use super::attributes;
use super::expressions::{GivenMaps, GivenRequirement, refuse_mix};
use super::parameter::GivenReturns;
use super::table_ref::table_name;
use super::{ReturnCapacity, ReturnValues, TableRef};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::{Candidate, Members, item};

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

struct Given {
    table: Option<String>,
    key: Option<Candidate<Item>>,
    returns: GivenReturns,
    requirement: GivenRequirement,
    maps: GivenMaps,
}

impl DeleteItem {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let given = Given {
            table: members.string("TableName")?,
            key: members.read("Key", item)?,
            returns: GivenReturns::read(&mut members)?,
            requirement: GivenRequirement::read(&mut members)?,
            maps: GivenMaps::read(&mut members)?,
        };
        given.check()
    }
}

impl Given {
    fn check(self) -> Result<DeleteItem, ServiceError> {
        let mut violations = Violations::new();
        let capacity = self.returns.check_capacity(&mut violations);
        table_name(self.table.as_deref(), &mut violations);
        let returns = self.returns.check(&mut violations);
        self.requirement.check(&mut violations);
        attributes::required(self.key.as_ref(), Place::member("key"), &mut violations);
        violations.finish()?;

        refuse_mix(&self.requirement.legacy(), &[self.requirement.expression()])?;
        let key = self.key.transpose()?.unwrap_or_default();
        returns.only_old_values()?;
        let requirement = self.requirement.compile_legacy()?;
        let condition = requirement.parse_alone(self.maps)?;
        Ok(DeleteItem {
            table: TableRef::new(self.table.unwrap_or_default()),
            key,
            condition,
            return_values: returns.return_values,
            on_condition_failure: returns.on_condition_failure,
            capacity,
            collection_metrics: returns.collection_metrics,
        })
    }
}
