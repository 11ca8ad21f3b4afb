//! ExecuteTransaction.

use partita_model::limits;

use super::client_token::{Digest, client_token, with_fingerprint};
use super::parameter::return_capacity;
use super::parts::GivenParts;
use super::statement::GivenStatement;
use super::{ClientToken, ReturnCapacity, Statement};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::Members;

/// Carries out several PartiQL statements, all of them or none.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecuteTransaction {
    /// What to do, 1 to 100 statements. That all of them read or all of them write is still to be checked.
    pub statements: Vec<Statement>,
    /// Lets the transaction happen once, however often the request is sent.
    pub token: Option<ClientToken>,
    /// What to say about capacity.
    pub capacity: ReturnCapacity,
}

type GivenStatements = GivenParts<GivenStatement, { limits::TRANSACTION_ACTIONS_MAX }>;

impl ExecuteTransaction {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let statements: Option<GivenStatements> = GivenParts::read("TransactStatements", &mut members)?;
        let token = members.text("ClientRequestToken")?;
        let capacity = members.string("ReturnConsumedCapacity")?;

        let mut violations = Violations::new();
        let capacity = return_capacity(capacity.as_deref(), &mut violations);
        client_token(token.as_deref(), &mut violations);
        GivenParts::check(statements.as_ref(), Place::member("transactStatements"), &mut violations);
        violations.finish()?;

        let statements = GivenParts::into_parts(statements).into_iter().map(GivenStatement::accept);
        let statements: Vec<Statement> = statements.collect::<Result<_, _>>()?;
        let bytes = statements.iter().map(Statement::bytes).sum();
        if bytes > limits::TRANSACTION_BYTES_MAX {
            return Err(ServiceError::transaction_request_too_large(bytes));
        }
        let digest = token.is_some().then(|| {
            let mut digest = Digest::new();
            statements.iter().for_each(|statement| statement.digest(&mut digest));
            digest
        });
        let token = with_fingerprint(token, digest);
        Ok(Self { statements, token, capacity })
    }
}
