//! Patches: server-side apply as far as it matters here, and merge patches.
//!
//! A field is a path through maps. Lists are one field, except finalizers, which are a set.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What each manager of an object applied last, by manager and subresource.
pub(super) type Applied = BTreeMap<(String, String), Value>;

/// Applies `config` for a manager.
///
/// # Errors
/// The paths that others own with other values.
pub(super) fn apply(
    object: &Value,
    config: &Value,
    manager: &(String, String),
    applied: &mut Applied,
    force: bool,
) -> Result<Value, Vec<String>> {
    let new = leaves(config);
    let others: Vec<BTreeMap<String, Value>> =
        applied.iter().filter(|(other, _)| *other != manager).map(|(_, config)| leaves(config)).collect();
    let owned_by_others = |path: &String| others.iter().any(|leaves| leaves.contains_key(path));
    let conflicts: Vec<String> = new
        .iter()
        .filter(|(path, value)| owned_by_others(path) && object.pointer(path) != Some(*value))
        .map(|(path, _)| path.clone())
        .collect();
    if !force && !conflicts.is_empty() {
        return Err(conflicts);
    }
    let mut object = object.clone();
    for path in applied.get(manager).map(leaves).unwrap_or_default().keys() {
        if !new.contains_key(path) && !owned_by_others(path) {
            remove(&mut object, path);
        }
    }
    for (path, value) in &new {
        set(&mut object, path, value.clone());
    }
    for (_, config) in applied.iter_mut().filter(|(other, _)| *other != manager) {
        conflicts.iter().for_each(|path| remove(config, path));
    }
    applied.insert(manager.clone(), config.clone());
    Ok(object)
}

/// A merge patch, as RFC 7386 has it.
pub(super) fn merge(object: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    for (key, value) in patch {
        if value.is_null() {
            object.as_object_mut().unwrap().remove(key);
        } else {
            merge(&mut object[key], value);
        }
    }
}

/// The fields of a configuration by JSON pointer. Each finalizer is a field of its own.
fn leaves(config: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    collect(config, String::new(), &mut found);
    found
}

fn collect(value: &Value, path: String, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                collect(value, format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) if path == "/metadata/finalizers" => {
            for item in items {
                let item = item.as_str().unwrap();
                found.insert(format!("{path}/={}", item.replace('/', "~1")), json!(item));
            }
        }
        // Every object has metadata.
        _ if path == "/metadata" => {}
        value => {
            found.insert(path, value.clone());
        }
    }
}

fn split(path: &str) -> (&str, String) {
    let (parent, last) = path.rsplit_once('/').unwrap();
    (parent, last.replace("~1", "/").replace("~0", "~"))
}

fn set(object: &mut Value, path: &str, value: Value) {
    let (parent, last) = split(path);
    let mut place = object;
    for step in parent.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        place = &mut place[step];
    }
    if last.starts_with('=') {
        if !place.is_array() {
            *place = json!([]);
        }
        let items = place.as_array_mut().unwrap();
        if !items.contains(&value) {
            items.push(value);
        }
    } else if value != json!({}) || !place[&last].is_object() {
        place[last] = value;
    }
}

fn remove(object: &mut Value, path: &str) {
    let (parent, last) = split(path);
    let emptied = match object.pointer_mut(parent) {
        Some(Value::Array(items)) => {
            items.retain(|item| item.as_str() != last.strip_prefix('='));
            items.is_empty()
        }
        Some(Value::Object(map)) => {
            map.remove(&last);
            map.is_empty()
        }
        _ => false,
    };
    if emptied && !parent.is_empty() {
        remove(object, parent);
    }
}
