//! Which object manages which table: of those that name it, the oldest.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use partita_model::TableName;
use partita_model::name::Scope;
use partita_protocol::operation::TableRef;

use crate::ObjectKey;
use crate::reconcile::Claim;

/// Objects by the table they name. Bounded by the number of objects.
#[derive(Debug)]
pub struct Owners {
    scope: Scope,
    /// In the order of age.
    by_table: BTreeMap<TableName, BTreeSet<(Timestamp, ObjectKey)>>,
    table_of: BTreeMap<ObjectKey, TableName>,
}

impl Owners {
    /// Nobody's tables yet.
    pub fn new(scope: Scope) -> Self {
        Self { scope, by_table: BTreeMap::new(), table_of: BTreeMap::new() }
    }

    /// Notes an object that names `table`, a name or an ARN, and was made at `created`. Neither ever changes. A table of
    /// another scope is nobody's.
    pub fn add(&mut self, key: &ObjectKey, table: &str, created: Option<Timestamp>) {
        let Ok(table) = TableRef::new(table).name(&self.scope) else { return };
        let created = created.unwrap_or(Timestamp::MIN);
        self.by_table.entry(table.clone()).or_default().insert((created, key.clone()));
        self.table_of.insert(key.clone(), table);
    }

    /// Forgets an object, and gives those that name the same table.
    pub fn remove(&mut self, key: &ObjectKey) -> Vec<ObjectKey> {
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
    pub fn knows(&self, key: &ObjectKey) -> bool {
        self.table_of.contains_key(key)
    }

    /// The objects that name a table, oldest first.
    pub fn of(&self, table: &TableName) -> Vec<ObjectKey> {
        self.by_table.get(table).into_iter().flatten().map(|(_, key)| key.clone()).collect()
    }

    /// What an object may do with its table.
    pub fn claim(&self, key: &ObjectKey) -> Claim {
        let objects = self.table_of.get(key).and_then(|table| self.by_table.get(table));
        match objects.and_then(BTreeSet::first) {
            Some((_, owner)) if owner != key => Claim::Rival(owner.clone()),
            _ => Claim::Owner,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Option<Timestamp> {
        Some(Timestamp::from_second(second).unwrap())
    }

    fn key(name: &str) -> ObjectKey {
        ObjectKey { kind: "Table".into(), namespace: "default".into(), name: name.into() }
    }

    #[test]
    fn the_oldest_object_owns_a_table_and_the_next_inherits_it() {
        let scope = Scope { region: "eu-west-1".into(), account_id: "000000000000".into() };
        let mut owners = Owners::new(scope);
        owners.add(&key("young"), "orders", second(2));
        assert_eq!(owners.claim(&key("young")), Claim::Owner);
        let arn = "arn:aws:dynamodb:eu-west-1:000000000000:table/orders";
        owners.add(&key("zz-old"), arn, second(1));
        assert_eq!(owners.claim(&key("young")), Claim::Rival(key("zz-old")));
        assert_eq!(owners.claim(&key("zz-old")), Claim::Owner);
        assert_eq!(owners.remove(&key("zz-old")), [key("young")]);
        assert!(owners.knows(&key("young")) && !owners.knows(&key("zz-old")));
        assert_eq!(owners.claim(&key("young")), Claim::Owner);
        assert_eq!(owners.of(&TableName::new("orders")), [key("young")]);
    }
}
