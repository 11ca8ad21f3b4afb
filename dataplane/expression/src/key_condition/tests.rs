use partita_model::ScalarType;

use super::*;
use crate::testing::{b, n, s, with_substitutions};

fn parse(text: &str) -> Result<KeyCondition, Error> {
    with_substitutions(|substitutions| KeyCondition::parse(text, substitutions))
}

fn key(name: &str, scalar: ScalarType) -> KeyAttribute {
    KeyAttribute { name: name.to_owned(), scalar }
}

fn bind(text: &str) -> Result<BoundKeyCondition, KeyConditionError> {
    parse(text).expect(text).bind(&[key("p", ScalarType::S)], &[key("c", ScalarType::N)])
}

fn legacy<const N: usize>(
    conditions: [(&str, ComparisonOperator, &[AttributeValue]); N],
) -> Result<KeyCondition, Error> {
    let conditions = conditions.into_iter().map(|(name, operator, values)| {
        (name.to_owned(), LegacyCondition { operator, values: values.to_vec() })
    });
    KeyCondition::from_legacy(conditions.collect())
}

#[test]
fn conditions_that_are_no_key_conditions_are_told_why() {
    let not_first = "operator must have the key attribute as its first operand";
    let table = [
        ("", "Invalid KeyConditionExpression: The expression can not be empty;".to_owned()),
        ("a-b", "Invalid KeyConditionExpression: Syntax error; token: \"-\", near: \"a-b\"".to_owned()),
        ("a > b and size(b) > c or a > c", "Invalid operator used in KeyConditionExpression: OR".to_owned()),
        ("a in (b, size(c), d)", "Invalid operator used in KeyConditionExpression: IN".to_owned()),
        ("attribute_exists(a)", "Invalid operator used in KeyConditionExpression: attribute_exists".to_owned()),
        ("attribute_not_exists(a)", "Invalid operator used in KeyConditionExpression: attribute_not_exists".to_owned()),
        ("contains(a.d, b)", "Invalid operator used in KeyConditionExpression: contains".to_owned()),
        ("not a > b", "Invalid operator used in KeyConditionExpression: NOT".to_owned()),
        ("a <> b", "Invalid operator used in KeyConditionExpression: <>".to_owned()),
        (
            ":a between size(b) and size(a) and b > :b",
            format!("Invalid condition in KeyConditionExpression: BETWEEN {not_first}"),
        ),
        (
            "begins_with(:a, b) and a > :b",
            format!("Invalid condition in KeyConditionExpression: begins_with {not_first}"),
        ),
        ("size(b) > a AND a.b > b AND b > c", "KeyConditionExpressions cannot contain nested operations".to_owned()),
        ("a > size(b.d)", "KeyConditionExpressions cannot contain nested operations".to_owned()),
        ("a between size(b) and size(a)", "KeyConditionExpressions cannot contain nested operations".to_owned()),
        (
            "b between c[1] and d",
            "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition".to_owned(),
        ),
        (
            "begins_with(a, b)",
            "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition".to_owned(),
        ),
        ("b.d > a AND c.d > e.f", "KeyConditionExpressions cannot have conditions on nested attributes".to_owned()),
        ("b[0] > a", "KeyConditionExpressions cannot have conditions on nested attributes".to_owned()),
        (":one > :two AND a < :b", "Invalid condition in KeyConditionExpression: No key attribute specified".to_owned()),
        (
            "b > :a AND b < :a and c = :a and d = :a",
            "KeyConditionExpressions must only contain one condition per key".to_owned(),
        ),
        (
            "(a > :a and b > :a) and (b > :a and c > :a)",
            "KeyConditionExpressions must only contain one condition per key".to_owned(),
        ),
        (
            "a=:a and b=:a and c=:a and d=:a and e=:a and f=:a and g=:a and h=:a and i=:a",
            "Conditions can be of length 1 or 2 only".to_owned(),
        ),
        (
            "c BETWEEN :two AND :one",
            "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal \
             to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"
                .to_owned(),
        ),
        (
            "begins_with(c, :n)",
            "Invalid KeyConditionExpression: Incorrect operand type for operator or function; \
             operator or function: begins_with, operand type: N"
                .to_owned(),
        ),
    ];
    for (text, expected) in table {
        assert_eq!(parse(text).expect_err(text).to_string(), expected, "{text}");
    }
}

#[test]
fn the_shape_is_checked_after_the_text() {
    let syntax = with_substitutions(|substitutions| KeyConditionSyntax::parse("NOT a = :one", substitutions));
    assert_eq!(syntax.unwrap().restrict(), Err(KeyShapeError::Operator(crate::error::Operator::Not).into()));
}

