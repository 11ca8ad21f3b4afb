//! Constraints of the service model: the failures of the generated validators, in both eras.

use std::fmt::Write as _;

use super::Wording;

/// The classic wording lists at most this many violations.
const LISTED_MAX: usize = 10;

/// One step of the way from the request to the member that broke a constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// A structure's member, camelCase.
    Member(&'static str),
    /// A map's key.
    Key(String),
    /// A list's element, counted from one; a map's value without a number.
    Element(Option<usize>),
}

/// Where in a request a member stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place(Vec<Step>);

impl Place {
    /// A top-level member; `name` in camelCase.
    pub(crate) fn member(name: &'static str) -> Self {
        Self(vec![Step::Member(name)])
    }

    /// A member of the structure at this place; `name` in camelCase.
    #[must_use]
    pub(crate) fn then(&self, name: &'static str) -> Self {
        self.with(Step::Member(name))
    }

    /// The element of the list at this place; `index` counts from zero.
    #[must_use]
    pub(crate) fn element(&self, index: usize) -> Self {
        self.with(Step::Element(Some(index + 1)))
    }

    /// The value of `key` in the map at this place.
    #[must_use]
    pub(crate) fn value_of(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned())).with(Step::Element(None))
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// `keySchema.1.member.keyType`, or with capitals in the 2026 wording.
    fn render(&self, wording: Wording) -> String {
        let mut parts: Vec<String> = Vec::with_capacity(self.0.len());
        for step in &self.0 {
            match step {
                Step::Member(name) if wording == Wording::Modern2026 => parts.push(capitalized(name)),
                Step::Member(name) => parts.push((*name).to_owned()),
                Step::Key(key) => parts.push(key.clone()),
                Step::Element(Some(number)) => parts.push(format!("{number}.member")),
                Step::Element(None) => parts.push("member".to_owned()),
            }
        }
        parts.join(".")
    }
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// What the service model asks of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Constraint {
    /// A required member is missing.
    NotNull,
    /// At least this many characters, elements or entries.
    LengthMin(usize),
    /// At most this many.
    LengthMax(usize),
    /// A number of at least this.
    ValueMin(u64),
    /// A number of at most this.
    ValueMax(u64),
    /// One of the spellings; the two eras list them in different order.
    Enum { classic: &'static str, modern: &'static str },
    /// A regular expression.
    Pattern(&'static str),
    /// Each value of a map has a constraint of its own; the text inside the brackets.
    MapValue(String),
    /// Each key of a map has a constraint of its own; the text inside the brackets.
    MapKeys(String),
}

impl Constraint {
    fn render(&self, wording: Wording) -> String {
        match self {
            Self::NotNull => "Member must not be null".to_owned(),
            Self::LengthMin(least) => format!("Member must have length greater than or equal to {least}"),
            Self::LengthMax(most) => format!("Member must have length less than or equal to {most}"),
            Self::ValueMin(least) => format!("Member must have value greater than or equal to {least}"),
            Self::ValueMax(most) => format!("Member must have value less than or equal to {most}"),
            Self::Enum { classic, modern } => {
                let set = if wording == Wording::Classic { classic } else { modern };
                format!("Member must satisfy enum value set: [{set}]")
            }
            Self::Pattern(pattern) => format!("Member must satisfy regular expression pattern: {pattern}"),
            Self::MapValue(inner) => format!("Map value must satisfy constraint: [{inner}]"),
            Self::MapKeys(inner) => format!("Map keys must satisfy constraint: [{inner}]"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Violation {
    place: Place,
    /// As the classic wording shows it; `None` prints as `null` without quotes.
    value: Option<String>,
    constraint: Constraint,
}

/// The constraints a request broke, in the order they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Violations(Vec<Violation>);

impl Violations {
    /// Nothing broken so far.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Records that `value` at `place` breaks `constraint`.
    pub(crate) fn add(&mut self, place: Place, value: impl Into<String>, constraint: Constraint) {
        self.0.push(Violation { place, value: Some(value.into()), constraint });
    }

    /// Records that a required member is missing.
    pub(crate) fn missing(&mut self, place: Place) {
        self.0.push(Violation { place, value: None, constraint: Constraint::NotNull });
    }

    /// The error, if anything was recorded.
    pub(crate) fn finish(self) -> Result<(), super::ServiceError> {
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(super::ServiceError::violations(self)),
        }
    }

    pub(super) fn message(&self, wording: Wording) -> String {
        match wording {
            Wording::Classic => self.classic(),
            Wording::Modern2026 => self.modern(),
        }
    }

    /// All violations, each with its value.
    fn classic(&self) -> String {
        let plural = if self.0.len() == 1 { "" } else { "s" };
        let mut text = format!("{} validation error{plural} detected: ", self.0.len());
        for (position, violation) in self.0.iter().take(LISTED_MAX).enumerate() {
            if position > 0 {
                text.push_str("; ");
            }
            let value = violation.value.as_ref().map_or("null".to_owned(), |value| format!("'{value}'"));
            let place = violation.place.render(Wording::Classic);
            let constraint = violation.constraint.render(Wording::Classic);
            write!(text, "Value {value} at '{place}' failed to satisfy constraint: {constraint}")
                .expect("writing to a String cannot fail");
        }
        text
    }

    /// Only the first violation, without its value; an enum's also without its place.
    fn modern(&self) -> String {
        let Some(first) = self.0.first() else { return String::new() };
        let constraint = first.constraint.render(Wording::Modern2026);
        match first.constraint {
            Constraint::Enum { .. } => {
                format!("1 validation error detected: Failed to satisfy constraint: {constraint}")
            }
            _ => {
                let place = first.place.render(Wording::Modern2026);
                format!(
                    "1 validation error detected: Value at '{place}' failed to satisfy constraint: {constraint}"
                )
            }
        }
    }
}
