//! Which object manages which table: of those that name it, the oldest.

use std::collections::{BTreeMap, BTreeSet};

use partita_model::TableName;
use partita_model::name::Scope;
use partita_protocol::operation::TableRef;
use serde_json::Value;

use crate::ObjectKey;
use crate::reconcile::Claim;

/// Objects by the table they name.
pub(super) struct Owners {
    scope: Scope,
    /// In the order of age; RFC 3339 times in UTC sort as text.
    by_table: BTreeMap<TableName, BTreeSet<(String, ObjectKey)>>,
    table_of: BTreeMap<ObjectKey, TableName>,
}

impl Owners {
    pub(super) fn new(scope: Scope) -> Self {
        Self { scope, by_table: BTreeMap::new(), table_of: BTreeMap::new() }
    }

    /// Notes an object. Its table never changes, and is not noted if it is of another scope.
    pub(super) fn add(&mut self, key: &ObjectKey, object: &Value) {
        let given = object["spec"]["tableName"].as_str().unwrap_or_default();
        let Ok(table) = TableRef::new(given).name(&self.scope) else { return };
        let created = object["metadata"]["creationTimestamp"].as_str().unwrap_or_default().to_owned();
        self.by_table.entry(table.clone()).or_default().insert((created, key.clone()));
        self.table_of.insert(key.clone(), table);
    }

    /// Forgets an object, and gives those that name the same table.
    pub(super) fn remove(&mut self, key: &ObjectKey) -> Vec<ObjectKey> {
        let Some(table) = self.table_of.remove(key) else { return Vec::new() };
        if let Some(objects) = self.by_table.get_mut(&table) {
            objects.retain(|(_, other)| other != key);
            if objects.is_empty() {
                self.by_table.remove(&table);
            }
        }
        self.of(&table)
    }

    /// Whether the object is there.
    pub(super) fn knows(&self, key: &ObjectKey) -> bool {
        self.table_of.contains_key(key)
    }

    /// The objects that name a table, oldest first.
    pub(super) fn of(&self, table: &TableName) -> Vec<ObjectKey> {
        self.by_table.get(table).into_iter().flatten().map(|(_, key)| key.clone()).collect()
    }

    /// What an object may do with its table.
    pub(super) fn claim(&self, key: &ObjectKey) -> Claim {
        let objects = self.table_of.get(key).and_then(|table| self.by_table.get(table));
        match objects.and_then(BTreeSet::first) {
            Some((_, owner)) if owner != key => Claim::Rival(owner.clone()),
            _ => Claim::Owner,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(table: &str, created: &str) -> Value {
        json!({"spec": {"tableName": table}, "metadata": {"creationTimestamp": created}})
    }

    fn key(name: &str) -> ObjectKey {
        ObjectKey { kind: "Table".into(), namespace: "default".into(), name: name.into() }
    }

    #[test]
    fn the_oldest_object_owns_a_table_and_the_next_inherits_it() {
        let scope = Scope { region: "eu-west-1".into(), account_id: "000000000000".into() };
        let mut owners = Owners::new(scope);
        owners.add(&key("young"), &object("orders", "2026-01-02T00:00:00Z"));
        assert_eq!(owners.claim(&key("young")), Claim::Owner);
        let arn = "arn:aws:dynamodb:eu-west-1:000000000000:table/orders";
        owners.add(&key("zz-old"), &object(arn, "2026-01-01T00:00:00Z"));
        assert_eq!(owners.claim(&key("young")), Claim::Rival(key("zz-old")));
        assert_eq!(owners.claim(&key("zz-old")), Claim::Owner);
        assert_eq!(owners.remove(&key("zz-old")), [key("young")]);
        assert!(owners.knows(&key("young")) && !owners.knows(&key("zz-old")));
        assert_eq!(owners.claim(&key("young")), Claim::Owner);
        assert_eq!(owners.of(&TableName::new("orders")), [key("young")]);
    }
}
