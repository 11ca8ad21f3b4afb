//! Operations: what a request asks for, checked as far as that goes without a table.
//!
//! Each module reads one operation in the service's order: all JSON types first, then the constraints of the service model,
//! then the rules of the request. A struct here holds no JSON and no unchecked text.

mod attributes;
mod batch_execute_statement;
mod batch_get_item;
mod batch_write_item;
mod client_token;
mod create_table;
mod delete_item;
mod delete_table;
mod describe_table;
mod endpoints;
mod execute_statement;
mod execute_transaction;
mod expressions;
mod features;
mod get_item;
mod legacy;
mod limits;
mod list_tables;
mod name;
mod page;
mod parameter;
mod parts;
mod put_item;
mod query;
mod scan;
mod selection;
mod statement;
mod stream;
mod table_ref;
mod tags;
mod time_to_live;
mod transact_get_items;
mod transact_write_items;
mod update_item;
mod update_table;
mod whole_write;

pub use batch_execute_statement::{BatchExecuteStatement, BatchStatement};
pub use batch_get_item::{BatchGetItem, BatchGetTable};
pub use batch_write_item::{BatchWrite, BatchWriteItem, BatchWriteTable};
pub use client_token::{ClientToken, Fingerprint};
pub use create_table::CreateTable;
pub use delete_item::DeleteItem;
pub use delete_table::DeleteTable;
pub use describe_table::DescribeTable;
pub use endpoints::DescribeEndpoints;
pub use execute_statement::ExecuteStatement;
pub use execute_transaction::ExecuteTransaction;
pub use features::{
    DescribeContinuousBackups, DescribeContributorInsights, DescribeKinesisStreamingDestination,
    GetResourcePolicy,
};
pub use get_item::GetItem;
pub use limits::DescribeLimits;
pub use list_tables::ListTables;
pub use name::OperationName;
pub(crate) use parameter::Choices;
pub use parameter::{ReturnCapacity, ReturnValues};
pub use put_item::PutItem;
pub use query::{FilterForm, Query};
pub use scan::{Scan, Segment};
pub use selection::Select;
pub use statement::Statement;
pub use stream::{DescribeStream, GetRecords, GetShardIterator, ListStreams, StartAt};
pub use table_ref::TableRef;
pub(crate) use table_ref::{name_form, table_name};
pub use tags::{ListTagsOfResource, TagResource, UntagResource};
pub use time_to_live::{DescribeTimeToLive, UpdateTimeToLive};
pub use transact_get_items::{TransactGet, TransactGetItems};
pub use transact_write_items::{ConditionCheck, TransactAction, TransactWriteItems};
pub use update_item::UpdateItem;
pub use update_table::UpdateTable;

use crate::ServiceError;
use crate::json::Members;

/// A checked request.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each variant is the operation of the same name")]
pub enum Operation {
    PutItem(PutItem),
    GetItem(GetItem),
    UpdateItem(UpdateItem),
    DeleteItem(DeleteItem),
    BatchGetItem(BatchGetItem),
    BatchWriteItem(BatchWriteItem),
    Query(Query),
    Scan(Scan),
    CreateTable(CreateTable),
    DescribeTable(DescribeTable),
    ListTables(ListTables),
    UpdateTable(UpdateTable),
    DeleteTable(DeleteTable),
    TagResource(TagResource),
    UntagResource(UntagResource),
    ListTagsOfResource(ListTagsOfResource),
    UpdateTimeToLive(UpdateTimeToLive),
    DescribeTimeToLive(DescribeTimeToLive),
    DescribeContinuousBackups(DescribeContinuousBackups),
    DescribeContributorInsights(DescribeContributorInsights),
    DescribeKinesisStreamingDestination(DescribeKinesisStreamingDestination),
    GetResourcePolicy(GetResourcePolicy),
    DescribeLimits(DescribeLimits),
    DescribeEndpoints(DescribeEndpoints),
    ListStreams(ListStreams),
    DescribeStream(DescribeStream),
    GetShardIterator(GetShardIterator),
    GetRecords(GetRecords),
    TransactWriteItems(TransactWriteItems),
    TransactGetItems(TransactGetItems),
    ExecuteStatement(ExecuteStatement),
    BatchExecuteStatement(BatchExecuteStatement),
    ExecuteTransaction(ExecuteTransaction),
}

impl Operation {
    /// Reads a request body: everything that can be refused without a table is refused here, first things first.
    pub fn parse(name: OperationName, body: &[u8]) -> Result<Self, ServiceError> {
        Self::pull(name, body).map_or_else(|| Self::parse_exactly(name, body), Ok)
    }

    /// Reads any body, and says what is wrong with it.
    pub(crate) fn parse_exactly(name: OperationName, body: &[u8]) -> Result<Self, ServiceError> {
        let members = Members::of_body(body)?;
        Self::read(name, members).map_err(|error| {
            let error = if name.envelopes_rules() { error.in_envelope() } else { error };
            if name.has_second_validator() { error } else { error.by_first_validator() }
        })
    }

