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

/// Checks the required member `tableName` of an operation on items. A name too short for any table is not malformed: there
/// just is no such table.
pub(crate) fn table_name(given: Option<&str>, violations: &mut Violations) {
    table_name_at(Place::member("tableName"), given, violations);
}

/// The same of a table that is named elsewhere in the request.
pub(crate) fn table_name_at(place: Place, given: Option<&str>, violations: &mut Violations) {
    match given {
        None => violations.missing(place),
        Some("") => violations.add(place, "", Constraint::LengthMin(1)),
        Some(arn) if is_arn(arn) => {
            if arn.chars().count() > GIVEN_CHARACTERS_MAX {
                violations.add(place, arn, Constraint::NameLengthMax(GIVEN_CHARACTERS_MAX));
            }
        }
        Some(name) => pattern_and_most(name, &place, violations),
    }
}

/// Checks the optional member `indexName`.
pub(crate) fn index_name(given: Option<&str>, violations: &mut Violations) {
    if let Some(name) = given {
        name_form(name, &Place::member("indexName"), violations);
    }
}

/// Checks a name against the pattern and both lengths of the service model.
pub(crate) fn name_form(name: &str, place: &Place, violations: &mut Violations) {
    if name.chars().count() < *NAME_CHARACTERS.start() {
        violations.add(place.clone(), name, Constraint::LengthMin(*NAME_CHARACTERS.start()));
    }
    pattern_and_most(name, place, violations);
}

fn pattern_and_most(name: &str, place: &Place, violations: &mut Violations) {
    if !well_formed(name) {
        violations.add(place.clone(), name, Constraint::Pattern(NAME_PATTERN));
    }
    if name.chars().count() > *NAME_CHARACTERS.end() {
        violations.add(place.clone(), name, Constraint::NameLengthMax(*NAME_CHARACTERS.end()));
    }
}

fn well_formed(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// Checks the keys of `RequestItems`, which the service tells about the map as a whole; `shown` makes the map's JSON.
pub(crate) fn table_keys<'a>(
    mut keys: impl Iterator<Item = &'a String>,
    shown: impl FnOnce() -> String,
    violations: &mut Violations,
) {
    if !keys.all(|key| names_a_table(key)) {
        let inner = format!(
            "Member must have length less than or equal to {}, Member must have length greater than or equal to {}, \
             Member must satisfy regular expression pattern: {NAME_PATTERN}",
            NAME_CHARACTERS.end(),
            NAME_CHARACTERS.start()
        );
        violations.add(Place::member("requestItems"), shown(), Constraint::MapKeys(inner));
    }
}

fn names_a_table(key: &str) -> bool {
    let characters = key.chars().count();
    match is_arn(key) {
        true => characters <= GIVEN_CHARACTERS_MAX,
        false => well_formed(key) && NAME_CHARACTERS.contains(&characters),
    }
}
