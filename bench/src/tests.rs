//! The whole of it against a service in this process. Nothing here depends on how fast anything is.

mod fake;

use std::time::Duration;

use crate::{AccessKey, Distribution, Endpoint, Error, Follow, Pace, Plan, Progress, Report, Workload};
use fake::Fake;

/// A short measurement.
pub(crate) fn plan(endpoint: &str) -> Plan {
    Plan {
        endpoint: Endpoint::parse(endpoint).unwrap(),
        region: "us-east-1".to_owned(),
        key: AccessKey { id: "AKIDEXAMPLE".to_owned(), secret: "secret".to_owned() },
        workload: Workload::Put,
        table: None,
        connections: 4,
        threads: 2,
        duration: Duration::from_millis(100),
        warm_up: Duration::ZERO,
        pace: Pace::Closed,
        item_bytes: 1_024,
        keys: 1_000,
        distribution: Distribution::Uniform,
        follow: None,
        keep: false,
        pid: None,
        seed: 1,
    }
}

/// A hundred requests.
fn at_a_rate(endpoint: &str) -> Plan {
    Plan { pace: Pace::Open { rate: 1_000.0 }, ..plan(endpoint) }
}

fn run(plan: &Plan) -> Result<Report, Error> {
    crate::run(plan, |_: Progress| {})
}

#[test]
fn every_workload_is_answered_without_errors() {
    let fake = Fake::start(|_, _| None);
    for workload in Workload::ALL.into_iter().filter(|workload| *workload != Workload::TransactWrite) {
        let report = run(&Plan { workload, ..plan(&fake.endpoint) }).unwrap();
        assert_eq!(report.failures(), 0, "{workload}: {:?}", report.errors);
        let calls = fake.calls(workload.operation());
        assert!(calls > report.requests, "{workload}: {calls} calls, {} answered", report.requests);
        assert!(fake.tables().is_empty(), "{workload}: its table is gone again");
    }
}

#[test]
fn at_a_constant_rate_every_request_due_has_an_outcome() {
    let fake = Fake::start(|operation, number| {
        (operation == "PutItem" && number % 5 == 0).then_some((500, "InternalServerError"))
    });
    let report = run(&at_a_rate(&fake.endpoint)).unwrap();
    assert_eq!(report.requests + report.failures() + report.unsent, 100);
    assert_eq!(report.failures(), report.errors.get("InternalServerError").copied().unwrap_or(0));
    // One call wrote the mark, one was the attempt before.
    assert_eq!(fake.calls("PutItem"), 2 + report.requests + report.failures());
}

/// So many requests are due that one connection sends next to none of them: half of all waited for longer than half of the time.
#[test]
fn requests_that_could_not_be_sent_count_with_the_time_they_waited() {
    let fake = Fake::start(|_, _| None);
    let rate = Pace::Open { rate: 10_000_000.0 };
    let report = run(&Plan { pace: rate, connections: 1, threads: 1, ..plan(&fake.endpoint) }).unwrap();
    assert_eq!(report.requests + report.failures() + report.unsent, 1_000_000);
    assert!(report.unsent > 900_000, "{} were not sent", report.unsent);
    assert!(report.latency_ms.p50 > 40.0, "{:?}", report.latency_ms);
    assert!(report.to_string().contains("never sent"));
}

#[test]
fn a_kept_table_is_filled_once() {
    let fake = Fake::start(|_, _| None);
    let kept = Plan { workload: Workload::Get, keep: true, ..plan(&fake.endpoint) };
    run(&kept).unwrap();
    assert_eq!(
        (fake.items("partita-bench-items"), fake.calls("BatchWriteItem")),
        (1_001, 40),
        "and the mark"
    );
    run(&Plan { keep: false, ..kept.clone() }).unwrap();
    assert_eq!(fake.calls("BatchWriteItem"), 40);
    assert_eq!(fake.items("partita-bench-items"), 1_001, "it was there before, and stays");
    run(&Plan { item_bytes: 100, ..kept }).unwrap();
    assert_eq!(fake.calls("BatchWriteItem"), 80, "other items are written anew");
}

