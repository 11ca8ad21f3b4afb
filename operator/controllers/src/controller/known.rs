//! The objects there are, and which of them a change of a table concerns.

use std::collections::BTreeSet;

use partita_api::Table;
use partita_model::TableName;
use partita_model::name::Scope;
use serde_json::Value;

use crate::ObjectKey;
use crate::declarations::Declared;
use crate::owners::Owners;
use crate::reconcile::Claim;

/// Every object, by its key. Bounded by the number of objects.
#[derive(Debug)]
pub(super) struct Known {
    owners: Owners,
    /// Those of other kinds. They may be about any table, as a reference tells only when it is followed.
    others: BTreeSet<ObjectKey>,
}

impl Known {
    pub(super) fn new(scope: Scope) -> Self {
        Self { owners: Owners::new(scope), others: BTreeSet::new() }
    }

    pub(super) fn add(&mut self, key: &ObjectKey, object: &Value) {
        if key.kind != Table::KIND {
            self.others.insert(key.clone());
            return;
        }
        let table = object["spec"]["tableName"].as_str().unwrap_or_default();
        let created = object["metadata"]["creationTimestamp"].as_str().and_then(|time| time.parse().ok());
        self.owners.add(key, table, created);
    }

    /// Forgets an object, and gives those that may manage its table now.
    pub(super) fn remove(&mut self, key: &ObjectKey) -> Vec<ObjectKey> {
        self.others.remove(key);
        self.owners.remove(key)
    }

    pub(super) fn has(&self, key: &ObjectKey) -> bool {
        self.others.contains(key) || self.owners.knows(key)
    }

    /// What an object may do with its table.
    pub(super) fn claim(&self, key: &ObjectKey) -> Claim {
        self.owners.claim(key)
    }

    /// The objects that a change of a table may concern.
    pub(super) fn about(&self, table: &TableName) -> Vec<ObjectKey> {
        self.owners.of(table).into_iter().chain(self.others.iter().cloned()).collect()
    }
}
