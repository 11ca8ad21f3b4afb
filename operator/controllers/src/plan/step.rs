//! What a plan is made of.

use partita_model::IndexName;
use partita_model::descriptor::StreamView;
use partita_protocol::definition::{
    AttributeDefinition, GlobalIndexDefinition, ProvisionedThroughput, TableClass, TableDefinition, Tag,
};

/// One legal call to the control plane.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Makes the table.
    Create(Box<TableDefinition>),
    /// Makes the table on-demand.
    SetOnDemand,
    /// Makes the table provisioned.
    SetProvisioned {
        /// The table's units.
        table: ProvisionedThroughput,
        /// The units of its global indexes.
        indexes: Vec<(IndexName, ProvisionedThroughput)>,
    },
    /// Sets the units of a table that is provisioned already.
    SetThroughput(ProvisionedThroughput),
    /// Sets the units of a global index.
    SetIndexThroughput(IndexName, ProvisionedThroughput),
    /// Sets the class.
    SetClass(TableClass),
    /// Sets or removes deletion protection.
    SetDeletionProtection(bool),
    /// Adds tags, or gives them other values.
    Tag(Vec<Tag>),
    /// Removes tags by key.
    Untag(Vec<String>),
    /// Begins a stream.
    EnableStream(StreamView),
    /// Ends the stream.
    DisableStream,
    /// Lets items expire by this attribute.
    EnableTimeToLive(String),
    /// Lets items expire by this attribute no more.
    DisableTimeToLive(String),
    /// Adds a global index, with the types of its key's attributes.
    CreateIndex(Box<GlobalIndexDefinition>, Vec<AttributeDefinition>),
    /// Takes a global index away, or cancels its making.
    DeleteIndex(IndexName),
    /// Deletes the table.
    Delete,
}

/// The name of [`Step::Create`].
pub(crate) const CREATE_TABLE: &str = "CreateTable";

impl Step {
    /// A stable name for status, events and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => CREATE_TABLE,
            Self::SetOnDemand | Self::SetProvisioned { .. } => "UpdateBillingMode",
            Self::SetThroughput(_) => "UpdateProvisionedThroughput",
            Self::SetIndexThroughput(..) => "UpdateGlobalSecondaryIndex",
            Self::SetClass(_) => "UpdateTableClass",
            Self::SetDeletionProtection(_) => "UpdateDeletionProtection",
            Self::Tag(_) => "TagResource",
            Self::Untag(_) => "UntagResource",
            Self::EnableStream(_) => "EnableStream",
            Self::DisableStream => "DisableStream",
            Self::EnableTimeToLive(_) => "EnableTimeToLive",
            Self::DisableTimeToLive(_) => "DisableTimeToLive",
            Self::CreateIndex(..) => "CreateGlobalSecondaryIndex",
            Self::DeleteIndex(_) => "DeleteGlobalSecondaryIndex",
            Self::Delete => "DeleteTable",
        }
    }
}
