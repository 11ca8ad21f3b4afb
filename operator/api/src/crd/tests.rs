use std::path::PathBuf;

use serde_json::Value;

use super::*;

/// Client-side apply stores the object as JSON a second time in an annotation, and annotations are limited to 256 KiB.
const CRD_BYTES_MAX: usize = 100_000;

#[test]
fn generated_files_are_fresh() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../crds");
    for (name, text) in crds() {
        expect_test::expect_file![folder.join(name)].assert_eq(&text);
    }
}

#[test]
fn a_crd_is_small_enough_for_client_side_apply() {
    for crd in definitions() {
        let bytes = crd.to_string().len();
        assert!(bytes < CRD_BYTES_MAX, "{bytes} bytes");
    }
}

#[test]
fn both_versions_have_one_shape_and_need_no_conversion() {
    for crd in definitions() {
        assert_eq!(crd["spec"]["conversion"], serde_json::json!({"strategy": "None"}));
        let [stored, alpha] = &crd["spec"]["versions"].as_array().unwrap()[..] else {
            panic!("two versions")
        };
        assert_eq!((&stored["name"], &stored["storage"]), (&Value::from("v1"), &Value::from(true)));
        assert_eq!((&alpha["name"], &alpha["storage"]), (&Value::from("v1alpha1"), &Value::from(false)));
        assert_eq!(stored["schema"], alpha["schema"]);
        assert_eq!(stored["additionalPrinterColumns"], alpha["additionalPrinterColumns"]);
        assert_eq!(stored["subresources"], serde_json::json!({"status": {}}));
        assert_eq!(crd["spec"]["names"]["categories"], serde_json::json!(["partita"]));
    }
}

#[test]
fn kinds_have_a_scope_and_a_short_name() {
    let names = |crd: Value| {
        let short = crd["spec"]["names"]["shortNames"][0].clone();
        [crd["spec"]["scope"].clone(), crd["spec"]["names"]["kind"].clone(), short]
    };
    assert_eq!(names(definition()), ["Namespaced", "Table", "ptb"]);
    assert_eq!(names(event_source_mapping_definition()), ["Namespaced", "EventSourceMapping", "esm"]);
    assert_eq!(names(region_definition()), ["Cluster", "Region", "prg"]);
}

/// Walks a schema the way the API server judges it; `path` is where it stands.
fn check_structural(schema: &Value, path: &str, faults: &mut Vec<String>) {
    let object = schema.as_object().unwrap_or_else(|| panic!("{path}: a schema is an object"));
    let fault = |faults: &mut Vec<String>, text: &str| faults.push(format!("{path}: {text}"));
    for banned in ["$ref", "definitions", "anyOf", "oneOf", "allOf", "not", "nullable", "default", "title"] {
        if object.contains_key(banned) {
            fault(faults, &format!("has {banned}"));
        }
    }
    if !object.get("type").is_some_and(Value::is_string) {
        fault(faults, "has no single type");
    }
    let described = object.contains_key("description") || path.ends_with("[]") || path == "metadata";
    if !described {
        fault(faults, "has no description");
    }
    if let Some(pattern) = object.get("pattern").and_then(Value::as_str)
        && let Err(error) = regex::Regex::new(pattern)
    {
        fault(faults, &error.to_string());
    }
    if object.get("type") == Some(&Value::from("array")) {
        for needed in ["maxItems", "x-kubernetes-list-type"] {
            if !object.contains_key(needed) {
                fault(faults, &format!("has no {needed}"));
            }
        }
        check_structural(&object["items"], &format!("{path}[]"), faults);
    }
    for (name, property) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        check_structural(property, &path, faults);
    }
}

#[test]
fn the_schema_is_structural_bounded_and_described() {
    let mut faults = Vec::new();
    for crd in definitions() {
        check_structural(&crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"], "", &mut faults);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn yaml_quotes_what_older_parsers_take_for_something_else() {
    let text = to_yaml(&serde_json::json!({"a": ["N", "yes", "1", "null"], "y": 1})).unwrap();
    assert_eq!(text, "a:\n- \"N\"\n- \"yes\"\n- \"1\"\n- \"null\"\n\"y\": 1\n");
}
