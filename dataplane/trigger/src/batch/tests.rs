use bytes::Bytes;
use partita_protocol::stream::SequenceNumber;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const NOW: UnixMillis = UnixMillis(1_000_000_000);

fn policy() -> Policy {
    Policy {
        retries_max: None,
        age_max: Duration::from_secs(3600),
        bisect: false,
        reports_item_failures: false,
    }
}

fn batch(events: usize, policy: Policy) -> Batch {
    let event = |position| Event { position, at: NOW, item: 0, json: Bytes::new() };
    Batch::new((1..=events as u64).map(event).collect(), policy)
}

fn answered(body: &str) -> Reply {
    Reply::Answered { status: 200, body: Bytes::copy_from_slice(body.as_bytes()) }
}

fn failed() -> Reply {
    Reply::Failed { status: 200, error: Some("Unhandled".to_owned()) }
}

fn unreached() -> Reply {
    Reply::Unreached { reason: "no route".to_owned() }
}

fn failed_from(position: u64) -> Reply {
    let number = SequenceNumber::of(position).to_string();
    answered(&json!({"batchItemFailures": [{"itemIdentifier": number}]}).to_string())
}

fn deliver(events: Range<usize>, after_ms: u64) -> Step {
    Step::Deliver { events, after: Duration::from_millis(after_ms) }
}

fn exhausted(events: Range<usize>) -> Step {
    Step::GiveUp { events, condition: Condition::RetryAttemptsExhausted }
}

/// Tells each reply and collects what is to be done before each and after the last; what is given up is told at once.
fn steps(batch: &mut Batch, replies: &[Reply]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut replies = replies.iter();
    loop {
        let step = batch.next(NOW);
        steps.push(step.clone());
        match step {
            Step::Finished => return steps,
            Step::GiveUp { events, .. } => batch.gave_up(&events),
            Step::Deliver { .. } => match replies.next() {
                Some(reply) => batch.delivered(reply),
                None => return steps,
            },
        }
    }
}

#[test]
fn a_batch_that_is_taken_is_finished() {
    let mut batch = batch(3, policy());
    assert_eq!(batch.unfinished(), Some(1));
    assert_eq!(steps(&mut batch, &[answered("anything")]), [deliver(0..3, 0), Step::Finished]);
    assert_eq!((batch.unfinished(), batch.left()), (None, 0));
}

#[test]
fn a_failed_batch_is_delivered_again_with_growing_pauses() {
    let mut batch = batch(3, policy());
    let steps = steps(&mut batch, &vec![failed(); 10]);
    let pauses = [0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000];
    assert_eq!(steps, pauses.map(|pause| deliver(0..3, pause)));
    assert_eq!(batch.unfinished(), Some(1));
}

#[test]
fn a_batch_is_given_up_when_its_retries_are_used_up() {
    let mut batch = batch(3, Policy { retries_max: Some(1), ..policy() });
    let steps = steps(&mut batch, &[failed(), failed()]);
    assert_eq!(steps, [deliver(0..3, 0), deliver(0..3, 250), exhausted(0..3), Step::Finished]);
    assert_eq!(batch.last_failure, LastFailure { status: Some(200), error: Some("Unhandled".to_owned()) });
}

#[test]
fn what_the_target_has_not_seen_does_not_count() {
    let mut batch = batch(2, Policy { retries_max: Some(0), bisect: true, ..policy() });
    let steps = steps(&mut batch, &[unreached(), unreached(), answered("")]);
    assert_eq!(steps, [deliver(0..2, 0), deliver(0..2, 250), deliver(0..2, 500), Step::Finished]);
}

#[test]
fn splitting_finds_the_record_that_fails() {
    let mut batch = batch(5, Policy { retries_max: Some(1), bisect: true, ..policy() });
    let ok = || answered("");
    // Record 4 (index 3) fails, whoever is with it.
    let replies = [failed(), ok(), failed(), failed(), failed(), ok()];
    let expected = [
        deliver(0..5, 0),
        deliver(0..2, 250),
        deliver(2..5, 0),
        deliver(2..3, 250),
        // The reply to 2..3 is a failure too: a record alone is retried.
        deliver(2..3, 500),
        exhausted(2..3),
        deliver(3..5, 0),
        Step::Finished,
    ];
    assert_eq!(steps(&mut batch, &replies), expected);
}

