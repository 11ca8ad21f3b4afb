//! Admission: from a manifest and the object it replaces to the object that is kept.

use jiff::Timestamp;
use partita_api::{FieldError, VERSION, validate, without_nulls};
use partita_model::clock::UnixMillis;
use serde_json::{Map, Value, json};

use crate::objects::DEFAULT_NAMESPACE;

/// What of `metadata` a manifest may say; the rest is the keeper's.
const DECLARED_METADATA: [&str; 4] = ["name", "namespace", "labels", "annotations"];

/// Kinds that an API server takes and this process cannot act on, with what to do instead.
const OF_CLUSTERS: [(&str, &str); 1] = [(
    "Region",
    "a Region describes an installation in a Kubernetes cluster; here the flags --region and --account-id say the same",
)];

/// What a manifest changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Admitted {
    /// There was no such object; this one is to be kept.
    Created(Value),
    /// The object was another; this one is to be kept.
    Configured(Value),
    /// The object is as declared.
    Unchanged,
}

/// Admits `manifest` in the place of `stored`. The generation grows exactly when the spec changes; status is kept.
///
/// # Errors
/// What an API server would object to; at least one.
pub fn admit(manifest: &Value, stored: Option<&Value>, now: UnixMillis) -> Result<Admitted, Vec<FieldError>> {
    let errors = validate(manifest, stored);
    if !errors.is_empty() {
        return Err(errors);
    }
    if let Some((_, message)) = OF_CLUSTERS.iter().find(|(kind, _)| manifest["kind"] == *kind) {
        return Err(vec![FieldError { path: "kind".to_owned(), message: (*message).to_owned() }]);
    }
    let manifest = without_nulls(manifest);
    let group =
        manifest["apiVersion"].as_str().and_then(|version| version.split('/').next()).unwrap_or_default();
    let mut object = json!({
        "apiVersion": format!("{group}/{VERSION}"),
        "kind": manifest["kind"],
        "metadata": declared_metadata(&manifest["metadata"]),
        "spec": manifest["spec"],
    });
    let Some(stored) = stored else {
        object["metadata"]["generation"] = json!(1);
        object["metadata"]["creationTimestamp"] = json!(rfc3339(now));
        return Ok(Admitted::Created(object));
    };
    keep(&mut object, stored);
    Ok(if object == *stored { Admitted::Unchanged } else { Admitted::Configured(object) })
}

fn declared_metadata(metadata: &Value) -> Value {
    let mut declared: Map<String, Value> = DECLARED_METADATA
        .iter()
        .filter_map(|field| Some(((*field).to_owned(), metadata.get(field)?.clone())))
        .collect();
    declared.entry("namespace").or_insert_with(|| json!(DEFAULT_NAMESPACE));
    Value::Object(declared)
}

/// Carries over what is not the manifest's to say.
fn keep(object: &mut Value, stored: &Value) {
    for field in ["creationTimestamp", "deletionTimestamp", "finalizers"] {
        if let Some(value) = stored["metadata"].get(field) {
            object["metadata"][field] = value.clone();
        }
    }
    let generation = stored["metadata"]["generation"].as_i64().unwrap_or(0);
    let changed = object["spec"] != stored["spec"];
    object["metadata"]["generation"] = json!(generation + i64::from(changed));
    if let Some(status) = stored.get("status") {
        object["status"] = status.clone();
    }
}

/// A time as objects show it, to the second.
pub fn rfc3339(time: UnixMillis) -> String {
    let seconds = i64::try_from(time.0 / 1000).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Value {
        json!({
            "apiVersion": "partita.dev/v1alpha1", "kind": "Table",
            "metadata": {"name": "orders", "generation": 99, "uid": "x"},
            "spec": {
                "tableName": "orders", "billingMode": "PAY_PER_REQUEST", "tags": null,
                "attributeDefinitions": [{"attributeName": "pk", "attributeType": "S"}],
                "keySchema": [{"attributeName": "pk", "keyType": "HASH"}],
            },
        })
    }

    fn created() -> Value {
        match admit(&manifest(), None, UnixMillis(1_000)).unwrap() {
            Admitted::Created(object) => object,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_new_object_is_dated_and_holds_only_what_a_manifest_may_say() {
        let object = created();
        assert_eq!(
            object["metadata"],
            json!({"name": "orders", "namespace": "default", "generation": 1, "creationTimestamp": "1970-01-01T00:00:01Z"})
        );
        assert_eq!(object["apiVersion"], "partita.dev/v1");
        assert_eq!(object["spec"].get("tags"), None);
    }

    #[test]
    fn the_same_manifest_again_changes_nothing() {
        let mut stored = created();
        stored["status"] = json!({"tableStatus": "ACTIVE"});
        assert_eq!(admit(&manifest(), Some(&stored), UnixMillis(9_000)).unwrap(), Admitted::Unchanged);
    }

    #[test]
    fn the_generation_grows_with_the_spec_and_only_with_it() {
        let mut stored = created();
        stored["status"] = json!({"tableStatus": "ACTIVE"});
        let mut labelled = manifest();
        labelled["metadata"]["labels"] = json!({"team": "a"});
        let Admitted::Configured(object) = admit(&labelled, Some(&stored), UnixMillis(0)).unwrap() else {
            panic!()
        };
        assert_eq!(object["metadata"]["generation"], 1);
        let mut tagged = manifest();
        tagged["spec"]["tags"] = json!([{"key": "a"}]);
        let Admitted::Configured(object) = admit(&tagged, Some(&stored), UnixMillis(0)).unwrap() else {
            panic!()
        };
        assert_eq!(object["metadata"]["generation"], 2);
        assert_eq!(object["metadata"]["creationTimestamp"], "1970-01-01T00:00:01Z");
        assert_eq!(object["status"]["tableStatus"], "ACTIVE");
    }

    #[test]
    fn a_region_is_for_clusters() {
        let region = json!({
            "apiVersion": "partita.dev/v1", "kind": "Region", "metadata": {"name": "default"},
            "spec": {"regionName": "eu-west-1", "accountID": "000000000000", "objectStore": {"type": "Volume"}},
        });
        let errors = admit(&region, None, UnixMillis(0)).unwrap_err();
        assert_eq!(errors[0].path, "kind");
        assert!(errors[0].message.contains("--region"), "{errors:?}");
    }

    #[test]
    fn what_cannot_change_is_refused_with_its_field() {
        let mut other = manifest();
        other["spec"]["tableName"] = json!("others");
        let errors = admit(&other, Some(&created()), UnixMillis(0)).unwrap_err();
        assert_eq!(errors[0].path, "spec.tableName");
    }
}
