//! The manifests that the end-to-end suite puts before a real API server get the same verdict here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;
use crate::{EventSourceMapping, Region, Table};

/// A manifest, what it is to replace, and the refusal its first line announces.
struct Sample {
    name: String,
    object: Value,
    before: Option<Value>,
    refusal: Option<(String, String)>,
}

impl Sample {
    fn errors(&self) -> Vec<FieldError> {
        validate(&self.object, self.before.as_ref())
    }
}

fn folder(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e/kubernetes/manifests").join(of)
}

fn object(file: &Path) -> Value {
    let text = std::fs::read_to_string(file).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The field and the part of the message in `# refused: FIELD: MESSAGE`; no field for the whole object.
fn refusal(file: &Path) -> Option<(String, String)> {
    let text = std::fs::read_to_string(file).unwrap();
    let announced = text.lines().next()?.strip_prefix("# refused: ")?;
    let (field, message) = announced.split_once(": ").unwrap_or(("", announced));
    Some((field.to_owned(), message.to_owned()))
}

fn samples(of: &str) -> Vec<Sample> {
    let folder = folder(of);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let samples: Vec<Sample> = files
        .iter()
        .filter_map(|file| {
            let name = file.file_name()?.to_str()?.strip_suffix(".yaml")?.to_owned();
            let before =
                name.strip_suffix(".after").map(|stem| object(&folder.join(format!("{stem}.before.yaml"))));
            Some(Sample { object: object(file), before, refusal: refusal(file), name })
        })
        .collect();
    assert!(!samples.is_empty(), "{of} holds manifests");
    samples
}

/// The manifests in a folder.
pub(super) fn objects(of: &str) -> Vec<Value> {
    samples(of).into_iter().map(|sample| sample.object).collect()
}

/// One manifest of a folder.
pub(super) fn named(of: &str, name: &str) -> Value {
    object(&folder(of).join(format!("{name}.yaml")))
}

#[test]
fn valid_manifests_are_accepted() {
    for of in ["ack", "valid/table", "valid/mapping", "valid/region"] {
        for sample in samples(of) {
            assert_eq!(texts(&sample.errors()), [""; 0], "{of}/{}", sample.name);
            assert_eq!(sample.refusal, None, "{of}/{}", sample.name);
        }
    }
}

#[test]
fn invalid_manifests_are_refused_with_the_field_and_the_message_they_announce() {
    for of in ["invalid/table", "invalid/mapping", "invalid/region"] {
        for sample in samples(of) {
            let errors = sample.errors();
            let Some((field, message)) = &sample.refusal else {
                assert!(sample.name.ends_with(".before"), "{of}/{} announces nothing", sample.name);
                assert_eq!(texts(&errors), [""; 0], "{of}/{}", sample.name);
                continue;
            };
            let announced =
                errors.iter().any(|error| error.path == *field && error.message.contains(message.as_str()));
            assert!(announced, "{of}/{}: {field}: {message}, not {:?}", sample.name, texts(&errors));
        }
    }
}

/// The messages of all CEL rules in `schema`.
fn messages(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            let rules = object.get("x-kubernetes-validations").and_then(Value::as_array);
            found
                .extend(rules.into_iter().flatten().map(|rule| rule["message"].as_str().unwrap().to_owned()));
            object.values().for_each(|value| messages(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| messages(value, found)),
        _ => {}
    }
}

#[test]
fn each_rule_is_broken_by_a_manifest_that_has_a_valid_twin() {
    let kinds = [("table", &TABLE_SCHEMA), ("mapping", &MAPPING_SCHEMA), ("region", &REGION_SCHEMA)];
    for (kind, schema) in kinds {
        let mut stated = BTreeSet::new();
        messages(schema, &mut stated);
        let valid: BTreeSet<String> =
            samples(&format!("valid/{kind}")).into_iter().map(|sample| sample.name).collect();
        let mut broken = BTreeSet::new();
        for sample in samples(&format!("invalid/{kind}")) {
            let errors: Vec<String> = sample.errors().into_iter().map(|error| error.message).collect();
            let rules: Vec<&String> =
                stated.iter().filter(|rule| errors.contains(&format!("Invalid value: {rule}"))).collect();
            assert!(rules.is_empty() || valid.contains(&sample.name), "{}: no twin", sample.name);
            broken.extend(rules.into_iter().cloned());
        }
        assert_eq!(stated, broken);
    }
}

#[test]
fn accepted_manifests_survive_the_types() {
    for of in ["ack", "valid/table"] {
        for Sample { name, object, .. } in samples(of) {
            let table: Table = serde_json::from_value(object.clone()).unwrap();
            let again = serde_json::to_value(&table).unwrap();
            assert_eq!(again["spec"], object["spec"], "{of}/{name}");
            assert_eq!(again.get("status"), object.get("status"), "{of}/{name}");
        }
    }
    for Sample { name, object, .. } in samples("valid/mapping") {
        let mapping: EventSourceMapping = serde_json::from_value(object.clone()).unwrap();
        assert_eq!(serde_json::to_value(&mapping).unwrap()["spec"], object["spec"], "{name}");
    }
    for Sample { name, mut object, .. } in samples("valid/region") {
        let region: Region = serde_json::from_value(object.clone()).unwrap();
        // Kubernetes' own types keep a quantity as text.
        if let Some(Value::Object(limits)) = object.pointer_mut("/spec/nodePool/resources/limits") {
            limits
                .values_mut()
                .filter(|value| value.is_number())
                .for_each(|value| *value = value.to_string().into());
        }
        assert_eq!(serde_json::to_value(&region).unwrap()["spec"], object["spec"], "{name}");
    }
}

#[test]
fn the_guide_to_regions_shows_manifests_that_are_accepted() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/regions.md");
    let text = std::fs::read_to_string(guide).unwrap();
    let shown: Vec<Value> = text
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .map(|block| serde_saphyr::from_str(block).unwrap())
        .collect();
    assert_eq!(shown.len(), 2);
    for manifest in shown {
        assert_eq!(verdict(&manifest), [""; 0]);
    }
}
