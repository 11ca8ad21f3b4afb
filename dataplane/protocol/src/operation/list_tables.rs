//! ListTables.

use partita_model::{TableName, limits};

use super::table_ref::name_form;
use crate::ServiceError;
use crate::definition::member::at_least;
use crate::error::{Constraint, Place, Violations};
use crate::json::Members;

/// ListTables.
#[derive(Clone, Debug, PartialEq)]
pub struct ListTables {
    /// Names after this one, in byte order. No such table need exist.
    pub after: Option<TableName>,
    /// Names on one page, 1 to 100.
    pub limit: usize,
}

impl ListTables {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let after = members.string("ExclusiveStartTableName")?;
        let limit = members.integer("Limit")?;
        let mut violations = Violations::new();
        if let Some(name) = &after {
            name_form(name, &Place::member("exclusiveStartTableName"), &mut violations);
        }
        let limit = checked_limit(limit, &mut violations);
        violations.finish()?;
        Ok(Self { after: after.map(TableName::new), limit })
    }
}

fn checked_limit(given: Option<i64>, violations: &mut Violations) -> usize {
    let place = Place::member("limit");
    let limit = at_least(given, 1, &place, violations).and_then(|limit| usize::try_from(limit).ok());
    match limit {
        Some(limit) if limit > limits::LIST_TABLES_MAX => {
            let most = Constraint::ValueMax(limits::LIST_TABLES_MAX as u64);
            violations.add(place, limit.to_string(), most);
            limits::LIST_TABLES_MAX
        }
        Some(limit) => limit,
        None => limits::LIST_TABLES_MAX,
    }
}
