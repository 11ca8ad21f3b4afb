//! `partita check`: what an application does in its first minute, against any endpoint, each step with its time.
//!
//! The table it makes is its own: one that exists is not touched, and its own goes again also when a step fails.

mod service;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use partita_model::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::arguments::CheckOptions;
use crate::{credentials, terminal};
use service::{Answer, HttpService, Service};

/// Rest between two tries of one thing.
const PAUSE: Duration = Duration::from_millis(200);
const NOT_FOUND: &str = "ResourceNotFoundException";
const IN_USE: &str = "ResourceInUseException";
const CONDITION_FAILED: &str = "ConditionalCheckFailedException";

pub(crate) fn run(options: &CheckOptions) -> Result<()> {
    let key = credentials::from_aws_environment()?;
    let service = HttpService::new(&options.endpoint, &options.region, key);
    let table = options.table.clone().unwrap_or_else(|| format!("partita-check-{}", SystemClock.now().0));
    let tries = u64::max(1, options.timeout.saturating_mul(1_000) / millis(PAUSE));
    let check = Check {
        service: &service,
        table: &table,
        tries,
        pause: &|| std::thread::sleep(PAUSE),
        tell: &terminal::say,
    };
    let begin = now();
    check.run()?;
    terminal::say(&format!(
        "{} serves: every step passed in {} ms",
        options.endpoint,
        millis(begin.elapsed())
    ))
}

/// One run against one service.
struct Check<'a> {
    service: &'a dyn Service,
    table: &'a str,
    /// How often something is tried before it has failed.
    tries: u64,
    /// Rests between two tries.
    pause: &'a dyn Fn(),
    tell: &'a dyn Fn(&str) -> Result<()>,
}

impl Check<'_> {
    fn run(&self) -> Result<()> {
        self.step("the endpoint answers", || self.absent())?;
        let used = self.use_table();
        if used.is_err() {
            self.clean_up()?;
        }
        used
    }

    fn use_table(&self) -> Result<()> {
        self.step(&format!("make table {}", self.table), || self.create())?;
        self.step("write two items", || self.write())?;
        self.step("read one, strongly consistent", || self.read())?;
        self.step("query both, newest first", || self.query())?;
        self.step("refuse a write whose condition fails", || self.conflict())?;
        self.step("delete the table", || self.delete())
    }

    fn step(&self, what: &str, act: impl FnOnce() -> Result<()>) -> Result<()> {
        let begin = now();
        let outcome = act();
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        (self.tell)(&format!("{word:<6} {:>6} ms  {what}", millis(begin.elapsed())))?;
        outcome.with_context(|| format!("could not {what}"))
    }

    /// Waits for the endpoint, and for its word that nobody has such a table.
    fn absent(&self) -> Result<()> {
        // A key that was made a moment ago reaches the nodes within seconds, so that refusals are waited out here too.
        self.until(
            |answer| match answer {
                Answer::Refused { kind, .. } if kind == NOT_FOUND => Some(Ok(())),
                Answer::Done(_) => {
                    Some(Err(anyhow!("table {} exists: name another with --table", self.table)))
                }
                _ => None,
            },
            "DescribeTable",
            &json!({"TableName": self.table}),
        )?
    }

    fn create(&self) -> Result<()> {
        let asked = json!({
            "TableName": self.table,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": "customer", "AttributeType": "S"}, {"AttributeName": "number", "AttributeType": "N"}
            ],
            "KeySchema": [
                {"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}
            ],
        });
        // A lost answer leaves open whether the table was made; it was absent before, so one that is there now is ours.
        match self.call("CreateTable", &asked)? {
            Answer::Refused { kind, .. } if kind == IN_USE => {}
            answer => drop(answer.done()?),
        }
        self.until(
            |answer| match answer {
                Answer::Done(body) if body["Table"]["TableStatus"] == "ACTIVE" => Some(()),
                _ => None,
            },
            "DescribeTable",
            &json!({"TableName": self.table}),
        )
    }

    fn write(&self) -> Result<()> {
        for number in ["1", "20"] {
            self.call("PutItem", &json!({"TableName": self.table, "Item": item(number)}))?.done()?;
        }
        Ok(())
    }

    fn read(&self) -> Result<()> {
        let key = json!({"customer": {"S": "check"}, "number": {"N": "20"}});
        let asked = json!({"TableName": self.table, "Key": key, "ConsistentRead": true});
        let found = self.call("GetItem", &asked)?.done()?;
        ensure!(found["Item"] == item("20"), "another item came back: {}", found["Item"]);
        Ok(())
    }

    fn query(&self) -> Result<()> {
        let asked = json!({
            "TableName": self.table,
            "KeyConditionExpression": "customer = :c AND #n > :n",
            "ExpressionAttributeNames": {"#n": "number"},
            "ExpressionAttributeValues": {":c": {"S": "check"}, ":n": {"N": "0"}},
            "ScanIndexForward": false,
            "ConsistentRead": true,
        });
        let found = self.call("Query", &asked)?.done()?;
        let wanted = json!([item("20"), item("1")]);
        ensure!(found["Items"] == wanted, "other items came back: {}", found["Items"]);
        Ok(())
    }

    fn conflict(&self) -> Result<()> {
        let asked = json!({
            "TableName": self.table, "Item": item("20"), "ConditionExpression": "attribute_not_exists(customer)",
        });
        match self.call("PutItem", &asked)? {
            Answer::Refused { kind, .. } if kind == CONDITION_FAILED => Ok(()),
            Answer::Done(_) => bail!("the write was taken although its condition does not hold"),
            other => other.done().map(drop),
        }
    }

    fn delete(&self) -> Result<()> {
        match self.call("DeleteTable", &json!({"TableName": self.table}))? {
            // The answer to a first try was lost, and it had been heard.
            Answer::Refused { kind, .. } if kind == NOT_FOUND || kind == IN_USE => {}
            answer => drop(answer.done()?),
        }
        self.until(
            |answer| match answer {
                Answer::Refused { kind, .. } if kind == NOT_FOUND => Some(()),
                _ => None,
            },
            "DescribeTable",
            &json!({"TableName": self.table}),
        )
    }

    /// After a failure: one try to take the table away, and a word if it stays.
    fn clean_up(&self) -> Result<()> {
        match self.service.call("DeleteTable", &json!({"TableName": self.table})) {
            Answer::Done(_) => Ok(()),
            Answer::Refused { kind, .. } if kind == NOT_FOUND => Ok(()),
            other => (self.tell)(&format!("table {} may be left behind: {other}", self.table)),
        }
    }

    /// A call as an SDK makes it: tried again while the service is away or says that it may be tried again.
    fn call(&self, operation: &str, body: &Value) -> Result<Answer> {
        self.until(|answer| (!answer.may_be_tried_again()).then_some(answer), operation, body)
    }

    /// Calls until `accept` takes the answer; if it never does, the last answer is the failure.
    fn until<T>(&self, accept: impl Fn(Answer) -> Option<T>, operation: &str, body: &Value) -> Result<T> {
        let mut tried = 1;
        loop {
            let answer = self.service.call(operation, body);
            let shown = answer.to_string();
            if let Some(accepted) = accept(answer) {
                return Ok(accepted);
            }
            ensure!(tried < self.tries, "gave up after {tried} tries of {operation}, the last: {shown}");
            tried += 1;
            (self.pause)();
        }
    }
}

fn item(number: &str) -> Value {
    json!({"customer": {"S": "check"}, "number": {"N": number}, "paid": {"BOOL": true}})
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "people are told how long a step took")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests;
