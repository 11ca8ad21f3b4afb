//! The operations' names.

use std::fmt;

/// What stands before the dot in the targets of operations on items and tables.
const DYNAMODB: &str = "DynamoDB_20120810";
/// The same for operations on streams.
const STREAMS: &str = "DynamoDBStreams_20120810";

/// An operation that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is the operation of the same name")]
pub enum OperationName {
    PutItem,
    GetItem,
    UpdateItem,
    DeleteItem,
    BatchGetItem,
    BatchWriteItem,
    Query,
    Scan,
    CreateTable,
    DescribeTable,
    ListTables,
    UpdateTable,
    DeleteTable,
    TagResource,
    UntagResource,
    ListTagsOfResource,
    UpdateTimeToLive,
    DescribeTimeToLive,
    DescribeContinuousBackups,
    DescribeContributorInsights,
    DescribeKinesisStreamingDestination,
    GetResourcePolicy,
    DescribeLimits,
    DescribeEndpoints,
    ListStreams,
    DescribeStream,
    GetShardIterator,
    GetRecords,
    TransactWriteItems,
    TransactGetItems,
    ExecuteStatement,
    BatchExecuteStatement,
    ExecuteTransaction,
}

impl OperationName {
    /// Every operation that is served.
    pub const ALL: [Self; 33] = [
        Self::PutItem,
        Self::GetItem,
        Self::UpdateItem,
        Self::DeleteItem,
        Self::BatchGetItem,
        Self::BatchWriteItem,
        Self::Query,
        Self::Scan,
        Self::CreateTable,
        Self::DescribeTable,
        Self::ListTables,
        Self::UpdateTable,
        Self::DeleteTable,
        Self::TagResource,
        Self::UntagResource,
        Self::ListTagsOfResource,
        Self::UpdateTimeToLive,
        Self::DescribeTimeToLive,
        Self::DescribeContinuousBackups,
        Self::DescribeContributorInsights,
        Self::DescribeKinesisStreamingDestination,
        Self::GetResourcePolicy,
        Self::DescribeLimits,
        Self::DescribeEndpoints,
        Self::ListStreams,
        Self::DescribeStream,
        Self::GetShardIterator,
        Self::GetRecords,
        Self::TransactWriteItems,
        Self::TransactGetItems,
        Self::ExecuteStatement,
        Self::BatchExecuteStatement,
        Self::ExecuteTransaction,
    ];

    /// The operation of an `X-Amz-Target` header such as `DynamoDB_20120810.PutItem`; `None` is an
    /// `UnknownOperationException`.
    pub fn from_target(target: &str) -> Option<Self> {
        let (service, name) = target.split_once('.')?;
        let found = Self::ALL.into_iter().find(|operation| operation.as_str() == name);
        found.filter(|operation| operation.service() == service)
    }

    /// The `X-Amz-Target` header of the operation's requests.
    pub fn target(self) -> String {
        format!("{}.{self}", self.service())
    }

    /// The part of the target before the dot.
    fn service(self) -> &'static str {
        if self.is_of_streams() { STREAMS } else { DYNAMODB }
    }

    /// Whether it is one of DynamoDB Streams.
    pub fn is_of_streams(self) -> bool {
        matches!(self, Self::ListStreams | Self::DescribeStream | Self::GetShardIterator | Self::GetRecords)
    }

    /// The operation's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PutItem => "PutItem",
            Self::GetItem => "GetItem",
            Self::UpdateItem => "UpdateItem",
            Self::DeleteItem => "DeleteItem",
            Self::BatchGetItem => "BatchGetItem",
            Self::BatchWriteItem => "BatchWriteItem",
            Self::Query => "Query",
            Self::Scan => "Scan",
            Self::CreateTable => "CreateTable",
            Self::DescribeTable => "DescribeTable",
            Self::ListTables => "ListTables",
            Self::UpdateTable => "UpdateTable",
            Self::DeleteTable => "DeleteTable",
            Self::TagResource => "TagResource",
            Self::UntagResource => "UntagResource",
            Self::ListTagsOfResource => "ListTagsOfResource",
            Self::UpdateTimeToLive => "UpdateTimeToLive",
            Self::DescribeTimeToLive => "DescribeTimeToLive",
            Self::DescribeContinuousBackups => "DescribeContinuousBackups",
            Self::DescribeContributorInsights => "DescribeContributorInsights",
            Self::DescribeKinesisStreamingDestination => "DescribeKinesisStreamingDestination",
            Self::GetResourcePolicy => "GetResourcePolicy",
            Self::DescribeLimits => "DescribeLimits",
            Self::DescribeEndpoints => "DescribeEndpoints",
            Self::ListStreams => "ListStreams",
            Self::DescribeStream => "DescribeStream",
            Self::GetShardIterator => "GetShardIterator",
            Self::GetRecords => "GetRecords",
            Self::TransactWriteItems => "TransactWriteItems",
            Self::TransactGetItems => "TransactGetItems",
            Self::ExecuteStatement => "ExecuteStatement",
            Self::BatchExecuteStatement => "BatchExecuteStatement",
            Self::ExecuteTransaction => "ExecuteTransaction",
        }
    }

    /// Whether the 2026 wording puts `1 validation error detected: ` before every rule of this operation's requests.
    pub(crate) fn envelopes_rules(self) -> bool {
        matches!(self, Self::PutItem | Self::UpdateItem | Self::DeleteItem)
    }

    /// Whether this operation's requests go through the second validator of 2026: transactions and PartiQL do not yet.
    pub(crate) fn has_second_validator(self) -> bool {
        !matches!(
            self,
            Self::TransactWriteItems
                | Self::TransactGetItems
                | Self::ExecuteStatement
                | Self::BatchExecuteStatement
                | Self::ExecuteTransaction
        )
    }
}

impl fmt::Display for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
