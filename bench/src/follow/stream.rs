//! A reader of a table's stream, which asks again as soon as it has its answer.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::{Followed, PROBE, PROBE_EVERY, Watch, late, put_probe};
use crate::clock;
use crate::error::Error;
use crate::plan::Plan;
use crate::service::Service;

const DESCRIBE: &str = "DynamoDBStreams_20120810.DescribeStream";
const ITERATE: &str = "DynamoDBStreams_20120810.GetShardIterator";
const READ: &str = "DynamoDBStreams_20120810.GetRecords";

/// Rest after an answer without records: a reader that is up to date need not hurry.
const IDLE: Duration = Duration::from_millis(2);

/// An answer of GetRecords, as far as it is of interest.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Records {
    records: Vec<IgnoredAny>,
    next_shard_iterator: Option<String>,
}

/// A probe that was not found yet.
struct Probe {
    /// As it stands in an answer.
    text: String,
    answered: Instant,
    /// Put after the load had ended.
    last: bool,
}

struct Reader<'a> {
    service: &'a Service<'a>,
    stream: String,
    shard: String,
    iterator: String,
}

pub(super) async fn follow(service: &Service<'_>, plan: &Plan, watch: &Watch) -> Result<Followed, Error> {
    let mut reader = Reader::begin(service, plan).await?;
    let mut followed = Followed::default();
    let mut probes: VecDeque<Probe> = VecDeque::new();
    let mut next = (0, clock::now());
    loop {
        let now = clock::now();
        let ending = watch.has_ended() && !probes.iter().any(|probe| probe.last);
        if ending || (now >= next.1 && !watch.has_ended()) {
            let answered = put_probe(service, plan, next.0).await?;
            probes.push_back(Probe { text: format!("\"{PROBE}{}\"", next.0), answered, last: ending });
            next = (next.0 + 1, now + PROBE_EVERY);
        }
        let (body, count) = reader.read().await?;
        let now = clock::now();
        if watch.measures(now) {
            followed.changes += count;
        }
        // They come in the order in which they were put.
        while let Some(probe) = probes.front().filter(|probe| mentions(&body, probe.text.as_bytes())) {
            let lag = now.saturating_duration_since(probe.answered);
            if watch.measures(probe.answered) {
                followed.lags.success(lag, 1);
            }
            if probe.last {
                followed.caught_up = lag;
                return Ok(followed);
            }
            probes.pop_front();
        }
        if let Some(probe) = probes.front() {
            late(probe.answered)?;
        }
        if count == 0 {
            tokio::time::sleep(IDLE).await;
        }
    }
}

impl<'a> Reader<'a> {
    /// At the end of the stream's youngest shard.
    async fn begin(service: &'a Service<'a>, plan: &Plan) -> Result<Self, Error> {
        let table = service.call("DescribeTable", &json!({"TableName": plan.table()})).await?;
        let stream = text(&table["Table"]["LatestStreamArn"], "DescribeTable", "LatestStreamArn")?;
        let mut reader = Self { service, stream, shard: String::new(), iterator: String::new() };
        reader.shard = reader.shards().await?.pop().ok_or(unexpected(DESCRIBE, "no shard"))?;
        reader.iterator = reader.iterate("LATEST").await?;
        Ok(reader)
    }

    /// The shards of the stream, parents first.
    async fn shards(&self) -> Result<Vec<String>, Error> {
        let described = self.service.call(DESCRIBE, &json!({"StreamArn": self.stream})).await?;
        let shards = described["StreamDescription"]["Shards"].as_array().into_iter().flatten();
        shards.map(|shard| text(&shard["ShardId"], DESCRIBE, "ShardId")).collect()
    }

    async fn iterate(&self, kind: &str) -> Result<String, Error> {
        let asked = json!({"StreamArn": self.stream, "ShardId": self.shard, "ShardIteratorType": kind});
        text(&self.service.call(ITERATE, &asked).await?["ShardIterator"], ITERATE, "ShardIterator")
    }

    /// The next records as they came, and how many they are. A shard that has ended is followed by its child.
    async fn read(&mut self) -> Result<(Vec<u8>, u64), Error> {
        let asked = json!({"ShardIterator": self.iterator}).to_string();
        let body = match self.service.send(READ, asked.as_bytes()).await? {
            Ok(body) => body,
            Err(refusal) => return Err(Error::Refused { operation: READ, refusal }),
        };
        let Records { records, next_shard_iterator } = serde_json::from_slice(&body)
            .map_err(|error| Error::Unexpected { operation: READ, what: error.to_string() })?;
        match next_shard_iterator {
            Some(iterator) => self.iterator = iterator,
            None => {
                let mut shards = self.shards().await?.into_iter().skip_while(|shard| *shard != self.shard);
                self.shard = shards.nth(1).ok_or(unexpected(DESCRIBE, "no child of a closed shard"))?;
                self.iterator = self.iterate("TRIM_HORIZON").await?;
            }
        }
        Ok((body, u64::try_from(records.len()).unwrap_or(u64::MAX)))
    }
}

fn text(value: &Value, operation: &'static str, member: &str) -> Result<String, Error> {
    value.as_str().map(str::to_owned).ok_or_else(|| unexpected(operation, &format!("no {member}")))
}

fn unexpected(operation: &'static str, what: &str) -> Error {
    Error::Unexpected { operation, what: what.to_owned() }
}

fn mentions(body: &[u8], word: &[u8]) -> bool {
    body.windows(word.len()).any(|window| window == word)
}
