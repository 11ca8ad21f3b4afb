//! What the CEL rules of all kinds are made of.

use serde_json::{Value, json};

/// A field of the value that a rule stands at (empty for the value itself), the rule, and the message. An API server
/// that finds the rule broken answers with the message and the field.
pub(crate) type Rule = (&'static str, &'static str, &'static str);

/// A field that never changes once it is set.
pub(crate) const IMMUTABLE: Rule = ("", "self == oldSelf", "Value is immutable once set");

/// `rules` as the value of `x-kubernetes-validations`.
pub(crate) fn rules(rules: &[Rule]) -> Value {
    rules.iter().map(|(field, rule, message)| stated(field, rule, message)).collect()
}

/// One rule in the schema's form.
pub(crate) fn stated(field: &str, rule: &str, message: &str) -> Value {
    let mut stated = json!({"rule": rule, "message": message});
    if !field.is_empty() {
        stated["fieldPath"] = json!(format!(".{field}"));
    }
    stated
}

/// The rule [`IMMUTABLE`] alone.
pub(crate) fn immutable() -> Value {
    rules(&[IMMUTABLE])
}
