//! A definition from JSON: types first, then the constraints of the service model.

use std::ops::RangeInclusive;

use partita_model::descriptor::BillingMode;
use partita_model::schema::KeyType;
use partita_model::{IndexName, ScalarType};
use serde_json::Value;

use super::member::{at_least, list_length, required, shown_key_element, text};
use super::{
    AttributeDefinition, GlobalIndexDefinition, KeySchemaElement, LocalIndexDefinition, OnDemandThroughput,
    ProjectionDefinition, ProjectionType, ProvisionedThroughput, SseSpecification, SseType,
    StreamSpecification, StreamViewType, TableClass, TableDefinition, WarmThroughput,
};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::Members;
use crate::operation::{Choices, name_form};

/// Lengths of the names of key attributes and projected attributes.
const ATTRIBUTE_NAME: RangeInclusive<usize> = 1..=255;
const KEY_SCHEMA: RangeInclusive<usize> = 1..=2;
/// A global index may have four partition and four sort attributes.
const GLOBAL_KEY_SCHEMA: RangeInclusive<usize> = 1..=8;
const NON_KEY_ATTRIBUTES: RangeInclusive<usize> = 1..=20;

pub(crate) const BILLING_MODES: Choices<BillingMode> = Choices {
    all: &[("PROVISIONED", BillingMode::Provisioned), ("PAY_PER_REQUEST", BillingMode::PayPerRequest)],
    classic: "PROVISIONED, PAY_PER_REQUEST",
    modern: "PROVISIONED, PAY_PER_REQUEST",
};
pub(crate) const TABLE_CLASSES: Choices<TableClass> = Choices {
    all: &[
        ("STANDARD", TableClass::Standard),
        ("STANDARD_INFREQUENT_ACCESS", TableClass::StandardInfrequentAccess),
    ],
    classic: "STANDARD, STANDARD_INFREQUENT_ACCESS",
    modern: "STANDARD, STANDARD_INFREQUENT_ACCESS",
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
const PROJECTION_TYPES: Choices<ProjectionType> = Choices {
    all: &[
        ("ALL", ProjectionType::All),
        ("INCLUDE", ProjectionType::Include),
        ("KEYS_ONLY", ProjectionType::KeysOnly),
    ],
    classic: "ALL, INCLUDE, KEYS_ONLY",
    modern: "ALL, INCLUDE, KEYS_ONLY",
};
const STREAM_VIEW_TYPES: Choices<StreamViewType> = Choices {
    all: &[
        ("KEYS_ONLY", StreamViewType::KeysOnly),
        ("NEW_IMAGE", StreamViewType::NewImage),
        ("OLD_IMAGE", StreamViewType::OldImage),
        ("NEW_AND_OLD_IMAGES", StreamViewType::NewAndOldImages),
    ],
    classic: "KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES",
    modern: "KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES",
};
const SSE_TYPES: Choices<SseType> = Choices {
    all: &[("AES256", SseType::Aes256), ("KMS", SseType::Kms)],
    classic: "AES256, KMS",
    modern: "AES256, KMS",
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

/// The members that CreateTable and UpdateTable share.
#[derive(Debug)]
pub(crate) struct DraftSettings {
    stream: Option<DraftStream>,
    sse: Option<DraftSse>,
    table_class: Option<String>,
    deletion_protection_enabled: Option<bool>,
    warm_throughput: Option<DraftWarm>,
    on_demand_throughput: Option<OnDemandThroughput>,
}

/// [`DraftSettings`] within the constraints of the service model.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) stream: Option<StreamSpecification>,
    pub(crate) sse: Option<SseSpecification>,
    pub(crate) table_class: Option<TableClass>,
    pub(crate) deletion_protection_enabled: Option<bool>,
    pub(crate) warm_throughput: Option<WarmThroughput>,
    pub(crate) on_demand_throughput: Option<OnDemandThroughput>,
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

impl DraftSettings {
    pub(crate) fn read(members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self {
            stream: members.read("StreamSpecification", DraftStream::read)?,
            sse: members.read("SSESpecification", DraftSse::read)?,
            table_class: members.string("TableClass")?,
            deletion_protection_enabled: members.boolean("DeletionProtectionEnabled")?,
            warm_throughput: members.read("WarmThroughput", DraftWarm::read)?,
            on_demand_throughput: members.read("OnDemandThroughput", on_demand)?,
        })
    }

    pub(crate) fn check(self, violations: &mut Violations) -> Settings {
        Settings {
            stream: self.stream.map(|stream| stream.check(violations)),
            sse: self.sse.map(|sse| sse.check(violations)),
            table_class: TABLE_CLASSES.check(
                self.table_class.as_deref(),
                &Place::member("tableClass"),
                violations,
            ),
            deletion_protection_enabled: self.deletion_protection_enabled,
            warm_throughput: self
                .warm_throughput
                .map(|w| w.check(&Place::member("warmThroughput"), violations)),
            on_demand_throughput: self.on_demand_throughput,
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

#[derive(Debug)]
struct DraftWarm {
    read_units: Option<i64>,
    write_units: Option<i64>,
}

impl DraftWarm {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self {
            read_units: members.long("ReadUnitsPerSecond")?,
            write_units: members.long("WriteUnitsPerSecond")?,
        })
    }

    fn check(self, place: &Place, violations: &mut Violations) -> WarmThroughput {
        WarmThroughput {
            read_units_per_second: at_least(
                self.read_units,
                0,
                &place.then("readUnitsPerSecond"),
                violations,
            ),
            write_units_per_second: at_least(
                self.write_units,
                0,
                &place.then("writeUnitsPerSecond"),
                violations,
            ),
        }
    }
}

fn on_demand(value: Value) -> Result<OnDemandThroughput, ServiceError> {
    let mut members = Members::of_value(value)?;
    Ok(OnDemandThroughput {
        max_read_request_units: members.long("MaxReadRequestUnits")?,
        max_write_request_units: members.long("MaxWriteRequestUnits")?,
    })
}

#[derive(Debug)]
struct DraftStream {
    enabled: Option<bool>,
    view: Option<String>,
}

impl DraftStream {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self { enabled: members.boolean("StreamEnabled")?, view: members.string("StreamViewType")? })
    }

    fn check(self, violations: &mut Violations) -> StreamSpecification {
        let place = Place::member("streamSpecification");
        let enabled = required(self.enabled, &place.then("streamEnabled"), violations);
        let view = STREAM_VIEW_TYPES.check(self.view.as_deref(), &place.then("streamViewType"), violations);
        StreamSpecification { stream_enabled: enabled.unwrap_or(false), stream_view_type: view }
    }
}