    /// Reads an unremarkable body of an operation that comes often: as [`Self::parse_exactly`] does, but several times faster.
    pub(crate) fn pull(name: OperationName, body: &[u8]) -> Option<Self> {
        Some(match name {
            OperationName::PutItem => Self::PutItem(PutItem::pull(body)?),
            OperationName::GetItem => Self::GetItem(GetItem::pull(body)?),
            OperationName::UpdateItem => Self::UpdateItem(UpdateItem::pull(body)?),
            OperationName::DeleteItem => Self::DeleteItem(DeleteItem::pull(body)?),
            OperationName::BatchGetItem => Self::BatchGetItem(BatchGetItem::pull(body)?),
            OperationName::BatchWriteItem => Self::BatchWriteItem(BatchWriteItem::pull(body)?),
            OperationName::Query => Self::Query(Query::pull(body)?),
            OperationName::Scan => Self::Scan(Scan::pull(body)?),
            OperationName::TransactWriteItems => Self::TransactWriteItems(TransactWriteItems::pull(body)?),
            OperationName::TransactGetItems => Self::TransactGetItems(TransactGetItems::pull(body)?),
            _ => return None,
        })
    }

    fn read(name: OperationName, members: Members) -> Result<Self, ServiceError> {
        Ok(match name {
            OperationName::PutItem => Self::PutItem(PutItem::read(members)?),
            OperationName::GetItem => Self::GetItem(GetItem::read(members)?),
            OperationName::UpdateItem => Self::UpdateItem(UpdateItem::read(members)?),
            OperationName::DeleteItem => Self::DeleteItem(DeleteItem::read(members)?),
            OperationName::BatchGetItem => Self::BatchGetItem(BatchGetItem::read(members)?),
            OperationName::BatchWriteItem => Self::BatchWriteItem(BatchWriteItem::read(members)?),
            OperationName::Query => Self::Query(Query::read(members)?),
            OperationName::Scan => Self::Scan(Scan::read(members)?),
            OperationName::CreateTable => Self::CreateTable(CreateTable::read(members)?),
            OperationName::DescribeTable => Self::DescribeTable(DescribeTable::read(members)?),
            OperationName::ListTables => Self::ListTables(ListTables::read(members)?),
            OperationName::UpdateTable => Self::UpdateTable(UpdateTable::read(members)?),
            OperationName::DeleteTable => Self::DeleteTable(DeleteTable::read(members)?),
            OperationName::TagResource => Self::TagResource(TagResource::read(members)?),
            OperationName::UntagResource => Self::UntagResource(UntagResource::read(members)?),
            OperationName::ListTagsOfResource => Self::ListTagsOfResource(ListTagsOfResource::read(members)?),
            OperationName::UpdateTimeToLive => Self::UpdateTimeToLive(UpdateTimeToLive::read(members)?),
            OperationName::DescribeTimeToLive => Self::DescribeTimeToLive(DescribeTimeToLive::read(members)?),
            OperationName::DescribeContinuousBackups => {
                Self::DescribeContinuousBackups(DescribeContinuousBackups::read(members)?)
            }
            OperationName::DescribeContributorInsights => {
                Self::DescribeContributorInsights(DescribeContributorInsights::read(members)?)
            }
            OperationName::DescribeKinesisStreamingDestination => {
                Self::DescribeKinesisStreamingDestination(DescribeKinesisStreamingDestination::read(members)?)
            }
            OperationName::GetResourcePolicy => Self::GetResourcePolicy(GetResourcePolicy::read(members)?),
            OperationName::DescribeLimits => Self::DescribeLimits(DescribeLimits::read(members)?),
            OperationName::DescribeEndpoints => Self::DescribeEndpoints(DescribeEndpoints::read(members)?),
            OperationName::ListStreams => Self::ListStreams(ListStreams::read(members)?),
            OperationName::DescribeStream => Self::DescribeStream(DescribeStream::read(members)?),
            OperationName::GetShardIterator => Self::GetShardIterator(GetShardIterator::read(members)?),
            OperationName::GetRecords => Self::GetRecords(GetRecords::read(members)?),
            OperationName::TransactWriteItems => Self::TransactWriteItems(TransactWriteItems::read(members)?),
            OperationName::TransactGetItems => Self::TransactGetItems(TransactGetItems::read(members)?),
            OperationName::ExecuteStatement => Self::ExecuteStatement(ExecuteStatement::read(members)?),
            OperationName::BatchExecuteStatement => {
                Self::BatchExecuteStatement(BatchExecuteStatement::read(members)?)
            }
            OperationName::ExecuteTransaction => Self::ExecuteTransaction(ExecuteTransaction::read(members)?),
        })
    }
}

#[cfg(test)]
mod tests;
