//! From a manifest's spec to the definition that CreateTable takes.

use partita_api as api;
use partita_model::descriptor::StreamView;
use partita_model::name::{Scope, TableName};
use partita_model::schema::KeyType;
use partita_model::{IndexName, ScalarType, descriptor};
use partita_protocol::definition as asked;
use partita_protocol::operation::TableRef;

/// A spec that CreateTable's rules or the installation's scope do not allow; for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

/// The name of the table that `spec` speaks of; an ARN must be one of this installation.
///
/// # Errors
/// [`Invalid`] if the ARN is of another region or account.
pub fn table_name(spec: &api::TableSpec, scope: &Scope) -> Result<TableName, Invalid> {
    TableRef::new(&spec.table_name).name(scope).map_err(|_| {
        Invalid(format!(
            "{} is not in region {} and account {}",
            spec.table_name, scope.region, scope.account_id
        ))
    })
}

/// What CreateTable is to be asked for, before its rules are applied.
///
/// # Errors
/// [`Invalid`] if a field that has to be there is absent; the API server's rules let no such spec through.
pub fn definition(spec: &api::TableSpec) -> Result<asked::TableDefinition, Invalid> {
    Ok(asked::TableDefinition {
        attribute_definitions: spec.attribute_definitions.iter().map(attribute).collect::<Result<_, _>>()?,
        key_schema: key_schema(&spec.key_schema)?,
        billing_mode: spec.billing_mode.map(billing_mode),
        provisioned_throughput: spec.provisioned_throughput.map(throughput).transpose()?,
        local_secondary_indexes: indexes(spec.local_secondary_indexes.as_deref(), local_index)?,
        global_secondary_indexes: indexes(spec.global_secondary_indexes.as_deref(), global_index)?,
        stream_specification: spec.stream_specification.as_ref().map(stream),
        sse_specification: spec.sse_specification.as_ref().map(encryption),
        table_class: spec.table_class.map(table_class),
        deletion_protection_enabled: spec.deletion_protection_enabled,
        warm_throughput: spec.warm_throughput.map(warm_throughput).transpose()?,
        on_demand_throughput: spec.on_demand_throughput.map(on_demand_throughput),
        resource_policy: spec.resource_policy.clone(),
        tags: spec.tags.as_deref().filter(|tags| !tags.is_empty()).map(tags),
    })
}

/// An empty list asks for no index, as an absent one does; CreateTable takes only the latter.
fn indexes<T, U>(
    list: Option<&[T]>,
    index: impl Fn(&T) -> Result<U, Invalid>,
) -> Result<Option<Vec<U>>, Invalid> {
    list.filter(|list| !list.is_empty()).map(|list| list.iter().map(index).collect()).transpose()
}

fn missing(field: &str) -> Invalid {
    Invalid(format!("{field} must be specified"))
}

fn attribute(attribute: &api::AttributeDefinition) -> Result<asked::AttributeDefinition, Invalid> {
    let attribute_type = match attribute.attribute_type.ok_or_else(|| missing("attributeType"))? {
        api::ScalarAttributeType::S => ScalarType::S,
        api::ScalarAttributeType::N => ScalarType::N,
        api::ScalarAttributeType::B => ScalarType::B,
    };
    Ok(asked::AttributeDefinition { attribute_name: attribute.attribute_name.clone(), attribute_type })
}

/// A key as the API has it.
///
/// # Errors
/// [`Invalid`] if an element lacks its name or its role.
pub fn key_schema(elements: &[api::KeySchemaElement]) -> Result<Vec<asked::KeySchemaElement>, Invalid> {
    let element = |element: &api::KeySchemaElement| {
        let key_type = match element.key_type.ok_or_else(|| missing("keyType"))? {
            api::KeyType::Hash => KeyType::Hash,
            api::KeyType::Range => KeyType::Range,
        };
        let attribute_name = element.attribute_name.clone().ok_or_else(|| missing("attributeName"))?;
        Ok(asked::KeySchemaElement { attribute_name, key_type })
    };
    elements.iter().map(element).collect()
}

fn local_index(index: &api::LocalSecondaryIndex) -> Result<asked::LocalIndexDefinition, Invalid> {
    Ok(asked::LocalIndexDefinition {
        index_name: IndexName::new(&index.index_name),
        key_schema: key_schema(index.key_schema.as_deref().unwrap_or_default())?,
        projection: projection(index.projection.as_ref()),
    })
}

