use proptest::prelude::*;
use serde_json::json;

use super::*;

fn record() -> Value {
    json!({
        "eventName": "MODIFY",
        "userIdentity": null,
        "dynamodb": {
            "ApproximateCreationDateTime": 1_479_499_740,
            "SizeBytes": 59.0,
            "Keys": {"Id": {"N": "101"}},
            "NewImage": {
                "Message": {"S": "New Item"},
                "Empty": {"S": ""},
                "Flag": {"BOOL": true},
                "Tags": {"SS": ["red", "green"]},
                "List": {"L": [{"S": "first"}, {"M": {"a": {"S": "x"}, "b": {"S": "y"}}}]},
            },
        },
    })
}

fn matches(pattern: Value) -> bool {
    Filters::new(vec![pattern.to_string()]).unwrap().compile().unwrap().matches(&record())
}

fn image(attribute: &str, rule: Value) -> Value {
    json!({"dynamodb": {"NewImage": {attribute: rule}}})
}

#[test]
fn values_are_equal_or_not() {
    for (rule, expected) in [
        (json!(["MODIFY"]), true),
        (json!(["INSERT", "MODIFY"]), true),
        (json!(["INSERT"]), false),
        (json!(["modify"]), false),
        (json!([{"equals-ignore-case": "modify"}]), true),
        (json!([null]), false),
    ] {
        assert_eq!(matches(json!({"eventName": rule.clone()})), expected, "{rule}");
    }
    assert!(matches(json!({"userIdentity": [null]})));
    assert!(!matches(json!({"absent": [null]})), "null is a value");
    assert!(matches(image("Empty", json!({"S": [""]}))));
    assert!(matches(image("Flag", json!({"BOOL": [true]}))));
    assert!(!matches(image("Flag", json!({"BOOL": ["true"]}))));
}

#[test]
fn texts_begin_and_end() {
    for (rule, expected) in [
        (json!({"prefix": "New"}), true),
        (json!({"prefix": "new"}), false),
        (json!({"prefix": {"equals-ignore-case": "nEW"}}), true),
        (json!({"suffix": "Item"}), true),
        (json!({"suffix": "New"}), false),
        (json!({"suffix": {"equals-ignore-case": "ITEM"}}), true),
        (json!({"anything-but": "Old"}), true),
        (json!({"anything-but": ["Old", "New Item"]}), false),
        (json!({"anything-but": {"prefix": "New"}}), false),
        (json!({"anything-but": {"suffix": ["x", "y"]}}), true),
        (json!({"anything-but": {"equals-ignore-case": ["new item"]}}), false),
    ] {
        assert_eq!(matches(image("Message", json!({"S": [rule.clone()]}))), expected, "{rule}");
    }
}

#[test]
fn numbers_are_compared_and_attributes_are_texts() {
    for (rule, expected) in [
        (json!(59), true),
        (json!({"numeric": ["=", 59]}), true),
        (json!({"numeric": [">", 58.5, "<=", 59]}), true),
        (json!({"numeric": [">", 59]}), false),
        (json!({"numeric": [">=", 59]}), true),
        (json!({"numeric": ["<", 59]}), false),
        (json!({"anything-but": 59}), false),
        (json!({"anything-but": [58]}), true),
    ] {
        assert_eq!(matches(json!({"dynamodb": {"SizeBytes": [rule.clone()]}})), expected, "{rule}");
    }
    assert!(!matches(json!({"dynamodb": {"Keys": {"Id": {"N": [{"numeric": ["=", 101]}]}}}})), "N is a text");
    assert!(matches(json!({"dynamodb": {"Keys": {"Id": {"N": ["101"]}}}})));
}

#[test]
fn presence_is_that_of_values() {
    let exists = |wanted: bool| json!([{ "exists": wanted }]);
    assert!(matches(image("Message", json!({"S": exists(true)}))));
    assert!(!matches(image("Message", json!({"S": exists(false)}))));
    assert!(matches(image("Message", json!({"N": exists(false)}))));
    assert!(matches(image("Absent", json!({"S": exists(false)}))));
    assert!(!matches(image("Absent", json!({"S": exists(true)}))));
    assert!(matches(json!({"dynamodb": {"OldImage": {"x": {"S": exists(false)}}}})));
    assert!(!matches(image("Message", exists(true))), "an object is no value");
    assert!(matches(image("Absent", json!({"S": [{"exists": false}, "x"]}))));
}

