use expect_test::expect_file;
use serde_json::{Value, json};

use super::*;

mod overlays;

pub(super) fn site() -> Site {
    Site {
        namespace: "partita".to_owned(),
        image: "registry.example/partita:1".to_owned(),
        control_endpoint: "http://partita-operator.partita.svc:8081".to_owned(),
    }
}

pub(super) fn region(spec: Value) -> Region {
    let mut whole = json!({
        "apiVersion": "partita.dev/v1", "kind": "Region",
        "metadata": {"name": "default", "uid": "uid-r", "generation": 1},
        "spec": {"regionName": "eu-west-1", "accountID": "123456789012", "objectStore": {"type": "Volume"}},
    });
    for (field, value) in spec.as_object().unwrap() {
        whole["spec"][field] = value.clone();
    }
    serde_json::from_value(whole).unwrap()
}

pub(super) fn pod_of(region: &Region) -> Result<Pod, Invalid> {
    let internal = AccessKey::new("AK1", "secret-1");
    let bucket = AccessKey::new("AK9", "secret-9");
    let bucket = super::super::observe::bucket_secret(region).map(|_| &bucket);
    Renderer::new(region, &site()).pod(Keys { internal: &internal, bucket }, "sum")
}

fn pretty(object: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(object).unwrap() + "\n"
}

fn bucket() -> Value {
    json!({"objectStore": {"type": "S3", "s3": {
        "bucket": "b", "prefix": "p/q", "endpoint": "http://store:7070", "region": "us-east-1",
        "pathStyle": true, "allowHTTP": true, "credentialsSecretRef": {"name": "bucket-key"},
    }}})
}

#[test]
fn a_node_on_a_volume() {
    let region = region(json!({}));
    expect_file!["golden/volume-pod.json"].assert_eq(&pretty(&pod_of(&region).unwrap()));
    let objects = (
        Renderer::new(&region, &site()).volume(None),
        Renderer::new(&region, &site()).service(),
        Renderer::new(&region, &site()).internal(),
        Renderer::new(&region, &site()).access_key(),
        Renderer::new(&region, &site()).credentials("file"),
    );
    expect_file!["golden/volume-rest.json"].assert_eq(&pretty(&objects));
}

#[test]
fn a_node_on_a_bucket() {
    let region = region(bucket());
    expect_file!["golden/bucket-pod.json"].assert_eq(&pretty(&pod_of(&region).unwrap()));
    assert_eq!(Renderer::new(&region, &site()).volume(None), None);
}

#[test]
fn a_bucket_that_is_opened_by_the_pods_own_identity_has_no_secret() {
    let region = region(json!({"objectStore": {"type": "S3", "s3": {"bucket": "b"}}}));
    let pod = pod_of(&region).unwrap();
    let text = pretty(&pod);
    assert!(!text.contains("--bucket-key") && !text.contains("/etc/partita/bucket"), "{text}");
    let spec = pod.spec.unwrap();
    let arguments = spec.containers[0].args.as_ref().unwrap().join(" ");
    assert!(arguments.ends_with("--bucket b --bucket-region eu-west-1"), "{arguments}");
}

#[test]
fn settings_of_the_pool_and_the_endpoint_are_rendered() {
    let region = region(json!({
        "nodePool": {
            "resources": {"requests": {"cpu": "2"}, "limits": {"memory": "4Gi"}},
            "terminationGracePeriodSeconds": 90,
        },
        "endpoint": {"serviceType": "LoadBalancer", "port": 80, "annotations": {"a": "b"}},
    }));
    let spec = pod_of(&region).unwrap().spec.unwrap();
    assert_eq!(spec.termination_grace_period_seconds, Some(90));
    let resources = serde_json::to_value(&spec.containers[0].resources).unwrap();
    assert_eq!(resources, json!({"requests": {"cpu": "2"}, "limits": {"memory": "4Gi"}}));
    let service = Renderer::new(&region, &site()).service();
    assert_eq!(service.annotations()["a"], "b");
    let spec = service.spec.unwrap();
    let ports = spec.ports.unwrap();
    assert_eq!((spec.type_.as_deref(), ports[0].port), (Some("LoadBalancer"), 80));
    assert_eq!(ports[0].target_port, Some(IntOrString::String("dynamodb".to_owned())));
}

#[test]
fn the_caches_get_a_part_of_the_memory() {
    for (resources, size) in [
        (json!({"requests": {"memory": "1Gi"}, "limits": {"memory": "4Gi"}}), Some("1024MiB")),
        (json!({"requests": {"memory": "1Gi"}, "limits": {"cpu": "1"}}), Some("256MiB")),
        (json!({"limits": {"memory": "32Mi"}}), Some("16MiB")),
        (json!({"requests": {"cpu": "2"}}), None),
    ] {
        let region = region(json!({"nodePool": {"resources": resources}}));
        let arguments = pod_of(&region).unwrap().spec.unwrap().containers.remove(0).args.unwrap();
        let named = arguments.iter().position(|argument| argument == "--cache-size");
        let given = named.map(|at| arguments[at + 1].as_str());
        assert_eq!(given, size, "{resources}");
    }
}