#[test]
fn one_range_of_one_partition_comes_out() {
    let range = |text: &str| bind(&format!("p = :a AND {text}")).unwrap().range.unwrap();
    let bound = |range| Ok(BoundKeyCondition { hash: vec![s("a")], equal: vec![], range });
    assert_eq!(bind("p = :a"), bound(None));
    assert_eq!(bind("c = :one AND :a = p"), bound(Some(RangeCondition::Eq(n(1)))));
    assert_eq!(range("c < :one"), RangeCondition::Lt(n(1)));
    assert_eq!(range("c <= :one"), RangeCondition::Le(n(1)));
    assert_eq!(range("c > :one"), RangeCondition::Gt(n(1)));
    assert_eq!(range("c >= :one"), RangeCondition::Ge(n(1)));
    assert_eq!(range(":one < c"), RangeCondition::Gt(n(1)));
    assert_eq!(range(":one >= c"), RangeCondition::Le(n(1)));
    assert_eq!(range("c bEtWeEn :one aNd :two"), RangeCondition::Between(n(1), n(2)));
    assert!(bind("((c = :one) AND (p = :a))").is_ok());
    let text = parse("begins_with(c, :a) AND p = :z").unwrap();
    let bound = text.bind(&[key("p", ScalarType::S)], &[key("c", ScalarType::S)]).unwrap();
    assert_eq!(bound.range, Some(RangeCondition::BeginsWith(s("a"))));
}

