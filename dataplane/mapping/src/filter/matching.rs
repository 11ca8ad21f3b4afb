//! Matching records against patterns.

use serde_json::Value;

use super::{Comparison, Matcher, Pattern, Rule, TextKind, TextMatcher};

impl Pattern {
    /// Whether a value is as the pattern says. `None` is a value that is not there: it matches if nothing has to be.
    pub(super) fn matches(&self, value: Option<&Value>) -> bool {
        // One element of a list must match as a whole.
        if let Some(Value::Array(elements)) = value
            && !elements.is_empty()
        {
            return elements.iter().any(|element| self.matches(Some(element)));
        }
        let members = value.and_then(Value::as_object);
        let member = |name: &str| members.and_then(|members| members.get(name));
        self.members.iter().all(|(name, rule)| rule.matches(member(name)))
            && (self.either.is_empty() || self.either.iter().any(|pattern| pattern.matches(value)))
    }
}

impl Rule {
    fn matches(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Object(pattern) => pattern.matches(value),
            Self::Leaf(matchers) => {
                let leaves = leaves(value);
                matchers.iter().any(|matcher| match matcher {
                    Matcher::Exists(wanted) => *wanted != leaves.is_empty(),
                    matcher => leaves.iter().any(|leaf| matcher.matches(leaf)),
                })
            }
        }
    }
}

/// The values that rules look at: a list stands for its elements, and objects are no values.
fn leaves(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None | Some(Value::Object(_)) => Vec::new(),
        Some(Value::Array(elements)) => elements.iter().flat_map(|element| leaves(Some(element))).collect(),
        Some(leaf) => vec![leaf],
    }
}

impl Matcher {
    fn matches(&self, leaf: &Value) -> bool {
        match self {
            Self::Equals(Value::Number(wanted)) => wanted.as_f64() == leaf.as_f64(),
            Self::Equals(wanted) => wanted == leaf,
            Self::Text(matcher) => leaf.as_str().is_some_and(|text| matcher.matches(text)),
            Self::AnythingBut(unwanted) => !unwanted.iter().any(|matcher| matcher.matches(leaf)),
            Self::Numeric(bounds) => leaf.as_f64().is_some_and(|number| {
                bounds.iter().all(|(comparison, bound)| comparison.holds(number, *bound))
            }),
            Self::Exists(wanted) => *wanted,
        }
    }
}

impl TextMatcher {
    fn matches(&self, text: &str) -> bool {
        if self.ignore_case { self.finds(&text.to_lowercase()) } else { self.finds(text) }
    }

    fn finds(&self, text: &str) -> bool {
        match self.kind {
            TextKind::Whole => text == self.text,
            TextKind::Prefix => text.starts_with(&self.text),
            TextKind::Suffix => text.ends_with(&self.text),
        }
    }
}

impl Comparison {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Less => number < bound,
            Self::LessOrEqual => number <= bound,
            Self::Equal => number == bound,
            Self::GreaterOrEqual => number >= bound,
            Self::Greater => number > bound,
        }
    }
}
