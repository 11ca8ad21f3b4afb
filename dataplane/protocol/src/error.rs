//! Every failure a client can see, and the one place that makes each sentence.
//!
//! The service reworded its validation failures in 2026, operation by operation. [`Wording`] picks an era when an error is
//! rendered; nothing else depends on it:
//!
//! | | [`Wording::Classic`] | [`Wording::Modern2026`] |
//! | --- | --- | --- |
//! | constraints of the service model | all, with camelCase places and values | some only the first, with capitals and without values |
//! | the same of transactions and PartiQL | all | all |
//! | rules of a single-item write | bare sentence | after `1 validation error detected: ` |
//! | what `Select` allows in Query and Scan | bare sentence | after `1 validation error detected: ` |
//! | other rules of reads, batches, transactions, statements and table operations | bare sentence | bare sentence |
//! | attribute values of no or several types, limits, rules that need the table or the item | bare sentence | bare sentence |
//!
//! A sentence about a rule of the request is made by [`ServiceError::rule`] and learns from the operation whether it gets the
//! prefix; any other is made by [`ServiceError::validation`].

mod auth;
mod constraint;
mod definition;
mod feature;
mod item;
mod key;
mod kind;
mod partiql;
mod request;
mod stream;
mod table;
mod throughput;
mod transaction;

use std::borrow::Cow;
use std::fmt;

use partita_expression::Error;
use partita_expression::error::SubstitutionError;
use partita_model::Item;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

pub use auth::SigningScope;
pub(crate) use constraint::{Constraint, Place, Violations};
pub(crate) use definition::DefinitionRule;
pub(crate) use feature::PolicyArnRule;
pub use key::EmptyKeyValue;
pub use kind::ErrorKind;
pub use partiql::{Malformation, SetFunction, Span, StatementFault};
pub(crate) use request::{BatchKind, Parameter};
pub use table::{BusyIndex, BusyTable, DecreaseBudget, SwitchBudget, UnchangedThroughput};
pub(crate) use table::{IndexUpdateRule, UpdateRule};
pub use throughput::ThrottlingReason;
pub use transaction::CancellationReason;
pub(crate) use transaction::PartFailure;

use crate::output::{Answer as _, WireItem};

/// What the 2026 wording puts before the sentence of a broken request rule.
const ENVELOPE: &str = "1 validation error detected: ";

/// The era whose sentences an answer uses. Names, statuses and the order of checks are the same in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Wording {
    /// As the service answers since 2026.
    #[default]
    Modern2026,
    /// As recorded before 2026.
    Classic,
}

/// A failure as a client sees it: an error name, a sentence, and for some errors more members.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceError {
    kind: ErrorKind,
    text: Text,
    extras: Option<Box<Extras>>,
}

/// The sentence of an error, before the era is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Text {
    /// No message member at all.
    Absent,
    /// The same in both eras.
    Fixed(Cow<'static, str>),
    /// A rule of the request.
    Rule(Rule),
    /// Constraints of the service model.
    Violations(Violations),
}

/// The sentences of a broken rule of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    classic: Cow<'static, str>,
    /// Without the prefix.
    modern: Cow<'static, str>,
    /// After the prefix, if it is another sentence there.
    enveloped: Option<Cow<'static, str>>,
    /// Whether the operation prefixes it in the 2026 wording.
    in_envelope: bool,
}

