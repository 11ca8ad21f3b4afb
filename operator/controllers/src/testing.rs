//! Control planes in memory, a clock that is set, and specs, for tests.

mod fake;
mod mappings;
mod tables;

use std::sync::atomic::{AtomicU64, Ordering};

use partita_api::TableSpec;
use partita_model::clock::{Clock, UnixMillis};
use partita_model::name::Scope;
use serde_json::{Value, json};

pub(crate) use fake::FakeTables;
pub(crate) use mappings::{Crash, FakeMappings};
pub(crate) use tables::{apply, observed};

pub(crate) fn scope() -> Scope {
    Scope { region: "eu-central-1".into(), account_id: "000000000000".into() }
}

/// A clock that stands until it is set.
#[derive(Debug, Default)]
pub(crate) struct SetClock(AtomicU64);

impl SetClock {
    pub(crate) fn set(&self, millis: u64) {
        self.0.store(millis, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::Relaxed))
    }
}

/// A spec with a key `pk` of strings and whatever else `more` says.
pub(crate) fn spec(more: Value) -> TableSpec {
    serde_json::from_value(spec_json(more)).unwrap()
}

pub(crate) fn spec_json(more: Value) -> Value {
    let mut spec = json!({
        "tableName": "orders",
        "attributeDefinitions": [{"attributeName": "pk", "attributeType": "S"}],
        "keySchema": [{"attributeName": "pk", "keyType": "HASH"}],
    });
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    spec
}

pub(crate) fn manifest(name: &str, more: Value) -> Value {
    json!({"apiVersion": "partita.dev/v1", "kind": "Table", "metadata": {"name": name}, "spec": spec_json(more)})
}
