//! Expressions and their substitution maps, and how they exclude the legacy parameters.

use std::collections::BTreeMap;

use partita_expression::{
    Condition, Kind, Substitutions, check_maps_have_expressions, check_names, check_value_keys,
};
use partita_model::{AttributeValue, Item, limits};

use super::legacy::{GivenExpected, check_expected, conditional_operator, expected_values};
use crate::ServiceError;
use crate::error::{Constraint, Place, Violations};
use crate::json::{Candidate, Cursor, Members, Pull, Taken, Text, attribute_value, once};

/// A parameter's name, and whether the request holds it.
pub(crate) type Presence = (&'static str, bool);

/// Refuses a request with expressions and legacy parameters; both lists in the order in which the sentence names them.
pub(crate) fn refuse_mix(legacy: &[Presence], expressions: &[Presence]) -> Result<(), ServiceError> {
    let is_given = |parameters: &[Presence]| parameters.iter().any(|(_, given)| *given);
    if !is_given(legacy) || !is_given(expressions) {
        return Ok(());
    }
    let present = |parameters: &[Presence]| -> Vec<&'static str> {
        parameters.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect()
    };
    Err(ServiceError::mixed_expressions(&present(legacy), &present(expressions)))
}

/// `ExpressionAttributeNames` and `ExpressionAttributeValues`, as given.
#[derive(Default)]
pub(crate) struct GivenMaps {
    names: Option<BTreeMap<String, String>>,
    values: Option<GivenValues>,
}

/// `ExpressionAttributeValues`, as given.
enum GivenValues {
    /// Known to be attribute values.
    Accepted(Item),
    /// Not looked at yet.
    Candidates(BTreeMap<String, Candidate<AttributeValue>>),
}

/// The two maps, their values accepted.
pub(crate) struct Maps {
    names: Option<BTreeMap<String, String>>,
    values: Option<Item>,
}

impl GivenMaps {
    /// The maps of an operation whose expressions take names and values.
    pub(crate) fn read(members: &mut Members) -> Result<Self, ServiceError> {
        let values = members.map("ExpressionAttributeValues", attribute_value)?;
        Ok(Self { values: values.map(GivenValues::Candidates), ..Self::read_names(members)? })
    }

    /// The map of an operation whose only expression is a projection.
    pub(crate) fn read_names(members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self { names: members.string_map("ExpressionAttributeNames")?, values: None })
    }

    /// Takes the member of an operation whose only expression is a projection.
    pub(crate) fn names_member(&mut self, name: &str, cursor: &mut Cursor<'_>) -> Taken {
        match name {
            "ExpressionAttributeNames" => {
                once(&mut self.names, cursor.map(|cursor| cursor.text().map(Text::into_owned)))
            }
            _ => Some(false),
        }
    }

    /// Whether `ExpressionAttributeNames` was given.
    pub(crate) fn names(&self) -> Option<&BTreeMap<String, String>> {
        self.names.as_ref()
    }

    /// Checks the maps against the expressions the operation takes, each with whether the request holds it.
    pub(crate) fn check(self, accepted: &[(Kind, bool)]) -> Result<Maps, ServiceError> {
        check_maps_have_expressions(self.names.is_some(), self.values.is_some(), accepted)?;
        check_names(self.names.as_ref())?;
        self.check_lengths()?;
        let values = self.values.map(GivenValues::accept).transpose()?;
        Ok(Maps { names: self.names, values })
    }

    /// That no name stands for one too long to be an attribute's.
    fn check_lengths(&self) -> Result<(), ServiceError> {
        let mut violations = Violations::new();
        let most = limits::ATTRIBUTE_NAME_BYTES_MAX;
        if let Some((key, name)) = self.names.iter().flatten().find(|(_, name)| name.len() > most) {
            let shown = format!("{{{key}={name}}}");
            violations.add(
                Place::member("expressionAttributeNames"),
                shown.as_str(),
                Constraint::MapTextLengthMax(most),
            );
        }
        violations.finish()
    }
}

impl<'b> Pull<'b> for GivenMaps {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "ExpressionAttributeValues" => {
                let values = cursor.map(Cursor::attribute_value);
                once(&mut self.values, values.map(GivenValues::Accepted))
            }
            _ => self.names_member(name, cursor),
        }
    }
}

