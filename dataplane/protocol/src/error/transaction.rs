//! Sentences about transactions, and why one was cancelled.

use partita_model::limits;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::{ErrorKind, Extras, ServiceError, Wording};
use crate::output::WireItem;

/// What one action of a cancelled transaction had to do with it: nothing, or the failure it would have been refused with by
/// itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CancellationReason(Option<Box<ServiceError>>);

impl CancellationReason {
    /// The reason `None`: the action by itself would have succeeded.
    pub const NONE: Self = Self(None);

    /// The reason that is this failure of an action.
    ///
    /// # Errors
    /// The failure itself when it is no reason to cancel: it fails the whole call. All are that which are not about the
    /// action's item, such as an internal error or an absent table.
    pub fn of(failure: ServiceError) -> Result<Self, ServiceError> {
        match failure.kind.cancels() {
            true => Ok(Self(Some(Box::new(failure)))),
            false => Err(failure),
        }
    }

    /// Whether the action by itself would have succeeded.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The failure's kind, unless there is none.
    pub fn kind(&self) -> Option<ErrorKind> {
        self.0.as_ref().map(|failure| failure.kind)
    }

    /// As the API spells it, for example `ConditionalCheckFailed`.
    pub fn code(&self) -> &'static str {
        self.kind().map_or("None", ErrorKind::part_code)
    }
}

impl ErrorKind {
    /// Whether a transaction is cancelled when an action fails so.
    fn cancels(self) -> bool {
        matches!(
            self,
            Self::ConditionalCheckFailed
                | Self::ItemCollectionSizeLimitExceeded
                | Self::TransactionConflict
                | Self::ProvisionedThroughputExceeded
                | Self::Throttling
                | Self::Validation
                | Self::DuplicateItem
        )
    }

    /// How a cancelled transaction, or the answer to a batch of statements, calls the failure of one part.
    fn part_code(self) -> &'static str {
        match self {
            Self::ConditionalCheckFailed => "ConditionalCheckFailed",
            Self::ItemCollectionSizeLimitExceeded => "ItemCollectionSizeLimitExceeded",
            Self::RequestLimitExceeded => "RequestLimitExceeded",
            Self::Validation | Self::Serialization => "ValidationError",
            Self::ProvisionedThroughputExceeded => "ProvisionedThroughputExceeded",
            Self::TransactionConflict => "TransactionConflict",
            Self::Throttling => "ThrottlingError",
            Self::ResourceNotFound => "ResourceNotFound",
            Self::AccessDenied => "AccessDenied",
            Self::DuplicateItem => "DuplicateItem",
            // There are codes for no others.
            _ => "InternalServerError",
        }
    }
}

/// The failure of one part of a request, in the words of an era: code, message, and the item a condition failed on.
pub(crate) struct PartFailure<'a> {
    /// `None` where the part did not fail.
    pub(crate) error: Option<&'a ServiceError>,
    pub(crate) wording: Wording,
}

impl Serialize for PartFailure<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        let code = self.error.map_or("None", |error| error.kind.part_code());
        object.serialize_entry("Code", code)?;
        if let Some(error) = self.error {
            if let Some(Extras::Item(item)) = error.extras.as_deref() {
                object.serialize_entry("Item", &WireItem(item))?;
            }
            if let Some(message) = error.message(self.wording) {
                object.serialize_entry("Message", &message)?;
            }
        }
        object.end()
    }
}

/// The reasons as the body of the error lists them.
pub(super) fn shown(reasons: &[CancellationReason], wording: Wording) -> Vec<PartFailure<'_>> {
    reasons.iter().map(|reason| PartFailure { error: reason.0.as_deref(), wording }).collect()
}

impl ServiceError {
    /// A transaction was cancelled; `reasons` has one for each action, in the order of the request.
    pub fn transaction_canceled(reasons: Vec<CancellationReason>) -> Self {
        let codes: Vec<&str> = reasons.iter().map(CancellationReason::code).collect();
        let mut error = Self::fixed(
            ErrorKind::TransactionCanceled,
            format!(
                "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
                codes.join(", ")
            ),
        );
        error.extras = Some(Box::new(Extras::Cancellation(reasons)));
        error
    }

    /// What became of each action of a cancelled transaction; empty for any other error.
    pub fn cancellation_reasons(&self) -> &[CancellationReason] {
        match self.extras.as_deref() {
            Some(Extras::Cancellation(reasons)) => reasons,
            _ => &[],
        }
    }

    /// A transaction with the same client request token is still running.
    pub fn transaction_in_progress() -> Self {
        Self::fixed(
            ErrorKind::TransactionInProgress,
            "Transaction from previous request is still in progress",
        )
    }

    /// The client request token has come before, with a request for something else.
    pub fn idempotent_parameter_mismatch() -> Self {
        Self::fixed(
            ErrorKind::IdempotentParameterMismatch,
            "Specified idempotent token was used with different request parameters within the idempotency window",
        )
    }

    /// Two actions of a transaction, or two of its reads, name the same item.
    pub fn several_actions_on_one_item() -> Self {
        Self::validation("Transaction request cannot include multiple operations on one item")
    }

    /// An element of TransactWriteItems with more than one action.
    pub(crate) fn several_actions() -> Self {
        Self::rule("TransactItems can only contain one of Check, Put, Update or Delete")
    }

