//! What is asked, and of which table.

mod answers;
mod items;
mod requests;

use std::fmt;

use serde::{Serialize, Serializer};

pub(crate) use answers::Page;
pub(crate) use items::Items;
pub(crate) use requests::Requests;

/// Items under one partition key that [`Workload::Query`] reads.
pub const QUERY_ITEMS: u64 = 10;
/// Items that [`Workload::BatchWrite`] writes in a request: the most that the service takes.
pub const BATCH_ITEMS: u64 = 25;
/// Items that [`Workload::TransactWrite`] writes in a request.
pub const TRANSACT_ITEMS: u64 = 4;

/// A kind of request, repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Workload {
    /// PutItem of a whole item.
    Put,
    /// Strongly consistent GetItem.
    Get,
    /// UpdateItem: a counter is raised under a condition on its value.
    Update,
    /// Strongly consistent Query of [`QUERY_ITEMS`] items under one partition key.
    Query,
    /// BatchWriteItem of [`BATCH_ITEMS`] items.
    BatchWrite,
    /// TransactWriteItems that puts [`TRANSACT_ITEMS`] items.
    TransactWrite,
    /// PutItem of a whole item into a table with a global index that projects everything.
    GsiWrite,
    /// Strongly consistent Scan, in as many segments as there are connections, page after page.
    Scan,
}

/// What the items of a table look like. The first attribute is `id`, the partition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `id` and `value`.
    Plain,
    /// `id`, the sort key `part`, and `value`; [`QUERY_ITEMS`] of them under one `id`.
    Lists,
    /// `id` and the number `hits`.
    Counters,
    /// `id`, `value`, and `group`, the partition key of the index [`INDEX`]; [`QUERY_ITEMS`] items have the same.
    Indexed,
}

/// The global index of [`Layout::Indexed`].
pub(crate) const INDEX: &str = "by-group";

impl Workload {
    /// Every workload.
    pub const ALL: [Self; 8] = [
        Self::Put,
        Self::Get,
        Self::Update,
        Self::Query,
        Self::BatchWrite,
        Self::TransactWrite,
        Self::GsiWrite,
        Self::Scan,
    ];

    /// Its name, on the command line and in a [`Report`](crate::Report).
    pub fn name(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Get => "get",
            Self::Update => "update",
            Self::Query => "query",
            Self::BatchWrite => "batch-write",
            Self::TransactWrite => "transact-write",
            Self::GsiWrite => "gsi-write",
            Self::Scan => "scan",
        }
    }

    /// What it asks, in a line.
    pub fn about(self) -> &'static str {
        match self {
            Self::Put => "PutItem",
            Self::Get => "GetItem, strongly consistent",
            Self::Update => "UpdateItem: raise a counter under a condition on its value",
            Self::Query => "Query: ten items under one partition key",
            Self::BatchWrite => "BatchWriteItem of 25 items",
            Self::TransactWrite => "TransactWriteItems that puts four items",
            Self::GsiWrite => "PutItem into a table with a global index that projects everything",
            Self::Scan => "Scan, a segment for each connection, page after page",
        }
    }

    /// The operation it calls.
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::Put | Self::GsiWrite => "PutItem",
            Self::Get => "GetItem",
            Self::Update => "UpdateItem",
            Self::Query => "Query",
            Self::BatchWrite => "BatchWriteItem",
            Self::TransactWrite => "TransactWriteItems",
            Self::Scan => "Scan",
        }
    }

    /// Whether the items have to be there before.
    pub(crate) fn reads(self) -> bool {
        match self {
            Self::Get | Self::Update | Self::Query | Self::Scan => true,
            Self::Put | Self::BatchWrite | Self::TransactWrite | Self::GsiWrite => false,
        }
    }

    /// Whether it changes items.
    pub(crate) fn writes(self) -> bool {
        !matches!(self, Self::Get | Self::Query | Self::Scan)
    }

    pub(crate) fn layout(self) -> Layout {
        match self {
            Self::Put | Self::Get | Self::BatchWrite | Self::TransactWrite | Self::Scan => Layout::Plain,
            Self::Query => Layout::Lists,
            Self::Update => Layout::Counters,
            Self::GsiWrite => Layout::Indexed,
        }
    }

    /// The table it works on unless another is named.
    pub fn default_table(self) -> &'static str {
        match self.layout() {
            Layout::Plain => "partita-bench-items",
            Layout::Lists => "partita-bench-lists",
            Layout::Counters => "partita-bench-counters",
            Layout::Indexed => "partita-bench-indexed",
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Workload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
