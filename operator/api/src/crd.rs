//! From Rust types to the CRDs in `crds/`.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceConversion, CustomResourceDefinition,
};
use kube::CustomResourceExt;
use serde::Serialize;
use serde_json::Value;

use crate::{Error, EventSourceMapping, GROUP, Region, SERVED_VERSIONS, Table, region};

/// First line of every generated file.
const HEADER: &str = "# Generated from operator/api; do not edit.\n";

/// Every CRD as the file `crds/` holds: its name and its text.
pub fn crds() -> Vec<(String, String)> {
    definitions()
        .into_iter()
        .map(|crd| {
            let text = to_yaml(&crd).expect("a CRD is plain data");
            let plural = crd["spec"]["names"]["plural"].as_str().unwrap_or_default();
            (format!("{GROUP}_{plural}.yaml"), format!("{HEADER}{text}"))
        })
        .collect()
}

/// The CRD of every kind, as JSON.
pub fn definitions() -> [Value; 3] {
    [definition(), event_source_mapping_definition(), region_definition()]
}

/// The CRD of the Table kind, as JSON.
pub fn definition() -> Value {
    served(Table::crd())
}

/// The CRD of the EventSourceMapping kind, as JSON.
pub fn event_source_mapping_definition() -> Value {
    served(EventSourceMapping::crd())
}

/// The CRD of the Region kind, as JSON.
pub fn region_definition() -> Value {
    let mut crd = served(Region::crd());
    for version in crd["spec"]["versions"].as_array_mut().into_iter().flatten() {
        version["schema"]["openAPIV3Schema"]["x-kubernetes-validations"] = region::rules::region();
    }
    crd
}

/// `crd` in every served version, as it is applied.
fn served(mut crd: CustomResourceDefinition) -> Value {
    let stored = crd.spec.versions.pop().expect("the derive makes one version");
    crd.spec.versions = SERVED_VERSIONS
        .iter()
        .enumerate()
        .map(|(position, name)| {
            let mut version = stored.clone();
            version.name = (*name).to_owned();
            version.served = true;
            version.storage = position == 0;
            version
        })
        .collect();
    crd.spec.conversion =
        Some(CustomResourceConversion { strategy: "None".to_owned(), ..CustomResourceConversion::default() });
    tidy(crd)
}

fn tidy(crd: CustomResourceDefinition) -> Value {
    let mut crd = serde_json::to_value(crd).expect("a CRD is plain data");
    crd["metadata"]["annotations"] = serde_json::json!({"helm.sh/resource-policy": "keep"});
    if let Some(versions) = crd["spec"]["versions"].as_array_mut() {
        for version in versions {
            tidy_schema(&mut version["schema"]["openAPIV3Schema"]);
        }
    }
    crd
}

/// For enums: leaves describing to the field, whose own words would otherwise give way to the type's.
pub(crate) fn undescribed(schema: &mut schemars::Schema) {
    schema.remove("description");
}

/// Drops `nullable`, so that a null is the same as an absent field (the API server prunes it), and titles; writes whole
/// bounds as whole numbers; and makes one line of each description, as `kubectl explain` wraps lines itself.
fn tidy_schema(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("nullable").is_some_and(Value::is_boolean) {
                object.remove("nullable");
            }
            if object.get("title").is_some_and(Value::is_string) {
                object.remove("title");
            }
            for bound in ["minimum", "maximum"] {
                if let Some(whole) = object.get(bound).and_then(Value::as_f64).filter(|n| n.fract() == 0.0) {
                    object.insert(bound.to_owned(), Value::from(whole as i64));
                }
            }
            if let Some(Value::String(description)) = object.get_mut("description") {
                *description = description.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            object.values_mut().for_each(tidy_schema);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy_schema),
        _ => {}
    }
}

/// `value` as YAML that YAML 1.1 parsers, such as kubectl's, read the same way: what they would take for a boolean
/// or a number is quoted.
///
/// # Errors
/// [`Error::Yaml`] if `value` does not serialise.
pub fn to_yaml(value: &impl Serialize) -> Result<String, Error> {
    Ok(serde_saphyr::to_string(value)?)
}

#[cfg(test)]
mod tests;
