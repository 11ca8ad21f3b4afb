//! The checks of `ComparisonOperator` against its `AttributeValueList`, the same in every legacy parameter.

use partita_model::AttributeValue;
use partita_model::value::AttributeType;

use crate::ast::order;
use crate::error::LegacyError;
use crate::{ComparisonOperator, LegacyCondition};

pub(crate) fn condition(condition: &LegacyCondition) -> Result<(), LegacyError> {
    let LegacyCondition { operator, values } = condition;
    check_count(*operator, values.len())?;
    check_types(*operator, values)?;
    if let (ComparisonOperator::Between, [lower, upper]) = (operator, values.as_slice())
        && order(lower, upper).is_some_and(|order| order.is_gt())
    {
        return Err(LegacyError::BoundsReversed);
    }
    Ok(())
}

fn check_count(operator: ComparisonOperator, count: usize) -> Result<(), LegacyError> {
    let fits = match operator {
        ComparisonOperator::Null | ComparisonOperator::NotNull => count == 0,
        ComparisonOperator::Between => count == 2,
        ComparisonOperator::In => count >= 1,
        _ => count == 1,
    };
    if fits { Ok(()) } else { Err(LegacyError::ArgumentCount(operator)) }
}

fn check_types(operator: ComparisonOperator, values: &[AttributeValue]) -> Result<(), LegacyError> {
    let Some(found) = values.first().map(AttributeValue::attribute_type) else { return Ok(()) };
    if values.iter().any(|value| value.attribute_type() != found) {
        return Err(LegacyError::MixedTypes);
    }
    if takes(operator, found) { Ok(()) } else { Err(LegacyError::ArgumentType { operator, found }) }
}

fn takes(operator: ComparisonOperator, found: AttributeType) -> bool {
    use AttributeType::{B, Bool, N, Null, S};
    match operator {
        ComparisonOperator::Eq | ComparisonOperator::Ne => true,
        ComparisonOperator::Null | ComparisonOperator::NotNull => true,
        ComparisonOperator::BeginsWith => matches!(found, S | B),
        ComparisonOperator::Contains | ComparisonOperator::NotContains => {
            matches!(found, S | N | B | Bool | Null)
        }
        ComparisonOperator::In
        | ComparisonOperator::Between
        | ComparisonOperator::Lt
        | ComparisonOperator::Le
        | ComparisonOperator::Gt
        | ComparisonOperator::Ge => matches!(found, S | N | B),
    }
}
