use super::*;
use crate::testing::n;
use crate::{Condition, Projection};

fn names<const N: usize>(names: [&str; N]) -> BTreeMap<String, String> {
    names.into_iter().map(|key| (key.to_owned(), key.trim_start_matches('#').to_owned())).collect()
}

fn values<const N: usize>(keys: [&str; N]) -> BTreeMap<String, AttributeValue> {
    keys.into_iter().map(|key| (key.to_owned(), n(1))).collect()
}

#[test]
fn keys_must_be_placeholders() {
    for key in ["a", "#", "#hi-there", "#!hi", "##a", ":a", "", "#é"] {
        let error = Substitutions::new(Some(&names([key])), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("ExpressionAttributeNames contains invalid key: Syntax error; key: \"{key}\"")
        );
    }
    for key in ["b", ":", "#b", ":b!"] {
        let error = Substitutions::new(None, Some(&values([key]))).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("ExpressionAttributeValues contains invalid key: Syntax error; key: \"{key}\"")
        );
    }
    assert!(Substitutions::new(Some(&names(["#a", "#1", "#_", "#A_1"])), Some(&values([":1"]))).is_ok());
    let long = |bytes: usize| format!("#{}", "x".repeat(bytes - 1));
    assert!(Substitutions::new(Some(&names([long(255).as_str()])), None).is_ok());
    assert!(Substitutions::new(Some(&names([long(256).as_str()])), None).is_err());
}

#[test]
fn names_stand_for_something() {
    let named =
        |name: &str| BTreeMap::from([("#a".to_owned(), "a".to_owned()), ("#b".to_owned(), name.to_owned())]);
    assert_eq!(
        Substitutions::new(Some(&named("")), None).unwrap_err().to_string(),
        "ExpressionAttributeNames contains invalid value: Empty attribute name for key #b"
    );
    assert!(Substitutions::new(Some(&named(" ")), None).is_ok());
}

#[test]
fn both_maps_together_have_a_largest_size() {
    let names = BTreeMap::from([("#n".to_owned(), "x".repeat(1000))]);
    let largest = limits::SUBSTITUTIONS_BYTES_MAX - 1002 - 2;
    let of = |bytes: usize| BTreeMap::from([(":v".to_owned(), AttributeValue::S("x".repeat(bytes)))]);
    assert!(Substitutions::new(Some(&names), Some(&of(largest))).is_ok());
    assert_eq!(
        Substitutions::new(Some(&names), Some(&of(largest + 1))).unwrap_err().to_string(),
        "Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max size"
    );
}

#[test]
fn empty_maps_are_refused_names_first() {
    let (no_names, no_values) = (names([]), values([]));
    let text = |names, values| Substitutions::new(names, values).unwrap_err().to_string();
    assert_eq!(text(Some(&no_names), Some(&no_values)), "ExpressionAttributeNames must not be empty");
    assert_eq!(text(None, Some(&no_values)), "ExpressionAttributeValues must not be empty");
    assert!(Substitutions::new(None, None).is_ok());
}

#[test]
fn unused_names_come_before_unused_values() {
    let (names, values) = (names(["#a", "#b", "#c"]), values([":a", ":b"]));
    let substitutions = Substitutions::new(Some(&names), Some(&values)).unwrap();
    Condition::parse(Kind::Condition, "#b = :b", &substitutions).unwrap();
    assert_eq!(
        substitutions.finish().unwrap_err().to_string(),
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #c}"
    );
    Projection::parse("#a.#c", &substitutions).unwrap();
    assert_eq!(
        substitutions.finish().unwrap_err().to_string(),
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}"
    );
    Condition::parse(Kind::Filter, "size(x) < :a", &substitutions).unwrap();
    assert_eq!(substitutions.finish(), Ok(()));
}

#[test]
fn maps_need_an_expression_that_can_use_them() {
    use Kind::{Condition, Filter, KeyCondition, Projection, Update};
    let text = |names, values, accepted: &[(Kind, bool)]| {
        check_maps_have_expressions(names, values, accepted).map_err(|error| error.to_string())
    };
    let only = "ExpressionAttributeValues can only be specified when using expressions: ";
    assert_eq!(
        text(true, true, &[(Update, false), (Condition, false)]),
        Err("ExpressionAttributeNames can only be specified when using expressions".to_owned())
    );
    assert_eq!(
        text(false, true, &[(Update, false), (Condition, false)]),
        Err(format!("{only}UpdateExpression and ConditionExpression are null"))
    );
    assert_eq!(text(false, true, &[(Condition, false)]), Err(format!("{only}ConditionExpression is null")));
    assert_eq!(
        text(true, true, &[(Projection, true), (Filter, false), (KeyCondition, false)]),
        Err(format!("{only}FilterExpression and KeyConditionExpression are null"))
    );
    assert_eq!(text(true, true, &[(Update, true), (Condition, false)]), Ok(()));
    assert_eq!(text(true, false, &[(Projection, true)]), Ok(()));
    assert_eq!(text(false, false, &[(Update, false)]), Ok(()));
}

#[test]
fn a_bad_value_is_told_with_its_key() {
    let error = SubstitutionError::InvalidValue { key: ":b".to_owned(), reason: "It is bad".to_owned() };
    assert_eq!(error.to_string(), "ExpressionAttributeValues contains invalid value: It is bad for key :b");
}
