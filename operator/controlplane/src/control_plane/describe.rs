//! Tables as answers show them.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::{Mutex, PoisonError};

use partita_model::descriptor::{BillingMode, StreamSettings, Throughput};
use partita_model::{IndexName, TableId};
use partita_protocol::definition::{
    GlobalIndexDefinition, INITIAL_READ_UNITS, INITIAL_WRITE_UNITS, LocalIndexDefinition, StreamSpecification,
};
use partita_protocol::output::{
    GlobalIndexDescription, LocalIndexDescription, TableDescription, TableStatus, ThroughputDescription,
    WarmThroughputDescription,
};
use partita_protocol::stream::{StreamArn, StreamName};

use super::ControlPlane;
use crate::catalog::{IndexPart, IndexState, TableRecord};
use crate::data_plane::TableStatistics;

/// Which answer a table is shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// CreateTable's: nothing of what only time tells.
    Created,
    /// DescribeTable's: everything.
    Described,
    /// DeleteTable's: nothing of the table's shape.
    Deleted,
}

/// The statistics last heard of each table, for when the data plane does not answer. One entry for each table.
#[derive(Debug, Default)]
pub(super) struct LastStatistics(Mutex<HashMap<TableId, TableStatistics>>);

impl LastStatistics {
    pub(super) fn remember(&self, table: TableId, statistics: &TableStatistics) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(table, statistics.clone());
    }

    pub(super) fn recall(&self, table: TableId) -> TableStatistics {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&table).cloned().unwrap_or_default()
    }

    pub(super) fn forget(&self, table: TableId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&table);
    }
}

impl ControlPlane {
    /// A table as DescribeTable shows it.
    pub(super) async fn describe(&self, table: &TableRecord) -> TableDescription {
        let statistics = match table.status {
            TableStatus::Active | TableStatus::Updating => self.statistics(table.id).await,
            TableStatus::Creating | TableStatus::Deleting => self.last_statistics.recall(table.id),
        };
        self.description(table, &statistics, View::Described)
    }

    /// Sizes and counts, as last heard if the data plane does not answer: they are approximate anyway, and waiting for a
    /// table must not fail for want of them.
    pub(super) async fn statistics(&self, table: TableId) -> TableStatistics {
        match self.data_plane.statistics(table).await {
            Ok(statistics) => {
                self.last_statistics.remember(table, &statistics);
                statistics
            }
            Err(error) => {
                tracing::warn!(%table, error = &*error as &dyn StdError, "no statistics of a table");
                self.last_statistics.recall(table)
            }
        }
    }

    pub(super) fn description(
        &self,
        table: &TableRecord,
        statistics: &TableStatistics,
        view: View,
    ) -> TableDescription {
        let (definition, history, now) = (&table.definition, &table.history, self.clock.now());
        let (billing, throughput) = (definition.billing(), definition.provisioned_throughput.map(Into::into));
        let shown = view != View::Deleted;
        let mut billing_mode_summary = history.billing(billing);
        if let (Some(summary), View::Created) = (&mut billing_mode_summary, view) {
            summary.last_update_to_pay_per_request_date_time = None;
        }
        let warm = match view {
            View::Created => definition.warm_throughput.is_some(),
            View::Described => true,
            View::Deleted => false,
        };
        let local = definition.local_secondary_indexes.iter().flatten().filter(|_| shown);
        let global = table.global_indexes().chain(&table.parts.leaving).filter(|_| shown);
        let stream = table.parts.stream.as_ref().map(|part| &part.settings).filter(|_| shown);
        TableDescription {
            attribute_definitions: definition
                .attribute_definitions
                .iter()
                .filter(|_| shown)
                .cloned()
                .collect(),
            table_name: table.name.clone(),
            key_schema: definition.key_schema.iter().filter(|_| shown).cloned().collect(),
            table_status: table.status,
            creation_date_time: shown.then_some(table.created),
            provisioned_throughput: history.throughput(throughput, now),
            statistics: statistics.table,
            table_arn: self.options.scope.table_arn(&table.name),
            table_id: table.uuid.clone(),
            billing_mode_summary,
            local_secondary_indexes: local.map(|index| self.local_index(table, index, statistics)).collect(),
            global_secondary_indexes: global
                .map(|index| self.global_index(table, index, statistics))
                .collect(),
            table_class_summary: history.class(definition.table_class),
            deletion_protection_enabled: definition.deletion_protection_enabled.unwrap_or(false),
            warm_throughput: warm.then(|| history.warm()),
            on_demand_throughput: None,
            stream_specification: stream.filter(|stream| stream.enabled).map(|stream| StreamSpecification {
                stream_enabled: true,
                stream_view_type: Some(stream.view),
            }),
            latest_stream_label: stream.map(|stream| stream.label.clone()),
            latest_stream_arn: stream.map(|stream| self.stream_arn(table, stream)),
        }
    }

    fn local_index(
        &self,
        table: &TableRecord,
        index: &LocalIndexDefinition,
        statistics: &TableStatistics,
    ) -> LocalIndexDescription {
        LocalIndexDescription {
            index_name: index.index_name.clone(),
            key_schema: index.key_schema.clone(),
            projection: index.projection.clone(),
            statistics: statistics.indexes.get(&index.index_name).copied().unwrap_or_default(),
            index_arn: self.options.scope.index_arn(&table.name, &index.index_name),
        }
    }

    fn global_index(
        &self,
        table: &TableRecord,
        index: &GlobalIndexDefinition,
        statistics: &TableStatistics,
    ) -> GlobalIndexDescription {
        let throughput: Option<Throughput> = index.provisioned_throughput.map(Into::into);
        let (read_units_per_second, write_units_per_second) = match (table.definition.billing(), throughput) {
            (BillingMode::Provisioned, Some(units)) => (units.read_units, units.write_units),
            _ => (INITIAL_READ_UNITS, INITIAL_WRITE_UNITS),
        };
        let (index_status, backfilling) = index_status(table, &index.index_name, statistics);
        GlobalIndexDescription {
            index_name: index.index_name.clone(),
            key_schema: index.key_schema.clone(),
            projection: index.projection.clone(),
            index_status,
            backfilling,
            provisioned_throughput: ThroughputDescription::of(throughput),
            statistics: statistics.indexes.get(&index.index_name).copied().unwrap_or_default(),
            index_arn: self.options.scope.index_arn(&table.name, &index.index_name),
            warm_throughput: Some(WarmThroughputDescription {
                read_units_per_second,
                write_units_per_second,
                status: TableStatus::Active,
            }),
            on_demand_throughput: None,
        }
    }

    fn stream_arn(&self, table: &TableRecord, stream: &StreamSettings) -> StreamArn {
        StreamName { table: table.name.clone(), label: stream.label.clone() }.arn(&self.options.scope)
    }
}

/// Where an index is in its life and, of one that joins the table, whether its entries are being made.
fn index_status(
    table: &TableRecord,
    name: &IndexName,
    statistics: &TableStatistics,
) -> (TableStatus, Option<bool>) {
    if table.parts.leaving.iter().any(|index| index.index_name == *name) {
        return (TableStatus::Deleting, None);
    }
    match table.parts.indexes.get(name) {
        // What is made with the table has nothing to be filled with.
        Some(IndexPart { state: IndexState::Active, .. }) if table.status == TableStatus::Creating => {
            (TableStatus::Creating, None)
        }
        Some(IndexPart { state: IndexState::Active, .. }) => (TableStatus::Active, None),
        Some(part) => (TableStatus::Creating, Some(statistics.progress.builds.contains_key(&part.id))),
        None => (TableStatus::Creating, Some(false)),
    }
}
