//! Probes looked for through a global index, one after the other.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Followed, PROBE, PROBE_EVERY, Watch, late, put_probe};
use crate::clock;
use crate::error::Error;
use crate::plan::Plan;
use crate::service::Service;
use crate::workload::INDEX;

/// Time between two looks for a probe: what it adds to a lag is small beside what is of interest.
const LOOK_EVERY: Duration = Duration::from_millis(1);

pub(super) async fn follow(service: &Service<'_>, plan: &Plan, watch: &Watch) -> Result<Followed, Error> {
    let mut followed = Followed::default();
    for number in 0.. {
        let last = watch.has_ended();
        let answered = put_probe(service, plan, number).await?;
        let found = found(service, plan, number, answered).await?;
        let lag = found.saturating_duration_since(answered);
        if watch.measures(answered) {
            followed.lags.success(lag, 1);
        }
        if last {
            followed.caught_up = lag;
            break;
        }
        tokio::time::sleep(PROBE_EVERY).await;
    }
    Ok(followed)
}

/// When the probe was found.
async fn found(service: &Service<'_>, plan: &Plan, number: u64, answered: Instant) -> Result<Instant, Error> {
    let query = json!({
        "TableName": plan.table(), "IndexName": INDEX, "Select": "COUNT",
        "KeyConditionExpression": "#g = :g", "ExpressionAttributeNames": {"#g": "group"},
        "ExpressionAttributeValues": {":g": {"S": format!("{PROBE}{number}")}},
    });
    loop {
        if service.call("Query", &query).await?["Count"] == 1 {
            return Ok(clock::now());
        }
        late(answered)?;
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
