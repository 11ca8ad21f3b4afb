use partita_model::Item;

use super::*;
use crate::testing::{item, l, m, n, ns, of_each_type, s, ss};
use crate::{Condition, Error, Update, UpdateError};

const INVALID: &str = "One or more parameter values were invalid: ";

fn filter(operator: ComparisonOperator, values: &[AttributeValue]) -> Result<Option<Condition>, Error> {
    let condition = LegacyCondition { operator, values: values.to_vec() };
    Condition::from_filter([("a".to_owned(), condition)].into(), None)
}

fn expected(expected: Expected) -> Result<Option<Condition>, Error> {
    Condition::from_expected([("a".to_owned(), expected)].into(), None)
}

fn update(action: Option<AttributeAction>, value: Option<AttributeValue>) -> Result<Update, Error> {
    Update::from_attribute_updates([("a".to_owned(), AttributeUpdate { action, value })].into())
}

#[track_caller]
fn check<T: fmt::Debug>(result: Result<T, Error>, text: &str) {
    assert_eq!(result.unwrap_err().to_string(), text);
}

#[test]
fn operators_have_wire_names() {
    for operator in ComparisonOperator::ALL {
        assert_eq!(ComparisonOperator::from_wire_name(operator.wire_name()), Some(operator));
    }
    assert_eq!(ComparisonOperator::from_wire_name("eq"), None);
}

#[test]
fn the_number_of_values_must_fit_the_operator() {
    for operator in ComparisonOperator::ALL {
        let allowed = match operator {
            ComparisonOperator::Null | ComparisonOperator::NotNull => [true, false, false, false],
            ComparisonOperator::Between => [false, false, true, false],
            ComparisonOperator::In => [false, true, true, true],
            _ => [false, true, false, false],
        };
        for (count, allowed) in allowed.into_iter().enumerate() {
            let result = filter(operator, &vec![s("a"); count]);
            if allowed {
                assert!(result.unwrap().is_some(), "{operator} {count}");
            } else {
                check(
                    result,
                    &format!("{INVALID}Invalid number of argument(s) for the {operator} ComparisonOperator"),
                );
            }
        }
    }
}

#[test]
fn the_types_of_values_must_fit_the_operator() {
    use ComparisonOperator as Op;
    let allowed = |operator, found: &str| match operator {
        Op::Eq | Op::Ne => true,
        Op::BeginsWith => ["S", "B"].contains(&found),
        Op::Contains | Op::NotContains => ["S", "N", "B", "BOOL", "NULL"].contains(&found),
        _ => ["S", "N", "B"].contains(&found),
    };
    for operator in ComparisonOperator::ALL {
        let count = match operator {
            Op::Null | Op::NotNull => continue,
            Op::Between => 2,
            _ => 1,
        };
        for value in of_each_type().into_values() {
            let found = value.attribute_type().wire_name();
            let result = filter(operator, &vec![value; count]);
            if allowed(operator, found) {
                assert!(result.is_ok(), "{operator} {found}");
            } else {
                check(
                    result,
                    &format!(
                        "{INVALID}ComparisonOperator {operator} is not valid for {found} AttributeValue type"
                    ),
                );
            }
        }
    }
    check(
        filter(Op::In, &[s("b"), n(1)]),
        &format!("{INVALID}AttributeValues inside AttributeValueList must be of same type"),
    );
    check(
        filter(Op::Between, &[n(2), n(1)]),
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
    );
}

#[test]
fn members_of_expected_must_fit_each_other() {
    use ComparisonOperator::{Between, Eq, In, Lt, Null};
    let empty = Expected::default();
    let value = Some(s("a"));
    let values = Some(vec![s("a")]);
    let table = [
        (Expected { ..empty.clone() }, "Value must be provided when Exists is null for Attribute: a"),
        (
            Expected { exists: Some(true), ..empty.clone() },
            "Value must be provided when Exists is true for Attribute: a",
        ),
        (
            Expected { exists: Some(false), value: value.clone(), ..empty.clone() },
            "Value cannot be used when Exists is false for Attribute: a",
        ),
        (
            Expected { operator: Some(Lt), ..empty.clone() },
            "Value or AttributeValueList must be used with ComparisonOperator: LT for Attribute: a",
        ),
        (
            Expected { operator: Some(Lt), exists: Some(true), ..empty.clone() },
            "Exists and ComparisonOperator cannot be used together for Attribute: a",
        ),
        (
            Expected { operator: Some(Lt), value: value.clone(), values: values.clone(), ..empty.clone() },
            "Value and AttributeValueList cannot be used together for Attribute: a",
        ),
        (
            Expected { values: values.clone(), ..empty.clone() },
            "AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
        ),
        (
            Expected { values: values.clone(), exists: Some(true), ..empty.clone() },
            "AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
        ),
        (
            Expected { operator: Some(Eq), values: Some(vec![]), ..empty.clone() },
            "Invalid number of argument(s) for the EQ ComparisonOperator",
        ),
        (
            Expected { operator: Some(Null), values: values.clone(), ..empty.clone() },
            "Invalid number of argument(s) for the NULL ComparisonOperator",
        ),
        (
            Expected { operator: Some(Null), value: value.clone(), ..empty.clone() },
            "Invalid number of argument(s) for the NULL ComparisonOperator",
        ),
        (
            Expected { operator: Some(In), values: Some(vec![]), ..empty.clone() },
            "Invalid number of argument(s) for the IN ComparisonOperator",
        ),
        (
            Expected { operator: Some(Between), value, ..empty.clone() },
            "Invalid number of argument(s) for the BETWEEN ComparisonOperator",
        ),
    ];
    for (entry, text) in table {
        check(expected(entry), &format!("{INVALID}{text}"));
    }
}

