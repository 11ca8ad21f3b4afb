//! Features that no table has here: the truthful answers to those who read them of every table.

use partita_model::{IndexName, TableName};
use partita_protocol::output::{
    NoContinuousBackups, NoContributorInsights, NoKinesisDestination, TableStatus,
};
use partita_protocol::{ServiceError, operation};

use super::ControlPlane;
use crate::catalog::TableRecord;

impl ControlPlane {
    /// DescribeContinuousBackups.
    pub async fn describe_continuous_backups(
        &self,
        asked: operation::DescribeContinuousBackups,
    ) -> Result<NoContinuousBackups, ServiceError> {
        let name = asked.table.name(&self.options.scope)?;
        match self.there(&name).await? {
            Some(_) => Ok(NoContinuousBackups),
            None => Err(ServiceError::table_not_found(&name)),
        }
    }

    /// DescribeContributorInsights, of a table or of one of its global indexes.
    pub async fn describe_contributor_insights(
        &self,
        asked: operation::DescribeContributorInsights,
    ) -> Result<NoContributorInsights, ServiceError> {
        let name = asked.table.name(&self.options.scope)?;
        let table = self.there(&name).await?;
        let table = table.ok_or_else(|| ServiceError::resource_not_found_table(&name))?;
        let known = |wanted: &IndexName| table.global_indexes().any(|index| index.index_name == *wanted);
        match &asked.index {
            Some(index) if !known(index) => Err(ServiceError::index_not_found(index, &name)),
            _ => Ok(NoContributorInsights { table: name, index: asked.index }),
        }
    }

    /// DescribeKinesisStreamingDestination.
    pub async fn describe_kinesis_streaming_destination(
        &self,
        asked: operation::DescribeKinesisStreamingDestination,
    ) -> Result<NoKinesisDestination, ServiceError> {
        let name = asked.table.name(&self.options.scope)?;
        match self.there(&name).await? {
            Some(_) => Ok(NoKinesisDestination { table: name }),
            None => Err(ServiceError::resource_not_found_table(&name)),
        }
    }

    /// GetResourcePolicy: what has a policy is not known here, so the answer is always an error.
    pub async fn get_resource_policy(&self, asked: operation::GetResourcePolicy) -> ServiceError {
        ServiceError::policy_not_found(&asked.arn)
    }

    async fn there(&self, name: &TableName) -> Result<Option<TableRecord>, ServiceError> {
        let table = self.catalog.table(name).await?;
        Ok(table.filter(|table| table.status != TableStatus::Deleting))
    }
}
