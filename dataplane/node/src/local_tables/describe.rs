//! A served table as DescribeTable shows it: the same as the control plane shows of one that is not on its way.

use partita_model::clock::UnixMillis;
use partita_model::descriptor::{BillingMode, TableSettings};
use partita_model::name::Scope;
use partita_model::schema::{GlobalIndex, KeyAttribute, KeyType, LocalIndex};
use partita_model::{KeySchema, Projection, TableDescriptor};
use partita_protocol::definition::{
    AttributeDefinition, INITIAL_READ_UNITS, INITIAL_WRITE_UNITS, KeySchemaElement, ProjectionDefinition,
    ProjectionType, StreamSpecification,
};
use partita_protocol::output::{
    BillingModeSummary, GlobalIndexDescription, LocalIndexDescription, TableClassSummary, TableDescription,
    TableStatus, ThroughputDescription, TimeToLiveDescription, TimeToLiveStatus, WarmThroughputDescription,
};
use partita_protocol::stream::StreamName;
use partita_table::TableStatistics;

const DAY_MS: u64 = 24 * 3_600_000;

/// The table that a descriptor describes.
pub(super) fn table(
    descriptor: &TableDescriptor,
    statistics: &TableStatistics,
    scope: &Scope,
    now: UnixMillis,
) -> TableDescription {
    let settings = &descriptor.settings;
    let local = descriptor.local_indexes.iter();
    let global = descriptor.global_indexes.iter();
    let stream = descriptor.stream.as_ref();
    TableDescription {
        attribute_definitions: descriptor.attributes.iter().map(attribute).collect(),
        table_name: descriptor.name.clone(),
        key_schema: key_schema(&descriptor.key),
        table_status: status(descriptor),
        creation_date_time: Some(settings.created),
        provisioned_throughput: throughput(descriptor, now),
        statistics: statistics.table,
        table_arn: scope.table_arn(&descriptor.name),
        table_id: settings.uuid.clone(),
        billing_mode_summary: settings.on_demand_since.map(|since| BillingModeSummary {
            billing_mode: descriptor.billing,
            last_update_to_pay_per_request_date_time: Some(since),
        }),
        local_secondary_indexes: local
            .map(|index| local_index(descriptor, index, statistics, scope))
            .collect(),
        global_secondary_indexes: global
            .map(|index| global_index(descriptor, index, statistics, scope))
            .collect(),
        table_class_summary: settings.class.map(|table_class| TableClassSummary {
            table_class,
            last_update_date_time: settings.class_changed,
        }),
        deletion_protection_enabled: settings.deletion_protection,
        warm_throughput: settings.warm.map(|warm| ready_for(warm.read_units, warm.write_units)),
        on_demand_throughput: None,
        stream_specification: stream
            .filter(|stream| stream.enabled)
            .map(|stream| StreamSpecification { stream_enabled: true, stream_view_type: Some(stream.view) }),
        latest_stream_label: stream.map(|stream| stream.label.clone()),
        latest_stream_arn: stream.map(|stream| {
            StreamName { table: descriptor.name.clone(), label: stream.label.clone() }.arn(scope)
        }),
    }
}

/// How items expire.
pub(super) fn time_to_live(
    descriptor: &TableDescriptor,
    statistics: &TableStatistics,
) -> TimeToLiveDescription {
    let status = match &descriptor.time_to_live {
        None => TimeToLiveStatus::Disabled,
        Some(setting) if statistics.progress.is_built(setting.id) => TimeToLiveStatus::Enabled,
        Some(_) => TimeToLiveStatus::Enabling,
    };
    TimeToLiveDescription {
        time_to_live_status: status,
        attribute_name: descriptor.time_to_live.as_ref().map(|setting| setting.attribute.clone()),
    }
}

/// An index on its way in keeps its table in `UPDATING`.
fn status(descriptor: &TableDescriptor) -> TableStatus {
    match descriptor.global_indexes.iter().all(|index| index.active) {
        true => TableStatus::Active,
        false => TableStatus::Updating,
    }
}

fn throughput(descriptor: &TableDescriptor, now: UnixMillis) -> ThroughputDescription {
    let TableSettings { last_increase, last_decrease, decreases, .. } = descriptor.settings;
    let today = last_decrease.is_some_and(|last| last.0 / DAY_MS == now.0 / DAY_MS);
    ThroughputDescription {
        last_increase_date_time: last_increase,
        last_decrease_date_time: last_decrease,
        number_of_decreases_today: if today { decreases } else { 0 },
        ..ThroughputDescription::of(descriptor.throughput)
    }
}

fn local_index(
    table: &TableDescriptor,
    index: &LocalIndex,
    statistics: &TableStatistics,
    scope: &Scope,
) -> LocalIndexDescription {
    LocalIndexDescription {
        index_name: index.name.clone(),
        key_schema: key_schema(&index.key),
        projection: projection(&index.projection),
        statistics: statistics.indexes.get(&index.name).copied().unwrap_or_default(),
        index_arn: scope.index_arn(&table.name, &index.name),
    }
}

fn global_index(
    table: &TableDescriptor,
    index: &GlobalIndex,
    statistics: &TableStatistics,
    scope: &Scope,
) -> GlobalIndexDescription {
    let (read_units, write_units) = match (table.billing, index.throughput) {
        (BillingMode::Provisioned, Some(units)) => (units.read_units, units.write_units),
        _ => (INITIAL_READ_UNITS, INITIAL_WRITE_UNITS),
    };
    let hash = index.hash.iter().map(|attribute| element(attribute, KeyType::Hash));
    let range = index.range.iter().map(|attribute| element(attribute, KeyType::Range));
    GlobalIndexDescription {
        index_name: index.name.clone(),
        key_schema: hash.chain(range).collect(),
        projection: projection(&index.projection),
        index_status: if index.active { TableStatus::Active } else { TableStatus::Creating },
        backfilling: (!index.active).then(|| statistics.progress.builds.contains_key(&index.id)),
        provisioned_throughput: ThroughputDescription::of(index.throughput),
        statistics: statistics.indexes.get(&index.name).copied().unwrap_or_default(),
        index_arn: scope.index_arn(&table.name, &index.name),
        on_demand_throughput: None,
        warm_throughput: Some(ready_for(read_units, write_units)),
    }
}

fn ready_for(read_units: u64, write_units: u64) -> WarmThroughputDescription {
    WarmThroughputDescription {
        read_units_per_second: read_units,
        write_units_per_second: write_units,
        status: TableStatus::Active,
    }
}

fn attribute(attribute: &KeyAttribute) -> AttributeDefinition {
    AttributeDefinition { attribute_name: attribute.name.clone(), attribute_type: attribute.scalar }
}

fn key_schema(key: &KeySchema) -> Vec<KeySchemaElement> {
    let range = key.range.iter().map(|attribute| element(attribute, KeyType::Range));
    std::iter::once(element(&key.hash, KeyType::Hash)).chain(range).collect()
}

fn element(attribute: &KeyAttribute, key_type: KeyType) -> KeySchemaElement {
    KeySchemaElement { attribute_name: attribute.name.clone(), key_type }
}

fn projection(projection: &Projection) -> ProjectionDefinition {
    let (projection_type, non_key_attributes) = match projection {
        Projection::All => (ProjectionType::All, None),
        Projection::KeysOnly => (ProjectionType::KeysOnly, None),
        Projection::Include(names) => (ProjectionType::Include, Some(names.clone())),
    };
    ProjectionDefinition { projection_type: Some(projection_type), non_key_attributes }
}
