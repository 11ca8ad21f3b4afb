//! Errors, and the one place where the sentences about expressions are made.
//!
//! [`Error`] is what can be said of a request before any table is looked at; [`KeyConditionError`] needs a key schema,
//! [`UpdateError`] needs an item. All three are the caller's fault (ValidationException) and never worth a retry.

mod expression;
mod legacy;

use std::fmt;

use partita_model::NumberError;

pub use expression::{Fault, OperandType, Operator};
pub use legacy::LegacyError;

use crate::Kind;

/// Why a request's expressions, or their legacy forms, are refused. `Display` is the sentence the client sees.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// One expression is wrong in itself.
    #[error("Invalid {kind}: {fault}")]
    Expression {
        /// Which expression.
        kind: Kind,
        /// What is wrong with it.
        fault: Fault,
    },
    /// The maps of names and values are wrong, or do not fit the expressions.
    #[error(transparent)]
    Substitution(#[from] SubstitutionError),
    /// A well-formed `KeyConditionExpression` is not a key condition.
    #[error(transparent)]
    KeyCondition(#[from] KeyShapeError),
    /// A legacy parameter is wrong.
    #[error(transparent)]
    Legacy(#[from] LegacyError),
}

/// What is wrong with `ExpressionAttributeNames` or `ExpressionAttributeValues`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's sentence says what it is")]
pub enum SubstitutionError {
    #[error("ExpressionAttributeNames can only be specified when using expressions")]
    NamesWithoutExpression,
    #[error("ExpressionAttributeValues can only be specified when using expressions: {} {} null",
        Join(.0, " and "), if .0.len() == 1 { "is" } else { "are" })]
    ValuesWithoutExpression(Vec<Kind>),
    #[error("ExpressionAttributeNames must not be empty")]
    NamesEmpty,
    #[error("ExpressionAttributeValues must not be empty")]
    ValuesEmpty,
    #[error("ExpressionAttributeNames contains invalid key: Syntax error; key: \"{0}\"")]
    InvalidNameKey(String),
    #[error("ExpressionAttributeValues contains invalid key: Syntax error; key: \"{0}\"")]
    InvalidValueKey(String),
    #[error("ExpressionAttributeNames contains invalid value: Empty attribute name for key {0}")]
    EmptyName(String),
    #[error("Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max size")]
    TooLarge,
    /// Made by the protocol, which reads the values; `reason` is the sentence about the value.
    #[error("ExpressionAttributeValues contains invalid value: {reason} for key {key}")]
    InvalidValue { key: String, reason: String },
    #[error("Value provided in ExpressionAttributeNames unused in expressions: keys: {{{}}}", Join(.0, ", "))]
    UnusedNames(Vec<String>),
    #[error("Value provided in ExpressionAttributeValues unused in expressions: keys: {{{}}}", Join(.0, ", "))]
    UnusedValues(Vec<String>),
}

/// Why a condition that parses is not a key condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's sentence says what it is")]
pub enum KeyShapeError {
    #[error("Invalid operator used in KeyConditionExpression: {0}")]
    Operator(Operator),
    #[error("KeyConditionExpressions cannot contain nested operations")]
    NestedOperation,
    #[error(
        "Invalid condition in KeyConditionExpression: {0} operator must have the key attribute as its first operand"
    )]
    KeyNotFirst(Operator),
    #[error("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")]
    MultipleNames,
    #[error("KeyConditionExpressions cannot have conditions on nested attributes")]
    NestedAttribute,
    #[error("Invalid condition in KeyConditionExpression: No key attribute specified")]
    NoKey,
    #[error("KeyConditionExpressions must only contain one condition per key")]
    ManyConditionsPerKey,
    /// Said of `KeyConditions` too.
    #[error("Conditions can be of length 1 or 2 only")]
    ConditionCount,
}

/// Why a key condition does not fit a key schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyConditionError {
    /// A key attribute that must have a condition has none.
    #[error("Query condition missed key schema element: {name}")]
    MissedElement {
        /// The key attribute.
        name: String,
    },
    /// A partition attribute, or a sort attribute before the last one, is compared by anything but `=`, or there are more
    /// conditions than key attributes.
    #[error("Query key condition not supported")]
    NotSupported,
    /// More conditions than a key of one partition and one sort attribute can have.
    #[error("Conditions can be of length 1 or 2 only")]
    ConditionCount,
    /// `NE`, `IN`, `NULL`, … on a key attribute (legacy parameters only).
    #[error("Attempted conditional constraint is not an indexable operation")]
    NotIndexable,
    /// A value's type is not the key attribute's.
    #[error("One or more parameter values were invalid: Condition parameter type does not match schema type")]
    TypeMismatch,
    /// A value that no key attribute can have. Clients see the sentence about empty keys, which the protocol makes.
    #[error("the key attribute {name} is compared with an empty value")]
    EmptyValue {
        /// The key attribute.
        name: String,
        /// Whether the value is a string; else it is a binary.
        text: bool,
    },
}

/// Why an update cannot be applied to the item it meets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// A nested target has no container of the right type to stand in.
    #[error("The document path provided in the update expression is invalid for update")]
    InvalidDocumentPath,
    /// A path used as a value leads nowhere.
    #[error("The provided expression refers to an attribute that does not exist in the item")]
    MissingAttribute,
    /// An operand read from the item has a type the operator cannot take.
    #[error("An operand in the update expression has an incorrect data type")]
    IncorrectOperandType,
    /// `ADD` or `DELETE` of the legacy `AttributeUpdates` met an attribute of another type.
    #[error("Type mismatch for attribute to update")]
    TypeMismatch,
    /// The update would nest lists and maps deeper than an item may. Clients see the sentence about nested values, which
    /// the protocol makes.
    #[error("lists and maps nest too deep")]
    NestedTooDeep,
    /// What the update writes is by itself larger than an item may be. Clients see the sentence about the size of an updated
    /// item, which the protocol makes.
    #[error("the update writes more than an item may hold")]
    TooLarge,
    /// A sum is not a number DynamoDB can hold. Clients see the sentence about numbers, which the protocol makes.
    #[error(transparent)]
    Number(#[from] NumberError),
}

/// Writes its parts with a separator between them.
struct Join<'a, T>(&'a [T], &'static str);

impl<T: fmt::Display> fmt::Display for Join<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(self.1)?;
            }
            part.fmt(f)?;
        }
        Ok(())
    }
}
