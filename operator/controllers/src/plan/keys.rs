//! What can never change of a table: its key, the types of its key attributes, its local indexes.

use std::collections::BTreeMap;

use partita_api::TableSpec;
use partita_api::conditions::reasons;
use partita_model::ScalarType;
use partita_protocol::definition::{
    AttributeDefinition, KeySchemaElement, LocalIndexDefinition, ProjectionDefinition,
};
use partita_protocol::output::TableDescription;

use super::{Plan, refuse};
use crate::definition;

/// Refuses a spec whose unchangeable fields differ from the table's.
pub(super) fn agree(spec: &TableSpec, description: &TableDescription) -> Result<(), Plan> {
    let wanted = definition::definition(spec)?;
    if wanted.key_schema != description.key_schema {
        return Err(differs("keySchema", &key(&description.key_schema), &key(&wanted.key_schema)));
    }
    let types = types(&description.attribute_definitions);
    for AttributeDefinition { attribute_name, attribute_type } in &wanted.attribute_definitions {
        if let Some(there) = types.get(attribute_name.as_str()).filter(|there| *there != attribute_type) {
            let field = format!("the type of attribute {attribute_name}");
            return Err(differs(&field, &format!("{there:?}"), &format!("{attribute_type:?}")));
        }
    }
    if spec.local_secondary_indexes.is_some() {
        local_indexes(&wanted.local_secondary_indexes.unwrap_or_default(), description)?;
    }
    Ok(())
}

fn local_indexes(wanted: &[LocalIndexDefinition], description: &TableDescription) -> Result<(), Plan> {
    type Index<'a> = (&'a [KeySchemaElement], ProjectionDefinition);
    let wanted: BTreeMap<&str, Index<'_>> = wanted
        .iter()
        .map(|index| (index.index_name.as_str(), (&index.key_schema[..], sorted(&index.projection))))
        .collect();
    let there: BTreeMap<&str, Index<'_>> = description
        .local_secondary_indexes
        .iter()
        .map(|index| (index.index_name.as_str(), (&index.key_schema[..], sorted(&index.projection))))
        .collect();
    if wanted == there {
        return Ok(());
    }
    let names = |indexes: &BTreeMap<&str, Index<'_>>| indexes.keys().copied().collect::<Vec<_>>().join(", ");
    let different: Vec<&str> = wanted
        .iter()
        .filter(|(name, index)| there.get(*name).is_some_and(|there| there != *index))
        .map(|(name, _)| *name)
        .collect();
    if different.is_empty() {
        return Err(differs("localSecondaryIndexes", &names(&there), &names(&wanted)));
    }
    Err(refuse(
        reasons::IMMUTABLE_FIELD,
        format!(
            "localSecondaryIndexes cannot change: the table has other settings for {}",
            different.join(", ")
        ),
    ))
}

/// The order of non-key attributes means nothing.
pub(super) fn sorted(projection: &ProjectionDefinition) -> ProjectionDefinition {
    let mut projection = projection.clone();
    if let Some(attributes) = &mut projection.non_key_attributes {
        attributes.sort();
    }
    projection
}

fn differs(field: &str, there: &str, wanted: &str) -> Plan {
    refuse(
        reasons::IMMUTABLE_FIELD,
        format!("{field} cannot change: the table has [{there}], the spec asks for [{wanted}]"),
    )
}

fn types(definitions: &[AttributeDefinition]) -> BTreeMap<&str, ScalarType> {
    definitions.iter().map(|d| (d.attribute_name.as_str(), d.attribute_type)).collect()
}

fn key(elements: &[KeySchemaElement]) -> String {
    let element = |element: &KeySchemaElement| {
        format!("{} {}", element.attribute_name, format!("{:?}", element.key_type).to_uppercase())
    };
    elements.iter().map(element).collect::<Vec<_>>().join(", ")
}
