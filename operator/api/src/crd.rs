//! From Rust types to the CRDs in `crds/`.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceConversion, CustomResourceDefinition,
};
use kube::CustomResourceExt;
use serde::Serialize;
use serde_json::Value;

use crate::{Error, GROUP, SERVED_VERSIONS, Table};

/// First line of every generated file.
const HEADER: &str = "# Generated from operator/api; do not edit.\n";

/// Every CRD as the file `crds/` holds: its name and its text.
pub fn crds() -> Vec<(String, String)> {
    let crd = definition();
    let text = to_yaml(&crd).expect("a CRD is plain data");
    vec![(format!("{GROUP}_tables.yaml"), format!("{HEADER}{text}"))]
}

/// The CRD of the Table kind, as JSON.
pub fn definition() -> Value {
    let mut crd = Table::crd();
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