#[derive(Debug)]
struct DraftSse {
    enabled: Option<bool>,
    kind: Option<String>,
    key: Option<String>,
}

impl DraftSse {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self {
            enabled: members.boolean("Enabled")?,
            kind: members.string("SSEType")?,
            key: members.string("KMSMasterKeyId")?,
        })
    }

    fn check(self, violations: &mut Violations) -> SseSpecification {
        let place = Place::member("sSESpecification").then("sSEType");
        let sse_type = SSE_TYPES.check(self.kind.as_deref(), &place, violations);
        SseSpecification { enabled: self.enabled, sse_type, kms_master_key_id: self.key }
    }
}

#[derive(Debug)]
struct DraftProjection {
    kind: Option<String>,
    non_key_attributes: Option<Vec<String>>,
}

impl DraftProjection {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self {
            kind: members.string("ProjectionType")?,
            non_key_attributes: members.strings("NonKeyAttributes")?,
        })
    }

    fn check(self, place: &Place, violations: &mut Violations) -> ProjectionDefinition {
        let kind = PROJECTION_TYPES.check(self.kind.as_deref(), &place.then("projectionType"), violations);
        let place = place.then("nonKeyAttributes");
        let names = self.non_key_attributes.map(|names| {
            let shown = || format!("[{}]", names.join(", "));
            list_length(names.len(), &NON_KEY_ATTRIBUTES, shown, &place, violations);
            each(names, &place, |name, place| text(Some(name), &ATTRIBUTE_NAME, place, violations))
        });
        ProjectionDefinition { projection_type: kind, non_key_attributes: names }
    }
}

/// A secondary index; the members below the projection are those of global indexes.
#[derive(Debug)]
struct DraftIndex {
    name: Option<String>,
    key_schema: Option<Vec<DraftKeyElement>>,
    projection: Option<DraftProjection>,
    throughput: Option<DraftThroughput>,
    warm: Option<DraftWarm>,
    on_demand: Option<OnDemandThroughput>,
}

impl DraftIndex {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self {
            name: members.string("IndexName")?,
            key_schema: members.list("KeySchema", DraftKeyElement::read)?,
            projection: members.read("Projection", DraftProjection::read)?,
            throughput: members.read("ProvisionedThroughput", DraftThroughput::read)?,
            warm: members.read("WarmThroughput", DraftWarm::read)?,
            on_demand: members.read("OnDemandThroughput", on_demand)?,
        })
    }

    fn local(self, place: &Place, violations: &mut Violations) -> Option<LocalIndexDefinition> {
        let key_schema = key_schema(self.key_schema, &KEY_SCHEMA, &place.then("keySchema"), violations);
        let projection = projection(self.projection, place, violations);
        let index_name = index_name(self.name, place, violations);
        Some(LocalIndexDefinition { index_name: index_name?, key_schema, projection: projection? })
    }

    fn global(self, place: &Place, violations: &mut Violations) -> Option<GlobalIndexDefinition> {
        let key_schema =
            key_schema(self.key_schema, &GLOBAL_KEY_SCHEMA, &place.then("keySchema"), violations);
        let projection = projection(self.projection, place, violations);
        let index_name = index_name(self.name, place, violations);
        let throughput = place.then("provisionedThroughput");
        let provisioned_throughput = self.throughput.and_then(|t| t.check(&throughput, violations));
        let warm_throughput = self.warm.map(|warm| warm.check(&place.then("warmThroughput"), violations));
        Some(GlobalIndexDefinition {
            index_name: index_name?,
            key_schema,
            projection: projection?,
            provisioned_throughput,
            warm_throughput,
            on_demand_throughput: self.on_demand,
        })
    }
}

fn projection(
    draft: Option<DraftProjection>,
    place: &Place,
    violations: &mut Violations,
) -> Option<ProjectionDefinition> {
    let place = place.then("projection");
    required(draft, &place, violations).map(|draft| draft.check(&place, violations))
}

fn index_name(name: Option<String>, place: &Place, violations: &mut Violations) -> Option<IndexName> {
    let place = place.then("indexName");
    let name = required(name, &place, violations)?;
    name_form(&name, &place, violations);
    Some(IndexName::new(name))
}
