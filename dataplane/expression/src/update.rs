//! Updates: what UpdateItem does to an item.

use std::collections::BTreeMap;

use partita_model::Item;

use crate::{AttributeUpdate, Error, Path, Substitutions, UpdateError};

/// A checked update, with all names and values filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {}

impl Update {
    /// Parses and checks an `UpdateExpression`.
    pub fn parse(text: &str, substitutions: &Substitutions<'_>) -> Result<Self, Error> {
        unimplemented!("follows in the next commit")
    }

    /// Compiles `AttributeUpdates`.
    pub fn from_attribute_updates(updates: BTreeMap<String, AttributeUpdate>) -> Result<Self, Error> {
        unimplemented!("follows in the next commit")
    }

    /// The paths the update changes, in the order written.
    pub fn targets(&self) -> Vec<&Path> {
        unimplemented!("follows in the next commit")
    }

    /// Whether the update can only take away, so that it does not create a missing item.
    pub fn only_removes(&self) -> bool {
        unimplemented!("follows in the next commit")
    }

    /// The item after the update. Every right-hand side reads `before`. Key attributes and the size of the result
    /// are the caller's to check.
    pub fn apply(&self, before: &Item) -> Result<Item, UpdateError> {
        unimplemented!("follows in the next commit")
    }

    /// What `UPDATED_OLD` and `UPDATED_NEW` show of `image`: the changed paths only, in their structure, list elements
    /// compacted.
    pub fn touched(&self, image: &Item) -> Item {
        unimplemented!("follows in the next commit")
    }
}
