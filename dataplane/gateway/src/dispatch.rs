//! From a checked operation to its answer: items go to the data plane, tables to the control plane.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use partita_protocol::output::{
    Answer, ChangedTable, ChangedTags, DescribeEndpoints, DescribedTable, TableDescription,
};
use partita_protocol::{Operation, OperationName, ServiceError, Wording};
use partita_stream::Streams;
use partita_table::TableEngine;
use partita_transaction::Coordinator;

use crate::control::ControlPlane;
use crate::forward::{Forward, ForwardedAnswer, ForwardedCall};
use crate::partiql;

/// Who carries out operations. What is absent is not served: its operations are unknown, as the service's endpoints answer
/// the operations of one another.
#[derive(Debug, Default)]
pub(crate) struct Dispatcher {
    /// For items.
    pub(crate) engine: Option<Arc<TableEngine>>,
    /// For streams of items' changes.
    pub(crate) streams: Option<Arc<Streams>>,
    /// For tables.
    pub(crate) control: Option<Control>,
}

/// Where the control plane is.
#[derive(Clone, Debug)]
pub(crate) enum Control {
    /// In this process.
    Local(Arc<dyn ControlPlane>),
    /// Elsewhere.
    Forwarded(Arc<dyn Forward>),
}

/// Whose work an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Items,
    Tables,
    Streams,
    Gateway,
}

impl Work {
    fn of(name: OperationName) -> Self {
        match name {
            OperationName::PutItem
            | OperationName::GetItem
            | OperationName::UpdateItem
            | OperationName::DeleteItem
            | OperationName::BatchGetItem
            | OperationName::BatchWriteItem
            | OperationName::Query
            | OperationName::Scan
            | OperationName::TransactWriteItems
            | OperationName::TransactGetItems
            | OperationName::ExecuteStatement
            | OperationName::BatchExecuteStatement
            | OperationName::ExecuteTransaction => Self::Items,
            OperationName::CreateTable
            | OperationName::DescribeTable
            | OperationName::ListTables
            | OperationName::UpdateTable
            | OperationName::DeleteTable
            | OperationName::TagResource
            | OperationName::UntagResource
            | OperationName::ListTagsOfResource
            | OperationName::UpdateTimeToLive
            | OperationName::DescribeTimeToLive
            | OperationName::DescribeContinuousBackups
            | OperationName::DescribeContributorInsights
            | OperationName::DescribeKinesisStreamingDestination
            | OperationName::GetResourcePolicy
            | OperationName::DescribeLimits => Self::Tables,
            OperationName::ListStreams
            | OperationName::DescribeStream
            | OperationName::GetShardIterator
            | OperationName::GetRecords => Self::Streams,
            OperationName::DescribeEndpoints => Self::Gateway,
        }
    }
}

impl Dispatcher {
    /// Whether there is somebody to carry out this operation.
    pub(crate) fn serves(&self, name: OperationName) -> bool {
        match Work::of(name) {
            Work::Items => self.engine.is_some(),
            Work::Streams => self.streams.is_some(),
            Work::Tables => self.control.is_some(),
            Work::Gateway => self.engine.is_some() || self.control.is_some(),
        }
    }

    /// Carries out a call; `host` is what the caller calls this server, and `wording` that of failures inside an answer.
    pub(crate) async fn dispatch(
        &self,
        call: ForwardedCall,
        host: &str,
        wording: Wording,
    ) -> Result<(StatusCode, Bytes), ServiceError> {
        if let (Work::Tables, Some(Control::Forwarded(forward))) = (Work::of(call.name), &self.control) {
            let ForwardedAnswer { status, body } = forward.forward(call).await?;
            return Ok((status, body));
        }
        Ok((StatusCode::OK, self.carry_out(call.operation, host, wording).await?.into()))
    }

