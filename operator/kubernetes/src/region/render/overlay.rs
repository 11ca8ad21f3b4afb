//! The overlay of `spec.nodePool.podTemplate`: laid over the rendered pod as JSON, last, and read back as a pod.

use k8s_openapi::api::core::v1::{Container, Pod, PodSpec};
use partita_api::PodTemplate;
use serde_json::{Map, Value, json};

use crate::region::names;

/// Where the overlay stands in a Region.
const FIELD: &str = "spec.nodePool.podTemplate.spec";

/// A field of the overlay that makes no pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invalid {
    /// Its path in the Region.
    pub(crate) field: String,
    /// What is wrong with it.
    pub(crate) why: String,
}

/// Lays a template over a pod. Maps are merged, `null` removes a field, lists of things with names are merged by them (and
/// `$patch: delete` removes one), other lists are replaced. Labels and annotations of the pod win over the template's.
///
/// # Errors
/// The field that does not parse, that pods do not have, or that leaves the pod without its node.
pub(super) fn apply(mut pod: Pod, template: &PodTemplate) -> Result<Pod, Invalid> {
    if let Some(metadata) = &template.metadata {
        let mut labels = metadata.labels.clone();
        labels.extend(pod.metadata.labels.take().unwrap_or_default());
        let mut annotations = metadata.annotations.clone();
        annotations.extend(pod.metadata.annotations.take().unwrap_or_default());
        pod.metadata.labels = Some(labels);
        pod.metadata.annotations = Some(annotations);
    }
    if let Some(over) = &template.spec {
        let mut spec = json!(pod.spec);
        merge(&mut spec, over, "");
        quantities_as_text(&mut spec);
        pod.spec = Some(parse(spec)?);
    }
    Ok(pod)
}

fn parse(spec: Value) -> Result<PodSpec, Invalid> {
    let parsed: PodSpec =
        serde_json::from_value(spec.clone()).map_err(|error| culprit(&spec, &error.to_string()))?;
    if let Some(path) = lost(&spec, &json!(parsed)) {
        return Err(Invalid { field: format!("{FIELD}{path}"), why: "a pod has no such field".to_owned() });
    }
    let mut containers = parsed.init_containers.iter().flatten().chain(&parsed.containers);
    if containers.any(|container| container.name.is_empty()) {
        return Err(Invalid {
            field: format!("{FIELD}.containers"),
            why: "a container has no name".to_owned(),
        });
    }
    if parsed.containers.iter().all(|container| container.name != names::CONTAINER) {
        let why = format!("the container named {} is gone", names::CONTAINER);
        return Err(Invalid { field: format!("{FIELD}.containers"), why });
    }
    Ok(parsed)
}

/// The field by which lists of things are merged, as strategic merge patches do it.
fn key_of(list: &str) -> Option<&'static str> {
    match list {
        "containers" | "initContainers" | "volumes" | "env" | "imagePullSecrets" | "resourceClaims" => {
            Some("name")
        }
        "volumeMounts" => Some("mountPath"),
        "volumeDevices" => Some("devicePath"),
        "ports" => Some("containerPort"),
        "hostAliases" => Some("ip"),
        "topologySpreadConstraints" => Some("topologyKey"),
        _ => None,
    }
}

fn merge(base: &mut Value, over: &Value, field: &str) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => merge_fields(base, over),
        (Value::Array(base), Value::Array(over)) if key_of(field).is_some() => merge_list(base, over, field),
        (base, Value::Object(over)) => {
            let mut fresh = Map::new();
            merge_fields(&mut fresh, over);
            *base = Value::Object(fresh);
        }
        (base, Value::Array(over)) => {
            let mut fresh = Vec::new();
            merge_list(&mut fresh, over, field);
            *base = Value::Array(fresh);
        }
        (base, over) => *base = over.clone(),
    }
}

