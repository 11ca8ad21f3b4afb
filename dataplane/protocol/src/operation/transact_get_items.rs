//! TransactGetItems.

use partita_expression::Projection;
use partita_model::{Item, limits};
use serde_json::Value;

use super::expressions::GivenMaps;
use super::parameter::return_capacity;
use super::parts::{GivenParts, Part};
use super::selection::GivenProjection;
use super::table_ref::table_name_at;
use super::{ReturnCapacity, TableRef, attributes};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::{Candidate, Cursor, Members, Pull, Taken, Text, item, once};

/// Reads several items as they are at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct TransactGetItems {
    /// The reads, 1 to 100. That no two of them are about the same item is still to be checked.
    pub gets: Vec<TransactGet>,
    /// What to say about capacity.
    pub capacity: ReturnCapacity,
}

/// One read of a transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct TransactGet {
    /// Where.
    pub table: TableRef,
    /// The item's key; that it fits the table's schema is still to be checked.
    pub key: Item,
    /// What to return of the item; all if absent.
    pub projection: Option<Projection>,
}

#[derive(Default)]
struct Given<'b> {
    items: Option<GivenParts<GivenElement<'b>, { limits::TRANSACTION_ACTIONS_MAX }>>,
    capacity: Option<Text<'b>>,
}

/// One element of the list.
#[derive(Default)]
struct GivenElement<'b>(Option<GivenGet<'b>>);

#[derive(Default)]
struct GivenGet<'b> {
    table: Option<Text<'b>>,
    key: Option<Candidate<Item>>,
    projection: GivenProjection<'b>,
    maps: GivenMaps,
}

impl<'b> Pull<'b> for Given<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "TransactItems" => once(&mut self.items, GivenParts::pull(cursor, GivenElement::pull)),
            "ReturnConsumedCapacity" => once(&mut self.capacity, cursor.text()),
            _ => Some(false),
        }
    }
}

impl<'b> Pull<'b> for GivenElement<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "Get" => once(&mut self.0, GivenGet::pull(cursor)),
            _ => Some(false),
        }
    }
}

impl<'b> Pull<'b> for GivenGet<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "TableName" => once(&mut self.table, cursor.text()),
            "Key" => once(&mut self.key, cursor.item().map(Ok)),
            _ => Some(self.projection.member(name, cursor)? || self.maps.names_member(name, cursor)?),
        }
    }
}

impl Part for GivenElement<'_> {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let get = Members::of_value(value)?.structure("Get")?;
        Ok(Self(get.map(GivenGet::read).transpose()?))
    }

    fn check(&self, place: &Place, violations: &mut Violations) {
        let place = place.then("get");
        match &self.0 {
            None => violations.missing(place),
            Some(get) => {
                table_name_at(place.then("tableName"), get.table.as_deref(), violations);
                attributes::required(get.key.as_ref(), place.then("key"), violations);
            }
        }
    }

    fn shown(&self) -> String {
        "TransactGetItem(get)".to_owned()
    }
}

impl TransactGetItems {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let given = Given {
            items: GivenParts::read("TransactItems", &mut members)?,
            capacity: members.text("ReturnConsumedCapacity")?,
        };
        given.check()
    }

    /// Reads an unremarkable body.
    pub(crate) fn pull(body: &[u8]) -> Option<Self> {
        Given::pull_body(body)?.check().ok()
    }
}

impl Given<'_> {
    fn check(self) -> Result<TransactGetItems, ServiceError> {
        let mut violations = Violations::new();
        let capacity = return_capacity(self.capacity.as_deref(), &mut violations);
        GivenParts::check(self.items.as_ref(), Place::member("transactItems"), &mut violations);
        violations.finish()?;

        let elements = GivenParts::into_parts(self.items).into_iter();
        // The check of the constraints has refused elements without a read.
        let gets = elements.filter_map(|GivenElement(get)| get).map(GivenGet::accept);
        Ok(TransactGetItems { gets: gets.collect::<Result<_, _>>()?, capacity })
    }
}

impl GivenGet<'_> {
    fn read(mut members: Members) -> Result<Self, ServiceError> {
        Ok(Self {
            table: members.text("TableName")?,
            key: members.read("Key", item)?,
            projection: GivenProjection::read_expression(&mut members)?,
            maps: GivenMaps::read_names(&mut members)?,
        })
    }

    /// The rules of one read.
    fn accept(self) -> Result<TransactGet, ServiceError> {
        let key = self.key.transpose()?.unwrap_or_default();
        let projection = self.projection.compile_legacy()?;
        let maps = self.maps.check(&[projection.accepted()])?;
        let substitutions = maps.substitutions()?;
        let projection = projection.parse(&substitutions)?;
        substitutions.finish()?;
        Ok(TransactGet { table: TableRef::new(self.table.unwrap_or_default()), key, projection })
    }
}
