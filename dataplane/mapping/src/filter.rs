//! Filters: which records a mapping delivers.
//!
//! A pattern is a JSON object. Its members name members of the record; a list holds matchers of which one must match, an object
//! goes deeper, and all members must match. `$or` holds objects of which one must match. A mapping with several filters
//! delivers what any of them matches.

mod matching;
mod parse;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::settings::limits::{FILTERS_MAX, PATTERN_CHARACTERS_MAX};

/// Why a pattern is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// More filters than there may be.
    #[error("There are more than {FILTERS_MAX} filters.")]
    TooMany,
    /// A pattern of too many characters.
    #[error("A pattern has more than {PATTERN_CHARACTERS_MAX} characters.")]
    TooLong,
    /// Not a JSON object.
    #[error("A pattern must be a JSON object.")]
    NotAnObject,
    /// A list or an object that holds nothing.
    #[error("{at} is empty: it must hold at least one rule.")]
    Empty {
        /// The member's name.
        at: String,
    },
    /// Something that is no rule.
    #[error("{at} has a rule that is not known: {rule}")]
    UnknownRule {
        /// The member's name.
        at: String,
        /// The rule, as JSON.
        rule: String,
    },
}

/// The filters of a mapping, as they were given. All of them are valid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Filters(Vec<String>);

impl Filters {
    /// Takes patterns, at most ten.
    ///
    /// # Errors
    /// With what is wrong with the first pattern that is none.
    pub fn new(patterns: Vec<String>) -> Result<Self, PatternError> {
        if patterns.len() > FILTERS_MAX {
            return Err(PatternError::TooMany);
        }
        for pattern in &patterns {
            if pattern.chars().count() > PATTERN_CHARACTERS_MAX {
                return Err(PatternError::TooLong);
            }
            parse::pattern(pattern)?;
        }
        Ok(Self(patterns))
    }

    /// The patterns, as they were given.
    pub fn patterns(&self) -> &[String] {
        &self.0
    }

    /// What decides on records; `None` when all are wanted.
    pub fn compile(&self) -> Option<Filter> {
        let patterns: Vec<_> = self.0.iter().filter_map(|pattern| parse::pattern(pattern).ok()).collect();
        (!self.0.is_empty()).then_some(Filter(patterns))
    }
}

impl TryFrom<Vec<String>> for Filters {
    type Error = PatternError;

    fn try_from(patterns: Vec<String>) -> Result<Self, PatternError> {
        Self::new(patterns)
    }
}

impl From<Filters> for Vec<String> {
    fn from(filters: Filters) -> Self {
        filters.0
    }
}

/// Decides on records.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter(Vec<Pattern>);

impl Filter {
    /// Whether a record, in the form in which the target gets it, is wanted.
    pub fn matches(&self, record: &Value) -> bool {
        self.0.iter().any(|pattern| pattern.matches(Some(record)))
    }
}

/// What an object must be like.
#[derive(Clone, Debug, PartialEq)]
struct Pattern {
    /// All of these.
    members: Vec<(String, Rule)>,
    /// And, if there are any, one of these.
    either: Vec<Pattern>,
}

/// What a member must be like.
#[derive(Clone, Debug, PartialEq)]
enum Rule {
    Object(Pattern),
    /// One of these.
    Leaf(Vec<Matcher>),
}

/// What a value must be like.
#[derive(Clone, Debug, PartialEq)]
enum Matcher {
    Equals(Value),
    Text(TextMatcher),
    /// None of these.
    AnythingBut(Vec<Matcher>),
    Numeric(Vec<(Comparison, f64)>),
    Exists(bool),
}

/// What a text must be like. With `ignore_case`, `text` is in lower case.
#[derive(Clone, Debug, PartialEq)]
struct TextMatcher {
    kind: TextKind,
    text: String,
    ignore_case: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextKind {
    Whole,
    Prefix,
    Suffix,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

#[cfg(test)]
mod tests;
