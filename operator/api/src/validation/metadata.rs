//! An object's `metadata`, which no CRD describes.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::FieldError;

/// The fields of `metadata`; any other is unknown.
const FIELDS: [&str; 15] = [
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];
pub(crate) const SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
pub(crate) const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
/// Longest name of an object (a DNS subdomain).
const NAME_BYTES_MAX: usize = 253;
/// Longest name of a namespace (a DNS label).
const NAMESPACE_BYTES_MAX: usize = 63;

static SUBDOMAIN_PATTERN: LazyLock<Regex> = LazyLock::new(|| whole(SUBDOMAIN));
static LABEL_PATTERN: LazyLock<Regex> = LazyLock::new(|| whole(LABEL));

fn whole(pattern: &str) -> Regex {
    Regex::new(&format!("^{pattern}$")).expect("a constant pattern, compiled by the tests")
}

/// Whether an object of ours may have that name. No other one can be part of a path.
pub fn is_object_name(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX && SUBDOMAIN_PATTERN.is_match(name)
}

/// Whether a namespace may have that name.
pub fn is_namespace_name(name: &str) -> bool {
    name.len() <= NAMESPACE_BYTES_MAX && LABEL_PATTERN.is_match(name)
}

/// What is wrong with `metadata`, which is `Null` if the object has none.
pub(super) fn check(metadata: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let Some(fields) = metadata.as_object() else {
        errors.push(FieldError::new("metadata.name", "Required value: name is required"));
        return errors;
    };
    name(&metadata["name"], &mut errors);
    if let Some(namespace) = metadata.get("namespace") {
        namespace_name(namespace, &mut errors);
    }
    for map in ["labels", "annotations"] {
        if let Some(map_value) = metadata.get(map) {
            texts(map_value, &format!("metadata.{map}"), &mut errors);
        }
    }
    for field in fields.keys().filter(|field| !FIELDS.contains(&field.as_str())) {
        let path = format!("metadata.{field}");
        errors.push(FieldError::new(&path, format!("unknown field \"{path}\"")));
    }
    errors
}

fn name(value: &Value, errors: &mut Vec<FieldError>) {
    let path = "metadata.name";
    match value {
        Value::Null => errors.push(FieldError::new(path, "Required value: name is required")),
        Value::String(name) if name.len() > NAME_BYTES_MAX => {
            errors.push(FieldError::new(path, format!("Too long: may not be more than {NAME_BYTES_MAX} bytes")));
        }
        Value::String(name) if SUBDOMAIN_PATTERN.is_match(name) => {}
        Value::String(name) => errors.push(FieldError::new(
            path,
            format!(
                "Invalid value: {name:?}: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric \
                 characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', \
                 regex used for validation is '{SUBDOMAIN}')"
            ),
        )),
        other => errors.push(not_text(path, other)),
    }
}

fn namespace_name(value: &Value, errors: &mut Vec<FieldError>) {
    let path = "metadata.namespace";
    match value {
        Value::String(name) if is_namespace_name(name) => {}
        Value::String(name) => errors.push(FieldError::new(
            path,
            format!("Invalid value: {name:?}: a lowercase RFC 1123 label must match '{LABEL}'"),
        )),
        other => errors.push(not_text(path, other)),
    }
}

fn texts(map: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let Some(entries) = map.as_object() else {
        errors.push(FieldError::new(path, "must be a mapping of strings"));
        return;
    };
    for (key, value) in entries.iter().filter(|(_, value)| !value.is_string()) {
        errors.push(not_text(&format!("{path}.{key}"), value));
    }
}

fn not_text(path: &str, value: &Value) -> FieldError {
    FieldError::new(path, format!("must be a string, not {value}: quote it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_kubernetes() {
        for good in ["a", "0", "orders", "a-b", "a--b", "a.b", "1.2-3.c", &"a".repeat(253)] {
            assert!(is_object_name(good), "{good}");
        }
        let long = "a".repeat(254);
        for bad in
            ["", ".", "..", "a/b", "../b", "a?b", "a#b", "a%2fb", "A", "a.", "-a", "a_b", "a\n", "ä", &long]
        {
            assert!(!is_object_name(bad), "{bad:?}");
        }
        for good in ["a", "kube-system", &"a".repeat(63)] {
            assert!(is_namespace_name(good), "{good}");
        }
        for bad in ["", "a.b", "..", "a/b", "a\n", &"a".repeat(64)] {
            assert!(!is_namespace_name(bad), "{bad:?}");
        }
    }
}