#[test]
fn expected_holds_as_the_same_expression_does() {
    use ComparisonOperator::{Lt, NotNull, Null};
    let holds = |entry: Expected, value: Option<AttributeValue>| {
        let item: Item = value.into_iter().map(|value| ("a".to_owned(), value)).collect();
        expected(entry).unwrap().unwrap().evaluate(&item)
    };
    let empty = Expected::default();
    let value = Expected { value: Some(n(1)), ..empty.clone() };
    assert!(holds(value.clone(), Some(n(1))));
    assert!(!holds(value.clone(), Some(n(2))));
    assert!(!holds(value, None));
    let exists = Expected { value: Some(n(1)), exists: Some(true), ..empty.clone() };
    assert!(holds(exists.clone(), Some(n(1))) && !holds(exists, None));
    let absent = Expected { exists: Some(false), ..empty.clone() };
    assert!(holds(absent.clone(), None) && !holds(absent, Some(n(1))));
    let null = Expected { operator: Some(Null), ..empty.clone() };
    assert!(holds(null.clone(), None) && !holds(null, Some(AttributeValue::Null)));
    let not_null = Expected { operator: Some(NotNull), ..empty.clone() };
    assert!(holds(not_null.clone(), Some(AttributeValue::Null)) && !holds(not_null, None));
    let less = Expected { operator: Some(Lt), value: Some(n(5)), ..empty };
    assert!(holds(less.clone(), Some(n(4))) && !holds(less.clone(), Some(s("4"))) && !holds(less, None));
}

#[test]
fn filters_hold_for_the_values_they_describe() {
    use ComparisonOperator as Op;
    let five = Some(n(5));
    let list = Some(l([n(1), s("x")]));
    let table = [
        (Op::Eq, vec![n(5)], five.clone(), true),
        (Op::Eq, vec![m([("k", n(1))])], Some(m([("k", n(1))])), true),
        (Op::Ne, vec![n(5)], five.clone(), false),
        (Op::Ne, vec![n(5)], None, true),
        (Op::Le, vec![n(5)], five.clone(), true),
        (Op::Gt, vec![n(4)], five.clone(), true),
        (Op::Ge, vec![n(6)], five.clone(), false),
        (Op::In, vec![n(4), n(5)], five.clone(), true),
        (Op::In, vec![n(4)], None, false),
        (Op::Between, vec![n(4), n(5)], five.clone(), true),
        (Op::BeginsWith, vec![s("he")], Some(s("hello")), true),
        (Op::Contains, vec![s("ell")], Some(s("hello")), true),
        (Op::Contains, vec![s("x")], list.clone(), true),
        (Op::Contains, vec![n(2)], Some(ns([1, 2])), true),
        (Op::Contains, vec![s("x")], None, false),
        (Op::NotContains, vec![s("x")], list, false),
        (Op::NotContains, vec![s("x")], Some(ss(["y"])), true),
        (Op::NotContains, vec![s("x")], five, true),
        (Op::NotContains, vec![s("x")], None, false),
    ];
    for (operator, values, value, holds) in table {
        let item: Item = value.into_iter().map(|value| ("a".to_owned(), value)).collect();
        let condition = filter(operator, &values).unwrap().unwrap();
        assert_eq!(condition.evaluate(&item), holds, "{operator} {values:?} on {item:?}");
    }
}