#[test]
fn a_condition_that_does_not_fit_the_schema_is_told_why() {
    use KeyConditionError::{MissedElement, NotSupported, TypeMismatch};
    let missed = |name: &str| Err(MissedElement { name: name.to_owned() });
    assert_eq!(bind("c = :one"), missed("p"));
    assert_eq!(bind("p = :a AND q = :one"), missed("c"));
    assert_eq!(bind("q = :a AND c = :one"), missed("p"));
    assert_eq!(bind("p = :one"), Err(TypeMismatch));
    assert_eq!(bind("p > :one"), Err(TypeMismatch));
    assert_eq!(bind("p = :a AND c = :a"), Err(TypeMismatch));
    assert_eq!(bind("p = :a AND c BETWEEN :a AND :z"), Err(TypeMismatch));
    assert_eq!(bind("p = :m"), Err(TypeMismatch));
    assert_eq!(bind("p > :a AND c = :one"), Err(NotSupported));
    assert_eq!(bind("begins_with(p, :a)"), Err(NotSupported));
    let two = parse("p = :a AND c = :one").unwrap();
    assert_eq!(two.bind(&[key("p", ScalarType::S)], &[]), Err(NotSupported));
    let texts = [
        (MissedElement { name: "p".to_owned() }, "Query condition missed key schema element: p"),
        (NotSupported, "Query key condition not supported"),
        (
            TypeMismatch,
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ),
        (KeyConditionError::NotIndexable, "Attempted conditional constraint is not an indexable operation"),
    ];
    for (error, text) in texts {
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn keys_of_several_attributes_are_conditioned_from_the_left() {
    use KeyConditionError::{ConditionCount, MissedElement, NotSupported};
    let hash = [key("p", ScalarType::S), key("q", ScalarType::N)];
    let range = [key("c", ScalarType::N), key("d", ScalarType::S), key("e", ScalarType::S)];
    let bind = |text: &str| parse(text).expect(text).bind(&hash, &range);
    let bound = |equal: &[AttributeValue], range| {
        Ok(BoundKeyCondition { hash: vec![s("a"), n(1)], equal: equal.to_vec(), range })
    };
    let missed = |name: &str| Err(MissedElement { name: name.to_owned() });
    assert_eq!(bind("q = :one AND p = :a"), bound(&[], None));
    assert_eq!(bind("q = :one AND p = :a AND c > :one"), bound(&[], Some(RangeCondition::Gt(n(1)))));
    assert_eq!(
        bind("begins_with(d, :z) AND q = :one AND c = :two AND p = :a"),
        bound(&[n(2)], Some(RangeCondition::BeginsWith(s("z"))))
    );
    assert_eq!(
        bind("d = :z AND q = :one AND c = :two AND p = :a AND e = :a"),
        bound(&[n(2), s("z")], Some(RangeCondition::Eq(s("a"))))
    );
    assert_eq!(bind("p = :a"), missed("q"));
    assert_eq!(bind("q = :one AND c = :one"), missed("p"));
    assert_eq!(bind("p = :a AND q > :one"), Err(NotSupported));
    assert_eq!(bind("p = :a AND q = :one AND d = :a"), missed("c"), "a gap");
    assert_eq!(bind("p = :a AND q = :one AND c = :one AND e = :a"), missed("d"), "a gap");
    assert_eq!(bind("p = :a AND q = :one AND c > :one AND d = :a"), Err(NotSupported));
    assert_eq!(bind("p = :a AND q = :one AND x = :one"), missed("c"));
    let six = parse("p = :a AND q = :one AND c = :one AND d = :a AND e = :a AND f = :a").unwrap();
    assert_eq!(six.bind(&hash, &range), Err(NotSupported));
    assert_eq!(six.bind(&hash[..1], &range[..1]), Err(ConditionCount));
}

#[test]
fn legacy_key_conditions_bind_as_expressions_do() {
    use ComparisonOperator::{BeginsWith, Between, Contains, Eq, Ne, Null};
    let (hash, range) = ([key("p", ScalarType::S)], [key("c", ScalarType::N)]);
    let bound = legacy([("p", Eq, &[s("a")]), ("c", Between, &[n(1), n(2)])]).unwrap().bind(&hash, &range);
    assert_eq!(bound, bind("p = :a AND c BETWEEN :one AND :two"));
    for (operator, values) in [(Ne, vec![s("a")]), (Contains, vec![s("a")]), (Null, vec![])] {
        let bound = legacy([("p", operator, &values)]).unwrap().bind(&hash, &[]);
        assert_eq!(bound, Err(KeyConditionError::NotIndexable), "{operator}");
    }
    let bound = legacy([("p", BeginsWith, &[s("a")])]).unwrap().bind(&hash, &[]);
    assert_eq!(bound, Err(KeyConditionError::NotSupported));
}

#[test]
fn no_key_is_compared_with_an_empty_value() {
    use ComparisonOperator::{BeginsWith, Between, Eq, Gt};
    let key = [key("p", ScalarType::S), key("c", ScalarType::B)];
    let bind = |p: AttributeValue, operator, c: &[AttributeValue]| {
        legacy([("p", Eq, &[p]), ("c", operator, c)]).unwrap().bind(&key[..1], &key[1..])
    };
    let empty = |name: &str, text| Err(KeyConditionError::EmptyValue { name: name.to_owned(), text });
    assert_eq!(bind(s(""), Gt, &[b(b"")]), empty("p", true));
    for (operator, values) in
        [(Eq, vec![b(b"")]), (BeginsWith, vec![b(b"")]), (Between, vec![b(b""), b(b"a")])]
    {
        assert_eq!(bind(s("a"), operator, &values), empty("c", false), "{operator}");
    }
    assert!(bind(s("a"), Gt, &[b(&[0])]).is_ok());
    assert_eq!(bind(s("a"), Gt, &[s("")]), Err(KeyConditionError::TypeMismatch));
}

#[test]
fn legacy_key_conditions_are_checked() {
    use ComparisonOperator::{Between, Eq, Null};
    let text = |result: Result<KeyCondition, Error>| result.unwrap_err().to_string();
    assert_eq!(text(legacy([])), "Conditions can be of length 1 or 2 only");
    let three = legacy([("a", Null, &[]), ("b", Null, &[]), ("c", Null, &[])]).unwrap();
    assert_eq!(three.restrict_to_table().unwrap_err().to_string(), "Conditions can be of length 1 or 2 only");
    assert_eq!(
        text(legacy([("a", Eq, &[]), ("b", Null, &[]), ("c", Null, &[])])),
        "One or more parameter values were invalid: Invalid number of argument(s) for the EQ ComparisonOperator"
    );
    assert_eq!(
        text(legacy([("a", Between, &[s("b"), s("a")])])),
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
    );
}

#[test]
fn range_conditions_match_values_of_their_type() {
    use RangeCondition::{BeginsWith, Between, Eq, Ge, Gt, Le, Lt};
    let values = [n(0), n(1), n(2), n(3)];
    let table = [
        (Eq(n(1)), [false, true, false, false]),
        (Lt(n(1)), [true, false, false, false]),
        (Le(n(1)), [true, true, false, false]),
        (Gt(n(1)), [false, false, true, true]),
        (Ge(n(1)), [false, true, true, true]),
        (Between(n(1), n(2)), [false, true, true, false]),
    ];
    for (condition, expected) in table {
        assert_eq!(values.each_ref().map(|value| condition.matches(value)), expected, "{condition:?}");
        assert!(!condition.matches(&s("1")), "{condition:?}");
    }
    assert!(BeginsWith(b(b"ab")).matches(&b(b"abc")));
    assert!(!BeginsWith(b(b"ab")).matches(&s("abc")));
}
