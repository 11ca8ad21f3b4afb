use super::*;

fn plans(mode: Mode) -> Vec<Plan> {
    (1..300).map(|life| Plan::draw(7, life, mode)).collect()
}

#[test]
fn one_seed_one_plan() {
    assert_eq!(plans(Mode::Mixed), plans(Mode::Mixed));
    assert_ne!(Plan::draw(7, 1, Mode::Kill), Plan::draw(8, 1, Mode::Kill));
}

#[test]
fn every_kind_of_end_comes() {
    let kill = plans(Mode::Kill);
    assert!(kill.iter().all(|plan| matches!(plan.end, End::Kill | End::KillAtFile { .. })));
    let mixed = plans(Mode::Mixed);
    for (what, found) in [
        ("killed while it starts", kill.iter().any(|plan| plan.stillborn.len() > 1)),
        ("killed as the port opens", kill.iter().any(|plan| !plan.inspected)),
        ("killed as a file appears", kill.iter().any(|plan| matches!(plan.end, End::KillAtFile { .. }))),
        ("after long work", kill.iter().any(|plan| plan.load > Duration::from_secs(8))),
        ("under large items", kill.iter().any(|plan| plan.heavy)),
        ("stopped", mixed.iter().any(|plan| plan.end == End::Terminate)),
        ("killed while it stops", mixed.iter().any(|plan| matches!(plan.end, End::TerminateAndKill { .. }))),
        ("paused", mixed.iter().any(|plan| !plan.pauses.is_empty())),
    ] {
        assert!(found, "never {what}");
    }
}
