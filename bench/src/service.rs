//! Single operations, one after the other.

use serde_json::Value;

use crate::clock::{self, TimeOfDay};
use crate::connection::{Caller, Connection};
use crate::error::{Error, Refusal};
use crate::plan::Plan;

/// The plan's service, for operations whose speed does not matter: each has a connection of its own.
#[derive(Debug)]
pub(crate) struct Service<'a> {
    plan: &'a Plan,
    time_of_day: TimeOfDay,
}

impl<'a> Service<'a> {
    pub(crate) fn new(plan: &'a Plan) -> Self {
        Self { plan, time_of_day: TimeOfDay::read() }
    }

    /// Sends one request; `Ok(Err)` is a refusal.
    pub(crate) async fn send(
        &self,
        operation: &'static str,
        body: &[u8],
    ) -> Result<Result<Vec<u8>, Refusal>, Error> {
        let Plan { endpoint, region, key, .. } = self.plan;
        let mut connection = Connection::new(Caller::new(endpoint, region, key, operation));
        let answer = connection.call(body, self.time_of_day.unix_seconds(clock::now())).await;
        let answer = answer.map_err(|source| Error::Unreachable {
            endpoint: endpoint.address.clone(),
            operation,
            source,
        })?;
        Ok(if answer.status == 200 { Ok(answer.body.to_vec()) } else { Err(answer.refusal()) })
    }

    /// An operation that must succeed.
    pub(crate) async fn call(&self, operation: &'static str, body: &Value) -> Result<Value, Error> {
        match self.send(operation, body.to_string().as_bytes()).await? {
            Ok(answer) => serde_json::from_slice(&answer)
                .map_err(|error| Error::Unexpected { operation, what: error.to_string() }),
            Err(refusal) => Err(Error::Refused { operation, refusal }),
        }
    }

    /// An operation that may be refused with an exception of this name; then there is no answer.
    pub(crate) async fn ask(
        &self,
        operation: &'static str,
        body: &Value,
        none: &str,
    ) -> Result<Option<Value>, Error> {
        match self.call(operation, body).await {
            Ok(answer) => Ok(Some(answer)),
            Err(Error::Refused { refusal, .. }) if refusal.kind == none => Ok(None),
            Err(error) => Err(error),
        }
    }
}
