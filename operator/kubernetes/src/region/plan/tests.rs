use serde_json::json;

use super::*;
use world::World;

mod properties;
mod world;

fn region(spec: Value) -> Region {
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

fn site() -> Site {
    Site { namespace: "partita".into(), image: "image:1".into(), control_endpoint: "http://operator".into() }
}

const NOW: UnixMillis = UnixMillis(1_000_000_000);

fn steps(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(|step| format!("{} {}", step.name(), step.object())).collect()
}

/// A world in which the Region is settled.
fn settled(region: &Region) -> World {
    let mut world = World::default();
    for _ in 0..5 {
        let plan = plan(region, &site(), &world.snapshot, NOW);
        for step in &plan.steps {
            world.carry_out(step);
        }
        world.pass_time();
    }
    assert_eq!(steps(&plan(region, &site(), &world.snapshot, NOW)), [""; 0]);
    world
}

fn next(region: &Region, world: &World) -> Vec<String> {
    steps(&plan(region, &site(), &world.snapshot, NOW))
}

#[test]
fn an_empty_cluster_is_filled_as_things_are_seen() {
    let region = region(json!({}));
    let mut world = World::default();
    let mut told = Vec::new();
    loop {
        let plan = plan(&region, &site(), &world.snapshot, NOW);
        if plan.steps.is_empty() {
            break;
        }
        told.push(steps(&plan).join(", "));
        for step in &plan.steps {
            world.carry_out(step);
        }
    }
    expect_test::expect![[r#"
        MakeKey partita-default-internal, MakeKey partita-default-access-key, ApplyVolume partita-default-node-0, ApplyService partita-default
        ApplySecret partita-default-internal, ApplySecret partita-default-access-key, ApplySecret partita-default-credentials
        StartNode partita-default-node-0"#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn a_key_is_made_without_data_of_ours_and_never_applied_with_any() {
    let region = region(json!({}));
    let plan = plan(&region, &site(), &World::default().snapshot, NOW);
    let Step::MakeKey(secret) = &plan.steps[0] else { panic!("{plan:?}") };
    assert_eq!(secret.data, None);
}

#[test]
fn a_pod_of_other_settings_is_replaced_even_if_it_never_got_ready() {
    let mut world = settled(&region(json!({})));
    let uid = world.snapshot.pod.as_ref().unwrap().uid().unwrap();
    let changed = region(json!({"nodePool": {"terminationGracePeriodSeconds": 5}}));
    let plan = plan(&changed, &site(), &world.snapshot, NOW);
    let [Step::ReplaceNode { uid: replaced, next: to_come }] = plan.steps.as_slice() else {
        panic!("{plan:?}")
    };
    assert_eq!((replaced, to_come.spec.as_ref().unwrap().termination_grace_period_seconds), (&uid, Some(5)));
    // A third spec supersedes the second one while the first pod is still ending.
    world.end_pod();
    let third = region(json!({"nodePool": {"terminationGracePeriodSeconds": 6}}));
    assert_eq!(next(&third, &world), [""; 0]);
    world.snapshot.pod = None;
    let plan = super::plan(&third, &site(), &world.snapshot, NOW);
    let [Step::StartNode(pod)] = plan.steps.as_slice() else { panic!("{plan:?}") };
    assert_eq!(pod.spec.as_ref().unwrap().termination_grace_period_seconds, Some(6));
}

#[test]
fn a_pod_that_is_gone_is_started_again_and_one_that_ended_is_removed() {
    let region = region(json!({}));
    let mut world = settled(&region);
    for phase in ["Failed", "Succeeded"] {
        world.set_phase(phase);
        assert_eq!(next(&region, &world), ["RemoveNode partita-default-node-0"]);
    }
    world.snapshot.pod = None;
    assert_eq!(next(&region, &world), ["StartNode partita-default-node-0"]);
}

#[test]
fn a_pod_that_ended_at_once_is_let_alone_for_a_while() {
    let region = region(json!({}));
    let mut world = settled(&region);
    world.set_phase("Failed");
    world.made_at(NOW.0 - 3_000);
    let plan = plan(&region, &site(), &world.snapshot, NOW);
    assert_eq!((steps(&plan).len(), plan.again), (0, Some(Duration::from_secs(7))));
}

#[test]
fn a_pod_that_ends_is_waited_for_and_looked_at_again_when_its_time_is_up() {
    let region = region(json!({}));
    let mut world = settled(&region);
    world.end_pod();
    let plan = plan(&region, &site(), &world.snapshot, NOW);
    assert_eq!((steps(&plan).len(), plan.again), (0, Some(STUCK_AFTER)));
}

#[test]
fn the_checksum_follows_once_the_file_is_seen() {
    let region = region(json!({}));
    let mut world = settled(&region);
    world.add_access_key("more", "AK7", "s7");
    let plan = plan(&region, &site(), &world.snapshot, NOW);
    assert_eq!(steps(&plan), ["ApplySecret partita-default-credentials"]);
    world.carry_out(&plan.steps[0]);
    assert_eq!(next(&region, &world), ["AnnotateNode partita-default-node-0"]);
    let annotate = super::plan(&region, &site(), &world.snapshot, NOW);
    world.carry_out(&annotate.steps[0]);
    assert_eq!(next(&region, &world), [""; 0]);
}

#[test]
fn a_file_without_any_access_key_is_never_written() {
    let region = region(json!({}));
    let mut world = settled(&region);
    world.set_data("access_key", &[("accessKeyID", "")]);
    let plan = plan(&region, &site(), &world.snapshot, NOW);
    assert_eq!((steps(&plan).len(), plan.access_keys.count, plan.access_keys.skipped.len()), (0, 0, 1));
}

#[test]
fn a_volume_grows_and_never_shrinks() {
    let of = |size: &str| region(json!({"objectStore": {"type": "Volume", "volume": {"size": size}}}));
    let mut world = settled(&of("2Gi"));
    assert_eq!(next(&of("2048Mi"), &world), [""; 0], "the same size in other words");
    assert_eq!(next(&of("1Gi"), &world), [""; 0]);
    let plan = plan(&of("3Gi"), &site(), &world.snapshot, NOW);
    assert_eq!(steps(&plan), ["ApplyVolume partita-default-node-0"], "and the pod stays");
    world.carry_out(&plan.steps[0]);
    assert_eq!(next(&of("3Gi"), &world), [""; 0]);
}

#[test]
fn owners_follow_the_deletion_policy_both_ways() {
    let keep = region(json!({}));
    let delete = region(json!({"deletionPolicy": "Delete"}));
    let flipped = ["ApplySecret partita-default-access-key", "ApplyVolume partita-default-node-0"];
    let mut world = settled(&keep);
    for region in [&delete, &keep] {
        let plan = plan(region, &site(), &world.snapshot, NOW);
        assert_eq!(steps(&plan), flipped);
        plan.steps.iter().for_each(|step| world.carry_out(step));
        assert_eq!(next(region, &world), [""; 0]);
    }
}

#[test]
fn what_somebody_changed_or_deleted_is_put_back() {
    let region = region(json!({"endpoint": {"annotations": {"a": "b"}}}));
    let mut world = settled(&region);
    let mut service = world.snapshot.service.as_deref().cloned().unwrap();
    service.spec.as_mut().unwrap().ports.as_mut().unwrap()[0].port = 1;
    world.snapshot.service = Some(service.into());
    assert_eq!(next(&region, &world), ["ApplyService partita-default"]);
    let mut world = settled(&region);
    world.snapshot.credentials = None;
    assert_eq!(next(&region, &world), ["ApplySecret partita-default-credentials"]);
    let mut world = settled(&region);
    let mut service = world.snapshot.service.as_deref().cloned().unwrap();
    service.annotations_mut().insert("others".into(), "may add".into());
    service.spec.as_mut().unwrap().cluster_ip = Some("10.0.0.1".into());
    world.snapshot.service = Some(service.into());
    assert_eq!(next(&region, &world), [""; 0]);
}

#[test]
fn an_annotation_taken_out_of_the_spec_is_taken_off_the_service() {
    let world = settled(&region(json!({"endpoint": {"annotations": {"a": "b"}}})));
    assert_eq!(next(&region(json!({})), &world), ["ApplyService partita-default"]);
}

#[test]
fn a_suspended_region_is_left_alone_and_says_what_it_would_do() {
    let suspended = region(json!({"suspend": true, "endpoint": {"port": 80}}));
    let world = settled(&region(json!({})));
    let plan = plan(&suspended, &site(), &world.snapshot, NOW);
    assert_eq!(steps(&plan), [""; 0]);
    assert_eq!(plan.hold, Some(Hold::Suspended(vec!["ApplyService partita-default".to_owned()])));
}

#[test]
fn an_overlay_that_makes_no_pod_leaves_the_pod_there_alone() {
    let mut world = settled(&region(json!({})));
    let invalid = region(json!({"nodePool": {"podTemplate": {"spec": {"nope": 1}}}}));
    let plan = plan(&invalid, &site(), &world.snapshot, NOW);
    assert_eq!(steps(&plan), [""; 0]);
    assert!(
        matches!(&plan.hold, Some(Hold::Invalid(invalid)) if invalid.field.ends_with(".nope")),
        "{plan:?}"
    );
    world.snapshot.service = None;
    assert_eq!(next(&invalid, &world), ["ApplyService partita-default"], "all else goes on");
}

#[test]
fn a_volume_that_is_being_deleted_keeps_its_node_and_gets_no_new_one() {
    let plain = region(json!({}));
    let mut world = settled(&plain);
    world.end_volume();
    assert_eq!(next(&plain, &world), [""; 0]);
    let changed = region(json!({"nodePool": {"terminationGracePeriodSeconds": 5}}));
    let plan = plan(&changed, &site(), &world.snapshot, NOW);
    assert_eq!((steps(&plan).len(), plan.hold), (0, Some(Hold::VolumeEnds)));
    world.snapshot.pod = None;
    let plan = super::plan(&plain, &site(), &world.snapshot, NOW);
    assert_eq!((steps(&plan).len(), plan.hold), (0, Some(Hold::VolumeEnds)));
    world.snapshot.volume = None;
    assert_eq!(next(&plain, &world), ["ApplyVolume partita-default-node-0"]);
}

#[test]
fn a_bucket_waits_for_its_secret_and_follows_its_key() {
    let s3 = json!({"bucket": "b", "credentialsSecretRef": {"name": "bucket-key"}});
    let region = region(json!({"objectStore": {"type": "S3", "s3": s3}}));
    let mut world = World::default();
    world.snapshot.bucket = BucketKey::Faulty("is not there".to_owned());
    for _ in 0..3 {
        plan(&region, &site(), &world.snapshot, NOW).steps.iter().for_each(|step| world.carry_out(step));
    }
    let waiting = plan(&region, &site(), &world.snapshot, NOW);
    assert_eq!(waiting.hold, Some(Hold::Secret("bucket-key".to_owned(), "is not there".to_owned())));
    assert_eq!((steps(&waiting).len(), waiting.again), (0, Some(BUCKET_SECRET_PERIOD)));
    world.snapshot.bucket = BucketKey::Found(AccessKey::new("AK", "one"));
    let started = plan(&region, &site(), &world.snapshot, NOW);
    assert_eq!(steps(&started), ["StartNode partita-default-node-0"]);
    world.carry_out(&started.steps[0]);
    world.snapshot.bucket = BucketKey::Found(AccessKey::new("AK", "two"));
    assert_eq!(next(&region, &world), ["ReplaceNode partita-default-node-0"]);
    world.snapshot.bucket = BucketKey::Faulty("is not there".to_owned());
    assert_eq!(next(&region, &world), [""; 0], "a node that runs is not ended for a Secret that is gone");
}

#[test]
fn an_internal_key_that_was_broken_is_told_and_one_that_changed_replaces_the_node() {
    let region = region(json!({}));
    let mut world = settled(&region);
    world.set_data("internal", &[("accessKeyID", "AK"), ("secretAccessKey", "other")]);
    assert_eq!(next(&region, &world), ["ReplaceNode partita-default-node-0"]);
    world.set_data("internal", &[("accessKeyID", "AK")]);
    let plan = plan(&region, &site(), &world.snapshot, NOW);
    let hold = Hold::Secret("partita-default-internal".to_owned(), "has no key secretAccessKey".to_owned());
    assert_eq!((steps(&plan).len(), plan.hold), (0, Some(hold)));
}

#[test]
fn a_retained_volume_and_access_key_are_taken_up_again() {
    let first = region(json!({}));
    let mut world = settled(&first);
    world.forget_owned();
    let mut second = first.clone();
    second.metadata.uid = Some("uid-2".to_owned());
    let before = world.snapshot.access_key.clone();
    for _ in 0..5 {
        plan(&second, &site(), &world.snapshot, NOW).steps.iter().for_each(|step| world.carry_out(step));
    }
    assert_eq!(next(&second, &world), [""; 0]);
    assert_eq!(world.snapshot.access_key, before);
}
