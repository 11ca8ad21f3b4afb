use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Passes in which steps fail and things happen, before those in which nothing does.
const DISTURBED_PASSES: usize = 6;
/// Passes within which any cluster is settled once nothing disturbs it: two to end what is there, three to make all anew, and
/// some for what they wait for.
const PASSES_MAX: usize = 10;

/// Something that others do.
#[derive(Clone, Copy, Debug)]
enum Event {
    TimePasses,
    PodEnds,
    PodFails,
    PodVanishes,
    VolumeEnds,
    SecretsVanish,
    ServiceVanishes,
    KeyAdded,
    KeysRemoved,
    InternalChanges,
}

const EVENTS: [Event; 10] = [
    Event::TimePasses,
    Event::PodEnds,
    Event::PodFails,
    Event::PodVanishes,
    Event::VolumeEnds,
    Event::SecretsVanish,
    Event::ServiceVanishes,
    Event::KeyAdded,
    Event::KeysRemoved,
    Event::InternalChanges,
];

fn happen(world: &mut World, event: Event) {
    match event {
        Event::TimePasses => world.pass_time(),
        Event::PodEnds => world.end_pod(),
        Event::PodFails => world.set_phase("Failed"),
        Event::PodVanishes => world.snapshot.pod = None,
        Event::VolumeEnds => world.end_volume(),
        Event::SecretsVanish => {
            world.snapshot.internal = None;
            world.snapshot.access_key = None;
            world.snapshot.credentials = None;
        }
        Event::ServiceVanishes => world.snapshot.service = None,
        Event::KeyAdded => world.add_access_key("more", "AKMORE", "s"),
        Event::KeysRemoved => world.snapshot.others.clear(),
        Event::InternalChanges => {
            world.set_data("internal", &[("accessKeyID", "AKX"), ("secretAccessKey", "x")]);
        }
    }
}

fn specs() -> impl Strategy<Value = Value> {
    select(vec![
        json!({}),
        json!({"deletionPolicy": "Delete"}),
        json!({"objectStore": {"type": "Volume", "volume": {"size": "20Gi"}}}),
        json!({"endpoint": {"port": 80, "annotations": {"a": "b"}}}),
        json!({"nodePool": {"terminationGracePeriodSeconds": 5}}),
        json!({"nodePool": {"podTemplate": {"spec": {"nodeSelector": {"a": "b"}}}}}),
        json!({"objectStore": {"type": "S3", "s3": {"bucket": "b"}}}),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_cluster_settles_once_nothing_disturbs_it(
        disturbed in prop::collection::vec((specs(), select(EVENTS.to_vec()), any::<u8>()), 0..DISTURBED_PASSES),
        last in specs(),
    ) {
        let mut world = World::default();
        for (spec, event, survivors) in disturbed {
            let region = region(spec);
            for (at, step) in plan(&region, &site(), &world.snapshot, NOW).steps.iter().enumerate() {
                if (survivors >> (at % 8)) & 1 == 1 {
                    world.carry_out(step);
                }
            }
            happen(&mut world, event);
        }
        let region = region(last);
        for _ in 0..PASSES_MAX {
            plan(&region, &site(), &world.snapshot, NOW).steps.iter().for_each(|step| world.carry_out(step));
            world.pass_time();
        }
        let plan = plan(&region, &site(), &world.snapshot, NOW);
        prop_assert_eq!(steps(&plan), Vec::<String>::new());
        let kept_for_its_data = plan.hold == Some(Hold::VolumeEnds) && world.snapshot.volume_ends();
        prop_assert!(plan.hold.is_none() || kept_for_its_data, "{:?}", plan.hold);
        let pod = world.snapshot.pod.as_ref().expect("a settled Region has its node");
        prop_assert!(!ends(pod.as_ref()) && !ended_for_good(pod));
    }

    #[test]
    fn a_step_can_be_carried_out_twice(
        spec in specs(),
        events in prop::collection::vec(select(EVENTS.to_vec()), 0..4),
    ) {
        let region = region(spec);
        let mut world = settled(&region);
        events.into_iter().for_each(|event| happen(&mut world, event));
        let plan = plan(&region, &site(), &world.snapshot, NOW);
        plan.steps.iter().for_each(|step| world.carry_out(step));
        let once = format!("{:?}", world.snapshot);
        plan.steps.iter().for_each(|step| world.carry_out(step));
        prop_assert_eq!(once, format!("{:?}", world.snapshot));
    }
}