#[test]
fn the_conditional_operator_joins_two_or_more() {
    let entry = |name: &str, value| (name.to_owned(), Expected { value: Some(value), ..Expected::default() });
    let join = |entries: &[(String, Expected)], operator| {
        Condition::from_expected(entries.iter().cloned().collect(), operator)
    };
    let two = [entry("a", n(1)), entry("b", n(2))];
    let both = item([("a", n(1)), ("b", n(2))]);
    let one = item([("a", n(1))]);
    for (operator, of_one) in
        [(None, false), (Some(ConditionalOperator::And), false), (Some(ConditionalOperator::Or), true)]
    {
        let condition = join(&two, operator).unwrap().unwrap();
        assert!(condition.evaluate(&both));
        assert_eq!(condition.evaluate(&one), of_one, "{operator:?}");
        assert!(!condition.evaluate(&Item::new()));
    }
    assert_eq!(join(&[], None), Ok(None));
    for operator in [ConditionalOperator::And, ConditionalOperator::Or] {
        check(join(&[], Some(operator)), "ConditionalOperator cannot be used without Filter or Expected");
        check(
            join(&two[..1], Some(operator)),
            "ConditionalOperator can only be used when Filter or Expected has two or more elements",
        );
    }
}

#[test]
fn actions_must_fit_their_value() {
    use AttributeAction::{Add, Delete, Put};
    for action in [None, Some(Put), Some(Add)] {
        check(
            update(action, None),
            &format!("{INVALID}Only DELETE action is allowed when no attribute value is specified"),
        );
    }
    for value in of_each_type().into_values() {
        let found = value.attribute_type().wire_name();
        assert!(update(None, Some(value.clone())).is_ok());
        let added = update(Some(Add), Some(value.clone()));
        if ["N", "L", "SS", "NS", "BS"].contains(&found) {
            assert!(added.is_ok(), "{found}");
        } else {
            check(added, &format!("{INVALID}ADD action is not supported for the type {found}"));
        }
        let deleted = update(Some(Delete), Some(value));
        if ["SS", "NS", "BS"].contains(&found) {
            assert!(deleted.is_ok(), "{found}");
        } else {
            check(
                deleted,
                &format!("{INVALID}DELETE action with value is not supported for the type {found}"),
            );
        }
    }
}

#[test]
fn attribute_updates_put_add_and_delete() {
    use AttributeAction::{Add, Delete, Put};
    let table = [
        (None, Some(n(2)), Some(n(1)), Ok(Some(n(2)))),
        (Some(Put), Some(s("x")), None, Ok(Some(s("x")))),
        (Some(Add), Some(n(2)), Some(n(1)), Ok(Some(n(3)))),
        (Some(Add), Some(n(2)), None, Ok(Some(n(2)))),
        (Some(Add), Some(ss(["x"])), Some(ss(["y"])), Ok(Some(ss(["x", "y"])))),
        (Some(Add), Some(l([n(3)])), Some(l([n(1)])), Ok(Some(l([n(1), n(3)])))),
        (Some(Add), Some(l([n(3)])), None, Ok(Some(l([n(3)])))),
        (Some(Add), Some(n(1)), Some(ns([1])), Err(UpdateError::TypeMismatch)),
        (Some(Add), Some(ns([1])), Some(ss(["x"])), Err(UpdateError::TypeMismatch)),
        (Some(Delete), None, Some(n(1)), Ok(None)),
        (Some(Delete), Some(ss(["x"])), Some(ss(["x", "y"])), Ok(Some(ss(["y"])))),
        (Some(Delete), Some(ss(["x"])), Some(ss(["x"])), Ok(None)),
        (Some(Delete), Some(ss(["x"])), None, Ok(None)),
        (Some(Delete), Some(ns([1])), Some(ss(["x"])), Err(UpdateError::TypeMismatch)),
        (Some(Delete), Some(ns([1])), Some(n(1)), Err(UpdateError::TypeMismatch)),
    ];
    for (action, value, before, after) in table {
        let of = |value: Option<AttributeValue>| -> Item {
            value.into_iter().map(|value| ("a".to_owned(), value)).collect()
        };
        let result = update(action, value.clone()).unwrap().apply(&of(before));
        assert_eq!(result, after.map(of), "{action:?} {value:?}");
    }
    assert_eq!(UpdateError::TypeMismatch.to_string(), "Type mismatch for attribute to update");
}

#[test]
fn updates_that_only_delete_do_not_create_an_item() {
    use AttributeAction::{Add, Delete};
    assert!(update(Some(Delete), None).unwrap().only_removes());
    assert!(update(Some(Delete), Some(ss(["x"]))).unwrap().only_removes());
    assert!(!update(Some(Add), Some(n(1))).unwrap().only_removes());
    assert!(!Update::from_attribute_updates(Default::default()).unwrap().only_removes());
}
