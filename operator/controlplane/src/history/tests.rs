use partita_protocol::Wording;

use super::*;

const MIDNIGHT: u64 = 20_000 * DAY_MS;

fn at(ms_after_midnight: u64) -> UnixMillis {
    UnixMillis(MIDNIGHT + ms_after_midnight)
}

fn units(read_units: u64, write_units: u64) -> Throughput {
    Throughput { read_units, write_units }
}

fn provisioned(units: Throughput) -> History {
    History::begin(Some(units), at(0))
}

/// A history with so many decreases, a minute apart, the last one at the time given back.
fn lowered(times: u64, first: UnixMillis) -> (History, UnixMillis) {
    let mut history = provisioned(units(100, 100));
    let mut now = first;
    for n in 0..times {
        now = UnixMillis(first.0 + n * 60_000);
        history.check_decrease(now).unwrap();
        history.record_throughput(units(100 - n, 1), units(99 - n, 1), now);
    }
    (history, now)
}

fn message(result: Result<(), ServiceError>) -> String {
    let error = result.expect_err("the budget is spent");
    assert_eq!(error.name(), "LimitExceededException");
    error.message(Wording::Modern2026).unwrap().into_owned()
}

#[test]
fn four_decreases_are_free_and_then_one_an_hour() {
    let (mut history, last) = lowered(4, at(HOUR_MS));
    assert!(message(history.check_decrease(last)).contains("Number of decreases today: 4."));
    history.check_decrease(UnixMillis(last.0 + HOUR_MS - 1)).unwrap_err();
    let next = UnixMillis(last.0 + HOUR_MS);
    history.check_decrease(next).unwrap();
    history.record_throughput(units(10, 10), units(9, 10), next);
    assert!(message(history.check_decrease(next)).contains("Number of decreases today: 5."));
    assert_eq!(history.throughput(None, next).number_of_decreases_today, 5);
}

#[test]
fn the_budget_of_decreases_begins_anew_at_midnight() {
    let (history, last) = lowered(4, at(DAY_MS - 10 * 60_000));
    let told = message(history.check_decrease(last));
    assert!(
        told.ends_with(
            "Next decrease can be made at Saturday, October 5, 2024 at 12:00:00 AM Coordinated Universal Time"
        ),
        "{told}"
    );
    history.check_decrease(at(DAY_MS)).unwrap();
    assert_eq!(history.throughput(None, at(DAY_MS)).number_of_decreases_today, 0);
    assert_eq!(history.last_decrease(), Some(last), "the time of the last decrease stays");
}

#[test]
fn a_full_day_has_twenty_seven_decreases() {
    let (mut history, mut now) = lowered(4, at(0));
    let mut decreases = 4;
    while now.0 + HOUR_MS < at(DAY_MS).0 {
        now = UnixMillis(now.0 + HOUR_MS);
        history.check_decrease(now).unwrap();
        history.record_throughput(units(5, 5), units(4, 5), now);
        decreases += 1;
    }
    assert_eq!(decreases, 27);
    assert_eq!(history.throughput(None, now).number_of_decreases_today, 27);
}

#[test]
fn a_mixed_change_is_a_decrease_and_an_increase() {
    let mut history = provisioned(units(5, 5));
    assert_eq!((history.last_increase(), history.last_decrease()), (None, None));
    history.record_throughput(units(5, 5), units(6, 4), at(7));
    assert_eq!((history.last_increase(), history.last_decrease()), (Some(at(7)), Some(at(7))));
    history.record_throughput(units(6, 4), units(6, 9), at(8));
    assert_eq!((history.last_increase(), history.last_decrease()), (Some(at(8)), Some(at(7))));
    assert_eq!(history.throughput(None, at(8)).number_of_decreases_today, 1);
}

#[test]
fn four_switches_to_on_demand_fit_into_any_day() {
    let mut history = provisioned(units(5, 5));
    for n in 0..4 {
        history.check_switch_to_on_demand(at(n * HOUR_MS)).unwrap();
        history.record_switch_to_on_demand(at(n * HOUR_MS));
    }
    let told = message(history.check_switch_to_on_demand(at(4 * HOUR_MS)));
    assert!(told.contains("limited to 4 times in 1 day(s)"), "{told}");
    history.check_switch_to_on_demand(at(DAY_MS - 1)).unwrap_err();
    history.check_switch_to_on_demand(at(DAY_MS)).unwrap();
    history.record_switch_to_on_demand(at(DAY_MS));
    history.check_switch_to_on_demand(at(DAY_MS + 1)).unwrap_err();
    assert_eq!(history.on_demand_switches_ms.len(), 4, "no more is kept than counts");
}

#[test]
fn being_created_on_demand_is_no_switch() {
    let history = History::begin(None, at(0));
    assert!(history.on_demand_switches_ms.is_empty());
    let summary = history.billing(BillingMode::PayPerRequest).unwrap();
    assert_eq!(summary.last_update_to_pay_per_request_date_time, Some(at(0)));
    assert_eq!(provisioned(units(1, 1)).billing(BillingMode::Provisioned), None);
}

#[test]
fn the_class_changes_twice_in_thirty_days() {
    let mut history = provisioned(units(5, 5));
    for day in [0, 10] {
        history.check_class_change(at(day * DAY_MS)).unwrap();
        history.record_class_change(at(day * DAY_MS));
    }
    let told = message(history.check_class_change(at(29 * DAY_MS)));
    assert_eq!(told, "Subscriber limit exceeded: Updates to TableClass are limited to 2 times in 30 day(s).");
    history.check_class_change(at(30 * DAY_MS)).unwrap();
    assert_eq!(history.class(None), None);
    let summary = history.class(Some(TableClass::Standard)).unwrap();
    assert_eq!(summary.last_update_date_time, Some(at(10 * DAY_MS)));
}

#[test]
fn warm_throughput_never_falls() {
    let mut history = provisioned(units(5, 7));
    let warm = |history: &History| {
        let warm = history.warm();
        (warm.read_units_per_second, warm.write_units_per_second)
    };
    assert_eq!(warm(&history), (5, 7));
    history.record_throughput(units(5, 7), units(9, 1), at(1));
    assert_eq!(warm(&history), (9, 7));
    history.record_switch_to_on_demand(at(2));
    assert_eq!(warm(&history), (12_000, 4_000));
    history.record_switch_to_provisioned(units(1, 5_000));
    assert_eq!(warm(&history), (12_000, 5_000));
}

#[test]
fn a_history_stored_by_an_older_version_is_read() {
    let history: History = serde_json::from_str(r#"{"decreases":2,"later_member":true}"#).unwrap();
    assert_eq!(history, History { decreases: 2, ..History::default() });
}
