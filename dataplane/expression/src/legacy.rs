//! The parameters of the API before expressions: `Expected`, `QueryFilter`, `ScanFilter`, `KeyConditions`, `AttributeUpdates`.
//!
//! They compile to the same conditions and updates as expressions do; only their checks and texts differ.

pub(crate) mod check;
pub(crate) mod condition;
pub(crate) mod update;

use std::fmt;

use partita_model::AttributeValue;

/// How the conditions of `Expected` or a filter are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ConditionalOperator {
    /// All must hold.
    #[default]
    And,
    /// One must hold.
    Or,
}

/// `ComparisonOperator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are DynamoDB's own operator names")]
pub enum ComparisonOperator {
    Eq,
    Ne,
    In,
    Le,
    Lt,
    Ge,
    Gt,
    Between,
    NotNull,
    Null,
    Contains,
    NotContains,
    BeginsWith,
}

impl ComparisonOperator {
    /// All operators, in the order in which the service's errors list them.
    pub const ALL: [Self; 13] = [
        Self::In,
        Self::Null,
        Self::Between,
        Self::Lt,
        Self::NotContains,
        Self::Eq,
        Self::Gt,
        Self::NotNull,
        Self::Ne,
        Self::Le,
        Self::BeginsWith,
        Self::Ge,
        Self::Contains,
    ];

    /// `EQ`, `NOT_NULL`, ….
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::Eq => "EQ",
            Self::Ne => "NE",
            Self::In => "IN",
            Self::Le => "LE",
            Self::Lt => "LT",
            Self::Ge => "GE",
            Self::Gt => "GT",
            Self::Between => "BETWEEN",
            Self::NotNull => "NOT_NULL",
            Self::Null => "NULL",
            Self::Contains => "CONTAINS",
            Self::NotContains => "NOT_CONTAINS",
            Self::BeginsWith => "BEGINS_WITH",
        }
    }

    /// The operator of that wire name; `None` for any other text.
    pub fn from_wire_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.wire_name() == name)
    }
}

impl fmt::Display for ComparisonOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wire_name())
    }
}

/// One condition of `KeyConditions`, `QueryFilter` or `ScanFilter`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyCondition {
    /// How the attribute is compared.
    pub operator: ComparisonOperator,
    /// `AttributeValueList`; empty when absent.
    pub values: Vec<AttributeValue>,
}

/// One entry of `Expected`, its members as given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// `Value`.
    pub value: Option<AttributeValue>,
    /// `Exists`.
    pub exists: Option<bool>,
    /// `ComparisonOperator`.
    pub operator: Option<ComparisonOperator>,
    /// `AttributeValueList`.
    pub values: Option<Vec<AttributeValue>>,
}

/// `Action` of an attribute update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttributeAction {
    /// Sets the attribute.
    Put,
    /// Adds to a number, a set or a list.
    Add,
    /// Removes the attribute, or elements of a set.
    Delete,
}

/// One entry of `AttributeUpdates`, its members as given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributeUpdate {
    /// `Action`; absent means `PUT`.
    pub action: Option<AttributeAction>,
    /// `Value`.
    pub value: Option<AttributeValue>,
}

#[cfg(test)]
mod tests;