#[test]
fn splitting_does_not_use_up_retries() {
    let mut batch = batch(4, Policy { retries_max: Some(0), bisect: true, ..policy() });
    let steps = steps(&mut batch, &[failed(), failed(), failed(), answered(""), answered("")]);
    let expected = [
        deliver(0..4, 0),
        deliver(0..2, 250),
        deliver(0..1, 500),
        exhausted(0..1),
        deliver(1..2, 0),
        deliver(2..4, 0),
        Step::Finished,
    ];
    assert_eq!(steps, expected);
}

#[test]
fn a_target_that_tells_where_it_failed_gets_the_rest_again() {
    let policy = Policy { retries_max: Some(1), reports_item_failures: true, ..policy() };
    let mut whole = batch(4, policy);
    let replies = [failed_from(3), failed_from(4), failed_from(4)];
    let expected =
        [deliver(0..4, 0), deliver(2..4, 250), deliver(3..4, 250), exhausted(3..4), Step::Finished];
    assert_eq!(steps(&mut whole, &replies), expected);

    let mut ignored = batch(2, Policy { reports_item_failures: false, ..policy });
    assert_eq!(steps(&mut ignored, &[failed_from(2)]), [deliver(0..2, 0), Step::Finished], "nobody asked");
    let mut nonsense = batch(2, policy);
    assert_eq!(steps(&mut nonsense, &[answered("[1]")]), [deliver(0..2, 0), deliver(0..2, 250)]);
}

#[test]
fn a_partial_answer_is_progress_at_once() {
    let mut batch = batch(4, Policy { reports_item_failures: true, ..policy() });
    assert_eq!(batch.next(NOW), deliver(0..4, 0));
    batch.delivered(&failed_from(3));
    assert_eq!((batch.unfinished(), batch.left(), batch.attempts()), (Some(3), 2, 1));
}

#[test]
fn records_that_grew_too_old_are_given_up_and_the_rest_delivered() {
    let mut batch = batch(3, Policy { age_max: Duration::from_secs(60), ..policy() });
    batch.events[0].at = UnixMillis(NOW.0 - 60_001);
    batch.events[1].at = UnixMillis(NOW.0 - 60_000);
    let old = Step::GiveUp { events: 0..1, condition: Condition::RecordAgeExceeded };
    assert_eq!(steps(&mut batch, &[]), [old, deliver(1..3, 0)]);
    let later = UnixMillis(NOW.0 + 60_001);
    assert_eq!(batch.next(later), Step::GiveUp { events: 1..3, condition: Condition::RecordAgeExceeded });
}

#[test]
fn records_are_not_kept_longer_than_the_stream_does() {
    let settings = |age| Settings { record_age_max_s: age, ..Settings::default() };
    let day = Duration::from_secs(24 * 3600);
    assert_eq!(Policy::new(&settings(None), day).age_max, day);
    assert_eq!(Policy::new(&settings(Some(60)), day).age_max, Duration::from_secs(60));
    assert_eq!(Policy::new(&settings(Some(604_800)), day).age_max, day);
}

proptest! {
    /// Whatever a target says, each event is taken or given up, in order, and nothing goes on for ever if retries are limited.
    #[test]
    fn every_event_is_finished_in_order(
        events in 1_usize..30, retries in 0_u32..4, bisect: bool, reports: bool,
        replies in proptest::collection::vec((0_u8..4, 0_u64..40), 0..200),
    ) {
        let policy = Policy { retries_max: Some(retries), bisect, reports_item_failures: reports, ..policy() };
        let mut batch = batch(events, policy);
        let mut replies = replies.into_iter();
        let (mut finished, mut asked) = (0, 0);
        loop {
            let left = batch.left();
            prop_assert_eq!(batch.unfinished(), (left > 0).then_some(finished as u64 + 1));
            match batch.next(NOW) {
                Step::Finished => break,
                Step::GiveUp { events, .. } => {
                    prop_assert_eq!(events.start, finished);
                    batch.gave_up(&events);
                }
                Step::Deliver { events, .. } => {
                    prop_assert_eq!(events.start, finished);
                    asked += 1;
                    batch.delivered(&match replies.next() {
                        Some((0, _)) => answered(""),
                        Some((1, position)) => failed_from(position),
                        Some((2, _)) => unreached(),
                        _ => failed(),
                    });
                }
            }
            prop_assert!(batch.left() <= left);
            finished += left - batch.left();
        }
        prop_assert_eq!(finished, events);
        prop_assert!(asked <= 200 + events * (retries as usize + 2) * 2);
    }
}
