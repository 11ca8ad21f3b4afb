//! How a request names a table.

use partita_model::TableName;
use partita_model::name::Scope;

use crate::ServiceError;
use crate::error::{Constraint, Place, Violations};

/// Shortest and longest table name, and the longest text that may stand for one (an ARN).
const NAME_CHARACTERS: std::ops::RangeInclusive<usize> = 3..=255;
const GIVEN_CHARACTERS_MAX: usize = 1024;
/// What names are made of, as the service model spells it.
const NAME_PATTERN: &str = "[a-zA-Z0-9_.-]+";

/// A table as the request named it: by name or by ARN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableRef(String);

impl TableRef {
    /// Takes a name or ARN whose form has been checked, or that need not be checked since it is only looked up.
    pub fn new(as_given: impl Into<String>) -> Self {
        Self(as_given.into())
    }

    /// The table's name. An ARN must be that of a table of `scope`; there is no such table here otherwise.
    pub fn name(&self, scope: &Scope) -> Result<TableName, ServiceError> {
        match is_arn(&self.0) {
            true => scope.table_of_arn(&self.0).ok_or_else(ServiceError::resource_not_found),
            false => Ok(TableName::new(self.0.clone())),
        }
    }

    /// As the request spelled it; keys of answers echo it.
    pub fn as_given(&self) -> &str {
        &self.0
    }
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

/// Checks the required member `tableName` of an operation on items.
pub(crate) fn table_name(given: Option<&str>, violations: &mut Violations) {
    let place = Place::member("tableName");
    match given {
        None => violations.missing(place),
        Some("") => violations.add(place, "", Constraint::LengthMin(1)),
        Some(arn) if is_arn(arn) => {
            if arn.chars().count() > GIVEN_CHARACTERS_MAX {
                violations.add(place, arn, Constraint::LengthMax(GIVEN_CHARACTERS_MAX));
            }
        }
        Some(name) => name_form(name, &place, violations),
    }
}

/// Checks the optional member `indexName`.
pub(crate) fn index_name(given: Option<&str>, violations: &mut Violations) {
    if let Some(name) = given {
        name_form(name, &Place::member("indexName"), violations);
    }
}

/// Checks a name against the pattern and the lengths of the service model.
pub(crate) fn name_form(name: &str, place: &Place, violations: &mut Violations) {
    if !well_formed(name) {
        violations.add(place.clone(), name, Constraint::Pattern(NAME_PATTERN));
    }
    let characters = name.chars().count();
    if characters < *NAME_CHARACTERS.start() {
        violations.add(place.clone(), name, Constraint::LengthMin(*NAME_CHARACTERS.start()));
    }
    if characters > *NAME_CHARACTERS.end() {
        violations.add(place.clone(), name, Constraint::LengthMax(*NAME_CHARACTERS.end()));
    }
}

fn well_formed(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// Checks a key of `RequestItems`. The service tells a malformed one about the map as a whole.
pub(crate) fn table_key(key: &str, place: &Place, violations: &mut Violations) {
    let characters = key.chars().count();
    let most = if is_arn(key) { GIVEN_CHARACTERS_MAX } else { *NAME_CHARACTERS.end() };
    let form = is_arn(key) || (well_formed(key) && characters >= *NAME_CHARACTERS.start());
    if !form || characters > most {
        let inner = format!(
            "Member must have length less than or equal to {}, Member must have length greater than or equal to {}, \
             Member must satisfy regular expression pattern: {NAME_PATTERN}",
            NAME_CHARACTERS.end(),
            NAME_CHARACTERS.start()
        );
        violations.add(place.clone(), key, Constraint::MapKeys(inner));
    }
}