fn merge_fields(base: &mut Map<String, Value>, over: &Map<String, Value>) {
    for (field, value) in over {
        if value.is_null() {
            base.remove(field);
        } else {
            merge(base.entry(field.as_str()).or_insert(Value::Null), value, field);
        }
    }
}

fn merge_list(base: &mut Vec<Value>, over: &[Value], field: &str) {
    for item in over {
        let id = key_of(field).and_then(|key| item.get(key).map(|id| (key, id)));
        let at = id.and_then(|(key, id)| base.iter().position(|there| there.get(key) == Some(id)));
        if item.get("$patch").and_then(Value::as_str) == Some("delete") {
            if let Some(at) = at {
                base.remove(at);
            }
            continue;
        }
        match at.and_then(|at| base.get_mut(at)) {
            // A volume has one source: another source takes the place of the one there.
            Some(there) if field == "volumes" => *there = item.clone(),
            Some(there) => merge(there, item, ""),
            None => {
                let mut fresh = Value::Null;
                merge(&mut fresh, item, "");
                base.push(fresh);
            }
        }
    }
}

/// Kubernetes takes `cpu: 2` for `cpu: "2"`.
fn quantities_as_text(spec: &mut Value) {
    resources_as_text(spec);
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            resources_as_text(container);
        }
    }
}

fn resources_as_text(holder: &mut Value) {
    for kind in ["limits", "requests"] {
        let amounts = holder.pointer_mut(&format!("/resources/{kind}")).and_then(Value::as_object_mut);
        for amount in amounts.into_iter().flat_map(Map::values_mut) {
            if let Value::Number(number) = amount {
                *amount = Value::String(number.to_string());
            }
        }
    }
}

/// Finds the field that does not parse by reading each by itself.
fn culprit(spec: &Value, why: &str) -> Invalid {
    let fields = spec.as_object().into_iter().flatten();
    let fault = fields.map(|(field, value)| fault_of(field, value)).find_map(Result::err);
    fault.unwrap_or_else(|| Invalid { field: FIELD.to_owned(), why: why.to_owned() })
}

fn fault_of(field: &str, value: &Value) -> Result<(), Invalid> {
    let mut alone = json!({"containers": []});
    let Some(error) = reads::<PodSpec>(&mut alone, field, value) else { return Ok(()) };
    if matches!(field, "containers" | "initContainers") {
        for (at, container) in value.as_array().into_iter().flatten().enumerate() {
            let name =
                container.get("name").and_then(Value::as_str).map_or_else(|| at.to_string(), str::to_owned);
            for (inner, value) in container.as_object().into_iter().flatten() {
                if let Some(why) = reads::<Container>(&mut json!({"name": name}), inner, value) {
                    return Err(Invalid { field: format!("{FIELD}.{field}[{name}].{inner}"), why });
                }
            }
        }
    }
    Err(Invalid { field: format!("{FIELD}.{field}"), why: error })
}

/// Why an object with that field does not parse, if it does not.
fn reads<T: serde::de::DeserializeOwned>(alone: &mut Value, field: &str, value: &Value) -> Option<String> {
    if let Some(object) = alone.as_object_mut() {
        object.insert(field.to_owned(), value.clone());
    }
    serde_json::from_value::<T>(alone.take()).err().map(|error| error.to_string())
}

/// The path of the first field that reading did not keep.
fn lost(given: &Value, kept: &Value) -> Option<String> {
    match (given, kept) {
        (Value::Object(given), Value::Object(kept)) => given.iter().find_map(|(field, value)| {
            let inner = match kept.get(field) {
                Some(kept) => lost(value, kept)?,
                None if is_nothing(value) => return None,
                None => String::new(),
            };
            Some(format!(".{field}{inner}"))
        }),
        (Value::Array(given), Value::Array(kept)) => {
            given.iter().zip(kept).enumerate().find_map(|(at, (given, kept))| {
                let name =
                    given.get("name").and_then(Value::as_str).map_or_else(|| at.to_string(), str::to_owned);
                Some(format!("[{name}]{}", lost(given, kept)?))
            })
        }
        _ => None,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