#[test]
fn a_node_is_told_where_functions_are() {
    let arguments = |spec: Value| {
        pod_of(&region(spec)).unwrap().spec.unwrap().containers.remove(0).args.unwrap().join(" ")
    };
    let told = arguments(json!({"lambdaEndpoint": "http://functions.default.svc:9001"}));
    assert!(told.contains(" --lambda-endpoint http://functions.default.svc:9001 "), "{told}");
    assert!(!arguments(json!({})).contains("--lambda-endpoint"));
}

#[test]
fn only_a_region_that_deletes_owns_its_data() {
    let owners = |policy: Value| {
        let region = region(json!({"deletionPolicy": policy}));
        let site = site();
        let renderer = Renderer::new(&region, &site);
        [
            renderer.volume(None).unwrap().owner_references().len(),
            renderer.access_key().owner_references().len(),
            renderer.internal().owner_references().len(),
            renderer.credentials("f").owner_references().len(),
            renderer.service().owner_references().len(),
        ]
    };
    assert_eq!(owners(Value::Null), [0, 0, 1, 1, 1]);
    assert_eq!(owners(json!("Retain")), [0, 0, 1, 1, 1]);
    assert_eq!(owners(json!("Delete")), [1, 1, 1, 1, 1]);
}

#[test]
fn a_claim_that_is_there_keeps_its_class_and_never_shrinks() {
    let there = |size: &str| PersistentVolumeClaim {
        spec: serde_json::from_value(json!({
            "storageClassName": "old", "resources": {"requests": {"storage": size}},
        }))
        .unwrap(),
        ..PersistentVolumeClaim::default()
    };
    let region = region(
        json!({"objectStore": {"type": "Volume", "volume": {"size": "1024Mi", "storageClassName": "new"}}}),
    );
    let site = site();
    let renderer = Renderer::new(&region, &site);
    for (size, kept) in [("512Mi", "1024Mi"), ("1Gi", "1Gi"), ("2Gi", "2Gi")] {
        let volume = renderer.volume(Some(&there(size))).unwrap();
        assert_eq!(requested(&volume), Some(kept), "{size}");
        assert_eq!(volume.spec.unwrap().storage_class_name.as_deref(), Some("old"));
    }
    let fresh = renderer.volume(None).unwrap();
    assert_eq!(fresh.spec.unwrap().storage_class_name.as_deref(), Some("new"));
}

#[test]
fn a_pod_is_replaced_for_what_shapes_it_and_nothing_else() {
    let internal = AccessKey::new("AK1", "secret-1");
    let hash = |spec: Value| {
        let region = region(spec);
        let bucket = AccessKey::new("AK9", "secret-9");
        let bucket = super::super::observe::bucket_secret(&region).map(|_| &bucket);
        Renderer::new(&region, &site()).template_hash(Keys { internal: &internal, bucket })
    };
    let base = hash(json!({}));
    for same in [
        json!({"suspend": true}),
        json!({"deletionPolicy": "Delete"}),
        json!({"endpoint": {"port": 80}}),
        json!({"objectStore": {"type": "Volume", "volume": {"size": "99Gi"}}}),
        json!({"nodePool": {"replicas": 3}}),
        json!({"nodePool": {"terminationGracePeriodSeconds": 60}}),
    ] {
        assert_eq!(hash(same.clone()), base, "{same}");
    }
    for other in [
        json!({"regionName": "eu-west-2"}),
        json!({"accountID": "000000000000"}),
        bucket(),
        json!({"nodePool": {"resources": {"requests": {"cpu": "1"}}}}),
        json!({"nodePool": {"terminationGracePeriodSeconds": 61}}),
        json!({"lambdaEndpoint": "http://functions:9001"}),
        json!({"nodePool": {"podTemplate": {"metadata": {"labels": {"a": "b"}}}}}),
    ] {
        assert_ne!(hash(other.clone()), base, "{other}");
    }
    let region = region(json!({}));
    let with = |site: &Site, key: &AccessKey, bucket: Option<&AccessKey>| {
        Renderer::new(&region, site).template_hash(Keys { internal: key, bucket })
    };
    let upgraded = Site { image: "registry.example/partita:2".to_owned(), ..site() };
    assert_ne!(with(&upgraded, &internal, None), base);
    assert_ne!(with(&site(), &AccessKey::new("AK1", "rotated"), None), base);
    assert_ne!(with(&site(), &internal, Some(&internal)), base);
}
