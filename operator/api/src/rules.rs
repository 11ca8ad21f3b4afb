//! What the CEL rules of all kinds are made of.

use serde_json::{Value, json};

/// A rule and the message an API server answers when it does not hold.
pub(crate) type Rule = (&'static str, &'static str);

/// A field that never changes once it is set.
pub(crate) const IMMUTABLE: Rule = ("self == oldSelf", "Value is immutable once set");

/// `rules` as the value of `x-kubernetes-validations`.
pub(crate) fn rules(rules: &[Rule]) -> Value {
    rules.iter().map(|(rule, message)| json!({"rule": rule, "message": message})).collect()
}

/// The rule [`IMMUTABLE`] alone.
pub(crate) fn immutable() -> Value {
    rules(&[IMMUTABLE])
}