    /// An element of TransactWriteItems without an action.
    pub(crate) fn no_action() -> Self {
        Self::rule("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
    }

    /// The request of a write transaction holds more than [`limits::TRANSACTION_BYTES_MAX`] of items, keys and values.
    pub(crate) fn transaction_request_too_large(bytes: usize) -> Self {
        Self::validation(format!("Transaction payload size cannot exceed 4MB. Payload Size: {bytes}"))
    }

    /// The items of a read transaction are larger than [`limits::TRANSACTION_BYTES_MAX`] together.
    pub fn transaction_answer_too_large() -> Self {
        Self::validation("Payload in response is too large.")
    }
}

/// The sentence about the request names the limit.
const _: () = assert!(limits::TRANSACTION_BYTES_MAX == 4 << 20);

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use partita_model::{AttributeValue, Item, TableName};

    use super::*;

    fn body(error: &ServiceError, wording: Wording) -> String {
        String::from_utf8(error.to_bytes(wording)).unwrap()
    }

    fn reason(error: ServiceError) -> CancellationReason {
        CancellationReason::of(error).unwrap()
    }

    #[test]
    fn a_cancellation_tells_the_reason_of_every_action() {
        let item = Item::from([("pk".to_owned(), AttributeValue::S("a".to_owned()))]);
        let error = ServiceError::transaction_canceled(vec![
            CancellationReason::NONE,
            reason(ServiceError::conditional_check_failed(Some(item))),
            reason(ServiceError::conditional_check_failed(None)),
            reason(ServiceError::duplicate_item()),
        ]);
        assert_eq!((error.http_status(), error.retryable()), (400, false));
        let told = expect![[
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ConditionalCheckFailed, DuplicateItem]","CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","Item":{"pk":{"S":"a"}},"Message":"The conditional request failed"},{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"},{"Code":"DuplicateItem","Message":"Duplicate primary key exists in table"}]}"#
        ]];
        told.assert_eq(&body(&error, Wording::Modern2026));
        assert_eq!(body(&error, Wording::Classic), body(&error, Wording::Modern2026));
        let failed: Vec<bool> = error.cancellation_reasons().iter().map(|reason| !reason.is_none()).collect();
        assert_eq!(failed, [false, true, true, true]);
    }

    #[test]
    fn failures_about_the_item_cancel_under_a_code_of_their_own() {
        for (failure, code) in [
            (ServiceError::conditional_check_failed(None), "ConditionalCheckFailed"),
            (ServiceError::item_collection_size(), "ItemCollectionSizeLimitExceeded"),
            (ServiceError::transaction_conflict(), "TransactionConflict"),
            (ServiceError::provisioned_throughput_exceeded(vec![]), "ProvisionedThroughputExceeded"),
            (ServiceError::throttling(vec![]), "ThrottlingError"),
            (ServiceError::item_size_to_update_exceeded(), "ValidationError"),
            (ServiceError::duplicate_item(), "DuplicateItem"),
        ] {
            let kind = failure.kind();
            let reason = reason(failure);
            assert_eq!((reason.code(), reason.kind()), (code, Some(kind)));
        }
        assert_eq!((CancellationReason::NONE.code(), CancellationReason::NONE.kind()), ("None", None));
    }

    #[test]
    fn other_failures_fail_the_call() {
        for failure in [
            ServiceError::internal(),
            ServiceError::unavailable(),
            ServiceError::unknown_operation(),
            ServiceError::resource_not_found(),
            ServiceError::table_exists(&TableName::new("Music")),
            ServiceError::transaction_in_progress(),
            ServiceError::transaction_canceled(vec![CancellationReason::NONE]),
        ] {
            assert_eq!(CancellationReason::of(failure.clone()), Err(failure));
        }
    }

    #[test]
    fn a_reason_speaks_the_language_of_the_era() {
        let failure = ServiceError::return_values_all_old_or_none().in_envelope();
        let error = ServiceError::transaction_canceled(vec![reason(failure)]);
        let message = |wording| error.to_json(wording)["CancellationReasons"][0]["Message"].clone();
        assert_eq!(message(Wording::Classic), "ReturnValues can only be ALL_OLD or NONE");
        assert_eq!(
            message(Wording::Modern2026),
            "1 validation error detected: ReturnValues can only be ALL_OLD or NONE"
        );
    }

    #[test]
    fn errors_of_whole_transactions() {
        let told = |error: ServiceError| {
            format!("{} {} {}", error.http_status(), error.retryable(), body(&error, Wording::Classic))
        };
        expect![[r#"400 true {"__type":"com.amazonaws.dynamodb.v20120810#TransactionInProgressException","Message":"Transaction from previous request is still in progress"}"#]]
            .assert_eq(&told(ServiceError::transaction_in_progress()));
        expect![[r#"400 false {"__type":"com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException","Message":"Specified idempotent token was used with different request parameters within the idempotency window"}"#]]
            .assert_eq(&told(ServiceError::idempotent_parameter_mismatch()));
        expect![[r#"400 false {"__type":"com.amazonaws.dynamodb.v20120810#DuplicateItemException","message":"Duplicate primary key exists in table"}"#]]
            .assert_eq(&told(ServiceError::duplicate_item()));
        expect![[r#"400 false {"__type":"com.amazon.coral.validate#ValidationException","message":"Transaction request cannot include multiple operations on one item"}"#]]
            .assert_eq(&told(ServiceError::several_actions_on_one_item()));
        expect![[r#"400 false {"__type":"com.amazon.coral.validate#ValidationException","message":"Payload in response is too large."}"#]]
            .assert_eq(&told(ServiceError::transaction_answer_too_large()));
    }
}
