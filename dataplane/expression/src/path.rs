//! Document paths: where a value stands inside an item.

use std::fmt;

use partita_model::{AttributeValue, Item};

/// A top-level attribute and the steps below it: `a.b[3]` is the head `a`, then [`Step::Field`] `b`, then [`Step::Index`] 3.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path {
    /// The top-level attribute's name.
    pub head: String,
    /// What follows, outermost first; empty for a top-level attribute.
    pub rest: Vec<Step>,
}

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A member of a map.
    Field(String),
    /// An element of a list, from 0.
    Index(usize),
}

impl Path {
    /// The path of a top-level attribute.
    pub fn top_level(name: impl Into<String>) -> Self {
        Self { head: name.into(), rest: Vec::new() }
    }

    /// Whether the path names a top-level attribute.
    pub fn is_top_level(&self) -> bool {
        self.rest.is_empty()
    }

    /// The value at this path, if the item has one there. A step into a value of another type leads nowhere.
    pub fn resolve<'i>(&self, item: &'i Item) -> Option<&'i AttributeValue> {
        self.rest.iter().try_fold(item.get(&self.head)?, |value, step| step.resolve(value))
    }
}

impl Step {
    /// The value one step below `value`.
    pub(crate) fn resolve<'v>(&self, value: &'v AttributeValue) -> Option<&'v AttributeValue> {
        match (self, value) {
            (Self::Field(name), AttributeValue::M(map)) => map.get(name),
            (Self::Index(index), AttributeValue::L(list)) => list.get(*index),
            _ => None,
        }
    }
}

/// As error texts show a path: `[a, b, [3]]`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}", self.head)?;
        for step in &self.rest {
            match step {
                Step::Field(name) => write!(f, ", {name}")?,
                Step::Index(index) => write!(f, ", [{index}]")?,
            }
        }
        f.write_str("]")
    }
}
