//! Creating, showing, listing and deleting tables.

use partita_model::TableName;
use partita_protocol::definition::TableDefinition;
use partita_protocol::error::BusyTable;
use partita_protocol::output::{TableDescription, TableStatus};
use partita_protocol::{ServiceError, operation, output};

use super::ControlPlane;
use super::describe::View;
use crate::Error;
use crate::catalog::{NewTable, Parts, TableRecord};
use crate::data_plane::TableStatistics;
use crate::history::History;

impl ControlPlane {
    /// CreateTable. The answer says `CREATING`; in process the table is `ACTIVE` by then.
    pub async fn create_table(
        &self,
        asked: operation::CreateTable,
    ) -> Result<TableDescription, ServiceError> {
        let name = asked.table.name(&self.options.scope)?;
        self.create(name, asked.definition).await
    }

    pub(super) async fn create(
        &self,
        name: TableName,
        definition: TableDefinition,
    ) -> Result<TableDescription, ServiceError> {
        let now = self.clock.now();
        let checked = definition.check()?;
        let history = History::begin(checked.throughput, now);
        let _guard = self.locks.lock(&name).await;
        if self.settled(&name).await?.is_some() {
            return Err(Error::TableExists(name).into());
        }
        let uuid = self.options.uuids.uuid();
        let indexes = definition.global_secondary_indexes.as_deref().unwrap_or_default();
        let ids = self.catalog.take_ids(indexes.len()).await?;
        let parts = Parts::of_new_table(indexes, ids, definition.stream_specification.as_ref(), now);
        let new = NewTable { name, uuid, created: now, definition, history, parts };
        let table = self.catalog.insert_table(new, self.options.limits.tables).await?;
        tracing::info!(table = %table.name, id = %table.id, "table accepted");
        let description = self.description(&table, &TableStatistics::default(), View::Created);
        self.begin(table).await;
        Ok(description)
    }

    /// DescribeTable. Goes on with an unfinished table first, unless somebody is at it.
    pub async fn describe_table(
        &self,
        asked: operation::DescribeTable,
    ) -> Result<TableDescription, ServiceError> {
        let name = asked.table.name(&self.options.scope)?;
        let table = self.look_at(&name).await?;
        let table = table.ok_or_else(|| ServiceError::resource_not_found_table(&name))?;
        Ok(self.describe(&table).await)
    }

    pub(super) async fn look_at(&self, name: &TableName) -> Result<Option<TableRecord>, Error> {
        let table = self.catalog.table(name).await?;
        match table {
            Some(unfinished) if self.is_unfinished(&unfinished) => match self.locks.try_lock(name) {
                Some(_guard) => self.settled(name).await,
                None => Ok(Some(unfinished)),
            },
            other => Ok(other),
        }
    }

    /// ListTables. Tables on their way in or out are listed too.
    pub async fn list_tables(
        &self,
        asked: operation::ListTables,
    ) -> Result<output::ListTables, ServiceError> {
        let operation::ListTables { after, limit } = asked;
        let mut names = self.catalog.table_names(after.as_ref(), limit.saturating_add(1)).await?;
        let more = names.len() > limit;
        names.truncate(limit);
        let last_evaluated_table_name = names.last().filter(|_| more).cloned();
        Ok(output::ListTables { table_names: names, last_evaluated_table_name })
    }

    /// How many tables there are, with those on their way in or out.
    pub async fn count_tables(&self) -> Result<u64, Error> {
        self.catalog.count_tables().await
    }

    /// DeleteTable. The answer says `DELETING`; in process the table is gone by then.
    pub async fn delete_table(
        &self,
        asked: operation::DeleteTable,
    ) -> Result<TableDescription, ServiceError> {
        let name = asked.table.name(&self.options.scope)?;
        self.delete(&name).await
    }

    pub(super) async fn delete(&self, name: &TableName) -> Result<TableDescription, ServiceError> {
        let _guard = self.locks.lock(name).await;
        let table = self.settled(name).await?.ok_or_else(|| ServiceError::resource_not_found_table(name))?;
        if table.status == TableStatus::Updating && table.parts.has_index_under_way() {
            return Err(ServiceError::indexes_in_use());
        }
        let mut table = idle(table)?;
        if table.definition.deletion_protection_enabled == Some(true) {
            return Err(ServiceError::deletion_protected());
        }
        table.status = TableStatus::Deleting;
        let table = self.catalog.update_table(table).await?;
        tracing::info!(table = %table.name, id = %table.id, "table deletion accepted");
        let statistics = self.statistics(table.id).await;
        let description = self.description(&table, &statistics, View::Deleted);
        self.begin(table).await;
        Ok(description)
    }

    /// The table, if it is `ACTIVE`. The caller holds its lock.
    pub(super) async fn idle_table(&self, name: &TableName) -> Result<TableRecord, ServiceError> {
        idle(self.settled(name).await?.ok_or_else(|| ServiceError::resource_not_found_table(name))?)
    }

    /// DescribeLimits.
    pub async fn describe_limits(
        &self,
        operation::DescribeLimits: operation::DescribeLimits,
    ) -> Result<output::DescribeLimits, ServiceError> {
        let limits = self.options.limits;
        Ok(output::DescribeLimits {
            account_max_read_capacity_units: limits.account_read_units,
            account_max_write_capacity_units: limits.account_write_units,
            table_max_read_capacity_units: limits.table_read_units,
            table_max_write_capacity_units: limits.table_write_units,
        })
    }
}

/// The table, if it is `ACTIVE`.
pub(super) fn idle(table: TableRecord) -> Result<TableRecord, ServiceError> {
    let busy = match table.status {
        TableStatus::Active => return Ok(table),
        TableStatus::Creating => BusyTable::Creating,
        TableStatus::Updating => BusyTable::Updating,
        TableStatus::Deleting => BusyTable::Deleting,
    };
    Err(ServiceError::resource_in_use(&table.name, busy))
}
