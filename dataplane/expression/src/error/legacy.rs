//! What can be wrong with the parameters of the API before expressions.

use partita_model::value::AttributeType;

use crate::ComparisonOperator;

/// What is wrong with a legacy parameter. `Display` is the sentence the client sees.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's sentence says what it is")]
pub enum LegacyError {
    #[error(
        "One or more parameter values were invalid: Invalid number of argument(s) for the {0} ComparisonOperator"
    )]
    ArgumentCount(ComparisonOperator),
    #[error(
        "One or more parameter values were invalid: AttributeValues inside AttributeValueList must be of same type"
    )]
    MixedTypes,
    #[error("One or more parameter values were invalid: ComparisonOperator {operator} is not valid for {} AttributeValue type", .found.wire_name())]
    ArgumentType { operator: ComparisonOperator, found: AttributeType },
    #[error(
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
    )]
    BoundsReversed,
    #[error(
        "One or more parameter values were invalid: Value and AttributeValueList cannot be used together for Attribute: {0}"
    )]
    ValueAndList(String),
    #[error(
        "One or more parameter values were invalid: Exists and ComparisonOperator cannot be used together for Attribute: {0}"
    )]
    ExistsAndOperator(String),
    #[error(
        "One or more parameter values were invalid: Value or AttributeValueList must be used with ComparisonOperator: {operator} for Attribute: {attribute}"
    )]
    OperatorWithoutValue { operator: ComparisonOperator, attribute: String },
    #[error(
        "One or more parameter values were invalid: AttributeValueList can only be used with a ComparisonOperator for Attribute: {0}"
    )]
    ListWithoutOperator(String),
    #[error("One or more parameter values were invalid: Value must be provided when Exists is {} for Attribute: {attribute}", if *.exists_given { "true" } else { "null" })]
    ValueRequired { exists_given: bool, attribute: String },
    #[error(
        "One or more parameter values were invalid: Value cannot be used when Exists is false for Attribute: {0}"
    )]
    ValueForbidden(String),
    #[error("ConditionalOperator cannot be used without Filter or Expected")]
    OperatorAlone,
    #[error("ConditionalOperator can only be used when Filter or Expected has two or more elements")]
    OperatorForOne,
    #[error(
        "One or more parameter values were invalid: Only DELETE action is allowed when no attribute value is specified"
    )]
    ActionWithoutValue,
    #[error("One or more parameter values were invalid: DELETE action with value is not supported for the type {}", .0.wire_name())]
    DeleteType(AttributeType),
    #[error("One or more parameter values were invalid: ADD action is not supported for the type {}", .0.wire_name())]
    AddType(AttributeType),
    #[error("One or more parameter values were invalid: Duplicate value in attribute name: {0}")]
    DuplicateAttribute(String),
}
