//! The judge finds what is wrong with histories that are known to be wrong, and nothing in those that are right.

use super::checker::{Anomaly, Cycle, Element, End, List, Transaction, check};

const X: List = 0;
const Y: List = 1;

/// A transaction that takes from `asked` to `asked + 100`: all in the tests overlap unless they say otherwise.
fn transaction(asked: u64, appends: &[(List, Element)], reads: &[(List, &[Element])]) -> Transaction {
    Transaction {
        asked,
        end: End::Succeeded(asked + 100),
        appends: appends.to_vec(),
        reads: reads.iter().map(|(list, elements)| (*list, elements.to_vec())).collect(),
    }
}

fn ended(end: End, transaction: Transaction) -> Transaction {
    Transaction { end, ..transaction }
}

fn kind(history: &[Transaction]) -> Option<Cycle> {
    match check(history) {
        Err(Anomaly::Cycle(kind, cycle)) => {
            assert!(cycle.len() > 1, "{cycle:?}");
            Some(kind)
        }
        Err(other) => panic!("{other:?}"),
        Ok(()) => None,
    }
}

#[test]
fn a_serial_history_is_right() {
    let history = [
        transaction(0, &[(X, 1), (Y, 2)], &[]),
        transaction(200, &[(X, 3)], &[(Y, &[2])]),
        transaction(400, &[], &[(X, &[1, 3]), (Y, &[2])]),
    ];
    assert_eq!(check(&history), Ok(()));
}

#[test]
fn concurrent_transactions_may_take_any_order() {
    for seen in [&[][..], &[1]] {
        let history = [transaction(0, &[(X, 1)], &[]), transaction(1, &[], &[(X, seen)])];
        assert_eq!(check(&history), Ok(()));
    }
}

#[test]
fn what_nobody_knows_may_have_happened_or_not_at_any_time() {
    let unknown = ended(End::Unknown, transaction(0, &[(X, 1)], &[]));
    for seen in [&[][..], &[1]] {
        let history = [unknown.clone(), transaction(500, &[], &[(X, seen)])];
        assert_eq!(check(&history), Ok(()));
    }
    let late = [unknown.clone(), transaction(500, &[], &[(X, &[])]), transaction(700, &[], &[(X, &[1])])];
    assert_eq!(check(&late), Ok(()));
    let came_and_went = [unknown, transaction(500, &[], &[(X, &[1])]), transaction(700, &[], &[(X, &[])])];
    assert_eq!(kind(&came_and_went), Some(Cycle::RealTime));
}

#[test]
fn g0_writes_in_two_orders() {
    let history = [
        transaction(0, &[(X, 1), (Y, 1)], &[]),
        transaction(1, &[(X, 2), (Y, 2)], &[]),
        transaction(2, &[], &[(X, &[1, 2])]),
        transaction(3, &[], &[(Y, &[2, 1])]),
    ];
    assert_eq!(kind(&history), Some(Cycle::Writes));
}

#[test]
fn g1a_a_read_of_what_failed() {
    let failed = ended(End::Failed, transaction(0, &[(X, 1)], &[]));
    let history = [failed, transaction(1, &[], &[(X, &[1])])];
    assert_eq!(check(&history), Err(Anomaly::AbortedRead { reader: 1, writer: 0 }));
}

#[test]
fn g1b_a_read_of_a_part() {
    let history = [transaction(0, &[(X, 1), (X, 2)], &[]), transaction(1, &[], &[(X, &[1])])];
    assert_eq!(check(&history), Err(Anomaly::IntermediateRead { reader: 1, writer: 0 }));
}

#[test]
fn g1c_two_that_saw_each_other() {
    let history = [transaction(0, &[(X, 1)], &[(Y, &[2])]), transaction(1, &[(Y, 2)], &[(X, &[1])])];
    assert_eq!(kind(&history), Some(Cycle::Information));
}

#[test]
fn g_single_a_read_of_half_a_transaction() {
    let history = [transaction(0, &[(X, 1), (Y, 1)], &[]), transaction(1, &[], &[(X, &[1]), (Y, &[])])];
    assert_eq!(kind(&history), Some(Cycle::ReadSkew));
    // Over a transaction in between.
    let history = [
        transaction(0, &[(X, 1)], &[]),
        transaction(1, &[(Y, 1)], &[(X, &[1])]),
        transaction(2, &[], &[(X, &[]), (Y, &[1])]),
        transaction(3, &[], &[(X, &[1])]),
    ];
    assert_eq!(kind(&history), Some(Cycle::ReadSkew));
}

#[test]
fn g2_two_that_did_not_see_each_other() {
    let history = [
        transaction(0, &[(X, 1)], &[(Y, &[])]),
        transaction(1, &[(Y, 1)], &[(X, &[])]),
        transaction(2, &[], &[(X, &[1]), (Y, &[1])]),
    ];
    assert_eq!(kind(&history), Some(Cycle::WriteSkew));
    // Also when nobody ever sees what they did.
    assert_eq!(kind(&history[..2]), Some(Cycle::WriteSkew));
}

#[test]
fn a_long_fork() {
    let history = [
        transaction(0, &[(X, 1)], &[]),
        transaction(1, &[(Y, 1)], &[]),
        transaction(2, &[], &[(X, &[1]), (Y, &[])]),
        transaction(3, &[], &[(X, &[]), (Y, &[1])]),
    ];
    assert_eq!(kind(&history), Some(Cycle::WriteSkew));
}

#[test]
fn a_stale_read_in_real_time() {
    let history = [transaction(0, &[(X, 1)], &[]), transaction(200, &[], &[(X, &[])])];
    assert_eq!(kind(&history), Some(Cycle::RealTime));
}

#[test]
fn a_lost_append() {
    let history = [
        transaction(0, &[(X, 1)], &[]),
        transaction(200, &[(X, 2)], &[]),
        transaction(400, &[], &[(X, &[2])]),
    ];
    assert_eq!(kind(&history), Some(Cycle::RealTime), "the first one comes behind whoever did not see it");
}

#[test]
fn lists_that_no_order_explains() {
    let writer = transaction(0, &[(X, 1)], &[]);
    let other = transaction(1, &[(X, 2)], &[]);
    let twice = [writer.clone(), transaction(2, &[], &[(X, &[1, 1])])];
    assert_eq!(check(&twice), Err(Anomaly::Duplicate { reader: 1, element: 1 }));
    let garbage = [writer.clone(), transaction(2, &[], &[(X, &[1, 9])])];
    assert_eq!(check(&garbage), Err(Anomaly::Garbage { reader: 1, element: 9 }));
    let diverged = [writer, other, transaction(2, &[], &[(X, &[1])]), transaction(3, &[], &[(X, &[2, 1])])];
    assert_eq!(check(&diverged), Err(Anomaly::Diverged { list: X }));
}
