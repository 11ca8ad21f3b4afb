//! Types, required and unknown fields, enums, patterns, bounds, and list semantics.

use std::collections::BTreeSet;

use k8s_openapi::jiff::Timestamp;
use regex::Regex;
use serde_json::{Map, Value};

use super::FieldError;

/// What a person should do who finds a boolean where a string belongs.
const BOOLEAN_HINT: &str =
    "quote it: an unquoted N, n, Y, y, yes, no, on, off, true or false is a boolean in YAML 1.1";
/// What a person should do who finds a number where a string belongs.
const NUMBER_HINT: &str = "quote it: unquoted it is a number";
/// What an API server calls the type of a field with `x-kubernetes-int-or-string`.
const INTEGER_OR_STRING: &str = "integer,string";

/// What in `value` does not fit `schema`. `apiVersion`, `kind` and `metadata` of the root are checked elsewhere.
pub(super) fn check(schema: &Value, value: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    Walk { errors: &mut errors, root: true }.value(schema, value, "");
    errors
}

struct Walk<'a> {
    errors: &'a mut Vec<FieldError>,
    root: bool,
}

impl Walk<'_> {
    fn error(&mut self, path: &str, message: String) {
        self.errors.push(FieldError::new(path, message));
    }

    fn value(&mut self, schema: &Value, value: &Value, path: &str) {
        let expected = match schema["x-kubernetes-int-or-string"].as_bool() {
            Some(true) => INTEGER_OR_STRING,
            _ => schema["type"].as_str().unwrap_or_default(),
        };
        match (expected, value) {
            ("object", Value::Object(object)) => self.object(schema, object, path),
            ("array", Value::Array(items)) => self.array(schema, items, path),
            ("string" | INTEGER_OR_STRING, Value::String(text)) => self.string(schema, text, path),
            ("integer" | INTEGER_OR_STRING, Value::Number(number)) if is_integer(number) => {
                self.number(schema, value, path);
            }
            ("boolean", Value::Bool(_)) => {}
            _ => self.wrong_type(expected, value, path),
        }
    }

    fn wrong_type(&mut self, expected: &str, value: &Value, path: &str) {
        let found = type_name(value);
        let mut message =
            format!("Invalid value: \"{found}\": {path} in body must be of type {expected}: \"{found}\"");
        let hint = match (expected, value) {
            ("string", Value::Bool(_)) => Some(BOOLEAN_HINT),
            ("string", Value::Number(_)) => Some(NUMBER_HINT),
            _ => None,
        };
        if let Some(hint) = hint {
            message.push_str(&format!(" ({hint})"));
        }
        self.error(path, message);
    }

    fn object(&mut self, schema: &Value, object: &Map<String, Value>, path: &str) {
        let root = std::mem::replace(&mut self.root, false);
        let none = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&none);
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(required) {
                self.error(&join(path, required), "Required value".to_owned());
            }
        }
        for (name, property) in properties {
            if let Some(value) = object.get(name)
                && !(root && is_type_or_object_meta(name))
            {
                self.value(property, value, &join(path, name));
            }
        }
        for (name, value) in object {
            let known = properties.contains_key(name) || (root && is_type_or_object_meta(name));
            if !known {
                self.other_field(schema, name, value, path);
            }
        }
    }

    /// A field of an object at `path` that is not among its properties: an entry of a map, one that is kept unseen, or
    /// an unknown one.
    fn other_field(&mut self, schema: &Value, name: &str, value: &Value, path: &str) {
        let path = join(path, name);
        if schema["additionalProperties"].is_object() {
            self.value(&schema["additionalProperties"], value, &path);
        } else if schema["x-kubernetes-preserve-unknown-fields"] != true {
            let hint = suggestion(name, schema["properties"].as_object());
            self.error(&path, format!("unknown field \"{path}\"{hint}"));
        }
    }

    fn array(&mut self, schema: &Value, items: &[Value], path: &str) {
        let length = items.len() as u64;
        if let Some(most) = schema["maxItems"].as_u64().filter(|most| length > *most) {
            self.error(path, format!("Too many: {length}: must have at most {most} items"));
        }
        if let Some(least) = schema["minItems"].as_u64().filter(|least| length < *least) {
            self.error(
                path,
                format!("Invalid value: {length}: {path} in body should have at least {least} items"),
            );
        }
        for (position, item) in items.iter().enumerate() {
            self.value(&schema["items"], item, &format!("{path}[{position}]"));
        }
        self.unique(schema, items, path);
    }

    /// Sets hold a value once, and maps hold a key once.
    fn unique(&mut self, schema: &Value, items: &[Value], path: &str) {
        let keys: Vec<&str> = schema["x-kubernetes-list-map-keys"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let identity = |item: &Value| match schema["x-kubernetes-list-type"].as_str() {
            Some("set") => Some(item.to_string()),
            Some("map") => {
                let fields =
                    keys.iter().filter_map(|key| item.get(*key).map(|v| ((*key).to_owned(), v.clone())));
                Some(Value::Object(fields.collect()).to_string())
            }
            _ => None,
        };
        let mut seen = BTreeSet::new();
        for (position, item) in items.iter().enumerate() {
            if let Some(identity) = identity(item)
                && !seen.insert(identity.clone())
            {
                self.error(&format!("{path}[{position}]"), format!("Duplicate value: {identity}"));
            }
        }
    }

    fn string(&mut self, schema: &Value, text: &str, path: &str) {
        if let Some(choices) = schema["enum"].as_array()
            && !choices.iter().any(|choice| choice.as_str() == Some(text))
        {
            let choices: Vec<String> = choices.iter().map(Value::to_string).collect();
            self.error(
                path,
                format!("Unsupported value: {text:?}: supported values: {}", choices.join(", ")),
            );
        }
        if let Some(message) = misfit(schema, text, path) {
            self.error(path, message);
        }
        if schema["format"] == "date-time" && text.parse::<Timestamp>().is_err() {
            self.error(
                path,
                format!("Invalid value: {text:?}: {path} in body must be of type date-time: {text:?}"),
            );
        }
    }

    fn number(&mut self, schema: &Value, value: &Value, path: &str) {
        let Some(number) = value.as_f64() else { return };
        if let Some(least) = schema["minimum"].as_f64().filter(|least| number < *least) {
            self.error(
                path,
                format!("Invalid value: {value}: {path} in body should be greater than or equal to {least}"),
            );
        }
        if let Some(most) = schema["maximum"].as_f64().filter(|most| number > *most) {
            self.error(
                path,
                format!("Invalid value: {value}: {path} in body should be less than or equal to {most}"),
            );
        }
    }
}

