//! Tables as they are told, and what steps do to them.

use partita_model::clock::UnixMillis;
use partita_model::descriptor::{BillingMode, Statistics};
use partita_model::limits::GLOBAL_INDEXES_MAX;
use partita_model::{IndexName, TableName};
use partita_protocol::definition::{
    GlobalIndexDefinition, ProvisionedThroughput, StreamSpecification, TableDefinition,
};
use partita_protocol::output::{
    BillingModeSummary, GlobalIndexDescription, LocalIndexDescription, TableClassSummary, TableDescription,
    TableStatus, ThroughputDescription, TimeToLiveDescription, TimeToLiveStatus,
};

use super::scope;
use crate::plan::{Observed, Step};

/// A new table of that definition.
pub(crate) fn observed(name: &str, id: u64, definition: &TableDefinition) -> Observed {
    let table = TableName::new(name);
    let index = |index: &partita_protocol::definition::LocalIndexDefinition| LocalIndexDescription {
        index_name: index.index_name.clone(),
        key_schema: index.key_schema.clone(),
        projection: index.projection.clone(),
        statistics: Statistics::default(),
        index_arn: scope().index_arn(&table, &IndexName::new(index.index_name.as_str())),
    };
    let global = definition.global_secondary_indexes.iter().flatten().map(global_index).collect();
    let description = TableDescription {
        attribute_definitions: definition.attribute_definitions.clone(),
        table_name: table.clone(),
        key_schema: definition.key_schema.clone(),
        table_status: TableStatus::Active,
        creation_date_time: Some(UnixMillis(1_000)),
        provisioned_throughput: ThroughputDescription::of(definition.provisioned_throughput.map(Into::into)),
        statistics: Statistics::default(),
        table_arn: scope().table_arn(&table),
        table_id: format!("table-{id}"),
        billing_mode_summary: definition
            .billing_mode
            .filter(|mode| *mode == BillingMode::PayPerRequest)
            .map(summary),
        local_secondary_indexes: definition.local_secondary_indexes.iter().flatten().map(index).collect(),
        global_secondary_indexes: global,
        table_class_summary: definition.table_class.map(class),
        deletion_protection_enabled: definition.deletion_protection_enabled == Some(true),
        warm_throughput: None,
        on_demand_throughput: None,
        stream_specification: definition.stream_specification.clone().filter(|stream| stream.stream_enabled),
        latest_stream_label: None,
        latest_stream_arn: None,
    };
    Observed { description, tags: definition.tags.clone().unwrap_or_default(), time_to_live: expiry(None) }
}

/// An index of the table `orders`.
fn global_index(index: &GlobalIndexDefinition) -> GlobalIndexDescription {
    GlobalIndexDescription {
        index_name: index.index_name.clone(),
        key_schema: index.key_schema.clone(),
        projection: index.projection.clone(),
        index_status: TableStatus::Active,
        backfilling: None,
        provisioned_throughput: ThroughputDescription::of(index.provisioned_throughput.map(Into::into)),
        statistics: Statistics::default(),
        index_arn: scope().index_arn(&TableName::new("orders"), &index.index_name),
        warm_throughput: None,
        on_demand_throughput: None,
    }
}

/// Expiry by this attribute, or none.
fn expiry(attribute_name: Option<String>) -> TimeToLiveDescription {
    let time_to_live_status =
        if attribute_name.is_some() { TimeToLiveStatus::Enabled } else { TimeToLiveStatus::Disabled };
    TimeToLiveDescription { time_to_live_status, attribute_name }
}

fn summary(billing_mode: BillingMode) -> BillingModeSummary {
    BillingModeSummary { billing_mode, last_update_to_pay_per_request_date_time: None }
}

fn class(table_class: partita_protocol::definition::TableClass) -> TableClassSummary {
    TableClassSummary { table_class, last_update_date_time: None }
}

/// What a step does to a table.
pub(crate) fn apply(table: &mut Option<Observed>, step: &Step, id: u64) {
    match (step, table.as_mut()) {
        (Step::Create(definition), None) => *table = Some(observed("orders", id, definition)),
        (Step::Delete, _) => *table = None,
        (Step::SetOnDemand, Some(table)) => {
            table.description.billing_mode_summary = Some(summary(BillingMode::PayPerRequest));
            table.description.provisioned_throughput = ThroughputDescription::default();
            for index in &mut table.description.global_secondary_indexes {
                index.provisioned_throughput = ThroughputDescription::default();
            }
        }
        (Step::SetProvisioned { table: units, indexes }, Some(table)) => {
            table.description.billing_mode_summary = Some(summary(BillingMode::Provisioned));
            table.description.provisioned_throughput = ThroughputDescription::of(Some((*units).into()));
            indexes.iter().for_each(|(index, units)| set_index_units(table, index, *units));
        }
        (Step::SetIndexThroughput(index, units), Some(table)) => set_index_units(table, index, *units),
        (Step::EnableStream(view), Some(table)) => {
            let there = table
                .description
                .stream_specification
                .replace(StreamSpecification { stream_enabled: true, stream_view_type: Some(*view) });
            assert_eq!(there, None, "a stream that is on has no other view");
        }
        (Step::DisableStream, Some(table)) => {
            table.description.stream_specification.take().map(drop).unwrap()
        }
        (Step::EnableTimeToLive(attribute), Some(table)) => {
            assert_eq!(table.time_to_live, expiry(None));
            table.time_to_live = expiry(Some(attribute.clone()));
        }
        (Step::DisableTimeToLive(attribute), Some(table)) => {
            assert_eq!(table.time_to_live, expiry(Some(attribute.clone())));
            table.time_to_live = expiry(None);
        }
        (Step::CreateIndex(index, attributes), Some(table)) => {
            let description = &mut table.description;
            assert!(description.global_secondary_indexes.len() < GLOBAL_INDEXES_MAX);
            assert!(
                description.global_secondary_indexes.iter().all(|there| there.index_name != index.index_name)
            );
            description.global_secondary_indexes.push(global_index(index));
            let new = attributes.iter().filter(|new| !description.attribute_definitions.contains(new));
            let new: Vec<_> = new.cloned().collect();
            description.attribute_definitions.extend(new);
        }
        (Step::DeleteIndex(name), Some(table)) => {
            let indexes = &mut table.description.global_secondary_indexes;
            let before = indexes.len();
            indexes.retain(|index| index.index_name != *name);
            assert!(indexes.len() < before);
        }
        (Step::SetThroughput(units), Some(table)) => {
            table.description.provisioned_throughput = ThroughputDescription::of(Some((*units).into()));
        }
        (Step::SetClass(wanted), Some(table)) => table.description.table_class_summary = Some(class(*wanted)),
        (Step::SetDeletionProtection(on), Some(table)) => table.description.deletion_protection_enabled = *on,
        (Step::Untag(keys), Some(table)) => table.tags.retain(|tag| !keys.contains(&tag.key)),
        (Step::Tag(tags), Some(table)) => {
            table.tags.retain(|old| !tags.iter().any(|new| new.key == old.key));
            table.tags.extend(tags.iter().cloned());
        }
        (step, table) => panic!("{step:?} is not legal for {table:?}"),
    }
}

fn set_index_units(table: &mut Observed, name: &IndexName, units: ProvisionedThroughput) {
    let mut indexes = table.description.global_secondary_indexes.iter_mut();
    let index = indexes.find(|index| index.index_name == *name).expect("the index is there");
    index.provisioned_throughput = ThroughputDescription::of(Some(units.into()));
}
