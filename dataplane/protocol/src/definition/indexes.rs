//! The rules of secondary indexes.

use std::collections::BTreeSet;

use partita_model::TableId;
use partita_model::descriptor::BillingMode;
use partita_model::limits;
use partita_model::schema::{GlobalIndex, KeySchema, LocalIndex, Projection};

use super::keys::{Definitions, global_key, local_key};
use super::throughput::check_index;
use super::{GlobalIndexDefinition, ProjectionDefinition, ProjectionType, TableDefinition};
use crate::ServiceError;
use crate::error::DefinitionRule;

/// The local indexes. Names must be new within the table, so the global indexes come after.
pub(super) fn local(
    table: &TableDefinition,
    key: &KeySchema,
    definitions: &Definitions<'_>,
) -> Result<Vec<LocalIndex>, ServiceError> {
    let Some(given) = &table.local_secondary_indexes else { return Ok(Vec::new()) };
    if given.is_empty() {
        return Err(DefinitionRule::EmptyList("LocalSecondaryIndexes").into());
    }
    if key.range.is_none() {
        return Err(DefinitionRule::LocalIndexNeedsRange.into());
    }
    let mut taken = BTreeSet::new();
    let mut indexes = Vec::with_capacity(given.len());
    for index in given {
        let name = index.index_name.as_str();
        let key = local_key(&index.key_schema, name, key, definitions)?;
        let projection = projection(&index.projection)?;
        claim(&mut taken, name)?;
        indexes.push(LocalIndex { name: index.index_name.clone(), key, projection });
    }
    match indexes.len() > limits::LOCAL_INDEXES_MAX {
        true => Err(DefinitionRule::TooManyLocalIndexes(limits::LOCAL_INDEXES_MAX).into()),
        false => Ok(indexes),
    }
}

/// The global indexes.
pub(super) fn global(
    table: &TableDefinition,
    definitions: &Definitions<'_>,
) -> Result<Vec<GlobalIndex>, ServiceError> {
    let Some(given) = &table.global_secondary_indexes else { return Ok(Vec::new()) };
    if given.is_empty() {
        return Err(DefinitionRule::EmptyList("GlobalSecondaryIndexes").into());
    }
    let mut taken: BTreeSet<&str> =
        table.local_secondary_indexes.iter().flatten().map(|index| index.index_name.as_str()).collect();
    let mut indexes = Vec::with_capacity(given.len());
    for index in given {
        let (hash, range) = global_key(&index.key_schema, definitions)?;
        let projection = projection(&index.projection)?;
        claim(&mut taken, index.index_name.as_str())?;
        check_index(index, table.billing())?;
        let throughput = index.provisioned_throughput.map(Into::into);
        // Which incarnation it is, and how far, is not the definition's to say.
        let (id, active, name) = (TableId(0), false, index.index_name.clone());
        indexes.push(GlobalIndex { id, active, name, hash, range, projection, throughput });
    }
    if indexes.len() > limits::GLOBAL_INDEXES_MAX {
        return Err(DefinitionRule::TooManyGlobalIndexes(limits::GLOBAL_INDEXES_MAX).into());
    }
    check_all_have_throughput(given, table.billing())?;
    Ok(indexes)
}

fn claim<'a>(taken: &mut BTreeSet<&'a str>, name: &'a str) -> Result<(), ServiceError> {
    match taken.insert(name) {
        true => Ok(()),
        false => Err(DefinitionRule::DuplicateIndex(name.to_owned()).into()),
    }
}

fn check_all_have_throughput(
    given: &[GlobalIndexDefinition],
    billing: BillingMode,
) -> Result<(), ServiceError> {
    let without = given.iter().filter(|index| index.provisioned_throughput.is_none());
    let names: Vec<&str> = without.map(|index| index.index_name.as_str()).collect();
    match billing == BillingMode::Provisioned && !names.is_empty() {
        true => Err(DefinitionRule::IndexThroughputRequired(names.join(",")).into()),
        false => Ok(()),
    }
}

fn projection(given: &ProjectionDefinition) -> Result<Projection, ServiceError> {
    let Some(kind) = given.projection_type else { return Err(DefinitionRule::ProjectionTypeMissing.into()) };
    match (kind, &given.non_key_attributes) {
        (ProjectionType::All, None) => Ok(Projection::All),
        (ProjectionType::KeysOnly, None) => Ok(Projection::KeysOnly),
        (ProjectionType::Include, Some(names)) if !names.is_empty() => included(names),
        (ProjectionType::Include, _) => Err(DefinitionRule::NonKeyAttributesRequired.into()),
        (kind, Some(_)) => Err(DefinitionRule::NonKeyAttributesRefused(kind.as_str()).into()),
    }
}

fn included(names: &[String]) -> Result<Projection, ServiceError> {
    let mut seen = BTreeSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        Some(twice) => Err(DefinitionRule::DuplicateNonKeyAttribute(twice.clone()).into()),
        None => Ok(Projection::Include(names.to_vec())),
    }
}