#[test]
fn batches_that_are_refused_for_now_are_sent_again() {
    let fake = Fake::start(|operation, number| {
        (operation == "BatchWriteItem" && number == 3).then_some((400, "ThrottlingException"))
    });
    run(&Plan { workload: Workload::Get, keep: true, ..plan(&fake.endpoint) }).unwrap();
    assert_eq!((fake.items("partita-bench-items"), fake.calls("BatchWriteItem")), (1_001, 41));
}

#[test]
fn tables_of_others_are_left_alone() {
    let fake = Fake::start(|_, _| None);
    fake.add_table("customers");
    let error = run(&Plan { table: Some("customers".to_owned()), ..plan(&fake.endpoint) }).unwrap_err();
    assert!(matches!(&error, Error::ForeignTable { table } if table == "customers"), "{error}");
    assert_eq!((fake.items("customers"), fake.tables().len()), (0, 1));
}

#[test]
fn an_operation_that_the_service_lacks_is_told_before_it_is_measured() {
    let fake = Fake::start(|operation, _| {
        (operation == "TransactWriteItems").then_some((400, "UnknownOperationException"))
    });
    let error = run(&Plan { workload: Workload::TransactWrite, ..plan(&fake.endpoint) }).unwrap_err();
    assert!(matches!(error, Error::Unsupported { operation: "TransactWriteItems" }), "{error}");
    assert!(fake.tables().is_empty(), "nothing is left behind");
}

#[test]
fn plans_outside_the_limits_are_refused_by_option() {
    let ok = plan("http://127.0.0.1:1");
    for (plan, option) in [
        (Plan { connections: 0, ..ok.clone() }, "--connections"),
        (Plan { threads: 5, ..ok.clone() }, "--threads"),
        (Plan { item_bytes: 10, ..ok.clone() }, "--item-size"),
        (Plan { keys: 1, ..ok.clone() }, "--keys"),
        (Plan { duration: Duration::ZERO, ..ok.clone() }, "--duration"),
        (Plan { pace: Pace::Open { rate: -1.0 }, ..ok.clone() }, "--rate"),
        (Plan { distribution: Distribution::Zipfian { exponent: 0.0 }, ..ok.clone() }, "zipfian"),
        (Plan { follow: Some(Follow::Index), ..ok.clone() }, "--follow index"),
        (Plan { follow: Some(Follow::Stream), workload: Workload::Scan, ..ok }, "--follow stream"),
    ] {
        let error = run(&plan).unwrap_err().to_string();
        assert!(error.contains(option), "{error}");
    }
}

#[test]
fn followers_find_every_probe_and_say_how_late() {
    let fake = Fake::start(|_, _| None);
    for (follow, workload) in [(Follow::Index, Workload::GsiWrite), (Follow::Stream, Workload::Put)] {
        let report = run(&Plan { follow: Some(follow), workload, ..plan(&fake.endpoint) }).unwrap();
        let followed = report.followed.unwrap();
        assert!(followed.probes > 0 && followed.lag_ms.p99 < followed.lag_ms.max + 1.0, "{followed:?}");
        assert_eq!(followed.changes_per_second.is_some(), follow == Follow::Stream);
        assert!(report.to_string().contains("lag p99"), "{report}");
    }
}

#[test]
fn reports_read_well_and_as_json() {
    let fake = Fake::start(|_, _| None);
    let pid = Some(std::process::id());
    let report = run(&Plan { pid, workload: Workload::Get, ..plan(&fake.endpoint) }).unwrap();
    let text = report.to_string();
    for word in ["get at 127.0.0.1", "throughput", "p99.9", "errors", "MiB resident", "client"] {
        assert!(text.contains(word), "{word} in:\n{text}");
    }
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["workload"], "get");
    assert!(json["latency_ms"]["p999"].is_number() && json["server"]["cpu_us_per_request"].is_number());
}
