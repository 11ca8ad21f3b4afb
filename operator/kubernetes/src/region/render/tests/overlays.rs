use super::*;

fn overlaid(spec: Value) -> Result<Pod, Invalid> {
    pod_of(&region(json!({"nodePool": {"podTemplate": {"spec": spec}}})))
}

fn fault(spec: Value) -> (String, String) {
    let Invalid { field, why } = overlaid(spec).unwrap_err();
    (field.strip_prefix("spec.nodePool.podTemplate.spec").unwrap().to_owned(), why)
}

#[test]
fn an_overlay_is_laid_over_the_pod() {
    let region = region(json!({"nodePool": {"podTemplate": {
        "metadata": {
            "labels": {"team": "data", "app.kubernetes.io/name": "mine"},
            "annotations": {"note": "n", "partita.dev/template-hash": "mine"},
        },
        "spec": {
            "nodeSelector": {"disk": "fast"},
            "tolerations": [{"key": "k", "operator": "Exists"}],
            "enableServiceLinks": null,
            "containers": [
                {"name": "node", "env": [{"name": "A", "value": "1"}], "resources": {"requests": {"cpu": 2}},
                 "ports": [{"containerPort": 8000, "hostPort": 80}]},
                {"name": "beside", "image": "i"},
            ],
            "volumes": [{"name": "data", "emptyDir": {"medium": "Memory"}}, {"name": "more", "emptyDir": {}}],
        },
    }}}));
    expect_file!["../golden/overlay-pod.json"].assert_eq(&pretty(&pod_of(&region).unwrap()));
}

#[test]
fn an_empty_overlay_changes_nothing_of_the_pod() {
    let plain = pod_of(&region(json!({}))).unwrap();
    for nothing in [json!({}), json!({"nodeSelector": null, "containers": []})] {
        assert_eq!(overlaid(nothing).unwrap().spec, plain.spec);
    }
}

#[test]
fn what_the_pod_has_can_be_taken_away() {
    let pod = overlaid(json!({
        "securityContext": {"fsGroup": null},
        "containers": [{"name": "node", "livenessProbe": null, "volumeMounts": [
            {"mountPath": "/var/lib/partita", "$patch": "delete"},
        ]}],
        "volumes": [{"name": "data", "$patch": "delete"}, {"name": "unheard-of", "$patch": "delete"}],
    }))
    .unwrap();
    let spec = pod.spec.unwrap();
    let security = spec.security_context.unwrap();
    assert_eq!((security.fs_group, security.run_as_user), (None, Some(65532)));
    assert_eq!(spec.containers[0].liveness_probe, None);
    assert_eq!(spec.containers[0].volume_mounts.as_ref().unwrap().len(), 2);
    let volumes: Vec<String> = spec.volumes.unwrap().into_iter().map(|volume| volume.name).collect();
    assert_eq!(volumes, ["credentials", "internal"]);
}

#[test]
fn lists_without_names_are_replaced() {
    let pod = overlaid(json!({"containers": [{"name": "node", "args": ["node", "--verbose"]}]})).unwrap();
    assert_eq!(pod.spec.unwrap().containers[0].args.as_ref().unwrap().len(), 2);
}

#[test]
fn an_overlay_that_makes_no_pod_is_told_by_its_field() {
    for (spec, field, why) in [
        (json!({"nodeSelecter": {"a": "b"}}), ".nodeSelecter", "a pod has no such field"),
        (json!({"affinity": {"nodeAfinity": {"a": 1}}}), ".affinity.nodeAfinity", "a pod has no such field"),
        (
            json!({"containers": [{"name": "node", "livenessProbe": {"periods": 3}}]}),
            ".containers[node].livenessProbe.periods",
            "a pod has no such field",
        ),
        (
            json!({"terminationGracePeriodSeconds": "soon"}),
            ".terminationGracePeriodSeconds",
            "invalid type: string \"soon\", expected i64",
        ),
        (
            json!({"containers": [{"name": "node", "env": "A=1"}]}),
            ".containers[node].env",
            "invalid type: string \"A=1\", expected a sequence",
        ),
        (json!({"containers": [{"image": "x"}]}), ".containers", "a container has no name"),
        (
            json!({"containers": [{"name": "node", "$patch": "delete"}]}),
            ".containers",
            "the container named node is gone",
        ),
        (json!({"containers": null}), ".containers", "the container named node is gone"),
    ] {
        assert_eq!(fault(spec.clone()), (field.to_owned(), why.to_owned()), "{spec}");
    }
    assert!(overlaid(json!("no object")).is_err());
}
