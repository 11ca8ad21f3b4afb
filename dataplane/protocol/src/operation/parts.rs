//! Requests that are lists of parts: the actions of a transaction, the statements of a batch.

use serde_json::Value;

use crate::ServiceError;
use crate::error::{Constraint, Place, Violations};
use crate::json::{Cursor, Members};

/// One element of such a list, as given.
pub(crate) trait Part: Sized {
    /// Reads the element.
    fn read(value: Value) -> Result<Self, ServiceError>;

    /// Checks the constraints of the element, which stands at `place`.
    fn check(&self, place: &Place, violations: &mut Violations);

    /// The element as errors echo it: the service's echo has no form that a client could read.
    fn shown(&self) -> String;
}

/// The elements, as given; there may be `MOST` of them. Those beyond are read without being kept, so that a request full of
/// them takes no more room than its body.
pub(crate) struct GivenParts<T, const MOST: usize> {
    kept: Vec<T>,
    exceeded: bool,
}

impl<T: Part, const MOST: usize> GivenParts<T, MOST> {
    /// Reads the member `name`.
    pub(crate) fn read(name: &str, members: &mut Members) -> Result<Option<Self>, ServiceError> {
        let mut parts = Self { kept: Vec::new(), exceeded: false };
        let found = members.list(name, |value| {
            let part = T::read(value)?;
            if parts.kept.len() < MOST {
                parts.kept.push(part);
            } else {
                parts.exceeded = true;
            }
            Ok(())
        })?;
        Ok(found.map(|_| parts))
    }

    /// Checks the list, the member `place`, and its elements.
    pub(crate) fn check(given: Option<&Self>, place: Place, violations: &mut Violations) {
        let Some(parts) = given else { return violations.missing(place) };
        if parts.kept.is_empty() {
            violations.add(place.clone(), "[]", Constraint::LengthMin(1));
        }
        if parts.exceeded {
            let shown: Vec<String> = parts.kept.iter().map(T::shown).collect();
            violations.add(place.clone(), format!("[{}]", shown.join(", ")), Constraint::LengthMax(MOST));
        }
        for (index, part) in parts.kept.iter().enumerate() {
            part.check(&place.element(index), violations);
        }
    }
}

impl<T, const MOST: usize> GivenParts<T, MOST> {
    /// Reads an unremarkable list.
    pub(crate) fn pull<'b>(
        cursor: &mut Cursor<'b>,
        mut part: impl FnMut(&mut Cursor<'b>) -> Option<T>,
    ) -> Option<Self> {
        let mut kept = Vec::new();
        cursor.array(|cursor| {
            kept.push(part(cursor)?);
            (kept.len() <= MOST).then_some(())
        })?;
        Some(Self { kept, exceeded: false })
    }

    /// The elements of a list that has been checked.
    pub(crate) fn into_parts(given: Option<Self>) -> Vec<T> {
        given.map_or_else(Vec::new, |parts| parts.kept)
    }
}
