//! What clients of Lambda's API are told when they do not get what they ask for.

use partita_protocol::stream::StreamArn;
use serde_json::json;

use crate::filter::PatternError;
use crate::mapping::MappingId;

/// An error of Lambda's API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Members that the service model does not allow.
    #[error("{} validation error{} detected: {}", .0.len(), if .0.len() == 1 { "" } else { "s" }, .0.join("; "))]
    Validation(Vec<String>),
    /// The body is not what the operation takes.
    #[error("{0}")]
    Malformed(String),
    /// A member whose value makes no sense here.
    #[error("{0}")]
    InvalidParameter(String),
    /// There is no such mapping.
    #[error("The resource you requested does not exist.")]
    NotFound,
    /// Another mapping connects the same stream and function.
    #[error(
        "The event source arn (\" {source_arn} \") and function (\" {target} \") provided mapping already exists. Please update or \
         delete the existing mapping with UUID {existing}"
    )]
    Exists {
        /// The stream.
        source_arn: StreamArn,
        /// The function's name.
        target: String,
        /// The other mapping.
        existing: MappingId,
    },
    /// Somebody changed the mapping meanwhile.
    #[error(
        "The operation cannot be performed at this time. An update is in progress for the event source mapping."
    )]
    InProgress,
    /// Not the caller's fault; a retry may help.
    #[error("An error occurred and the request cannot be processed.")]
    Internal,
}

impl Refusal {
    /// A member that the service model does not allow.
    pub(crate) fn violation(member: &str, value: &str, constraint: &str) -> String {
        format!("Value '{value}' at '{member}' failed to satisfy constraint: {constraint}")
    }

    /// A member that is missing.
    pub(crate) fn missing(member: &str) -> String {
        format!("Value null at '{member}' failed to satisfy constraint: Member must not be null")
    }

    /// A member of other event sources, or one that is not acted upon here.
    pub fn unsupported(member: &str) -> Self {
        Self::InvalidParameter(format!(
            "{member} is not supported for DynamoDB event sources here. Leave it out."
        ))
    }

    /// The name clients know the error by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Validation(_) => "ValidationException",
            Self::Malformed(_) => "SerializationException",
            Self::InvalidParameter(_) => "InvalidParameterValueException",
            Self::NotFound => "ResourceNotFoundException",
            Self::Exists { .. } => "ResourceConflictException",
            Self::InProgress => "ResourceInUseException",
            Self::Internal => "ServiceException",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Validation(_) | Self::Malformed(_) | Self::InvalidParameter(_) => 400,
            Self::NotFound => 404,
            Self::Exists { .. } => 409,
            Self::InProgress => 400,
            Self::Internal => 500,
        }
    }

    /// The body of the answer. The error's name goes into the header [`ERROR_TYPE_HEADER`](crate::ERROR_TYPE_HEADER).
    pub fn body(&self) -> Vec<u8> {
        let fault = if self.status() < 500 { "User" } else { "Service" };
        json!({ "Type": fault, "Message": self.to_string() }).to_string().into_bytes()
    }
}

impl From<PatternError> for Refusal {
    fn from(error: PatternError) -> Self {
        Self::InvalidParameter(format!("Invalid filter pattern definition. {error}"))
    }
}
