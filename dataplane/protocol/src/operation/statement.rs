//! PartiQL statements as requests hold them. What a statement says is read by the crate that knows the language.

use partita_model::{AttributeValue, limits, size};
use serde_json::Value;

use super::client_token::Digest;
use super::parameter::on_condition_failure;
use super::parts::Part;
use crate::ServiceError;
use crate::error::{Constraint, Place, Violations};
use crate::json::{Candidate, Members, attribute_value};

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
    parameters: Option<GivenParameters>,
    on_condition_failure: Option<String>,
}

/// `Parameters`, as given.
struct GivenParameters {
    /// Up to the first that is no value: nothing behind it matters, so nothing behind it is kept.
    values: Candidate<Vec<AttributeValue>>,
    are_none: bool,
}

impl GivenStatement {
    pub(crate) fn read_members(members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self {
            text: members.string("Statement")?,
            parameters: GivenParameters::read(members)?,
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
        if self.parameters.as_ref().is_some_and(|parameters| parameters.are_none) {
            violations.add(at("parameters"), "[]", Constraint::LengthMin(1));
        }
        let place = at("returnValuesOnConditionCheckFailure");
        on_condition_failure(self.on_condition_failure.as_deref(), &place, violations);
    }

    /// The statement, once its constraints have been checked.
    pub(crate) fn accept(self) -> Result<Statement, ServiceError> {
        let unused = Place::member("returnValuesOnConditionCheckFailure");
        let on_failure = self.on_condition_failure.as_deref();
        let parameters = self.parameters.map(|parameters| parameters.values).transpose()?;
        Ok(Statement {
            text: self.text.unwrap_or_default(),
            parameters: parameters.unwrap_or_default(),
            on_condition_failure: on_condition_failure(on_failure, &unused, &mut Violations::new()),
        })
    }
}

impl GivenParameters {
    fn read(members: &mut Members) -> Result<Option<Self>, ServiceError> {
        let mut read = Self { values: Ok(Vec::new()), are_none: true };
        let found = members.list("Parameters", |value| {
            read.are_none = false;
            match (attribute_value(value)?, &mut read.values) {
                (Ok(value), Ok(values)) => values.push(value),
                (Err(fault), Ok(_)) => read.values = Err(fault),
                (_, Err(_)) => {}
            }
            Ok(())
        })?;
        Ok(found.map(|_| read))
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
    /// What the statement adds to the size of a transaction: its text and its values.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.parameters.iter().map(size::value_size).sum::<usize>()
    }

    /// Adds what the statement asks for.
    pub(crate) fn digest(&self, digest: &mut Digest) {
        digest.text(&self.text);
        digest.values(&self.parameters);
    }
}
