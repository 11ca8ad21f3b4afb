//! Errors, and the one place where the sentences about expressions are made.

use crate::Kind;

/// Why a request's expressions are refused before any table is looked at. The caller's fault; never retryable.
/// `Display` is the sentence the client sees.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `ExpressionAttributeNames: {}`.
    #[error("ExpressionAttributeNames must not be empty")]
    NamesEmpty,
    /// An expression of nothing but white space.
    #[error("Invalid {0}: The expression can not be empty;")]
    Empty(Kind),
}

/// Why an update cannot be applied to the item it meets. The caller's fault; never retryable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// A nested target has no container to stand in.
    #[error("The document path provided in the update expression is invalid for update")]
    InvalidDocumentPath,
}

/// Why a key condition does not fit a key schema. The caller's fault; never retryable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyConditionError {
    /// No condition on the partition key.
    #[error("Query condition missed key schema element: {name}")]
    MissedElement {
        /// The key attribute.
        name: String,
    },
}
