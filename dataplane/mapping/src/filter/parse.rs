//! Reading patterns.

use serde_json::{Map, Value};

use super::{Comparison, Matcher, Pattern, PatternError, Rule, TextKind, TextMatcher};

/// The member that holds alternatives.
const OR: &str = "$or";

/// Reads a whole pattern.
pub(super) fn pattern(text: &str) -> Result<Pattern, PatternError> {
    // The depth is bounded by the JSON reader.
    let Ok(Value::Object(members)) = serde_json::from_str(text) else {
        return Err(PatternError::NotAnObject);
    };
    object("The pattern", &members)
}

fn object(at: &str, given: &Map<String, Value>) -> Result<Pattern, PatternError> {
    if given.is_empty() {
        return Err(PatternError::Empty { at: at.to_owned() });
    }
    let (mut members, mut either) = (Vec::new(), Vec::new());
    for (name, value) in given {
        match value {
            Value::Array(alternatives) if name == OR => either = self::either(alternatives)?,
            _ => members.push((name.clone(), rule(name, value)?)),
        }
    }
    Ok(Pattern { members, either })
}

fn either(alternatives: &[Value]) -> Result<Vec<Pattern>, PatternError> {
    if alternatives.is_empty() {
        return Err(PatternError::Empty { at: OR.to_owned() });
    }
    let alternative = |value: &Value| match value {
        Value::Object(members) => object(OR, members),
        _ => Err(unknown(OR, value)),
    };
    alternatives.iter().map(alternative).collect()
}

fn rule(name: &str, value: &Value) -> Result<Rule, PatternError> {
    match value {
        Value::Object(members) => object(name, members).map(Rule::Object),
        Value::Array(matchers) if matchers.is_empty() => Err(PatternError::Empty { at: name.to_owned() }),
        Value::Array(matchers) => {
            matchers.iter().map(|given| matcher(name, given)).collect::<Result<_, _>>().map(Rule::Leaf)
        }
        _ => Err(unknown(name, value)),
    }
}

fn unknown(at: &str, rule: &Value) -> PatternError {
    PatternError::UnknownRule { at: at.to_owned(), rule: rule.to_string() }
}

fn matcher(at: &str, given: &Value) -> Result<Matcher, PatternError> {
    let found = match given {
        Value::Object(rule) => single(rule).and_then(|(name, operand)| operator(name, operand)),
        Value::Array(_) => None,
        value => Some(Matcher::Equals(value.clone())),
    };
    found.ok_or_else(|| unknown(at, given))
}

/// The one member of an object.
fn single(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut members = object.iter();
    let (name, operand) = members.next()?;
    members.next().is_none().then_some((name.as_str(), operand))
}

fn operator(name: &str, operand: &Value) -> Option<Matcher> {
    match name {
        "exists" => operand.as_bool().map(Matcher::Exists),
        "numeric" => ranges(operand.as_array()?).map(Matcher::Numeric),
        "anything-but" => anything_but(operand).map(Matcher::AnythingBut),
        _ => text_matcher(name, operand).map(Matcher::Text),
    }
}

fn text_matcher(name: &str, operand: &Value) -> Option<TextMatcher> {
    let kind = match name {
        "equals-ignore-case" => TextKind::Whole,
        "prefix" => TextKind::Prefix,
        "suffix" => TextKind::Suffix,
        _ => return None,
    };
    let (text, ignore_case) = match (kind, operand) {
        (TextKind::Whole, Value::String(text)) => (text, true),
        (TextKind::Prefix | TextKind::Suffix, Value::String(text)) => (text, false),
        (TextKind::Prefix | TextKind::Suffix, Value::Object(inner)) => match single(inner)? {
            ("equals-ignore-case", Value::String(text)) => (text, true),
            _ => return None,
        },
        _ => return None,
    };
    let text = if ignore_case { text.to_lowercase() } else { text.clone() };
    Some(TextMatcher { kind, text, ignore_case })
}

fn anything_but(operand: &Value) -> Option<Vec<Matcher>> {
    let plain =
        |value: &Value| (value.is_string() || value.is_number()).then(|| Matcher::Equals(value.clone()));
    match operand {
        Value::Array(values) if values.is_empty() => None,
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Object(inner) => {
            let (name, operand) = single(inner)?;
            let texts = match operand {
                Value::Array(texts) if texts.is_empty() => return None,
                Value::Array(texts) => texts.iter().collect(),
                one => vec![one],
            };
            texts.into_iter().map(|text| text_matcher(name, text).map(Matcher::Text)).collect()
        }
        value => Some(vec![plain(value)?]),
    }
}

/// `["=", 5]`, or one or two bounds as in `[">", 0, "<=", 5]`.
fn ranges(given: &[Value]) -> Option<Vec<(Comparison, f64)>> {
    let (pairs, rest) = given.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let read = |[operator, bound]: &[Value; 2]| {
        let comparison = match operator.as_str()? {
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            "=" => Comparison::Equal,
            ">=" => Comparison::GreaterOrEqual,
            ">" => Comparison::Greater,
            _ => return None,
        };
        Some((comparison, bound.as_f64()?))
    };
    let found: Vec<_> = pairs.iter().map(read).collect::<Option<_>>()?;
    let is_lower = |comparison| matches!(comparison, Comparison::Greater | Comparison::GreaterOrEqual);
    let is_upper = |comparison| matches!(comparison, Comparison::Less | Comparison::LessOrEqual);
    match found.as_slice() {
        [_] => Some(found),
        [(low, from), (high, to)] if is_lower(*low) && is_upper(*high) && from < to => Some(found),
        _ => None,
    }
}
