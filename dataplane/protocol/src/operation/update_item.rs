//! UpdateItem.

use std::collections::BTreeMap;

use partita_expression::{Condition, Kind, Update};
use partita_model::Item;

use super::attributes;
use super::expressions::{GivenMaps, GivenRequirement, Presence, refuse_mix};
use super::legacy::{GivenUpdate, check_updates, update_values};
use super::parameter::GivenReturns;
use super::table_ref::table_name;
use super::{ReturnCapacity, ReturnValues, TableRef};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::{Candidate, Cursor, Members, Pull, Taken, Text, item, once};

/// Changes attributes of an item, and creates it if it is not there.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateItem {
    /// Where.
    pub table: TableRef,
    /// The item's key; that it fits the table's schema is still to be checked.
    pub key: Item,
    /// The change; `None` only makes sure that the item is there.
    pub update: Option<Update>,
    /// What must hold of the item that is there.
    pub condition: Option<Condition>,
    /// Which image the answer shows.
    pub return_values: ReturnValues,
    /// Whether a failed condition shows the item it failed on.
    pub on_condition_failure: bool,
    /// What to say about capacity.
    pub capacity: ReturnCapacity,
    /// Whether to say how large the item collection is.
    pub collection_metrics: bool,
}

#[derive(Default)]
struct Given<'b> {
    table: Option<Text<'b>>,
    key: Option<Candidate<Item>>,
    updates: Option<BTreeMap<String, GivenUpdate>>,
    expression: Option<Text<'b>>,
    returns: GivenReturns<'b>,
    requirement: GivenRequirement<'b>,
    maps: GivenMaps,
}

impl<'b> Pull<'b> for Given<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "TableName" => once(&mut self.table, cursor.text()),
            "Key" => once(&mut self.key, cursor.item().map(Ok)),
            "UpdateExpression" => once(&mut self.expression, cursor.text()),
            _ => Some(
                self.maps.member(name, cursor)?
                    || self.requirement.member(name, cursor)?
                    || self.returns.member(name, cursor)?,
            ),
        }
    }
}

impl UpdateItem {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let given = Given {
            table: members.text("TableName")?,
            key: members.read("Key", item)?,
            updates: members.map("AttributeUpdates", GivenUpdate::read)?,
            expression: members.text("UpdateExpression")?,
            returns: GivenReturns::read(&mut members)?,
            requirement: GivenRequirement::read(&mut members)?,
            maps: GivenMaps::read(&mut members)?,
        };
        given.check()
    }

    /// Reads an unremarkable body.
    pub(crate) fn pull(body: &[u8]) -> Option<Self> {
        Given::pull_body(body)?.check().ok()
    }
}

impl Given<'_> {
    fn check(mut self) -> Result<UpdateItem, ServiceError> {
        let mut violations = Violations::new();
        let capacity = self.returns.check_capacity(&mut violations);
        table_name(self.table.as_deref(), &mut violations);
        let returns = self.returns.check(&mut violations);
        if let Some(updates) = &self.updates {
            check_updates(updates, &mut violations);
        }
        self.requirement.check(&mut violations);
        attributes::required(self.key.as_ref(), Place::member("key"), &mut violations);
        violations.finish()?;

        self.refuse_mix()?;
        let key = self.key.take().transpose()?.unwrap_or_default();
        let table = TableRef::new(self.table.take().unwrap_or_default());
        let (update, condition) = self.compile()?;
        Ok(UpdateItem {
            table,
            key,
            update,
            condition,
            return_values: returns.return_values,
            on_condition_failure: returns.on_condition_failure,
            capacity,
            collection_metrics: returns.collection_metrics,
        })
    }

    fn refuse_mix(&self) -> Result<(), ServiceError> {
        let [expected, operator] = self.requirement.legacy();
        let updates: Presence = ("AttributeUpdates", self.updates.is_some());
        let update: Presence = ("UpdateExpression", self.expression.is_some());
        refuse_mix(&[updates, expected, operator], &[update, self.requirement.expression()])
    }

    /// The update and the condition, legacy forms first.
    fn compile(self) -> Result<(Option<Update>, Option<Condition>), ServiceError> {
        let legacy = self.updates.map(update_values).transpose()?;
        let legacy = legacy.map(Update::from_attribute_updates).transpose()?;
        let requirement = self.requirement.compile_legacy()?;
        let accepted = [(Kind::Update, self.expression.is_some()), requirement.accepted()];
        let maps = self.maps.check(&accepted)?;
        let substitutions = maps.substitutions()?;
        let update = match self.expression {
            None => legacy,
            Some(text) => Some(Update::parse(&text, &substitutions)?),
        };
        let condition = requirement.parse(&substitutions)?;
        substitutions.finish()?;
        Ok((update, condition))
    }
}
