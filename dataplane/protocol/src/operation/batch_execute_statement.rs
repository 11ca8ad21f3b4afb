//! BatchExecuteStatement.

use partita_model::capacity::Consistency;
use partita_model::limits;
use serde_json::Value;

use super::get_item::consistency;
use super::parameter::return_capacity;
use super::parts::{GivenParts, Part};
use super::statement::GivenStatement;
use super::{ReturnCapacity, Statement};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::Members;

/// Carries out many PartiQL statements, each by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchExecuteStatement {
    /// What to do, 1 to 25 statements. That all of them read or all of them write is still to be checked.
    pub statements: Vec<BatchStatement>,
    /// What to say about capacity.
    pub capacity: ReturnCapacity,
}

/// One statement of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchStatement {
    /// What to do.
    pub statement: Statement,
    /// Whether a read must see every write acknowledged before it.
    pub consistency: Consistency,
}

/// One element of the list.
struct GivenBatchStatement {
    statement: GivenStatement,
    consistent: Option<bool>,
}

type GivenStatements = GivenParts<GivenBatchStatement, { limits::BATCH_STATEMENTS_MAX }>;

impl Part for GivenBatchStatement {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        let statement = GivenStatement::read_members(&mut members)?;
        Ok(Self { statement, consistent: members.boolean("ConsistentRead")? })
    }

    fn check(&self, place: &Place, violations: &mut Violations) {
        self.statement.check(place, violations);
    }

    fn shown(&self) -> String {
        "BatchStatementRequest(statement)".to_owned()
    }
}

impl BatchExecuteStatement {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let statements: Option<GivenStatements> = GivenParts::read("Statements", &mut members)?;
        let capacity = members.string("ReturnConsumedCapacity")?;

        let mut violations = Violations::new();
        let capacity = return_capacity(capacity.as_deref(), &mut violations);
        GivenParts::check(statements.as_ref(), Place::member("statements"), &mut violations);
        violations.finish()?;

        let statements = GivenParts::into_parts(statements).into_iter().map(GivenBatchStatement::accept);
        Ok(Self { statements: statements.collect::<Result<_, _>>()?, capacity })
    }
}

impl GivenBatchStatement {
    fn accept(self) -> Result<BatchStatement, ServiceError> {
        let consistency = consistency(self.consistent);
        Ok(BatchStatement { statement: self.statement.accept()?, consistency })
    }
}
