//! A definition from JSON: types first, then the constraints of the service model.

mod index;
mod index_update;
mod settings;

use std::ops::RangeInclusive;

use partita_model::ScalarType;
use partita_model::descriptor::BillingMode;
use partita_model::schema::KeyType;
use serde_json::Value;

use super::member::{at_least, list_length, required, shown_key_element, text};
use super::{AttributeDefinition, KeySchemaElement, ProvisionedThroughput, TableDefinition};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::Members;
use crate::operation::Choices;
use index::DraftIndex;
pub(crate) use index_update::DraftIndexUpdate;
pub(crate) use settings::{DraftSettings, Settings};

/// Lengths of the names of key attributes and projected attributes.
const ATTRIBUTE_NAME: RangeInclusive<usize> = 1..=255;
const KEY_SCHEMA: RangeInclusive<usize> = 1..=2;

pub(crate) const BILLING_MODES: Choices<BillingMode> = Choices {
    all: &[("PROVISIONED", BillingMode::Provisioned), ("PAY_PER_REQUEST", BillingMode::PayPerRequest)],
    classic: "PROVISIONED, PAY_PER_REQUEST",
    modern: "PROVISIONED, PAY_PER_REQUEST",
};
const ATTRIBUTE_TYPES: Choices<ScalarType> = Choices {
    all: &[("B", ScalarType::B), ("N", ScalarType::N), ("S", ScalarType::S)],
    classic: "B, N, S",
    modern: "B, N, S",
};
const KEY_TYPES: Choices<KeyType> = Choices {
    all: &[("HASH", KeyType::Hash), ("RANGE", KeyType::Range)],
    classic: "HASH, RANGE",
    modern: "HASH, RANGE",
};

/// The members of CreateTable's definition with their JSON types right and nothing else checked.
#[derive(Debug)]
pub(crate) struct Draft {
    billing_mode: Option<String>,
    attribute_definitions: Option<Vec<DraftAttribute>>,
    provisioned_throughput: Option<DraftThroughput>,
    key_schema: Option<Vec<DraftKeyElement>>,
    local_indexes: Option<Vec<DraftIndex>>,
    global_indexes: Option<Vec<DraftIndex>>,
    settings: DraftSettings,
    resource_policy: Option<String>,
}

impl Draft {
    pub(crate) fn read(members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self {
            billing_mode: members.string("BillingMode")?,
            attribute_definitions: members.list("AttributeDefinitions", DraftAttribute::read)?,
            provisioned_throughput: members.read("ProvisionedThroughput", DraftThroughput::read)?,
            key_schema: members.list("KeySchema", DraftKeyElement::read)?,
            local_indexes: members.list("LocalSecondaryIndexes", DraftIndex::read)?,
            global_indexes: members.list("GlobalSecondaryIndexes", DraftIndex::read)?,
            settings: DraftSettings::read(members)?,
            resource_policy: members.string("ResourcePolicy")?,
        })
    }

    /// Records the broken constraints. What is returned is whole only if there were none.
    pub(crate) fn check(self, violations: &mut Violations) -> TableDefinition {
        let billing_mode =
            BILLING_MODES.check(self.billing_mode.as_deref(), &Place::member("billingMode"), violations);
        let place = Place::member("attributeDefinitions");
        let attributes = required(self.attribute_definitions, &place, violations).unwrap_or_default();
        let attribute_definitions =
            each(attributes, &place, |attribute, place| attribute.check(place, violations));
        let throughput = Place::member("provisionedThroughput");
        let provisioned_throughput =
            self.provisioned_throughput.and_then(|t| t.check(&throughput, violations));
        let key_schema = key_schema(self.key_schema, &KEY_SCHEMA, &Place::member("keySchema"), violations);
        let place = Place::member("localSecondaryIndexes");
        let local =
            self.local_indexes.map(|list| each(list, &place, |index, place| index.local(place, violations)));
        let place = Place::member("globalSecondaryIndexes");
        let global = self
            .global_indexes
            .map(|list| each(list, &place, |index, place| index.global(place, violations)));
        let settings = self.settings.check(violations);
        TableDefinition {
            attribute_definitions,
            key_schema,
            billing_mode,
            provisioned_throughput,
            local_secondary_indexes: local,
            global_secondary_indexes: global,
            stream_specification: settings.stream,
            sse_specification: settings.sse,
            table_class: settings.table_class,
            deletion_protection_enabled: settings.deletion_protection_enabled,
            warm_throughput: settings.warm_throughput,
            on_demand_throughput: settings.on_demand_throughput,
            resource_policy: self.resource_policy,
            tags: None,
        }
    }
}

