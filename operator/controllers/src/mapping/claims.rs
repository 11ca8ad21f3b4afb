//! Which object manages which mapping, as far as this process knows.
//!
//! Statuses tell that too, but a status may not be written yet when two objects that name the same stream and target are looked at at
//! once.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use partita_mapping::MappingId;

use crate::ObjectKey;

/// Mappings by the object that manages them, at most one each. Bounded by the number of objects.
#[derive(Debug, Default)]
pub(super) struct Claims(Mutex<BTreeMap<MappingId, ObjectKey>>);

impl Claims {
    /// Makes the mapping the object's, in the place of the one that it had. The first to claim a mapping has it.
    ///
    /// # Errors
    /// With the object that has it.
    pub(super) fn claim(&self, id: &MappingId, key: &ObjectKey) -> Result<(), ObjectKey> {
        let mut claims = self.claims();
        match claims.get(id) {
            Some(owner) if owner != key => return Err(owner.clone()),
            Some(_) => {}
            None => {
                claims.retain(|_, owner| owner != key);
                claims.insert(id.clone(), key.clone());
            }
        }
        Ok(())
    }

    /// The object manages nothing any more.
    pub(super) fn remove(&self, key: &ObjectKey) {
        self.claims().retain(|_, owner| owner != key);
    }

    fn claims(&self) -> MutexGuard<'_, BTreeMap<MappingId, ObjectKey>> {
        // Whole after a panic too: what is claimed is inserted last.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_has_a_mapping_until_it_has_another_or_goes() {
        let key = |name: &str| ObjectKey {
            kind: "EventSourceMapping".into(),
            namespace: "a".into(),
            name: name.into(),
        };
        let id = |n: u32| MappingId::parse(&format!("00000000-0000-0000-0000-{n:012}")).unwrap();
        let claims = Claims::default();
        assert_eq!(claims.claim(&id(1), &key("a")), Ok(()));
        assert_eq!(claims.claim(&id(1), &key("a")), Ok(()));
        assert_eq!(claims.claim(&id(1), &key("b")), Err(key("a")));
        assert_eq!(claims.claim(&id(2), &key("a")), Ok(()));
        assert_eq!(claims.claim(&id(1), &key("b")), Ok(()));
        claims.remove(&key("b"));
        assert_eq!(claims.claim(&id(1), &key("c")), Ok(()));
    }
}
