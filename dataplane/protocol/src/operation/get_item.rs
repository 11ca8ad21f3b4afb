//! GetItem.

use partita_expression::Projection;
use partita_model::Item;
use partita_model::capacity::Consistency;

use super::attributes;
use super::expressions::{GivenMaps, refuse_mix};
use super::parameter::return_capacity;
use super::selection::GivenProjection;
use super::table_ref::table_name;
use super::{ReturnCapacity, TableRef};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::{Candidate, Cursor, Members, Pull, Taken, Text, item, once};

/// Reads one item by its key.
#[derive(Clone, Debug, PartialEq)]
pub struct GetItem {
    /// Where.
    pub table: TableRef,
    /// The item's key; that it fits the table's schema is still to be checked.
    pub key: Item,
    /// Whether the read must see every write acknowledged before it.
    pub consistency: Consistency,
    /// What to return of the item; all if absent.
    pub projection: Option<Projection>,
    /// What to say about capacity.
    pub capacity: ReturnCapacity,
}

#[derive(Default)]
struct Given<'b> {
    table: Option<Text<'b>>,
    key: Option<Candidate<Item>>,
    consistent: Option<bool>,
    projection: GivenProjection<'b>,
    capacity: Option<Text<'b>>,
    maps: GivenMaps,
}

impl<'b> Pull<'b> for Given<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "TableName" => once(&mut self.table, cursor.text()),
            "Key" => once(&mut self.key, cursor.item().map(Ok)),
            "ConsistentRead" => once(&mut self.consistent, cursor.boolean()),
            "ReturnConsumedCapacity" => once(&mut self.capacity, cursor.text()),
            _ => Some(self.projection.member(name, cursor)? || self.maps.names_member(name, cursor)?),
        }
    }
}

impl GetItem {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let given = Given {
            table: members.text("TableName")?,
            key: members.read("Key", item)?,
            consistent: members.boolean("ConsistentRead")?,
            projection: GivenProjection::read(&mut members)?,
            capacity: members.text("ReturnConsumedCapacity")?,
            maps: GivenMaps::read_names(&mut members)?,
        };
        given.check()
    }

    /// Reads an unremarkable body.
    pub(crate) fn pull(body: &[u8]) -> Option<Self> {
        Given::pull_body(body)?.check().ok()
    }
}

impl Given<'_> {
    fn check(self) -> Result<GetItem, ServiceError> {
        let mut violations = Violations::new();
        let capacity = return_capacity(self.capacity.as_deref(), &mut violations);
        table_name(self.table.as_deref(), &mut violations);
        attributes::required(self.key.as_ref(), Place::member("key"), &mut violations);
        self.projection.check(Place::member("attributesToGet"), &mut violations);
        violations.finish()?;

        refuse_mix(&[self.projection.legacy()], &[self.projection.expression()])?;
        let key = self.key.transpose()?.unwrap_or_default();
        let projection = self.projection.compile_legacy()?;
        let maps = self.maps.check(&[projection.accepted()])?;
        let substitutions = maps.substitutions()?;
        let projection = projection.parse(&substitutions)?;
        substitutions.finish()?;
        Ok(GetItem {
            table: TableRef::new(self.table.unwrap_or_default()),
            key,
            consistency: consistency(self.consistent),
            projection,
            capacity,
        })
    }
}

/// What `ConsistentRead` asks for.
pub(crate) fn consistency(consistent: Option<bool>) -> Consistency {
    match consistent {
        Some(true) => Consistency::Strong,
        Some(false) | None => Consistency::Eventual,
    }
}
