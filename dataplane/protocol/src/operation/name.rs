//! The operations' names.

use std::fmt;

/// What every target of this API begins with.
const TARGET_PREFIX: &str = "DynamoDB_20120810.";

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
    DescribeLimits,
    DescribeEndpoints,
}

impl OperationName {
    /// Every operation that is served.
    pub const ALL: [Self; 18] = [
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
        Self::DescribeLimits,
        Self::DescribeEndpoints,
    ];

    /// The operation of an `X-Amz-Target` header such as `DynamoDB_20120810.PutItem`; `None` is an
    /// `UnknownOperationException`.
    pub fn from_target(target: &str) -> Option<Self> {
        let name = target.strip_prefix(TARGET_PREFIX)?;
        Self::ALL.into_iter().find(|operation| operation.as_str() == name)
    }

    /// The `X-Amz-Target` header of the operation's requests.
    pub fn target(self) -> String {
        format!("{TARGET_PREFIX}{self}")
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
            Self::DescribeLimits => "DescribeLimits",
            Self::DescribeEndpoints => "DescribeEndpoints",
        }
    }

    /// Whether the 2026 wording puts `1 validation error detected: ` before every rule of this operation's requests.
    pub(crate) fn envelopes_rules(self) -> bool {
        matches!(self, Self::PutItem | Self::UpdateItem | Self::DeleteItem)
    }
}

impl fmt::Display for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
