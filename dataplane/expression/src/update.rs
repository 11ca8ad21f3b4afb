//! Updates: what UpdateItem does to an item.

mod apply;

use std::collections::BTreeMap;

use partita_model::{AttributeValue, Item};

use crate::check::{self, in_kind};
use crate::error::Fault;
use crate::{AttributeUpdate, Error, Kind, Path, Substitutions, UpdateError, legacy, tree};

/// A checked update, with all names and values filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    actions: Vec<Action>,
    dialect: Dialect,
}

/// Which API an update came through. They differ in what ADD takes and in how a type mismatch is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Expression,
    AttributeUpdates,
}

/// A change of one path. No two paths of an update overlap.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Action {
    pub(crate) path: Path,
    pub(crate) change: Change,
}

/// What happens at one path.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Gives it a value.
    Set(SetValue),
    /// Takes away what is there.
    Remove,
    /// Adds to a number or a set; in the legacy API also to a list.
    Add(AttributeValue),
    /// Takes members from a set.
    Delete(AttributeValue),
}

/// The right-hand side of SET. It reads the item as it was.
#[derive(Clone, Debug, PartialEq)]
pub enum SetValue {
    /// What stands at a path.
    Path(Path),
    /// A value.
    Value(AttributeValue),
    /// `if_not_exists`.
    IfNotExists {
        /// What stands here,
        path: Path,
        /// or else this.
        otherwise: Box<SetValue>,
    },
    /// `list_append`.
    ListAppend {
        /// A list.
        first: Box<SetValue>,
        /// The list after it.
        second: Box<SetValue>,
    },
    /// `+` or `-`.
    Sum {
        /// Whether it is `-`.
        minus: bool,
        /// A number.
        left: Box<SetValue>,
        /// Another.
        right: Box<SetValue>,
    },
}

impl Update {
    /// Parses and checks an `UpdateExpression`.
    pub fn parse(text: &str, substitutions: &Substitutions<'_>) -> Result<Self, Error> {
        let actions = in_kind(Kind::Update, check::update(text, substitutions))?;
        Ok(Self { actions, dialect: Dialect::Expression })
    }

    /// An update made of parts, for callers that read another language; what is wrong is told as of an expression.
    pub fn of_changes(changes: Vec<(Path, Change)>) -> Result<Self, Fault> {
        let actions = check::changes(changes)?;
        Ok(Self { actions, dialect: Dialect::Expression })
    }

    /// Compiles `AttributeUpdates`. Without entries it changes nothing, but still creates a missing item.
    pub fn from_attribute_updates(updates: BTreeMap<String, AttributeUpdate>) -> Result<Self, Error> {
        let actions = legacy::update::actions(updates)?;
        Ok(Self { actions, dialect: Dialect::AttributeUpdates })
    }

    /// The paths the update changes, in the order written.
    pub fn targets(&self) -> Vec<&Path> {
        self.actions.iter().map(|action| &action.path).collect()
    }

    /// Whether the update can only take away: it then does not create a missing item, and should not be applied to one.
    pub fn only_removes(&self) -> bool {
        !self.actions.is_empty()
            && self.actions.iter().all(|action| matches!(action.change, Change::Remove | Change::Delete(_)))
    }

    /// The item after the update. Every right-hand side reads `before`; for a missing item that is the empty item or its key.
    /// Key attributes and the size of the result are the caller's to check, except that values whose sum exceeds the
    /// largest item are refused early ([`UpdateError::TooLarge`]), before they fill the memory.
    pub fn apply(&self, before: &Item) -> Result<Item, UpdateError> {
        let edits = apply::edits(&self.actions, self.dialect, before)?;
        apply::carry_out(edits, before.clone())
    }

    /// The same, for a caller that needs the item as it was no longer: what does not change is not copied.
    pub fn apply_to(&self, before: Item) -> Result<Item, UpdateError> {
        let edits = apply::edits(&self.actions, self.dialect, &before)?;
        apply::carry_out(edits, before)
    }

    /// What `UPDATED_OLD` and `UPDATED_NEW` show of `image`: the changed paths only, in their structure, list elements
    /// compacted. Indexes are looked up in `image` as it is, as the service does.
    pub fn touched(&self, image: &Item) -> Item {
        let paths = self.actions.iter().map(|action| (action.path.clone(), ()));
        tree::select(image, &tree::forest(paths))
    }
}

#[cfg(test)]
mod tests;