#[test]
fn one_element_of_a_list_must_match() {
    assert!(matches(image("Tags", json!({"SS": ["green"]}))));
    assert!(!matches(image("Tags", json!({"SS": ["blue"]}))));
    assert!(matches(image("List", json!({"L": {"S": ["first"]}}))));
    assert!(matches(image("List", json!({"L": {"M": {"a": {"S": ["x"]}, "b": {"S": ["y"]}}}}))));
    assert!(!matches(image("List", json!({"L": {"S": ["first"], "M": {"a": {"S": ["x"]}}}}))));
}

#[test]
fn members_and_alternatives() {
    let message = |text: &str| image("Message", json!({"S": [text]}));
    assert!(matches(json!({"eventName": ["MODIFY"], "dynamodb": message("New Item")["dynamodb"]})));
    assert!(!matches(json!({"eventName": ["INSERT"], "dynamodb": message("New Item")["dynamodb"]})));
    assert!(matches(json!({"$or": [{"eventName": ["INSERT"]}, message("New Item")]})));
    assert!(!matches(json!({"$or": [{"eventName": ["INSERT"]}, message("Other")]})));
    assert!(!matches(json!({"eventName": ["INSERT"], "$or": [message("New Item"), message("Other")]})));

    let filters = |patterns: &[Value]| Filters::new(patterns.iter().map(Value::to_string).collect()).unwrap();
    let two = filters(&[json!({"eventName": ["INSERT"]}), json!({"eventName": ["MODIFY"]})]);
    assert!(two.compile().unwrap().matches(&record()));
    assert!(Filters::default().compile().is_none());
}

#[test]
fn what_is_no_pattern_is_refused() {
    for pattern in [
        "",
        "{",
        "[]",
        "1",
        "{}",
        r#"{"a":{}}"#,
        r#"{"a":[]}"#,
        r#"{"a":1}"#,
        r#"{"a":[[1]]}"#,
        r#"{"$or":[]}"#,
        r#"{"$or":[1]}"#,
        r#"{"a":[{"exists":1}]}"#,
        r#"{"a":[{"exists":true,"prefix":"a"}]}"#,
        r#"{"a":[{}]}"#,
        r#"{"a":[{"prefix":1}]}"#,
        r#"{"a":[{"wildcard":"*"}]}"#,
        r#"{"a":[{"numeric":[]}]}"#,
        r#"{"a":[{"numeric":["="]}]}"#,
        r#"{"a":[{"numeric":["!",1]}]}"#,
        r#"{"a":[{"numeric":[">",1,">",2]}]}"#,
        r#"{"a":[{"numeric":[">",2,"<",1]}]}"#,
        r#"{"a":[{"anything-but":[]}]}"#,
        r#"{"a":[{"anything-but":null}]}"#,
        r#"{"a":[{"anything-but":{"prefix":[]}}]}"#,
        r#"{"a":[{"equals-ignore-case":{"prefix":"a"}}]}"#,
    ] {
        assert!(Filters::new(vec![pattern.to_owned()]).is_err(), "{pattern}");
    }
    let long = json!({"a": ["x".repeat(PATTERN_CHARACTERS_MAX)]}).to_string();
    assert_eq!(Filters::new(vec![long]), Err(PatternError::TooLong));
    assert_eq!(Filters::new(vec![r#"{"a":["b"]}"#.to_owned(); FILTERS_MAX + 1]), Err(PatternError::TooMany));
}

proptest! {
    #[test]
    fn no_text_makes_reading_panic(text in ".{0,60}", json in r#"[\{\}\[\]"a:,$or10<>=exists]{0,40}"#) {
        for pattern in [text, json] {
            if let Ok(filters) = Filters::new(vec![pattern]) {
                filters.compile().unwrap().matches(&record());
            }
        }
    }
}
