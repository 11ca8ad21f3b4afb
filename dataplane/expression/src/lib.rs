//! DynamoDB expressions and their legacy forms: parse, check, evaluate.

mod condition;
mod error;
mod key_condition;
mod kind;
mod legacy;
mod path;
mod projection;
mod substitution;
mod update;

pub use condition::Condition;
pub use error::{Error, KeyConditionError, UpdateError};
pub use key_condition::{BoundKeyCondition, KeyCondition, RangeCondition};
pub use kind::Kind;
pub use legacy::{
    AttributeAction, AttributeUpdate, ComparisonOperator, ConditionalOperator, Expected, LegacyCondition,
};
pub use path::{Path, Step};
pub use projection::Projection;
pub use substitution::{Substitutions, check_maps_have_expressions};
pub use update::Update;
