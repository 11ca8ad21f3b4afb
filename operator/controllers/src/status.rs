//! Status: what is seen of a table and what was decided about it, as the object shows it.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use partita_api as api;
use partita_api::{IndexDescription, ProvisionedThroughputDescription, TableStatus};
use partita_model::clock::UnixMillis;
use partita_model::descriptor::BillingMode;
use partita_model::name::Scope;
use partita_model::{KeyType, TableName};
use partita_protocol::definition as asked;
use partita_protocol::output::{
    GlobalIndexDescription, LocalIndexDescription, TableDescription, ThroughputDescription,
};

use crate::plan::{Observed, billing_in_force, class_in_force};

mod conditions;

pub use conditions::{Advice, Verdict, conditions};

/// The partition of our ARNs.
pub(crate) const PARTITION: &str = "aws";

/// What of a status is seen in the table. `previous` keeps the table's id while there is no table, so that one that is
/// made again is told from a first one.
pub fn seen(
    table: &TableName,
    scope: &Scope,
    observed: Option<&Observed>,
    previous: &TableStatus,
) -> TableStatus {
    let mut status = observed.map_or_else(
        || TableStatus { table_id: previous.table_id.clone(), ..TableStatus::default() },
        |observed| described(&observed.description),
    );
    status.ack_resource_metadata = Some(api::ResourceMetadata {
        arn: Some(scope.table_arn(table).to_string()),
        owner_account_id: scope.account_id.clone(),
        partition: Some(PARTITION.to_owned()),
        region: scope.region.clone(),
    });
    status
}

fn described(description: &TableDescription) -> TableStatus {
    let summary = description.billing_mode_summary;
    TableStatus {
        table_status: Some(description.table_status.as_str().to_owned()),
        table_id: Some(description.table_id.clone()),
        creation_date_time: description.creation_date_time.map(time),
        item_count: Some(number(description.statistics.item_count)),
        table_size_bytes: Some(number(description.statistics.size_bytes)),
        billing_mode_summary: Some(api::BillingModeSummary {
            billing_mode: match billing_in_force(description) {
                BillingMode::Provisioned => api::BillingMode::Provisioned,
                BillingMode::PayPerRequest => api::BillingMode::PayPerRequest,
            },
            last_update_to_pay_per_request_date_time: summary
                .and_then(|summary| summary.last_update_to_pay_per_request_date_time)
                .map(time),
        }),
        provisioned_throughput: throughput(description, &description.provisioned_throughput),
        warm_throughput: description.warm_throughput.map(|warm| api::WarmThroughput {
            read_units_per_second: Some(number(warm.read_units_per_second)),
            write_units_per_second: Some(number(warm.write_units_per_second)),
        }),
        table_class_summary: Some(api::TableClassSummary {
            table_class: match class_in_force(description) {
                asked::TableClass::Standard => api::TableClass::Standard,
                asked::TableClass::StandardInfrequentAccess => api::TableClass::StandardInfrequentAccess,
            },
            last_update_date_time: description
                .table_class_summary
                .and_then(|s| s.last_update_date_time)
                .map(time),
        }),
        deletion_protection_enabled: Some(description.deletion_protection_enabled),
        global_secondary_indexes_descriptions: list(&description.global_secondary_indexes, |index| {
            global_index(description, index)
        }),
        local_secondary_indexes_descriptions: list(&description.local_secondary_indexes, local_index),
        latest_stream_arn: description.latest_stream_arn.as_ref().map(ToString::to_string),
        latest_stream_label: description.latest_stream_label.clone(),
        ..TableStatus::default()
    }
}

fn list<T>(indexes: &[T], index: impl Fn(&T) -> IndexDescription) -> Option<Vec<IndexDescription>> {
    (!indexes.is_empty()).then(|| indexes.iter().map(index).collect())
}

/// Units of a provisioned table; an on-demand one has none.
fn throughput(
    table: &TableDescription,
    units: &ThroughputDescription,
) -> Option<ProvisionedThroughputDescription> {
    (billing_in_force(table) == BillingMode::Provisioned).then(|| ProvisionedThroughputDescription {
        read_capacity_units: Some(number(units.read_capacity_units)),
        write_capacity_units: Some(number(units.write_capacity_units)),
        number_of_decreases_today: Some(i64::from(units.number_of_decreases_today)),
        last_decrease_date_time: units.last_decrease_date_time.map(time),
        last_increase_date_time: units.last_increase_date_time.map(time),
    })
}

fn global_index(table: &TableDescription, index: &GlobalIndexDescription) -> IndexDescription {
    IndexDescription {
        index_name: Some(index.index_name.to_string()),
        index_arn: Some(index.index_arn.to_string()),
        index_status: Some(index.index_status.as_str().to_owned()),
        backfilling: index.backfilling,
        key_schema: Some(key_schema(&index.key_schema)),
        projection: Some(projection(&index.projection)),
        provisioned_throughput: throughput(table, &index.provisioned_throughput),
        item_count: Some(number(index.statistics.item_count)),
        index_size_bytes: Some(number(index.statistics.size_bytes)),
        ..IndexDescription::default()
    }
}

fn local_index(index: &LocalIndexDescription) -> IndexDescription {
    IndexDescription {
        index_name: Some(index.index_name.to_string()),
        index_arn: Some(index.index_arn.to_string()),
        key_schema: Some(key_schema(&index.key_schema)),
        projection: Some(projection(&index.projection)),
        item_count: Some(number(index.statistics.item_count)),
        index_size_bytes: Some(number(index.statistics.size_bytes)),
        ..IndexDescription::default()
    }
}

fn key_schema(elements: &[asked::KeySchemaElement]) -> Vec<api::KeySchemaElement> {
    let element = |element: &asked::KeySchemaElement| api::KeySchemaElement {
        attribute_name: Some(element.attribute_name.clone()),
        key_type: Some(match element.key_type {
            KeyType::Hash => api::KeyType::Hash,
            KeyType::Range => api::KeyType::Range,
        }),
    };
    elements.iter().map(element).collect()
}

fn projection(projection: &asked::ProjectionDefinition) -> api::Projection {
    api::Projection {
        projection_type: projection.projection_type.map(|projection| match projection {
            asked::ProjectionType::All => api::ProjectionType::All,
            asked::ProjectionType::KeysOnly => api::ProjectionType::KeysOnly,
            asked::ProjectionType::Include => api::ProjectionType::Include,
        }),
        non_key_attributes: projection.non_key_attributes.clone(),
    }
}

/// `new` with the counts and sizes of `old`: they change with every write, and alone are worth a write only now and then.
pub fn with_statistics_of(mut new: TableStatus, old: &TableStatus) -> TableStatus {
    new.item_count = old.item_count;
    new.table_size_bytes = old.table_size_bytes;
    let indexes = [
        (&mut new.global_secondary_indexes_descriptions, &old.global_secondary_indexes_descriptions),
        (&mut new.local_secondary_indexes_descriptions, &old.local_secondary_indexes_descriptions),
    ];
    for (new, old) in indexes {
        for (new, old) in new.iter_mut().flatten().zip(old.iter().flatten()) {
            new.item_count = old.item_count;
            new.index_size_bytes = old.index_size_bytes;
        }
    }
    new
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A time as objects show it, to the second.
pub(crate) fn time(time: UnixMillis) -> Time {
    let seconds = i64::try_from(time.0 / 1000).unwrap_or(i64::MAX);
    Time(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
}
