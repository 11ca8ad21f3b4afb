//! The verdict an API server would give on an object, without one.
//!
//! In the API server's order: group, version and kind; metadata; nulls are pruned; the structural schema, with unknown
//! fields as errors (kubectl's strict validation); and, if all that holds, the CEL rules, transition rules included
//! when the object replaces another. Messages follow the API server's, so that a manifest can be moved to a cluster
//! without surprises; some end with a hint that an API server does not give.

mod metadata;
mod structural;

use std::fmt;
use std::sync::LazyLock;

use kube::core::cel::Validator;
use serde_json::Value;

pub(crate) use metadata::{LABEL, SUBDOMAIN};
pub use metadata::{is_namespace_name, is_object_name};

use crate::{GROUP, SERVED_VERSIONS};

/// The group of ACK's own kinds, for a hint to those who bring their manifests.
const ACK_GROUP: &str = "dynamodb.services.k8s.aws/";

/// One thing that is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Where, as `spec.attributeDefinitions[0].attributeType`; empty for the whole object.
    pub path: String,
    /// What, without the path.
    pub message: String,
}

impl FieldError {
    fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

static TABLE_SCHEMA: LazyLock<Value> = LazyLock::new(|| schema(crate::definition()));
static MAPPING_SCHEMA: LazyLock<Value> = LazyLock::new(|| schema(crate::event_source_mapping_definition()));
static REGION_SCHEMA: LazyLock<Value> = LazyLock::new(|| schema(crate::region_definition()));

/// The schema that all versions of `crd` share.
fn schema(mut crd: Value) -> Value {
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].take()
}

/// What an API server would object to in `new`, which replaces `old` if there is one. Empty means accepted.
///
/// Both are whole objects (`apiVersion`, `kind`, `metadata`, `spec`). Errors come in the order of the checks, and
/// within one check in the order of the schema.
pub fn validate(new: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let schema = match schema_of(new) {
        Ok(schema) => schema,
        Err(error) => return vec![error],
    };
    let new = without_nulls(new);
    let mut errors = metadata::check(&new["metadata"]);
    errors.extend(structural::check(schema, &new));
    if errors.is_empty() {
        errors = rules(schema, &new, old.map(without_nulls).as_ref());
    }
    errors
}

fn schema_of(object: &Value) -> Result<&'static Value, FieldError> {
    if !object.is_object() {
        return Err(FieldError::new(
            "",
            "an object must be a mapping with apiVersion, kind, metadata and spec",
        ));
    }
    let text = |field: &str| match &object[field] {
        Value::String(text) if !text.is_empty() => Ok(text.as_str()),
        _ => Err(FieldError::new(field, format!("Object '{field}' is missing"))),
    };
    let (api_version, kind) = (text("apiVersion")?, text("kind")?);
    let served = SERVED_VERSIONS.iter().any(|version| api_version == format!("{GROUP}/{version}"));
    match kind {
        "Table" if served => return Ok(&TABLE_SCHEMA),
        "EventSourceMapping" if served => return Ok(&MAPPING_SCHEMA),
        "Region" if served => return Ok(&REGION_SCHEMA),
        _ => {}
    }
    let hint = if api_version.starts_with(ACK_GROUP) && kind == "Table" {
        format!(" (change apiVersion to {GROUP}/{})", SERVED_VERSIONS[0])
    } else {
        String::new()
    };
    let path = if served { "kind" } else { "apiVersion" };
    Err(FieldError::new(path, format!("no matches for kind \"{kind}\" in version \"{api_version}\"{hint}")))
}

/// The object as an API server would keep it: it drops a null where the schema says neither `nullable` nor `default`,
/// and our schemas say neither.
pub fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(object) => object
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

fn rules(schema: &Value, new: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let Err(errors) = Validator::new().validate(schema, new, old) else { return Vec::new() };
    errors
        .into_iter()
        .map(|error| FieldError::new(error.field_path, format!("Invalid value: {}", error.message)))
        .collect()
}

#[cfg(test)]
mod tests;