impl GivenValues {
    /// The values, unless there are none, or a key is no placeholder, or one of them is no value: in this order.
    fn accept(self) -> Result<Item, ServiceError> {
        match self {
            Self::Accepted(values) => {
                check_value_keys(Some(values.keys()))?;
                Ok(values)
            }
            Self::Candidates(given) => {
                check_value_keys(Some(given.keys()))?;
                given.into_iter().map(accept_value).collect()
            }
        }
    }
}

fn accept_value(
    (key, value): (String, Candidate<AttributeValue>),
) -> Result<(String, AttributeValue), ServiceError> {
    match value {
        Ok(value) => Ok((key, value)),
        Err(fault) => Err(ServiceError::invalid_expression_value(&key, &fault)),
    }
}

impl Maps {
    /// `ExpressionAttributeNames`.
    pub(crate) fn names(&self) -> Option<&BTreeMap<String, String>> {
        self.names.as_ref()
    }

    /// `ExpressionAttributeValues`.
    pub(crate) fn values(&self) -> Option<&Item> {
        self.values.as_ref()
    }

    /// What the expressions are parsed with.
    pub(crate) fn substitutions(&self) -> Result<Substitutions<'_>, ServiceError> {
        Ok(Substitutions::new(self.names.as_ref(), self.values.as_ref())?)
    }
}

/// The condition of a write, in either syntax, as given.
#[derive(Default)]
pub(crate) struct GivenRequirement<'b> {
    expected: Option<BTreeMap<String, GivenExpected>>,
    operator: Option<String>,
    expression: Option<Text<'b>>,
}

impl<'b> Pull<'b> for GivenRequirement<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "ConditionExpression" => once(&mut self.expression, cursor.text()),
            _ => Some(false),
        }
    }
}

impl<'b> GivenRequirement<'b> {
    pub(crate) fn read(members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self {
            expected: members.map("Expected", GivenExpected::read)?,
            operator: members.string("ConditionalOperator")?,
            expression: members.text("ConditionExpression")?,
        })
    }

    /// The constraints of the legacy form.
    pub(crate) fn check(&self, violations: &mut Violations) {
        if let Some(expected) = &self.expected {
            check_expected(expected, violations);
        }
        conditional_operator(self.operator.as_deref(), violations);
    }

    /// The legacy parameters given.
    pub(crate) fn legacy(&self) -> [Presence; 2] {
        [("Expected", self.expected.is_some()), ("ConditionalOperator", self.operator.is_some())]
    }

    /// The expression given.
    pub(crate) fn expression(&self) -> Presence {
        ("ConditionExpression", self.expression.is_some())
    }

    /// Compiles the legacy form, and leaves the expression to be parsed.
    pub(crate) fn compile_legacy(self) -> Result<Requirement<'b>, ServiceError> {
        if self.expected.is_none() && self.operator.is_none() {
            return Ok(Requirement { legacy: None, expression: self.expression });
        }
        let operator = conditional_operator(self.operator.as_deref(), &mut Violations::new());
        let expected = expected_values(self.expected.unwrap_or_default())?;
        let legacy = Condition::from_expected(expected, operator)?;
        Ok(Requirement { legacy, expression: self.expression })
    }
}

/// The condition of a write whose legacy form has been compiled.
pub(crate) struct Requirement<'b> {
    legacy: Option<Condition>,
    expression: Option<Text<'b>>,
}

impl Requirement<'_> {
    /// For [`GivenMaps::check`].
    pub(crate) fn accepted(&self) -> (Kind, bool) {
        (Kind::Condition, self.expression.is_some())
    }

    /// The condition of an operation without other expressions: PutItem and DeleteItem.
    pub(crate) fn parse_alone(self, maps: GivenMaps) -> Result<Option<Condition>, ServiceError> {
        let maps = maps.check(&[self.accepted()])?;
        let substitutions = maps.substitutions()?;
        let condition = self.parse(&substitutions)?;
        substitutions.finish()?;
        Ok(condition)
    }

    /// The condition, whichever syntax it was given in.
    pub(crate) fn parse(self, substitutions: &Substitutions<'_>) -> Result<Option<Condition>, ServiceError> {
        match self.expression {
            None => Ok(self.legacy),
            Some(text) => Ok(Some(Condition::parse(Kind::Condition, &text, substitutions)?)),
        }
    }
}