/// What of length and pattern `text` misses; an API server names the first of them only.
fn misfit(schema: &Value, text: &str, path: &str) -> Option<String> {
    let length = text.chars().count() as u64;
    if let Some(most) = schema["maxLength"].as_u64().filter(|most| length > *most) {
        return Some(format!("Too long: may not be more than {most} bytes"));
    }
    if let Some(least) = schema["minLength"].as_u64().filter(|least| length < *least) {
        return Some(format!(
            "Invalid value: {text:?}: {path} in body should be at least {least} chars long"
        ));
    }
    let pattern = schema["pattern"].as_str()?;
    let matches = Regex::new(pattern).expect("a test compiles every pattern of our schemas").is_match(text);
    (!matches).then(|| format!("Invalid value: {text:?}: {path} in body should match '{pattern}'"))
}

fn is_type_or_object_meta(name: &str) -> bool {
    matches!(name, "apiVersion" | "kind" | "metadata")
}

fn is_integer(number: &serde_json::Number) -> bool {
    number.is_i64() || number.as_f64().is_some_and(|n| n.fract() == 0.0 && n.abs() < i64::MAX as f64)
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if is_integer(number) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The field that was probably meant: most unknown fields are a known one in another case (`resourceId`, `KeySchema`).
fn suggestion(name: &str, properties: Option<&Map<String, Value>>) -> String {
    match properties.into_iter().flat_map(Map::keys).find(|known| known.eq_ignore_ascii_case(name)) {
        Some(known) => format!(" (did you mean {known:?}?)"),
        None => String::new(),
    }
}
