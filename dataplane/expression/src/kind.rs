//! The five kinds of expression.

use std::fmt;

/// Which parameter of a request an expression came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `UpdateExpression` of UpdateItem.
    Update,
    /// `ConditionExpression` of the writes.
    Condition,
    /// `FilterExpression` of Query and Scan.
    Filter,
    /// `KeyConditionExpression` of Query.
    KeyCondition,
    /// `ProjectionExpression` of the reads.
    Projection,
}

impl Kind {
    /// The parameter's name: `UpdateExpression`, `ConditionExpression`, ….
    pub fn label(self) -> &'static str {
        match self {
            Self::Update => "UpdateExpression",
            Self::Condition => "ConditionExpression",
            Self::Filter => "FilterExpression",
            Self::KeyCondition => "KeyConditionExpression",
            Self::Projection => "ProjectionExpression",
        }
    }

    /// Whether expressions of this kind can hold `:value` placeholders.
    pub(crate) fn takes_values(self) -> bool {
        self != Self::Projection
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
