//! Secondary indexes from JSON.

use std::ops::RangeInclusive;

use partita_model::IndexName;
use serde_json::Value;

use super::super::member::{list_length, required, text};
use super::super::{
    GlobalIndexDefinition, LocalIndexDefinition, OnDemandThroughput, ProjectionDefinition, ProjectionType,
};
use super::settings::{DraftWarm, on_demand};
use super::{ATTRIBUTE_NAME, DraftKeyElement, DraftThroughput, KEY_SCHEMA, each, key_schema};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::Members;
use crate::operation::{Choices, name_form};

/// A global index may have four partition and four sort attributes.
const GLOBAL_KEY_SCHEMA: RangeInclusive<usize> = 1..=8;
const NON_KEY_ATTRIBUTES: RangeInclusive<usize> = 1..=20;
const PROJECTION_TYPES: Choices<ProjectionType> = Choices {
    all: &[
        ("ALL", ProjectionType::All),
        ("INCLUDE", ProjectionType::Include),
        ("KEYS_ONLY", ProjectionType::KeysOnly),
    ],
    classic: "ALL, INCLUDE, KEYS_ONLY",
    modern: "ALL, INCLUDE, KEYS_ONLY",
};

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
pub(super) struct DraftIndex {
    name: Option<String>,
    key_schema: Option<Vec<DraftKeyElement>>,
    projection: Option<DraftProjection>,
    throughput: Option<DraftThroughput>,
    warm: Option<DraftWarm>,
    on_demand: Option<OnDemandThroughput>,
}

impl DraftIndex {
    pub(super) fn read(value: Value) -> Result<Self, ServiceError> {
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

    pub(super) fn local(self, place: &Place, violations: &mut Violations) -> Option<LocalIndexDefinition> {
        let key_schema = key_schema(self.key_schema, &KEY_SCHEMA, &place.then("keySchema"), violations);
        let projection = projection(self.projection, place, violations);
        let index_name = index_name(self.name, place, violations);
        Some(LocalIndexDefinition { index_name: index_name?, key_schema, projection: projection? })
    }

    pub(super) fn global(self, place: &Place, violations: &mut Violations) -> Option<GlobalIndexDefinition> {
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

pub(super) fn index_name(
    name: Option<String>,
    place: &Place,
    violations: &mut Violations,
) -> Option<IndexName> {
    let place = place.then("indexName");
    let name = required(name, &place, violations)?;
    name_form(&name, &place, violations);
    Some(IndexName::new(name))
}
