//! BatchGetItem.

use std::collections::BTreeMap;

use partita_expression::Projection;
use partita_model::capacity::Consistency;
use partita_model::{Item, limits};
use serde_json::Value;

use super::expressions::{GivenMaps, Presence, refuse_mix};
use super::get_item::consistency;
use super::parameter::return_capacity;
use super::selection::GivenProjection;
use super::table_ref::table_keys;
use super::{ReturnCapacity, TableRef};
use crate::ServiceError;
use crate::error::{BatchKind, Constraint, Place, Violations};
use crate::json::{Candidate, Cursor, Members, Pull, Taken, Text, item, once};
use crate::output::{Answer as _, ReadOptions, UnprocessedKeys, item_to_json};

/// Reads many items by their keys, each read by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchGetItem {
    /// What to read of each table, at most 100 keys in all.
    pub tables: Vec<BatchGetTable>,
    /// What to say about capacity.
    pub capacity: ReturnCapacity,
}

/// The keys to read of one table.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchGetTable {
    /// Where.
    pub table: TableRef,
    /// The keys, at least one. That they fit the schema and that none is there twice is still to be checked.
    pub keys: Vec<Item>,
    /// Whether the reads must see every write acknowledged before them.
    pub consistency: Consistency,
    /// What to return of each item; all if absent.
    pub projection: Option<Projection>,
    as_given: ReadOptions,
}

impl BatchGetTable {
    /// What `UnprocessedKeys` says of this table when `keys` were not read.
    pub fn unprocessed(&self, keys: Vec<Item>) -> UnprocessedKeys {
        UnprocessedKeys { table: self.table.as_given().to_owned(), keys, options: self.as_given.clone() }
    }
}

#[derive(Default)]
struct Given<'b> {
    tables: Option<BTreeMap<String, GivenTable<'b>>>,
    capacity: Option<Text<'b>>,
}

#[derive(Default)]
struct GivenTable<'b> {
    keys: Option<Vec<Candidate<Item>>>,
    consistent: Option<bool>,
    projection: GivenProjection<'b>,
    maps: GivenMaps,
}

impl<'b> Pull<'b> for Given<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "RequestItems" => once(&mut self.tables, cursor.map(GivenTable::pull)),
            "ReturnConsumedCapacity" => once(&mut self.capacity, cursor.text()),
            _ => Some(false),
        }
    }
}

impl<'b> Pull<'b> for GivenTable<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "Keys" => once(&mut self.keys, cursor.list(|cursor| cursor.item().map(Ok))),
            "ConsistentRead" => once(&mut self.consistent, cursor.boolean()),
            _ => Some(self.projection.member(name, cursor)? || self.maps.names_member(name, cursor)?),
        }
    }
}

impl BatchGetItem {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let given = Given {
            tables: members.map("RequestItems", GivenTable::read)?,
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
    fn check(self) -> Result<BatchGetItem, ServiceError> {
        let mut violations = Violations::new();
        let place = Place::member("requestItems");
        match &self.tables {
            None => violations.missing(place),
            Some(tables) if tables.is_empty() => violations.add(place, "{}", Constraint::LengthMin(1)),
            Some(tables) => {
                table_keys(tables.keys(), || shown_tables(tables), &mut violations);
                for (name, table) in tables {
                    table.check(&place.value_of(name), &mut violations);
                }
            }
        }
        let capacity = return_capacity(self.capacity.as_deref(), &mut violations);
        violations.finish()?;

        let tables = self.tables.unwrap_or_default();
        refuse_mix_over_tables(&tables)?;
        let tables: Vec<BatchGetTable> =
            tables.into_iter().map(|(name, table)| table.accept(name)).collect::<Result<_, _>>()?;
        match tables.iter().map(|table| table.keys.len()).sum::<usize>() > limits::BATCH_GET_KEYS_MAX {
            true => Err(ServiceError::too_many_items(BatchKind::Get)),
            false => Ok(BatchGetItem { tables, capacity }),
        }
    }
}

impl GivenTable<'_> {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self {
            keys: members.list("Keys", item)?,
            consistent: members.boolean("ConsistentRead")?,
            projection: GivenProjection::read(&mut members)?,
            maps: GivenMaps::read_names(&mut members)?,
        })
    }

    fn check(&self, place: &Place, violations: &mut Violations) {
        let keys_place = place.then("keys");
        match &self.keys {
            None => violations.missing(keys_place),
            Some(keys) if keys.is_empty() => violations.add(keys_place, "[]", Constraint::LengthMin(1)),
            Some(keys) if keys.len() > limits::BATCH_GET_KEYS_MAX => {
                let most = Constraint::LengthMax(limits::BATCH_GET_KEYS_MAX);
                violations.add(keys_place, shown_keys(keys), most);
            }
            Some(_) => {}
        }
        self.projection.check(place.then("attributesToGet"), violations);
    }

    fn as_given(&self) -> ReadOptions {
        let (attributes_to_get, projection_expression) = self.projection.given();
        ReadOptions {
            consistent_read: self.consistent,
            attributes_to_get: attributes_to_get.map(<[String]>::to_vec),
            projection_expression: projection_expression.map(str::to_owned),
            expression_attribute_names: self.maps.names().cloned(),
        }
    }

    /// The rules of one table's part.
    fn accept(self, name: String) -> Result<BatchGetTable, ServiceError> {
        let as_given = self.as_given();
        let projection = self.projection.compile_legacy()?;
        let maps = self.maps.check(&[projection.accepted()])?;
        let substitutions = maps.substitutions()?;
        let projection = projection.parse(&substitutions)?;
        substitutions.finish()?;
        let keys = self.keys.unwrap_or_default().into_iter().collect::<Result<Vec<_>, _>>()?;
        let consistency = consistency(self.consistent);
        Ok(BatchGetTable { table: TableRef::new(name), keys, consistency, projection, as_given })
    }
}

/// Both syntaxes in one request are refused, also when they stand at different tables.
fn refuse_mix_over_tables<'b>(tables: &BTreeMap<String, GivenTable<'b>>) -> Result<(), ServiceError> {
    let over_all = |presence: fn(&GivenProjection<'b>) -> Presence| {
        let mut all = tables.values().map(|table| presence(&table.projection));
        all.find(|(_, given)| *given)
    };
    let legacy = over_all(GivenProjection::legacy);
    let expression = over_all(GivenProjection::expression);
    refuse_mix(legacy.as_slice(), expression.as_slice())
}

/// The map of tables as errors echo it.
fn shown_tables(tables: &BTreeMap<String, GivenTable<'_>>) -> String {
    let tables: BTreeMap<&String, UnprocessedKeys> = tables
        .iter()
        .map(|(name, table)| {
            let keys = table.keys.iter().flatten().flatten().cloned().collect();
            (name, UnprocessedKeys { table: name.clone(), keys, options: table.as_given() })
        })
        .collect();
    tables.to_json().to_string()
}

/// A list of keys as errors echo it.
fn shown_keys(keys: &[Candidate<Item>]) -> String {
    let keys: Vec<Value> = keys.iter().flatten().map(item_to_json).collect();
    Value::Array(keys).to_string()
}
