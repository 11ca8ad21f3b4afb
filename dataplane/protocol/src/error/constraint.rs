//! Constraints of the service model: the failures of the generated validators, in both eras.
//!
//! The classic wording gathers every violation: `2 validation errors detected: Value '' at 'tableName' failed to satisfy
//! constraint: …; Value null at 'key' failed to satisfy constraint: …`.
//!
//! In 2026 lower and upper bounds and some sets moved to a second validator. It stops at the first violation, names the member
//! with capitals and does not show its value: `1 validation error detected: Value at 'TableName' failed to satisfy
//! constraint: …`; of a set it does not even name the member. What has not moved (required members, patterns, lengths of
//! names, keys of maps, the other sets) is checked first and still speaks the classic way, with all violations of both kinds.
//! Some operations have no second validator: all their violations are told the classic way.

use super::{ENVELOPE, Wording};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// A top-level member, camelCase. Apart, so that places without more, which every request makes, allocate nothing.
    member: &'static str,
    rest: Vec<Step>,
}

impl Place {
    /// A top-level member; `name` in camelCase.
    pub(crate) fn member(name: &'static str) -> Self {
        Self { member: name, rest: Vec::new() }
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
        let mut place = self.clone();
        place.rest.push(step);
        place
    }

    /// `keySchema.1.member.keyType`, or with capitals in the 2026 wording.
    fn render(&self, wording: Wording) -> String {
        let member = |name: &str| match wording {
            Wording::Modern2026 => capitalized(name),
            Wording::Classic => name.to_owned(),
        };
        let mut parts = vec![member(self.member)];
        for step in &self.rest {
            match step {
                Step::Member(name) => parts.push(member(name)),
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
    /// A name of at most this many characters.
    NameLengthMax(usize),
    /// A number of at least this.
    ValueMin(u64),
    /// A number of at most this.
    ValueMax(u64),
    /// One of the spellings. A set that is listed in another way since 2026 has moved to the second validator.
    Enum { classic: &'static str, modern: &'static str },
    /// A regular expression.
    Pattern(&'static str),
    /// Each value of a map is a list of one to this many elements.
    MapValueLengthMax(usize),
    /// Each value of a map has at most this many characters.
    MapTextLengthMax(usize),
    /// Each key of a map has a constraint of its own; the text inside the brackets.
    MapKeys(String),
}

impl Constraint {
    /// Whether the second validator of 2026 checks it.
    fn moved(&self) -> bool {
        match self {
            Self::LengthMin(_) | Self::LengthMax(_) | Self::ValueMin(_) | Self::ValueMax(_) => true,
            Self::Enum { classic, modern } => classic != modern,
            Self::NotNull
            | Self::NameLengthMax(_)
            | Self::Pattern(_)
            | Self::MapValueLengthMax(_)
            | Self::MapTextLengthMax(_)
            | Self::MapKeys(_) => false,
        }
    }

    fn render(&self, wording: Wording) -> String {
        match self {
            Self::NotNull => "Member must not be null".to_owned(),
            Self::LengthMin(least) => format!("Member must have length greater than or equal to {least}"),
            Self::LengthMax(most) | Self::NameLengthMax(most) => {
                format!("Member must have length less than or equal to {most}")
            }
            Self::ValueMin(least) => format!("Member must have value greater than or equal to {least}"),
            Self::ValueMax(most) => format!("Member must have value less than or equal to {most}"),
            Self::Enum { classic, modern } => {
                let set = if wording == Wording::Classic { classic } else { modern };
                format!("Member must satisfy enum value set: [{set}]")
            }
            Self::Pattern(pattern) => format!("Member must satisfy regular expression pattern: {pattern}"),
            Self::MapValueLengthMax(most) => format!(
                "Map value must satisfy constraint: [Member must have length less than or equal to {most}, Member must \
                 have length greater than or equal to 1]"
            ),
            Self::MapTextLengthMax(most) => format!(
                "Map value must satisfy constraint: [Member must have length less than or equal to {most}, Member must \
                 have length greater than or equal to 0]"
            ),
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
    /// What the second validator says instead, if it names another place.
    modern: Option<(Place, Constraint)>,
}

impl Violation {
    fn moved(&self) -> bool {
        self.modern.is_some() || self.constraint.moved()
    }

    fn classic(&self) -> String {
        let value = self.value.as_ref().map_or("null".to_owned(), |value| format!("'{value}'"));
        let place = self.place.render(Wording::Classic);
        let constraint = self.constraint.render(Wording::Classic);
        format!("Value {value} at '{place}' failed to satisfy constraint: {constraint}")
    }

    fn modern(&self) -> String {
        let (place, constraint) = match &self.modern {
            Some((place, constraint)) => (place, constraint),
            None => (&self.place, &self.constraint),
        };
        let text = constraint.render(Wording::Modern2026);
        match constraint {
            Constraint::Enum { .. } => format!("Failed to satisfy constraint: {text}"),
            _ => format!(
                "Value at '{}' failed to satisfy constraint: {text}",
                place.render(Wording::Modern2026)
            ),
        }
    }
}

/// The constraints a request broke, in the order they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Violations {
    found: Vec<Violation>,
    /// Whether the operation has no second validator.
    first_validator_only: bool,
}

impl Violations {
    /// Nothing broken so far.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Records that `value` at `place` breaks `constraint`.
    pub(crate) fn add(&mut self, place: Place, value: impl Into<String>, constraint: Constraint) {
        self.found.push(Violation { place, value: Some(value.into()), constraint, modern: None });
    }

    /// Records that a required member is missing.
    pub(crate) fn missing(&mut self, place: Place) {
        self.found.push(Violation { place, value: None, constraint: Constraint::NotNull, modern: None });
    }

    /// Records a violation that the second validator of 2026 tells of another place, with a constraint of that place.
    pub(crate) fn add_moved(
        &mut self,
        place: Place,
        value: impl Into<String>,
        constraint: Constraint,
        modern: (Place, Constraint),
    ) {
        self.found.push(Violation { place, value: Some(value.into()), constraint, modern: Some(modern) });
    }

    /// The error, if anything was recorded.
    pub(crate) fn finish(self) -> Result<(), super::ServiceError> {
        match self.found.is_empty() {
            true => Ok(()),
            false => Err(super::ServiceError::violations(self)),
        }
    }

    /// For an operation without a second validator.
    pub(super) fn by_first_validator(&mut self) {
        self.first_validator_only = true;
    }

    pub(super) fn message(&self, wording: Wording) -> String {
        let moved = !self.first_validator_only && self.found.iter().all(Violation::moved);
        match (wording, self.found.first()) {
            (Wording::Modern2026, Some(first)) if moved => {
                format!("{ENVELOPE}{}", first.modern())
            }
            _ => self.gathered(),
        }
    }

    /// All violations, each with its value.
    fn gathered(&self) -> String {
        let plural = if self.found.len() == 1 { "" } else { "s" };
        let listed: Vec<String> = self.found.iter().take(LISTED_MAX).map(Violation::classic).collect();
        format!("{} validation error{plural} detected: {}", self.found.len(), listed.join("; "))
    }
}