impl Rule {
    fn message(&self, wording: Wording) -> Cow<'_, str> {
        match wording {
            Wording::Classic => Cow::Borrowed(&self.classic),
            Wording::Modern2026 if !self.in_envelope => Cow::Borrowed(&self.modern),
            Wording::Modern2026 => {
                let sentence = self.enveloped.as_ref().unwrap_or(&self.modern);
                Cow::Owned(format!("{ENVELOPE}{sentence}"))
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Extras {
    /// The item a condition failed on.
    Item(Item),
    /// Which limit throttled the request, and whose.
    Throttling(Vec<ThrottlingReason>),
    /// What became of each action of a cancelled transaction.
    Cancellation(Vec<CancellationReason>),
}

impl ServiceError {
    fn new(kind: ErrorKind, text: Text) -> Self {
        Self { kind, text, extras: None }
    }

    fn fixed(kind: ErrorKind, sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::new(kind, Text::Fixed(sentence.into()))
    }

    /// `ValidationException` with a sentence that is the same in both eras: rules that need the table or the item, limits.
    pub fn validation(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::fixed(ErrorKind::Validation, sentence)
    }

    /// `ValidationException` for a rule of the request alone, which gets the 2026 prefix from some operations.
    pub fn rule(sentence: impl Into<Cow<'static, str>>) -> Self {
        let sentence = sentence.into();
        Self::reworded_rule(sentence.clone(), sentence)
    }

    /// A rule whose sentence itself was changed in 2026.
    fn reworded_rule(classic: impl Into<Cow<'static, str>>, modern: impl Into<Cow<'static, str>>) -> Self {
        let rule =
            Rule { classic: classic.into(), modern: modern.into(), enveloped: None, in_envelope: false };
        Self::new(ErrorKind::Validation, Text::Rule(rule))
    }

    /// A rule whose sentence was changed in 2026 by the operations that prefix it.
    fn rule_in_envelope(bare: impl Into<Cow<'static, str>>, enveloped: impl Into<Cow<'static, str>>) -> Self {
        let bare = bare.into();
        let enveloped = Some(enveloped.into());
        let rule = Rule { classic: bare.clone(), modern: bare, enveloped, in_envelope: false };
        Self::new(ErrorKind::Validation, Text::Rule(rule))
    }

    /// The constraints of the service model that a request broke; at least one.
    pub(crate) fn violations(violations: Violations) -> Self {
        Self::new(ErrorKind::Validation, Text::Violations(violations))
    }

    /// Gives a rule of the request the 2026 prefix; changes nothing else.
    #[must_use]
    pub(crate) fn in_envelope(mut self) -> Self {
        if let Text::Rule(rule) = &mut self.text {
            rule.in_envelope = true;
        }
        self
    }

    /// Tells broken constraints as an operation does that has no second validator; changes nothing else.
    #[must_use]
    pub(crate) fn by_first_validator(mut self) -> Self {
        if let Text::Violations(violations) = &mut self.text {
            violations.by_first_validator();
        }
        self
    }

    /// `SerializationException`: the JSON has another type than the model's member.
    pub(crate) fn serialization(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::fixed(ErrorKind::Serialization, sentence)
    }

    /// `SerializationException` without a message: the body is not a JSON object.
    pub fn malformed_json() -> Self {
        Self::new(ErrorKind::Serialization, Text::Absent)
    }

    /// `UnknownOperationException`, which carries no message.
    pub fn unknown_operation() -> Self {
        Self::new(ErrorKind::UnknownOperation, Text::Absent)
    }

    /// `InternalServerError`, HTTP 500: the outcome of a write is unknown to the caller, who may retry.
    pub fn internal() -> Self {
        Self::fixed(ErrorKind::Internal, "Internal server error")
    }

    /// `ServiceUnavailable`, HTTP 503: nothing was done, the caller may retry.
    pub fn unavailable() -> Self {
        Self::fixed(ErrorKind::Unavailable, "Service is temporarily unavailable. Please try again.")
    }

    /// Name, namespace and status.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The exception's name without its namespace, for example `ValidationException`.
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// HTTP status of the answer.
    pub fn http_status(&self) -> u16 {
        self.kind.http_status()
    }

    /// Whether the same request may succeed later without change.
    pub fn retryable(&self) -> bool {
        self.kind.retryable()
    }

    /// The sentence in the given era; `None` for the errors that carry none.
    pub fn message(&self, wording: Wording) -> Option<Cow<'_, str>> {
        match &self.text {
            Text::Absent => None,
            Text::Fixed(sentence) => Some(Cow::Borrowed(sentence)),
            Text::Rule(rule) => Some(rule.message(wording)),
            Text::Violations(violations) => Some(Cow::Owned(violations.message(wording))),
        }
    }

    /// The body of the answer.
    pub fn to_json(&self, wording: Wording) -> Value {
        Body { error: self, wording }.to_json()
    }

    /// The body of the answer, as bytes.
    pub fn to_bytes(&self, wording: Wording) -> Vec<u8> {
        Body { error: self, wording }.to_bytes()
    }
}

/// An error in one of the two wordings.
struct Body<'a> {
    error: &'a ServiceError,
    wording: Wording,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kind = self.error.kind;
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("__type", &format_args!("{}#{}", kind.namespace(), kind.name()))?;
        if let Some(message) = self.error.message(self.wording) {
            object.serialize_entry(kind.message_member(), &message)?;
        }
        match self.error.extras.as_deref() {
            None => {}
            Some(Extras::Item(item)) => object.serialize_entry("Item", &WireItem(item))?,
            Some(Extras::Throttling(reasons)) => object.serialize_entry(kind.throttling_member(), reasons)?,
            Some(Extras::Cancellation(reasons)) => {
                object.serialize_entry("CancellationReasons", &transaction::shown(reasons, self.wording))?;
            }
        }
        object.end()
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self.message(Wording::default()) {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ServiceError {}

/// A sentence about an expression, made by `partita-expression`, is a rule of the request.
impl From<partita_expression::Error> for ServiceError {
    fn from(error: partita_expression::Error) -> Self {
        let sentence = error.to_string();
        match error {
            Error::Substitution(SubstitutionError::ValuesWithoutExpression(_)) => {
                // The sentence no longer says which expressions were missing.
                let enveloped = "ExpressionAttributeValues can only be specified when using expressions";
                Self::rule_in_envelope(sentence, enveloped)
            }
            _ => Self::rule(sentence),
        }
    }
}

#[cfg(test)]
mod tests;
