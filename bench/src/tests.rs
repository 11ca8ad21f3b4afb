//! The whole of it against a service in this process.

use std::time::Duration;

use crate::{AccessKey, Distribution, Endpoint, Pace, Plan, Workload};

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
        duration: Duration::from_millis(200),
        warm_up: Duration::ZERO,
        pace: Pace::Closed,
        item_bytes: 1_024,
        keys: 1_000,
        distribution: Distribution::Uniform,
        keep: false,
        pid: None,
        seed: 1,
    }
}
