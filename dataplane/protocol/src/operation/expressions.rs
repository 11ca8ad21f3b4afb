//! Expressions and their substitution maps, and how they exclude the legacy parameters.

use std::collections::BTreeMap;

use partita_expression::{
    Condition, Kind, Substitutions, check_maps_have_expressions, check_names, check_value_keys,
};
use partita_model::{AttributeValue, Item, limits};

use super::legacy::{GivenExpected, check_expected, conditional_operator, expected_values};
use crate::ServiceError;
use crate::error::{Constraint, Place, Violations};
use crate::json::{Candidate, Members, attribute_value};

/// A parameter's name, and whether the request holds it.
pub(crate) type Presence = (&'static str, bool);

/// Refuses a request with expressions and legacy parameters; both lists in the order in which the sentence names them.
pub(crate) fn refuse_mix(legacy: &[Presence], expressions: &[Presence]) -> Result<(), ServiceError> {
    let present = |parameters: &[Presence]| -> Vec<&'static str> {
        parameters.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect()
    };
    let (legacy, expressions) = (present(legacy), present(expressions));
    match legacy.is_empty() || expressions.is_empty() {
        true => Ok(()),
        false => Err(ServiceError::mixed_expressions(&legacy, &expressions)),
    }
}

/// `ExpressionAttributeNames` and `ExpressionAttributeValues`, as given.
#[derive(Default)]
pub(crate) struct GivenMaps {
    names: Option<BTreeMap<String, String>>,
    values: Option<BTreeMap<String, Candidate<AttributeValue>>>,
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
        Ok(Self { values, ..Self::read_names(members)? })
    }

    /// The map of an operation whose only expression is a projection.
    pub(crate) fn read_names(members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self { names: members.string_map("ExpressionAttributeNames")?, values: None })
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
        check_value_keys(self.values.as_ref().map(BTreeMap::keys))?;
        let values = self.values.map(accept_values).transpose()?;
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

fn accept_values(given: BTreeMap<String, Candidate<AttributeValue>>) -> Result<Item, ServiceError> {
    given
        .into_iter()
        .map(|(key, value)| match value {
            Ok(value) => Ok((key, value)),
            Err(fault) => Err(ServiceError::invalid_expression_value(&key, &fault)),
        })
        .collect()
}

impl Maps {
    /// What the expressions are parsed with.
    pub(crate) fn substitutions(&self) -> Result<Substitutions<'_>, ServiceError> {
        Ok(Substitutions::new(self.names.as_ref(), self.values.as_ref())?)
    }
}

/// The condition of a write, in either syntax, as given.
pub(crate) struct GivenRequirement {
    expected: Option<BTreeMap<String, GivenExpected>>,
    operator: Option<String>,
    expression: Option<String>,
}

impl GivenRequirement {
    pub(crate) fn read(members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self {
            expected: members.map("Expected", GivenExpected::read)?,
            operator: members.string("ConditionalOperator")?,
            expression: members.string("ConditionExpression")?,
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
    pub(crate) fn compile_legacy(self) -> Result<Requirement, ServiceError> {
        let operator = conditional_operator(self.operator.as_deref(), &mut Violations::new());
        let expected = expected_values(self.expected.unwrap_or_default())?;
        let legacy = Condition::from_expected(expected, operator)?;
        Ok(Requirement { legacy, expression: self.expression })
    }
}

/// The condition of a write whose legacy form has been compiled.
pub(crate) struct Requirement {
    legacy: Option<Condition>,
    expression: Option<String>,
}

impl Requirement {
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
