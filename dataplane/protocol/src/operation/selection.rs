//! What of each item a read returns: `Select`, `ProjectionExpression` and `AttributesToGet`.

use partita_expression::{Kind, Projection, Substitutions};

use super::expressions::Presence;
use super::legacy;
use super::parameter::Choices;
use crate::ServiceError;
use crate::error::{Parameter, Place, Violations};
use crate::json::{Cursor, Members, Pull, Taken, Text, once};

/// Which attributes of the matching items a Query or Scan returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Select {
    /// All, fetched from the table if a local index does not hold them.
    AllAttributes,
    /// All that the index holds.
    AllProjectedAttributes,
    /// Those of the projection.
    SpecificAttributes,
    /// None, only their number.
    Count,
}

const SELECT: Choices<Select> = Choices {
    all: &[
        ("SPECIFIC_ATTRIBUTES", Select::SpecificAttributes),
        ("COUNT", Select::Count),
        ("ALL_ATTRIBUTES", Select::AllAttributes),
        ("ALL_PROJECTED_ATTRIBUTES", Select::AllProjectedAttributes),
    ],
    classic: "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES",
    modern: "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES",
};

/// Checks the spelling of `Select`.
pub(crate) fn select(given: Option<&str>, violations: &mut Violations) -> Option<Select> {
    SELECT.check(given, &Place::member("select"), violations)
}

/// A projection in either syntax, as given.
#[derive(Default)]
pub(crate) struct GivenProjection<'b> {
    attributes: Option<Vec<String>>,
    expression: Option<Text<'b>>,
}

impl<'b> Pull<'b> for GivenProjection<'b> {
    fn member(&mut self, name: &str, cursor: &mut Cursor<'b>) -> Taken {
        match name {
            "ProjectionExpression" => once(&mut self.expression, cursor.text()),
            _ => Some(false),
        }
    }
}

impl<'b> GivenProjection<'b> {
    /// The projection of an operation that has no legacy form of it.
    pub(crate) fn read_expression(members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self { attributes: None, expression: members.text("ProjectionExpression")? })
    }

    pub(crate) fn read(members: &mut Members) -> Result<Self, ServiceError> {
        Ok(Self {
            attributes: members.strings("AttributesToGet")?,
            expression: members.text("ProjectionExpression")?,
        })
    }

    /// The constraints of the legacy form, the member `place`.
    pub(crate) fn check(&self, place: Place, violations: &mut Violations) {
        legacy::attributes_to_get(self.attributes.as_deref(), place, violations);
    }

    /// The legacy parameter given.
    pub(crate) fn legacy(&self) -> Presence {
        ("AttributesToGet", self.attributes.is_some())
    }

    /// The expression given.
    pub(crate) fn expression(&self) -> Presence {
        ("ProjectionExpression", self.expression.is_some())
    }

    /// `AttributesToGet` and `ProjectionExpression` as given; at most one is there once the mix has been refused.
    pub(crate) fn given(&self) -> (Option<&[String]>, Option<&str>) {
        (self.attributes.as_deref(), self.expression.as_deref())
    }

    /// Compiles the legacy form, and leaves the expression to be parsed.
    pub(crate) fn compile_legacy(self) -> Result<HalfProjection<'b>, ServiceError> {
        let legacy = self.attributes.map(Projection::from_attributes).transpose()?;
        Ok(HalfProjection { legacy, expression: self.expression })
    }
}

/// A projection whose legacy form has been compiled.
pub(crate) struct HalfProjection<'b> {
    legacy: Option<Projection>,
    expression: Option<Text<'b>>,
}

impl HalfProjection<'_> {
    /// For [`GivenMaps::check`](super::expressions::GivenMaps::check).
    pub(crate) fn accepted(&self) -> (Kind, bool) {
        (Kind::Projection, self.expression.is_some())
    }

    /// Whether `select` goes with this projection and with reading an index or the table itself.
    pub(crate) fn agrees_with(&self, select: Option<Select>, on_index: bool) -> Result<(), ServiceError> {
        let given = match (&self.expression, &self.legacy) {
            (Some(_), _) => Some(Parameter::ProjectionExpression),
            (None, Some(_)) => Some(Parameter::AttributesToGet),
            (None, None) => None,
        };
        match (select, given) {
            (Some(Select::SpecificAttributes), None) => {
                Err(ServiceError::specific_attributes_without_projection())
            }
            (Some(Select::AllProjectedAttributes), _) if !on_index => {
                Err(ServiceError::all_projected_without_index())
            }
            (Some(Select::AllAttributes), Some(parameter)) => {
                Err(ServiceError::projection_with_select(parameter, "ALL_ATTRIBUTES"))
            }
            (Some(Select::AllProjectedAttributes), Some(parameter)) => {
                Err(ServiceError::projection_with_select(parameter, "ALL_PROJECTED_ATTRIBUTES"))
            }
            (Some(Select::Count), Some(parameter)) => {
                Err(ServiceError::projection_with_select(parameter, "only the Count"))
            }
            _ => Ok(()),
        }
    }

    /// The projection, whichever syntax it was given in.
    pub(crate) fn parse(self, substitutions: &Substitutions<'_>) -> Result<Option<Projection>, ServiceError> {
        match self.expression {
            None => Ok(self.legacy),
            Some(text) => Ok(Some(Projection::parse(&text, substitutions)?)),
        }
    }
}
