//! The exceptions' names, namespaces, statuses and whether a client may retry.

/// Which exception an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the exception of the same name")]
pub enum ErrorKind {
    Validation,
    Serialization,
    UnknownOperation,
    ResourceNotFound,
    ResourceInUse,
    ConditionalCheckFailed,
    ProvisionedThroughputExceeded,
    Throttling,
    RequestLimitExceeded,
    LimitExceeded,
    ItemCollectionSizeLimitExceeded,
    TransactionConflict,
    TransactionCanceled,
    TransactionInProgress,
    IdempotentParameterMismatch,
    DuplicateItem,
    TrimmedDataAccess,
    ExpiredIterator,
    TableNotFound,
    PolicyNotFound,
    AccessDenied,
    MissingAuthenticationToken,
    IncompleteSignature,
    InvalidSignature,
    UnrecognizedClient,
    ExpiredToken,
    Internal,
    Unavailable,
}

const DYNAMODB: &str = "com.amazonaws.dynamodb.v20120810";
const CORAL_SERVICE: &str = "com.amazon.coral.service";
const CORAL_VALIDATE: &str = "com.amazon.coral.validate";
const CORAL_AVAILABILITY: &str = "com.amazon.coral.availability";

impl ErrorKind {
    /// The part of `__type` after `#`, which SDKs map to an exception class.
    pub fn name(self) -> &'static str {
        match self {
            Self::Validation => "ValidationException",
            Self::Serialization => "SerializationException",
            Self::UnknownOperation => "UnknownOperationException",
            Self::ResourceNotFound => "ResourceNotFoundException",
            Self::ResourceInUse => "ResourceInUseException",
            Self::ConditionalCheckFailed => "ConditionalCheckFailedException",
            Self::ProvisionedThroughputExceeded => "ProvisionedThroughputExceededException",
            Self::Throttling => "ThrottlingException",
            Self::RequestLimitExceeded => "RequestLimitExceeded",
            Self::LimitExceeded => "LimitExceededException",
            Self::ItemCollectionSizeLimitExceeded => "ItemCollectionSizeLimitExceededException",
            Self::TransactionConflict => "TransactionConflictException",
            Self::TransactionCanceled => "TransactionCanceledException",
            Self::TransactionInProgress => "TransactionInProgressException",
            Self::IdempotentParameterMismatch => "IdempotentParameterMismatchException",
            Self::DuplicateItem => "DuplicateItemException",
            Self::TrimmedDataAccess => "TrimmedDataAccessException",
            Self::ExpiredIterator => "ExpiredIteratorException",
            Self::TableNotFound => "TableNotFoundException",
            Self::PolicyNotFound => "PolicyNotFoundException",
            Self::AccessDenied => "AccessDeniedException",
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::IncompleteSignature => "IncompleteSignatureException",
            Self::InvalidSignature => "InvalidSignatureException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::Internal => "InternalServerError",
            Self::Unavailable => "ServiceUnavailable",
        }
    }

    /// The part of `__type` before `#`.
    pub fn namespace(self) -> &'static str {
        match self {
            Self::Validation => CORAL_VALIDATE,
            Self::Throttling => CORAL_AVAILABILITY,
            Self::Serialization
            | Self::UnknownOperation
            | Self::AccessDenied
            | Self::MissingAuthenticationToken
            | Self::IncompleteSignature
            | Self::InvalidSignature
            | Self::UnrecognizedClient
            | Self::ExpiredToken => CORAL_SERVICE,
            _ => DYNAMODB,
        }
    }

    /// HTTP status of the answer.
    pub fn http_status(self) -> u16 {
        match self {
            Self::Internal => 500,
            Self::Unavailable => 503,
            _ => 400,
        }
    }

    /// Whether the same request may succeed later without change.
    pub fn retryable(self) -> bool {
        matches!(
            self,
            Self::ProvisionedThroughputExceeded
                | Self::Throttling
                | Self::RequestLimitExceeded
                | Self::TransactionConflict
                | Self::TransactionInProgress
                | Self::Internal
                | Self::Unavailable
        )
    }

    /// `message` almost everywhere; serialization failures and those of whole transactions spell it with a capital.
    pub(super) fn message_member(self) -> &'static str {
        match self {
            Self::Serialization
            | Self::TransactionCanceled
            | Self::TransactionInProgress
            | Self::IdempotentParameterMismatch => "Message",
            _ => "message",
        }
    }

    /// The member that lists [`ThrottlingReason`](super::ThrottlingReason)s is spelled by exception.
    pub(super) fn throttling_member(self) -> &'static str {
        match self {
            Self::Throttling => "throttlingReasons",
            _ => "ThrottlingReasons",
        }
    }
}
