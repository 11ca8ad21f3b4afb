//! What a node can say of its tables without the control plane: what it knows from their descriptors.

mod describe;

use std::sync::Arc;

use partita_model::TableDescriptor;
use partita_model::clock::Clock;
use partita_model::limits::{ACCOUNT_UNITS_MAX, TABLE_UNITS_MAX};
use partita_model::name::Scope;
use partita_protocol::operation::TableRef;
use partita_protocol::output::{
    Answer, DescribeLimits, DescribeTimeToLive, DescribedTable, ListTables, NoContinuousBackups,
    NoContributorInsights, NoKinesisDestination,
};
use partita_protocol::{Operation, ServiceError, operation};
use partita_table::TableEngine;

/// Answers from descriptors.
#[derive(Debug)]
pub(crate) struct LocalTables {
    pub(crate) engine: Arc<TableEngine>,
    pub(crate) scope: Scope,
    pub(crate) clock: Arc<dyn Clock>,
}

impl LocalTables {
    /// Whether this operation only shows what descriptors tell. Tags are the catalog's.
    pub(crate) fn can_answer(operation: &Operation) -> bool {
        matches!(
            operation,
            Operation::DescribeTable(_)
                | Operation::ListTables(_)
                | Operation::DescribeLimits(_)
                | Operation::DescribeTimeToLive(_)
                | Operation::DescribeContinuousBackups(_)
                | Operation::DescribeContributorInsights(_)
                | Operation::DescribeKinesisStreamingDestination(_)
                | Operation::GetResourcePolicy(_)
        )
    }

    /// The answer; `InternalServerError` for operations that cannot be answered here.
    pub(crate) async fn answer(&self, operation: Operation) -> Result<Vec<u8>, ServiceError> {
        match operation {
            Operation::DescribeTable(asked) => Ok(self.describe_table(asked).await?.to_bytes()),
            Operation::ListTables(asked) => Ok(self.list_tables(&asked).to_bytes()),
            Operation::DescribeLimits(_) => Ok(limits().to_bytes()),
            Operation::DescribeTimeToLive(asked) => Ok(self.describe_time_to_live(asked).await?.to_bytes()),
            Operation::DescribeContinuousBackups(asked) => {
                let name = asked.table.name(&self.scope)?;
                let there = self.engine.descriptor_of(&name);
                there.ok_or_else(|| ServiceError::table_not_found(&name))?;
                Ok(NoContinuousBackups.to_bytes())
            }
            Operation::DescribeContributorInsights(asked) => Ok(self.insights(asked)?.to_bytes()),
            Operation::DescribeKinesisStreamingDestination(asked) => {
                let table = self.descriptor(&asked.table)?.name;
                Ok(NoKinesisDestination { table }.to_bytes())
            }
            Operation::GetResourcePolicy(asked) => Err(ServiceError::policy_not_found(&asked.arn)),
            _ => Err(ServiceError::internal()),
        }
    }

    async fn describe_table(&self, asked: operation::DescribeTable) -> Result<DescribedTable, ServiceError> {
        let descriptor = self.descriptor(&asked.table)?;
        let statistics = self.engine.statistics(descriptor.id).await?;
        Ok(DescribedTable { table: describe::table(&descriptor, &statistics, &self.scope, self.clock.now()) })
    }

    async fn describe_time_to_live(
        &self,
        asked: operation::DescribeTimeToLive,
    ) -> Result<DescribeTimeToLive, ServiceError> {
        let descriptor = self.descriptor(&asked.table)?;
        let statistics = self.engine.statistics(descriptor.id).await?;
        Ok(DescribeTimeToLive { time_to_live_description: describe::time_to_live(&descriptor, &statistics) })
    }

    fn insights(
        &self,
        asked: operation::DescribeContributorInsights,
    ) -> Result<NoContributorInsights, ServiceError> {
        let descriptor = self.descriptor(&asked.table)?;
        match &asked.index {
            Some(index) if descriptor.global_index(index.as_str()).is_none() => {
                Err(ServiceError::index_not_found(index, &descriptor.name))
            }
            _ => Ok(NoContributorInsights { table: descriptor.name, index: asked.index }),
        }
    }

    fn descriptor(&self, table: &TableRef) -> Result<TableDescriptor, ServiceError> {
        let name = table.name(&self.scope)?;
        self.engine.descriptor_of(&name).ok_or_else(|| ServiceError::resource_not_found_table(&name))
    }

    fn list_tables(&self, asked: &operation::ListTables) -> ListTables {
        let tables = self.engine.tables();
        let names = tables.into_keys().filter(|name| asked.after.as_ref().is_none_or(|after| name > after));
        let mut table_names: Vec<_> = names.take(asked.limit.saturating_add(1)).collect();
        let more = table_names.len() > asked.limit;
        table_names.truncate(asked.limit);
        let last_evaluated_table_name = table_names.last().filter(|_| more).cloned();
        ListTables { table_names, last_evaluated_table_name }
    }
}

fn limits() -> DescribeLimits {
    DescribeLimits {
        account_max_read_capacity_units: ACCOUNT_UNITS_MAX,
        account_max_write_capacity_units: ACCOUNT_UNITS_MAX,
        table_max_read_capacity_units: TABLE_UNITS_MAX,
        table_max_write_capacity_units: TABLE_UNITS_MAX,
    }
}
