use super::*;

fn condition(type_: &str, holds: bool, reason: &str, message: &str) -> Condition {
    Condition {
        type_: type_.to_owned(),
        status: if holds { ConditionStatus::True } else { ConditionStatus::False },
        last_transition_time: None,
        reason: Some(reason.to_owned()),
        message: Some(message.to_owned()),
        observed_generation: None,
    }
}

fn status(conditions: &[(&str, bool, &str, &str)], access_keys: Option<i64>) -> RegionStatus {
    let conditions =
        conditions.iter().map(|(type_, holds, reason, message)| condition(type_, *holds, reason, message));
    RegionStatus { conditions: conditions.collect(), access_keys, ..RegionStatus::default() }
}

fn told(old: &RegionStatus, new: &RegionStatus) -> Vec<(bool, String)> {
    transitions(old, new)
        .into_iter()
        .map(|event| (event.severity == Severity::Warning, event.reason))
        .collect()
}

#[test]
fn a_transition_is_told_once() {
    let nothing = RegionStatus::default();
    let starting = status(&[("Ready", false, "NodeStarting", "a")], Some(0));
    let still = status(&[("Ready", false, "NodeStarting", "b")], Some(1));
    let failing = status(
        &[("Ready", false, "NodeFailing", "c"), ("ACK.Recoverable", true, "NodeFailing", "c")],
        Some(1),
    );
    let ready = status(&[("Ready", true, "Settled", "d")], Some(1));
    assert_eq!(told(&nothing, &starting), [(false, "NodeStarting".to_owned())]);
    assert_eq!(told(&starting, &still), [(false, "CredentialsUpdated".to_owned())]);
    assert_eq!(told(&still, &failing), [(true, "NodeFailing".to_owned())]);
    assert_eq!(told(&failing, &ready), [(false, "Settled".to_owned())]);
    assert_eq!(told(&ready, &ready), []);
}

#[test]
fn another_malformed_secret_is_another_event() {
    let advised = |message| status(&[("ACK.Advisory", true, "CredentialsInvalid", message)], None);
    assert_eq!(told(&advised("a"), &advised("a")), []);
    assert_eq!(told(&advised("a"), &advised("a; b")), [(true, "CredentialsInvalid".to_owned())]);
}

#[test]
fn a_step_that_fails_beside_a_node_that_serves_is_told() {
    let ready = status(&[("Ready", true, "Settled", "")], None);
    let failing =
        status(&[("Ready", true, "Settled", ""), ("ACK.Recoverable", true, "StepFailed", "m")], None);
    assert_eq!(told(&ready, &failing), [(true, "StepFailed".to_owned())]);
}
