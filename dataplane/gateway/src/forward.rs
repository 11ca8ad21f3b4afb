//! Control operations for a control plane elsewhere.

use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;
use http::StatusCode;
use partita_protocol::{Operation, OperationName, ServiceError};

/// A control operation: one on tables themselves. It has been verified and checked as far as that goes without a table.
#[derive(Clone)]
pub struct ForwardedCall {
    /// Its name.
    pub name: OperationName,
    /// What it asks for.
    pub operation: Operation,
    /// The same as the caller wrote it, decompressed.
    pub body: Bytes,
}

/// What the control plane answered. The caller gets it as it is, with the content type it asked in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardedAnswer {
    /// The HTTP status.
    pub status: StatusCode,
    /// An answer or an error of the protocol, as JSON.
    pub body: Bytes,
}

/// Takes control operations to where the control plane is.
#[async_trait]
pub trait Forward: Debug + Send + Sync {
    /// The control plane's answer, or what the client is to see instead.
    async fn forward(&self, call: ForwardedCall) -> Result<ForwardedAnswer, ServiceError>;
}
