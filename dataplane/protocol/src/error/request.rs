//! Sentences about a request's parameters that need no table.

use partita_expression::error::SubstitutionError;

use super::ServiceError;
use super::item::{enveloped_value_sentence, value_sentence};
use crate::json::ValueFault;

/// Which batch a count belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BatchKind {
    Get,
    Write,
}

impl BatchKind {
    fn operation(self) -> &'static str {
        match self {
            Self::Get => "BatchGetItem",
            Self::Write => "BatchWriteItem",
        }
    }
}

/// A parameter as the rules about projections name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    AttributesToGet,
    ProjectionExpression,
}

impl Parameter {
    fn name(self) -> &'static str {
        match self {
            Self::AttributesToGet => "AttributesToGet",
            Self::ProjectionExpression => "ProjectionExpression",
        }
    }
}

impl ServiceError {
    /// Expressions and their legacy forms in one request; both lists in the service's order.
    pub(crate) fn mixed_expressions(legacy: &[&str], expressions: &[&str]) -> Self {
        Self::rule(format!(
            "Can not use both expression and non-expression parameters in the same request: \
             Non-expression parameters: {{{}}} Expression parameters: {{{}}}",
            legacy.join(", "),
            expressions.join(", ")
        ))
    }

    /// `ReturnValues` other than `NONE` and `ALL_OLD` of PutItem and DeleteItem.
    pub(crate) fn return_values_all_old_or_none() -> Self {
        Self::rule("ReturnValues can only be ALL_OLD or NONE")
    }

    /// A value of `ExpressionAttributeValues` that is no attribute value.
    pub(crate) fn invalid_expression_value(key: &str, fault: &ValueFault) -> Self {
        let in_map = |reason| SubstitutionError::InvalidValue { key: key.to_owned(), reason }.to_string();
        let bare = in_map(value_sentence(fault));
        match fault {
            // Told as a fault of the value alone.
            ValueFault::NullNotTrue => Self::rule_in_envelope(bare, value_sentence(fault)),
            _ => Self::rule_in_envelope(bare, in_map(enveloped_value_sentence(fault))),
        }
    }

    /// A value of `ExclusiveStartKey` that is no attribute value.
    pub(crate) fn invalid_start_key_value(fault: &ValueFault) -> Self {
        Self::rule(format!("The provided starting key is invalid: {}", value_sentence(fault)))
    }

    /// A Query without any key condition.
    pub(crate) fn key_condition_required() -> Self {
        Self::rule(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
        )
    }

    /// `ALL_PROJECTED_ATTRIBUTES` without an index.
    pub(crate) fn all_projected_without_index() -> Self {
        Self::rule("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    }

    /// `SPECIFIC_ATTRIBUTES` without saying which.
    pub(crate) fn specific_attributes_without_projection() -> Self {
        Self::rule(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
        )
    }

    /// A projection beside a `Select` that wants something else: `wanted` is `ALL_ATTRIBUTES`, `ALL_PROJECTED_ATTRIBUTES`
    /// or `only the Count`.
    pub(crate) fn projection_with_select(parameter: Parameter, wanted: &str) -> Self {
        Self::rule(format!("Cannot specify the {} when choosing to get {wanted}", parameter.name()))
    }

    /// `Segment` without `TotalSegments`.
    pub(crate) fn total_segments_missing() -> Self {
        Self::rule(
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is \
             present",
        )
    }

    /// `TotalSegments` without `Segment`.
    pub(crate) fn segment_missing() -> Self {
        Self::rule(
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is \
             present",
        )
    }

    /// `Segment` not below `TotalSegments`. The 2026 wording leaves the numbers out.
    pub(crate) fn segment_out_of_range(segment: u32, total: u32) -> Self {
        const RULE: &str =
            "The Segment parameter is zero-based and must be less than parameter TotalSegments";
        Self::reworded_rule(
            format!("{RULE}: Segment: {segment} is not less than TotalSegments: {total}"),
            RULE,
        )
    }

    /// More keys or requests than one batch may hold, over all tables.
    pub(crate) fn too_many_items(batch: BatchKind) -> Self {
        Self::rule(format!("Too many items requested for the {} call", batch.operation()))
    }

    /// An element of a BatchWriteItem with both or none of its requests.
    pub(crate) fn write_request_shape() -> Self {
        Self::validation(value_sentence(&ValueFault::SeveralTypes))
    }
}
