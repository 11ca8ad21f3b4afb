//! Projections: which parts of an item a read returns.

use std::collections::BTreeSet;

use partita_model::Item;

use crate::{Error, Substitutions};

/// A checked projection, with all names filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {}

impl Projection {
    /// Parses and checks a `ProjectionExpression`.
    pub fn parse(text: &str, substitutions: &Substitutions<'_>) -> Result<Self, Error> {
        unimplemented!("follows in the next commit")
    }

    /// Compiles `AttributesToGet`; refuses duplicates.
    pub fn from_attributes(names: Vec<String>) -> Result<Self, Error> {
        unimplemented!("follows in the next commit")
    }

    /// The selected parts of `item`, in their structure; selected list elements are compacted in index order.
    pub fn apply(&self, item: &Item) -> Item {
        unimplemented!("follows in the next commit")
    }

    /// The top-level attributes the projection names.
    pub fn top_level_attributes(&self) -> BTreeSet<&str> {
        unimplemented!("follows in the next commit")
    }
}
