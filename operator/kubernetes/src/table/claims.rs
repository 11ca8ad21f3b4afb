//! Which object manages which table, and where tables are: both are known together, or neither is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use partita_api::Table;
use partita_controllers::ObjectKey;
use partita_controllers::declarations::is_held;
use partita_controllers::owners::Owners;
use partita_controllers::reconcile::{Claim, Place};
use partita_model::TableName;

use crate::controller::key_of;

/// Every object by the table it names, as long as there is a Region that says what names mean.
#[derive(Default)]
pub(super) struct Claims {
    known: Mutex<Option<Known>>,
}

struct Known {
    place: Place,
    owners: Owners,
}

impl Claims {
    /// Tables are at `place` from now on, and those are all objects.
    pub(super) fn settle(&self, place: Option<Place>, objects: &[Arc<Table>]) {
        *self.known() = place.map(|place| {
            let owners = Owners::new(place.scope.clone());
            Known { place, owners }
        });
        objects.iter().for_each(|object| {
            self.add(object);
        });
    }

    /// Whether there is a place.
    pub(super) fn is_settled(&self) -> bool {
        self.known().is_some()
    }

    /// Notes an object as it is now, and gives the objects that may manage its table since it does not any more.
    pub(super) fn add(&self, object: &Table) -> Vec<ObjectKey> {
        let key = key_of(object);
        if object.metadata.deletion_timestamp.is_some() && !is_held(object) {
            // It was let go, and only somebody else's finalizer still shows it.
            return self.remove(&key);
        }
        if let Some(known) = self.known().as_mut() {
            let created = object.metadata.creation_timestamp.as_ref().map(|time| time.0);
            known.owners.add(&key, &object.spec.table_name, created);
        }
        Vec::new()
    }

    /// Forgets an object, and gives those that name the same table.
    pub(super) fn remove(&self, key: &ObjectKey) -> Vec<ObjectKey> {
        self.known().as_mut().map(|known| known.owners.remove(key)).unwrap_or_default()
    }

    /// The objects that name a table.
    pub(super) fn of_table(&self, table: &TableName) -> Vec<ObjectKey> {
        self.known().as_ref().map(|known| known.owners.of(table)).unwrap_or_default()
    }

    /// What an object may do, and where.
    pub(super) fn of(&self, key: &ObjectKey) -> (Claim, Option<Place>) {
        match self.known().as_ref() {
            Some(known) => (known.owners.claim(key), Some(known.place.clone())),
            None => (Claim::Owner, None),
        }
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
