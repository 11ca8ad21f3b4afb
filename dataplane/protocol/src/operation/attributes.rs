//! Constraints on a map of attribute values: an item or a key.

use partita_model::{Item, limits};

use crate::error::{Constraint, Place, Violations};
use crate::json::Candidate;

/// Checks the required map at `place`: that it is there, and that its names are not too long.
pub(crate) fn required(given: Option<&Candidate<Item>>, place: Place, violations: &mut Violations) {
    match given {
        None => violations.missing(place),
        Some(item) => names(item, place, violations),
    }
}

/// Checks the names of the map at `place`.
pub(crate) fn names(given: &Candidate<Item>, place: Place, violations: &mut Violations) {
    let Ok(item) = given else { return };
    if let Some(name) = item.keys().find(|name| name.len() > limits::ATTRIBUTE_NAME_BYTES_MAX) {
        let most = limits::ATTRIBUTE_NAME_BYTES_MAX;
        let inner = format!("Member must have length less than or equal to {most}");
        violations.add(place, name.as_str(), Constraint::MapKeys(inner));
    }
}