/// Checks each element of a list at its own place.
fn each<D, T>(list: Vec<D>, place: &Place, mut check: impl FnMut(D, &Place) -> Option<T>) -> Vec<T> {
    let elements = list.into_iter().enumerate();
    elements.filter_map(|(index, element)| check(element, &place.element(index))).collect()
}

#[derive(Debug)]
struct DraftAttribute {
    name: Option<String>,
    scalar: Option<String>,
}

impl DraftAttribute {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self { name: members.string("AttributeName")?, scalar: members.string("AttributeType")? })
    }

    fn check(self, place: &Place, violations: &mut Violations) -> Option<AttributeDefinition> {
        let name = attribute_name(self.name, &place.then("attributeName"), violations);
        let place = place.then("attributeType");
        let scalar = required(self.scalar, &place, violations);
        let scalar = ATTRIBUTE_TYPES.check(scalar.as_deref(), &place, violations);
        Some(AttributeDefinition { attribute_name: name?, attribute_type: scalar? })
    }
}

fn attribute_name(name: Option<String>, place: &Place, violations: &mut Violations) -> Option<String> {
    let name = required(name, place, violations);
    text(name, &ATTRIBUTE_NAME, place, violations)
}

#[derive(Debug)]
struct DraftKeyElement {
    name: Option<String>,
    role: Option<String>,
}

impl DraftKeyElement {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self { name: members.string("AttributeName")?, role: members.string("KeyType")? })
    }

    fn check(self, place: &Place, violations: &mut Violations) -> Option<KeySchemaElement> {
        let name = attribute_name(self.name, &place.then("attributeName"), violations);
        let place = place.then("keyType");
        let role = required(self.role, &place, violations);
        let role = KEY_TYPES.check(role.as_deref(), &place, violations);
        Some(KeySchemaElement { attribute_name: name?, key_type: role? })
    }
}

fn key_schema(
    elements: Option<Vec<DraftKeyElement>>,
    length: &RangeInclusive<usize>,
    place: &Place,
    violations: &mut Violations,
) -> Vec<KeySchemaElement> {
    let Some(elements) = required(elements, place, violations) else { return Vec::new() };
    let shown = || {
        let shown = elements.iter().map(|e| shown_key_element(e.name.as_deref(), e.role.as_deref()));
        format!("[{}]", shown.collect::<Vec<_>>().join(", "))
    };
    list_length(elements.len(), length, shown, place, violations);
    each(elements, place, |element, place| element.check(place, violations))
}

#[derive(Debug)]
struct DraftThroughput {
    read_units: Option<i64>,
    write_units: Option<i64>,
}

impl DraftThroughput {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self {
            read_units: members.long("ReadCapacityUnits")?,
            write_units: members.long("WriteCapacityUnits")?,
        })
    }

    /// Writes are told about before reads.
    fn check(self, place: &Place, violations: &mut Violations) -> Option<ProvisionedThroughput> {
        let mut units = |units: Option<i64>, place: Place| {
            let units = required(units, &place, violations);
            at_least(units, 1, &place, violations)
        };
        let write_capacity_units = units(self.write_units, place.then("writeCapacityUnits"));
        let read_capacity_units = units(self.read_units, place.then("readCapacityUnits"));
        Some(ProvisionedThroughput {
            read_capacity_units: read_capacity_units?,
            write_capacity_units: write_capacity_units?,
        })
    }
}

/// A draft of attribute definitions, for UpdateTable.
pub(crate) struct AttributesMember(Option<Vec<DraftAttribute>>);

impl AttributesMember {
    pub(crate) fn read(members: &mut Members) -> Result<Self, ServiceError> {
        members.list("AttributeDefinitions", DraftAttribute::read).map(Self)
    }

    pub(crate) fn check(self, violations: &mut Violations) -> Vec<AttributeDefinition> {
        let place = Place::member("attributeDefinitions");
        each(self.0.unwrap_or_default(), &place, |attribute, place| attribute.check(place, violations))
    }
}

/// A draft of provisioned throughput, for UpdateTable.
pub(crate) struct ThroughputMember(Option<DraftThroughput>);

impl ThroughputMember {
    pub(crate) fn read(members: &mut Members) -> Result<Self, ServiceError> {
        members.read("ProvisionedThroughput", DraftThroughput::read).map(Self)
    }

    pub(crate) fn check(self, violations: &mut Violations) -> Option<ProvisionedThroughput> {
        self.0.and_then(|draft| draft.check(&Place::member("provisionedThroughput"), violations))
    }
}
