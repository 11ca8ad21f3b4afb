//! What PutItem and DeleteItem are read from: an item or its key, a condition, and options. Neither computes anything from the
//! item that is there, so they differ only in what they are given.

use partita_expression::Condition;
use partita_model::Item;

use super::attributes;
use super::expressions::{GivenMaps, GivenRequirement, refuse_mix};
use super::parameter::GivenReturns;
use super::table_ref::table_name;
use super::{ReturnCapacity, ReturnValues, TableRef};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::{Candidate, Cursor, Members, Pull as _, Taken, Text, item, once};

/// The members as given.
#[derive(Default)]
pub(crate) struct GivenWrite<'b> {
    table: Option<Text<'b>>,
    item: Option<Candidate<Item>>,
    returns: GivenReturns<'b>,
    requirement: GivenRequirement<'b>,
    maps: GivenMaps,
}

/// The members, checked.
pub(crate) struct CheckedWrite {
    pub(crate) table: TableRef,
    pub(crate) item: Item,
    pub(crate) condition: Option<Condition>,
    pub(crate) return_values: ReturnValues,
    pub(crate) on_condition_failure: bool,
    pub(crate) capacity: ReturnCapacity,
    pub(crate) collection_metrics: bool,
}

impl<'b> GivenWrite<'b> {
    /// `name` is that of the member which holds the item or its key.
    pub(crate) fn read(name: &'static str, members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self {
            table: members.text("TableName")?,
            item: members.read(name, item)?,
            returns: GivenReturns::read(members)?,
            requirement: GivenRequirement::read(members)?,
            maps: GivenMaps::read(members)?,
        })
    }

    /// Takes the member `name`, where `item` is the name of the member which holds the item or its key.
    pub(crate) fn member(&mut self, item: &str, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "TableName" => once(&mut self.table, cursor.text()),
            name if name == item => once(&mut self.item, cursor.item().map(Ok)),
            _ => Some(
                self.requirement.member(name, cursor)?
                    || self.maps.member(name, cursor)?
                    || self.returns.member(name, cursor)?,
            ),
        }
    }

    /// `place` is that of the item; `admit` is asked about it when the service would ask: before the condition is looked at.
    pub(crate) fn check(
        self,
        place: Place,
        admit: impl FnOnce(&Item) -> Result<(), ServiceError>,
    ) -> Result<CheckedWrite, ServiceError> {
        let mut violations = Violations::new();
        let capacity = self.returns.check_capacity(&mut violations);
        table_name(self.table.as_deref(), &mut violations);
        let returns = self.returns.check(&mut violations);
        self.requirement.check(&mut violations);
        attributes::required(self.item.as_ref(), place, &mut violations);
        violations.finish()?;

        refuse_mix(&self.requirement.legacy(), &[self.requirement.expression()])?;
        let item = self.item.transpose()?.unwrap_or_default();
        returns.only_old_values()?;
        admit(&item)?;
        let requirement = self.requirement.compile_legacy()?;
        let condition = requirement.parse_alone(self.maps)?;
        Ok(CheckedWrite {
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
