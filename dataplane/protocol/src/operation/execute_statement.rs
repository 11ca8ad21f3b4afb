//! ExecuteStatement.

use std::num::NonZeroU32;

use partita_model::capacity::Consistency;
use partita_model::limits;

use super::get_item::consistency;
use super::page::positive;
use super::parameter::return_capacity;
use super::statement::GivenStatement;
use super::{ReturnCapacity, Statement};
use crate::ServiceError;
use crate::error::{Constraint, Place, Violations};
use crate::json::Members;

/// Carries out a PartiQL statement.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecuteStatement {
    /// What to do.
    pub statement: Statement,
    /// Whether reads must see every write acknowledged before them.
    pub consistency: Consistency,
    /// Where a SELECT goes on: what the answer before said, 1 to 32768 characters. That it did is still to be checked.
    pub next_token: Option<String>,
    /// Most items to evaluate.
    pub limit: Option<NonZeroU32>,
    /// What to say about capacity.
    pub capacity: ReturnCapacity,
}

impl ExecuteStatement {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let statement = GivenStatement::read_members(&mut members)?;
        let consistent = members.boolean("ConsistentRead")?;
        let next_token = members.string("NextToken")?;
        let capacity = members.string("ReturnConsumedCapacity")?;
        let limit = members.integer("Limit")?;

        let mut violations = Violations::new();
        let capacity = return_capacity(capacity.as_deref(), &mut violations);
        statement.check_members(Place::member, &mut violations);
        check_next_token(next_token.as_deref(), &mut violations);
        let limit = limit.and_then(|limit| positive("limit", limit, &mut violations));
        violations.finish()?;

        let consistency = consistency(consistent);
        Ok(Self { statement: statement.accept()?, consistency, next_token, limit, capacity })
    }
}

fn check_next_token(given: Option<&str>, violations: &mut Violations) {
    let place = Place::member("nextToken");
    match given {
        Some("") => violations.add(place, "", Constraint::LengthMin(1)),
        Some(token) if token.chars().count() > limits::NEXT_TOKEN_CHARACTERS_MAX => {
            violations.add(place, token, Constraint::LengthMax(limits::NEXT_TOKEN_CHARACTERS_MAX));
        }
        _ => {}
    }
}
