//! `Expected`, `QueryFilter` and `ScanFilter` as conditions.

use partita_model::AttributeValue;

use super::check;
use crate::ast::{Comparator, Node, Operand, Test};
use crate::error::LegacyError;
use crate::{ComparisonOperator, ConditionalOperator, Expected, LegacyCondition, Path};

/// The tests joined; `None` if there are none. The operator makes no sense for fewer than two.
pub(crate) fn join(
    mut tests: Vec<Node>,
    operator: Option<ConditionalOperator>,
) -> Result<Option<Node>, LegacyError> {
    match (tests.len(), operator) {
        (0, Some(_)) => Err(LegacyError::OperatorAlone),
        (1, Some(_)) => Err(LegacyError::OperatorForOne),
        (0 | 1, None) => Ok(tests.pop()),
        (_, None | Some(ConditionalOperator::And)) => Ok(Some(Node::All(tests))),
        (_, Some(ConditionalOperator::Or)) => Ok(Some(Node::Any(tests))),
    }
}

/// One entry of `QueryFilter` or `ScanFilter`.
pub(crate) fn filter(attribute: String, condition: LegacyCondition) -> Result<Node, LegacyError> {
    check::condition(&condition)?;
    Ok(node(Path::top_level(attribute), condition))
}

/// One entry of `Expected`: `ComparisonOperator` with values, or the older `Value` and `Exists`.
pub(crate) fn expected(attribute: String, expected: Expected) -> Result<Node, LegacyError> {
    let Expected { value, exists, operator, values } = expected;
    if value.is_some() && values.is_some() {
        return Err(LegacyError::ValueAndList(attribute));
    }
    let Some(operator) = operator else {
        if values.is_some() {
            return Err(LegacyError::ListWithoutOperator(attribute));
        }
        return by_existence(attribute, exists, value);
    };
    if exists.is_some() {
        return Err(LegacyError::ExistsAndOperator(attribute));
    }
    let takes_values = !matches!(operator, ComparisonOperator::Null | ComparisonOperator::NotNull);
    let values = match (values, value) {
        (None, None) if takes_values => {
            return Err(LegacyError::OperatorWithoutValue { operator, attribute });
        }
        (Some(values), _) => values,
        (None, value) => value.into_iter().collect(),
    };
    filter(attribute, LegacyCondition { operator, values })
}

fn by_existence(
    attribute: String,
    exists: Option<bool>,
    value: Option<AttributeValue>,
) -> Result<Node, LegacyError> {
    match (exists, value) {
        (None | Some(true), Some(value)) => {
            let condition = LegacyCondition { operator: ComparisonOperator::Eq, values: vec![value] };
            Ok(node(Path::top_level(attribute), condition))
        }
        (exists @ (None | Some(true)), None) => {
            Err(LegacyError::ValueRequired { exists_given: exists.is_some(), attribute })
        }
        (Some(false), Some(_)) => Err(LegacyError::ValueForbidden(attribute)),
        (Some(false), None) => Ok(Node::Test(Test::NotExists(Path::top_level(attribute)))),
    }
}

/// The condition on the attribute; the number of values has been checked.
fn node(path: Path, condition: LegacyCondition) -> Node {
    let LegacyCondition { operator, values } = condition;
    let operand = Operand::Path(path.clone());
    let mut values = values.into_iter().map(Operand::Value);
    let mut next = || values.next().expect("the count of values fits the operator");
    let compare = |comparator| move |left, right| Test::Compare { comparator, left, right };
    Node::Test(match operator {
        ComparisonOperator::Null => Test::NotExists(path),
        ComparisonOperator::NotNull => Test::Exists(path),
        ComparisonOperator::Eq => compare(Comparator::Eq)(operand, next()),
        ComparisonOperator::Ne => compare(Comparator::Ne)(operand, next()),
        ComparisonOperator::Lt => compare(Comparator::Lt)(operand, next()),
        ComparisonOperator::Le => compare(Comparator::Le)(operand, next()),
        ComparisonOperator::Gt => compare(Comparator::Gt)(operand, next()),
        ComparisonOperator::Ge => compare(Comparator::Ge)(operand, next()),
        ComparisonOperator::Between => Test::Between { operand, lower: next(), upper: next() },
        ComparisonOperator::In => Test::In { operand, list: values.collect() },
        ComparisonOperator::BeginsWith => Test::BeginsWith { operand, prefix: next() },
        ComparisonOperator::Contains => Test::Contains { operand, element: next() },
        // Unlike `NOT contains(…)`, it is false for a missing attribute.
        ComparisonOperator::NotContains => {
            let contains = Node::Test(Test::Contains { operand, element: next() });
            return Node::All(vec![Node::Test(Test::Exists(path)), Node::Not(Box::new(contains))]);
        }
    })
}
