use super::*;

const NOW: UnixMillis = UnixMillis(1_795_003_200_000);
const SECOND: u64 = NOW.0 / 1000;

fn setting() -> Setting {
    Setting::new(TimeToLive { id: TableId(9), attribute: "e".to_owned() })
}

/// A row of this second.
fn row(second: u64) -> Bytes {
    partita_storage::space::table_key(partita_storage::space::EXPIRIES, TableId(9), &second.to_be_bytes())
}

/// Where what follows that row begins.
fn behind(second: u64) -> Bytes {
    [&row(second), [0].as_slice()].concat().into()
}

fn begins_at(setting: &Setting, now: UnixMillis) -> Bytes {
    let turn = setting.begin_sweep(now);
    let start = turn.range().start().clone();
    drop(turn);
    start
}

#[test]
fn a_sweep_begins_where_the_one_before_it_ended() {
    let setting = setting();
    setting.begin_sweep(NOW).end(None, None);
    assert!(setting.begin_sweep(NOW).range().is_empty());
    let later = UnixMillis(NOW.0 + 5_000);
    assert_eq!(begins_at(&setting, later), row(SECOND + 1));
    setting.begin_sweep(later).end(Some(&row(SECOND + 3)), None);
    assert_eq!(begins_at(&setting, later), behind(SECOND + 3));
}

#[test]
fn a_row_that_comes_sends_the_next_sweep_back() {
    let setting = setting();
    let turn = setting.begin_sweep(NOW);
    setting.note_row(&row(SECOND - 7), NOW);
    turn.end(None, None);
    assert_eq!(begins_at(&setting, NOW), row(SECOND - 7));
    setting.note_row(&row(SECOND + 100), NOW);
    assert_eq!(begins_at(&setting, NOW), row(SECOND - 7));
}

#[test]
fn a_row_that_is_too_old_does_not() {
    let setting = setting();
    setting.begin_sweep(NOW).end(None, None);
    setting.note_row(&row(0), NOW);
    assert!(setting.begin_sweep(NOW).range().is_empty());
}

#[test]
fn what_was_left_is_looked_at_again_when_all_behind_it_was() {
    let setting = setting();
    setting.begin_sweep(NOW).end(Some(&row(SECOND - 50)), Some(row(SECOND - 60)));
    assert_eq!(begins_at(&setting, NOW), behind(SECOND - 50), "on with what is behind");
    setting.begin_sweep(NOW).end(None, Some(row(SECOND - 40)));
    assert_eq!(begins_at(&setting, NOW), row(SECOND - 60), "and back");
    setting.begin_sweep(NOW).end(None, None);
    assert!(setting.begin_sweep(NOW).range().is_empty());
}

#[test]
fn a_sweep_that_is_given_up_is_done_again() {
    let setting = setting();
    setting.begin_sweep(NOW).end(None, None);
    let later = UnixMillis(NOW.0 + 5_000);
    drop(setting.begin_sweep(later));
    assert_eq!(begins_at(&setting, later), row(SECOND + 1));
}

#[test]
fn a_clock_that_is_set_back_makes_no_sweep_miss_a_row() {
    let setting = setting();
    setting.begin_sweep(NOW).end(None, None);
    let earlier = UnixMillis(NOW.0 - 10_000);
    setting.begin_sweep(earlier).end(None, None);
    setting.note_row(&row(SECOND - 5), earlier);
    assert!(begins_at(&setting, NOW) <= row(SECOND - 5));
}
