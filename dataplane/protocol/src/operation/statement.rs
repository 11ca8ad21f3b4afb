//! PartiQL statements as requests hold them. What a statement says is read by the crate that knows the language.

use partita_model::{AttributeValue, limits};
use serde_json::Value;

use super::client_token::Digest;
use super::parameter::on_condition_failure;
use super::parts::Part;
use crate::ServiceError;
use crate::error::{Constraint, Place, Violations};
use crate::json::{Candidate, Members, attribute_value, candidate, list};

/// A statement with what its placeholders stand for.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// 1 to 8192 characters; not read yet.
    pub text: String,
    /// The values of its `?`, in their order. That they are as many is still to be checked.
    pub parameters: Vec<AttributeValue>,
    /// Whether a failed condition shows the item it failed on.
    pub on_condition_failure: bool,
}

/// The members that all requests with statements give one by, as given.
pub(crate) struct GivenStatement {
    text: Option<String>,
    parameters: Option<Candidate<Vec<AttributeValue>>>,
    /// How many there are, whether or not they are values.
    parameter_count: usize,
    on_condition_failure: Option<String>,
}

impl GivenStatement {
    pub(crate) fn read_members(members: &mut Members) -> Result<Self, ServiceError> {
        let parameters = members.read("Parameters", |value| list(value, attribute_value))?;
        Ok(Self {
            text: members.string("Statement")?,
            parameter_count: parameters.as_ref().map_or(0, Vec::len),
            parameters: parameters.map(candidate),
            on_condition_failure: members.string("ReturnValuesOnConditionCheckFailure")?,
        })
    }

    /// Checks the constraints; `at` gives the place of a member.
    pub(crate) fn check_members(&self, at: impl Fn(&'static str) -> Place, violations: &mut Violations) {
        match self.text.as_deref() {
            None => violations.missing(at("statement")),
            Some("") => violations.add(at("statement"), "", Constraint::LengthMin(1)),
            Some(text) if text.chars().count() > limits::STATEMENT_CHARACTERS_MAX => {
                let most = Constraint::LengthMax(limits::STATEMENT_CHARACTERS_MAX);
                violations.add(at("statement"), text, most);
            }
            Some(_) => {}
        }
        if self.parameters.is_some() && self.parameter_count == 0 {
            violations.add(at("parameters"), "[]", Constraint::LengthMin(1));
        }
        let place = at("returnValuesOnConditionCheckFailure");
        on_condition_failure(self.on_condition_failure.as_deref(), &place, violations);
    }

    /// The statement, once its constraints have been checked.
    pub(crate) fn accept(self) -> Result<Statement, ServiceError> {
        let unused = Place::member("returnValuesOnConditionCheckFailure");
        let on_failure = self.on_condition_failure.as_deref();
        Ok(Statement {
            text: self.text.unwrap_or_default(),
            parameters: self.parameters.transpose()?.unwrap_or_default(),
            on_condition_failure: on_condition_failure(on_failure, &unused, &mut Violations::new()),
        })
    }
}

/// A statement of ExecuteTransaction.
impl Part for GivenStatement {
    fn read(value: Value) -> Result<Self, ServiceError> {
        Self::read_members(&mut Members::of_value(value)?)
    }

    fn check(&self, place: &Place, violations: &mut Violations) {
        self.check_members(|member| place.then(member), violations);
    }

    fn shown(&self) -> String {
        "ParameterizedStatement(statement)".to_owned()
    }
}

impl Statement {
    /// Adds what the statement asks for.
    pub(crate) fn digest(&self, digest: &mut Digest) {
        digest.text(&self.text);
        digest.values(&self.parameters);
    }
}
