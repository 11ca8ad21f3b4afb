//! Projections: which parts of an item a read returns.

use std::collections::BTreeSet;

use partita_model::Item;
use partita_model::codec::StoredItem;

use crate::check::{self, in_kind};
use crate::error::LegacyError;
use crate::tree::{self, Forest};
use crate::{Error, Kind, Path, Substitutions};

/// A checked projection, with all names filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    paths: Vec<Path>,
    forest: Forest<()>,
}

impl Projection {
    /// Parses and checks a `ProjectionExpression`.
    pub fn parse(text: &str, substitutions: &Substitutions<'_>) -> Result<Self, Error> {
        in_kind(Kind::Projection, check::projection(text, substitutions)).map(Self::of)
    }

    /// Compiles `AttributesToGet`; refuses duplicates.
    pub fn from_attributes(names: Vec<String>) -> Result<Self, Error> {
        let mut seen = BTreeSet::new();
        if let Some(duplicate) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(LegacyError::DuplicateAttribute(duplicate.clone()).into());
        }
        Ok(Self::of(names.into_iter().map(Path::top_level).collect()))
    }

    /// The projection of whole attributes; a name that comes twice counts once.
    pub fn attributes(names: impl IntoIterator<Item = String>) -> Self {
        let mut seen = BTreeSet::new();
        Self::of(names.into_iter().filter(|name| seen.insert(name.clone())).map(Path::top_level).collect())
    }

    fn of(paths: Vec<Path>) -> Self {
        let forest = tree::forest(paths.iter().map(|path| (path.clone(), ())));
        Self { paths, forest }
    }

    /// The selected parts of `item`, in their structure; selected list elements are compacted in index order, and paths that
    /// lead nowhere are left out.
    pub fn apply(&self, item: &Item) -> Item {
        tree::select(item, &self.forest)
    }

    /// The same of a stored item, of which nothing but the selected parts is decoded.
    pub fn apply_stored(&self, item: &StoredItem) -> Item {
        tree::select_stored(item.attributes(), &self.forest)
    }

    /// The paths, in the order written.
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The top-level attributes the projection names.
    pub fn top_level_attributes(&self) -> BTreeSet<&str> {
        self.forest.keys().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests;
