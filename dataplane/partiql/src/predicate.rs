//! What a `WHERE` requires, in two forms at once: as conditions, which can be evaluated, and where a part compares one attribute
//! with values, as such, so that it may become part of a key condition.

use partita_expression::{Condition, RangeCondition};
use partita_model::AttributeValue;

/// What must hold of an item. Nests no deeper than the parser follows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Predicate {
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    Test(Box<Test>),
}

/// A part without logic in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Test {
    pub(crate) condition: Condition,
    /// What it says of one attribute, if it is about one.
    pub(crate) about: Option<(String, AttributeTest)>,
}

/// What a test says of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum AttributeTest {
    /// It is this value.
    Equal(AttributeValue),
    /// It is one of these values; at least one. Not the same as [`Self::Equal`] even if there is only one: a write has to say `=`.
    OneOf(Vec<AttributeValue>),
    /// It lies in a range that is no single value.
    Within(RangeCondition),
    /// It is not this value.
    Unequal,
}

impl Predicate {
    /// A part without logic in it.
    pub(crate) fn test(condition: Condition, about: Option<(String, AttributeTest)>) -> Self {
        Self::Test(Box::new(Test { condition, about }))
    }

    /// What the part says of one attribute, if that is all it says.
    pub(crate) fn about(&self) -> Option<(&str, &AttributeTest)> {
        match self {
            Self::Test(test) => test.about.as_ref().map(|(name, test)| (name.as_str(), test)),
            Self::All(_) | Self::Any(_) | Self::Not(_) => None,
        }
    }

    /// As a condition.
    pub(crate) fn condition(&self) -> Condition {
        match self {
            Self::All(parts) => Condition::all(parts.iter().map(Self::condition)),
            Self::Any(parts) => Condition::any(parts.iter().map(Self::condition)),
            Self::Not(part) => part.condition().negated(),
            Self::Test(test) => test.condition.clone(),
        }
    }

    /// The parts of which all must hold.
    pub(crate) fn conjuncts(&self) -> Vec<&Predicate> {
        match self {
            Self::All(parts) => parts.iter().flat_map(Self::conjuncts).collect(),
            part => vec![part],
        }
    }

    /// Whether some test in it, negated or not, compares this attribute with values.
    pub(crate) fn mentions(&self, attribute: &str) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.mentions(attribute)),
            Self::Not(part) => part.mentions(attribute),
            Self::Test(_) => self.about().is_some_and(|(name, _)| name == attribute),
        }
    }
}
