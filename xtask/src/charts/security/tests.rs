use super::*;

fn secure() -> Value {
    json!({
        "kind": "Pod",
        "metadata": {"name": "check"},
        "spec": {
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "securityContext": {
                "runAsNonRoot": true,
                "runAsUser": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{
                "name": "check",
                "image": "example.com:5000/partita:0.1.0",
                "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
                "securityContext": {
                    "allowPrivilegeEscalation": false,
                    "readOnlyRootFilesystem": true,
                    "capabilities": {"drop": ["ALL"]},
                },
            }],
        },
    })
}

/// The secure pod with one value set; `Null` takes the field away.
fn with(pointer: &str, value: Value) -> Value {
    let mut pod = secure();
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer starts with a slash");
    let parent = pod.pointer_mut(parent).and_then(Value::as_object_mut).expect("the parent is an object");
    match value {
        Value::Null => drop(parent.remove(field)),
        value => drop(parent.insert(field.to_owned(), value)),
    }
    pod
}

#[test]
fn secure_pod_has_no_faults() {
    assert_eq!(check(&[secure()]), Vec::<String>::new());
}

#[test]
fn each_weakness_is_found_alone() {
    let weak = [
        ("/spec/securityContext/runAsNonRoot", Value::Null),
        ("/spec/securityContext/runAsUser", json!(0)),
        ("/spec/securityContext/seccompProfile", json!({"type": "Unconfined"})),
        ("/spec/automountServiceAccountToken", Value::Null),
        ("/spec/automountServiceAccountToken", json!(true)),
        ("/spec/enableServiceLinks", Value::Null),
        ("/spec/hostNetwork", json!(true)),
        ("/spec/volumes", json!([{"name": "machine", "hostPath": {"path": "/"}}])),
        ("/spec/containers/0/securityContext/allowPrivilegeEscalation", Value::Null),
        ("/spec/containers/0/securityContext/readOnlyRootFilesystem", json!(false)),
        ("/spec/containers/0/securityContext/privileged", json!(true)),
        ("/spec/containers/0/securityContext/capabilities/drop", json!(["NET_RAW"])),
        ("/spec/containers/0/securityContext/capabilities/add", json!(["SYS_ADMIN"])),
        ("/spec/containers/0/resources/limits", Value::Null),
        ("/spec/containers/0/ports", json!([{"containerPort": 8000, "hostPort": 8000}])),
        ("/spec/containers/0/image", json!("partita:latest")),
    ];
    for (pointer, value) in weak {
        let found = check(&[with(pointer, value.clone())]);
        assert_eq!(found.len(), 1, "{pointer} = {value}: {found:?}");
    }
}

#[test]
fn init_container_is_checked_too() {
    let pod = with("/spec/initContainers", json!([{"name": "weak", "image": "partita:0.1.0"}]));
    assert_ne!(check(&[pod]), Vec::<String>::new());
}

#[test]
fn pods_made_by_workloads_are_checked() {
    let mut weak = secure()["spec"].clone();
    weak["hostPID"] = json!(true);
    let job = json!({"kind": "Job", "metadata": {"name": "a"}, "spec": {"template": {"spec": weak}}});
    let cron =
        json!({"kind": "CronJob", "metadata": {"name": "b"}, "spec": {"jobTemplate": {"spec": job["spec"]}}});
    assert_eq!(check(&[job]), ["Job/a: /hostPID must be absent"]);
    assert_eq!(check(&[cron]), ["CronJob/b: /hostPID must be absent"]);
}

#[test]
fn token_is_only_for_the_operator() {
    let mut operator = json!({
        "kind": "Deployment",
        "metadata": {"name": "partita-operator"},
        "spec": {"template": {"spec": secure()["spec"]}},
    });
    assert_eq!(
        check(&[operator.clone()]),
        ["Deployment/partita-operator: automountServiceAccountToken must be true"]
    );
    operator["spec"]["template"]["spec"]["automountServiceAccountToken"] = json!(true);
    assert_eq!(check(&[operator]), Vec::<String>::new());
}

#[test]
fn render_without_workloads_is_a_fault() {
    assert_eq!(check(&[json!({"kind": "Service"})]), ["there is no workload to check"]);
}

#[test]
fn tag_is_what_follows_the_last_slash() {
    for pinned in
        ["partita:1", "example.com:5000/a/partita:1", "partita:latest@sha256:00", "partita@sha256:00"]
    {
        assert!(is_pinned(pinned), "{pinned}");
    }
    for loose in ["", "partita", "partita:", "example.com:5000/partita", "example.com/partita:latest"] {
        assert!(!is_pinned(loose), "{loose}");
    }
}
