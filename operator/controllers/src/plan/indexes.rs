//! Global indexes: which come, which go, and in which order.
//!
//! One comes or goes at a time. New ones come first, so that readers can move to them; an index whose key or projection is to be
//! another goes and comes again; what the spec has no more goes last. Deletion protection keeps indexes too.

use std::collections::VecDeque;

use partita_api::TableSpec;
use partita_api::conditions::reasons;
use partita_model::IndexName;
use partita_model::limits::GLOBAL_INDEXES_MAX;
use partita_protocol::definition::{AttributeDefinition, GlobalIndexDefinition};
use partita_protocol::output::{GlobalIndexDescription, TableDescription, TableStatus};

use super::keys::sorted;
use super::{Plan, Step, refuse};
use crate::definition;

/// Adds what leads to the indexes that the spec names. Gives why that is not all of them, if something is in the way.
pub(super) fn steps(
    spec: &TableSpec,
    description: &TableDescription,
    steps: &mut Vec<Step>,
) -> Result<Option<Plan>, Plan> {
    let Some(mut difference) = Difference::of(spec, description)? else { return Ok(None) };
    let protected = spec.deletion_protection_enabled.unwrap_or(description.deletion_protection_enabled);
    let held = if protected { difference.hold() } else { Vec::new() };
    difference.plan(description.global_secondary_indexes.len(), steps);
    Ok((!held.is_empty()).then(|| {
        let names = held.join(", ");
        refuse(
            reasons::DELETION_PROTECTED,
            format!(
                "the table is protected against deletion, and so are its indexes: the spec has not, or has otherwise, {names}; \
                 set deletionProtectionEnabled to false to let them go"
            ),
        )
    }))
}

/// What cancels the making of an index that the spec does not want, or wants otherwise, by now.
pub(super) fn superseded(spec: &TableSpec, description: &TableDescription) -> Result<Vec<Step>, Plan> {
    if description.table_status != TableStatus::Updating {
        return Ok(Vec::new());
    }
    let Some(difference) = Difference::of(spec, description)? else { return Ok(Vec::new()) };
    let unwanted =
        |index: &&GlobalIndexDescription| difference.unwanted().any(|name| *name == index.index_name);
    let coming = coming(description).filter(unwanted);
    Ok(coming.map(|index| Step::DeleteIndex(index.index_name.clone())).collect())
}

/// What cancels the making of any index.
pub(super) fn cancellation(description: &TableDescription) -> Vec<Step> {
    match description.table_status {
        TableStatus::Updating => {
            coming(description).map(|index| Step::DeleteIndex(index.index_name.clone())).collect()
        }
        _ => Vec::new(),
    }
}

/// What a table that is being updated is waited for.
pub(super) fn under_way(description: &TableDescription) -> String {
    match coming(description).next() {
        Some(index) => format!("the index {} is being built", index.index_name),
        None => "the table is being updated".to_owned(),
    }
}

fn coming(description: &TableDescription) -> impl Iterator<Item = &GlobalIndexDescription> {
    description.global_secondary_indexes.iter().filter(|index| index.index_status == TableStatus::Creating)
}

/// How the indexes of a spec differ from those of a table.
struct Difference {
    /// Not there, in the spec's order.
    new: VecDeque<GlobalIndexDefinition>,
    /// There with another key or projection.
    other: VecDeque<GlobalIndexDefinition>,
    /// Not in the spec.
    gone: VecDeque<IndexName>,
    attributes: Vec<AttributeDefinition>,
}

impl Difference {
    /// Nothing if the spec names no indexes, and so leaves them as they are.
    fn of(spec: &TableSpec, description: &TableDescription) -> Result<Option<Self>, Plan> {
        if spec.global_secondary_indexes.is_none() {
            return Ok(None);
        }
        let wanted = definition::definition(spec)?;
        let (indexes, attributes) =
            (wanted.global_secondary_indexes.unwrap_or_default(), wanted.attribute_definitions);
        let there = &description.global_secondary_indexes;
        let is_named = |name: &IndexName| indexes.iter().any(|index| index.index_name == *name);
        let gone =
            there.iter().map(|index| index.index_name.clone()).filter(|name| !is_named(name)).collect();
        let (mut new, mut other) = (VecDeque::new(), VecDeque::new());
        for index in indexes {
            match there.iter().find(|there| there.index_name == index.index_name) {
                None => new.push_back(index),
                Some(there) if !is_alike(&index, there) => other.push_back(index),
                Some(_) => {}
            }
        }
        Ok(Some(Self { new, other, gone, attributes }))
    }

    /// Takes out what deletion protection keeps, and names it.
    fn hold(&mut self) -> Vec<String> {
        let held = self.unwanted().map(IndexName::to_string).collect();
        self.other.clear();
        self.gone.clear();
        held
    }

    /// The indexes that have to go.
    fn unwanted(&self) -> impl Iterator<Item = &IndexName> {
        self.other.iter().map(|index| &index.index_name).chain(&self.gone)
    }

    /// The order, for a table that has `count` indexes by now. The rest of a plan is the plan of the rest.
    fn plan(mut self, mut count: usize, steps: &mut Vec<Step>) {
        loop {
            let full = count >= GLOBAL_INDEXES_MAX && !(self.other.is_empty() && self.gone.is_empty());
            if let Some(index) = if full { None } else { self.new.pop_front() } {
                count += 1;
                steps.push(self.create(index));
            } else if let Some(index) = self.other.pop_front() {
                count -= 1;
                steps.push(Step::DeleteIndex(index.index_name.clone()));
                self.new.push_back(index);
            } else if let Some(name) = self.gone.pop_front() {
                count -= 1;
                steps.push(Step::DeleteIndex(name));
            } else {
                return;
            }
        }
    }

    fn create(&self, mut index: GlobalIndexDefinition) -> Step {
        // Kept in the object; the condition `Unsupported` names them.
        index.warm_throughput = None;
        index.on_demand_throughput = None;
        let is_key = |attribute: &&AttributeDefinition| {
            index.key_schema.iter().any(|element| element.attribute_name == attribute.attribute_name)
        };
        let attributes = self.attributes.iter().filter(is_key).cloned().collect();
        Step::CreateIndex(Box::new(index), attributes)
    }
}

fn is_alike(wanted: &GlobalIndexDefinition, there: &GlobalIndexDescription) -> bool {
    wanted.key_schema == there.key_schema && sorted(&wanted.projection) == sorted(&there.projection)
}