    /// Carries out an operation in this process.
    async fn carry_out(
        &self,
        operation: Operation,
        host: &str,
        wording: Wording,
    ) -> Result<Vec<u8>, ServiceError> {
        let engine = || self.engine.as_deref().ok_or_else(ServiceError::unknown_operation);
        let transactions = || {
            self.engine.as_ref().map(Coordinator::on_one_shard).ok_or_else(ServiceError::unknown_operation)
        };
        let streams = || self.streams.as_deref().ok_or_else(ServiceError::unknown_operation);
        let control = || self.control_here();
        Ok(match operation {
            Operation::PutItem(put) => engine()?.put_item(&put).await?.to_bytes(),
            Operation::GetItem(get) => engine()?.get_item(&get).await?.to_bytes(),
            Operation::UpdateItem(update) => engine()?.update_item(&update).await?.to_bytes(),
            Operation::DeleteItem(delete) => engine()?.delete_item(&delete).await?.to_bytes(),
            Operation::BatchGetItem(batch) => engine()?.batch_get_item(&batch).await?.to_bytes(),
            Operation::BatchWriteItem(batch) => engine()?.batch_write_item(&batch).await?.to_bytes(),
            Operation::Query(query) => engine()?.query(&query).await?.to_bytes(),
            Operation::Scan(scan) => engine()?.scan(&scan).await?.to_bytes(),
            Operation::TransactWriteItems(write) => {
                transactions()?.transact_write_items(write).await?.to_bytes()
            }
            Operation::TransactGetItems(get) => transactions()?.transact_get_items(&get).await?.to_bytes(),
            Operation::ExecuteStatement(request) => {
                partiql::execute_statement(engine()?, request).await?.to_bytes()
            }
            Operation::BatchExecuteStatement(request) => {
                partiql::batch_execute_statement(engine()?, request).await?.to_bytes(wording)
            }
            Operation::ExecuteTransaction(request) => {
                partiql::execute_transaction(engine()?, &transactions()?, request).await?.to_bytes()
            }
            Operation::CreateTable(create) => changed(control()?.create_table(create).await?),
            Operation::DescribeTable(describe) => {
                DescribedTable { table: control()?.describe_table(describe).await? }.to_bytes()
            }
            Operation::ListTables(list) => control()?.list_tables(list).await?.to_bytes(),
            Operation::UpdateTable(update) => changed(control()?.update_table(update).await?),
            Operation::DeleteTable(delete) => changed(control()?.delete_table(delete).await?),
            Operation::TagResource(tag) => {
                control()?.tag_resource(tag).await.map(|()| ChangedTags {}.to_bytes())?
            }
            Operation::UntagResource(untag) => {
                control()?.untag_resource(untag).await.map(|()| ChangedTags {}.to_bytes())?
            }
            Operation::ListTagsOfResource(list) => control()?.list_tags_of_resource(list).await?.to_bytes(),
            Operation::UpdateTimeToLive(update) => control()?.update_time_to_live(update).await?.to_bytes(),
            Operation::DescribeTimeToLive(describe) => {
                control()?.describe_time_to_live(describe).await?.to_bytes()
            }
            Operation::DescribeContinuousBackups(describe) => {
                control()?.describe_continuous_backups(describe).await?.to_bytes()
            }
            Operation::DescribeContributorInsights(describe) => {
                control()?.describe_contributor_insights(describe).await?.to_bytes()
            }
            Operation::DescribeKinesisStreamingDestination(describe) => {
                control()?.describe_kinesis_streaming_destination(describe).await?.to_bytes()
            }
            Operation::GetResourcePolicy(get) => return Err(control()?.get_resource_policy(get).await),
            Operation::DescribeLimits(describe) => control()?.describe_limits(describe).await?.to_bytes(),
            Operation::DescribeEndpoints(_) => DescribeEndpoints::at(host).to_bytes(),
            Operation::ListStreams(list) => streams()?.list_streams(&list)?.to_bytes(),
            Operation::DescribeStream(describe) => streams()?.describe_stream(&describe)?.to_bytes(),
            Operation::GetShardIterator(get) => streams()?.get_shard_iterator(&get).await?.to_bytes(),
            Operation::GetRecords(get) => streams()?.get_records(&get).await?.to_bytes(),
        })
    }

    fn control_here(&self) -> Result<&dyn ControlPlane, ServiceError> {
        match &self.control {
            Some(Control::Local(control)) => Ok(control.as_ref()),
            Some(Control::Forwarded(_)) | None => Err(ServiceError::unknown_operation()),
        }
    }
}

fn changed(table_description: TableDescription) -> Vec<u8> {
    ChangedTable { table_description }.to_bytes()
}