fn global_index(index: &api::GlobalSecondaryIndex) -> Result<asked::GlobalIndexDefinition, Invalid> {
    Ok(asked::GlobalIndexDefinition {
        index_name: IndexName::new(&index.index_name),
        key_schema: key_schema(index.key_schema.as_deref().unwrap_or_default())?,
        projection: projection(index.projection.as_ref()),
        provisioned_throughput: index.provisioned_throughput.map(throughput).transpose()?,
        warm_throughput: index.warm_throughput.map(warm_throughput).transpose()?,
        on_demand_throughput: index.on_demand_throughput.map(on_demand_throughput),
    })
}

/// A projection as the API has it; absent members stay absent.
pub fn projection(projection: Option<&api::Projection>) -> asked::ProjectionDefinition {
    let Some(projection) = projection else { return asked::ProjectionDefinition::default() };
    asked::ProjectionDefinition {
        projection_type: projection.projection_type.map(|projection| match projection {
            api::ProjectionType::All => asked::ProjectionType::All,
            api::ProjectionType::KeysOnly => asked::ProjectionType::KeysOnly,
            api::ProjectionType::Include => asked::ProjectionType::Include,
        }),
        non_key_attributes: projection.non_key_attributes.clone(),
    }
}

/// A billing mode as the API has it.
pub fn billing_mode(mode: api::BillingMode) -> descriptor::BillingMode {
    match mode {
        api::BillingMode::Provisioned => descriptor::BillingMode::Provisioned,
        api::BillingMode::PayPerRequest => descriptor::BillingMode::PayPerRequest,
    }
}

fn units(units: i64, field: &str) -> Result<u64, Invalid> {
    u64::try_from(units).map_err(|_| Invalid(format!("{field} cannot be negative")))
}

/// Provisioned units as the API has them.
///
/// # Errors
/// [`Invalid`] if a number is absent or negative.
pub fn throughput(throughput: api::ProvisionedThroughput) -> Result<asked::ProvisionedThroughput, Invalid> {
    let read = throughput.read_capacity_units.ok_or_else(|| missing("readCapacityUnits"))?;
    let write = throughput.write_capacity_units.ok_or_else(|| missing("writeCapacityUnits"))?;
    Ok(asked::ProvisionedThroughput {
        read_capacity_units: units(read, "readCapacityUnits")?,
        write_capacity_units: units(write, "writeCapacityUnits")?,
    })
}

fn warm_throughput(warm: api::WarmThroughput) -> Result<asked::WarmThroughput, Invalid> {
    Ok(asked::WarmThroughput {
        read_units_per_second: warm
            .read_units_per_second
            .map(|n| units(n, "readUnitsPerSecond"))
            .transpose()?,
        write_units_per_second: warm
            .write_units_per_second
            .map(|n| units(n, "writeUnitsPerSecond"))
            .transpose()?,
    })
}

fn on_demand_throughput(ceilings: api::OnDemandThroughput) -> asked::OnDemandThroughput {
    asked::OnDemandThroughput {
        max_read_request_units: ceilings.max_read_request_units,
        max_write_request_units: ceilings.max_write_request_units,
    }
}

/// A stream as the API has it: no view unless it is enabled.
pub(crate) fn stream(stream: &api::StreamSpecification) -> asked::StreamSpecification {
    let enabled = stream.stream_enabled == Some(true);
    let view = stream.stream_view_type.map(|view| match view {
        api::StreamViewType::KeysOnly => StreamView::KeysOnly,
        api::StreamViewType::NewImage => StreamView::NewImage,
        api::StreamViewType::OldImage => StreamView::OldImage,
        api::StreamViewType::NewAndOldImages => StreamView::NewAndOldImages,
    });
    asked::StreamSpecification { stream_enabled: enabled, stream_view_type: view.filter(|_| enabled) }
}

fn encryption(sse: &api::SSESpecification) -> asked::SseSpecification {
    asked::SseSpecification {
        enabled: sse.enabled,
        sse_type: sse.sse_type.map(|kind| match kind {
            api::SSEType::Aes256 => asked::SseType::Aes256,
            api::SSEType::Kms => asked::SseType::Kms,
        }),
        kms_master_key_id: sse.kms_master_key_id.clone(),
    }
}

/// A table class as the API has it.
pub fn table_class(class: api::TableClass) -> asked::TableClass {
    match class {
        api::TableClass::Standard => asked::TableClass::Standard,
        api::TableClass::StandardInfrequentAccess => asked::TableClass::StandardInfrequentAccess,
    }
}

/// Tags as the API has them; an absent value is the empty string.
pub fn tags(tags: &[api::Tag]) -> Vec<asked::Tag> {
    tags.iter()
        .map(|tag| asked::Tag { key: tag.key.clone(), value: tag.value.clone().unwrap_or_default() })
        .collect()
}
