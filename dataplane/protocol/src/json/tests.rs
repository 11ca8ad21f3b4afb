use expect_test::{Expect, expect};
use partita_model::{AttributeValue, limits, size};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Candidate, Members, ValueFault, attribute_value, item};
use crate::output::item_to_json;
use crate::{ServiceError, Wording};

fn members(value: Value) -> Members {
    Members::of_value(value).unwrap()
}

fn message(error: ServiceError) -> String {
    assert_eq!(error.name(), "SerializationException");
    error.message(Wording::default()).unwrap().into_owned()
}

fn read_value(value: Value) -> Candidate<AttributeValue> {
    attribute_value(value).unwrap()
}

/// The sentence of a value whose JSON types are right.
fn fault(value: Value) -> String {
    let error = ServiceError::from(read_value(value).unwrap_err());
    error.message(Wording::default()).unwrap().into_owned()
}

/// Lists inside each other.
fn nested(levels: usize) -> Value {
    (0..levels).fold(json!({"S": "x"}), |inner, level| match level % 2 {
        0 => json!({"L": [inner]}),
        _ => json!({"M": {"m": inner}}),
    })
}

#[test]
fn a_body_that_is_no_object_is_malformed() {
    for body in ["", "[]", "1", "\"a\"", "null", "{", "{}{}", "{\"a\":\u{0}}", "{\"a\":NaN}"] {
        let error = Members::of_body(body.as_bytes()).unwrap_err();
        assert_eq!(error, ServiceError::malformed_json(), "{body}");
        assert_eq!(error.message(Wording::default()), None);
    }
    assert_eq!(Members::of_body(b"{\"a\":\"\xff\"}").unwrap_err(), ServiceError::malformed_json());
}

#[test]
fn a_body_nested_beyond_what_is_read_is_told_as_nested_values_are() {
    for depth in [64, 100_000] {
        let body = format!("{{\"Item\":{}{}}}", "{\"L\":[".repeat(depth), "]}".repeat(depth));
        assert_eq!(Members::of_body(body.as_bytes()).unwrap_err(), ServiceError::from(ValueFault::TooDeep));
    }
}

#[test]
fn null_is_absent_unknown_members_do_not_matter_and_the_last_duplicate_counts() {
    let mut read = Members::of_body(br#"{"a":null,"b":"1","b":"2","c":3}"#).unwrap();
    assert_eq!(read.string("a").unwrap(), None);
    assert_eq!(read.string("b").unwrap(), Some("2".to_owned()));
}

#[test]
fn a_scalar_of_another_type_is_named() {
    let values = json!({
        "true": true, "false": false, "number": 1, "decimal": 1.5, "string": "x", "list": [], "map": {}
    });
    let mut said = String::new();
    for name in ["true", "false", "number", "decimal", "string", "list", "map"] {
        let mut note = |kind: &str, error: Option<ServiceError>| {
            if let Some(error) = error {
                said += &format!("{name} for {kind}: {}\n", message(error));
            }
        };
        note("String", members(values.clone()).string(name).err());
        note("Boolean", members(values.clone()).boolean(name).err());
        note("Integer", members(values.clone()).integer(name).err());
        note("Long", members(values.clone()).long(name).err());
        note("List", members(values.clone()).strings(name).err());
        note("Map", members(values.clone()).string_map(name).err());
        note("Structure", members(values.clone()).structure(name).err());
    }
    expect![[r#"
        true for String: TRUE_VALUE cannot be converted to String
        true for Integer: TRUE_VALUE cannot be converted to Integer
        true for Long: TRUE_VALUE cannot be converted to Long
        true for List: Unexpected field type
        true for Map: Unexpected field type
        true for Structure: Unexpected field type
        false for String: FALSE_VALUE cannot be converted to String
        false for Integer: FALSE_VALUE cannot be converted to Integer
        false for Long: FALSE_VALUE cannot be converted to Long
        false for List: Unexpected field type
        false for Map: Unexpected field type
        false for Structure: Unexpected field type
        number for String: NUMBER_VALUE cannot be converted to String
        number for Boolean: NUMBER_VALUE cannot be converted to Boolean
        number for List: Unexpected field type
        number for Map: Unexpected field type
        number for Structure: Unexpected field type
        decimal for String: DECIMAL_VALUE cannot be converted to String
        decimal for Boolean: DECIMAL_VALUE cannot be converted to Boolean
        decimal for List: Unexpected field type
        decimal for Map: Unexpected field type
        decimal for Structure: Unexpected field type
        string for Boolean: STRING_VALUE cannot be converted to Boolean
        string for Integer: STRING_VALUE cannot be converted to Integer
        string for Long: STRING_VALUE cannot be converted to Long
        string for List: Unexpected field type
        string for Map: Unexpected field type
        string for Structure: Unexpected field type
        list for String: Unrecognized collection type class java.lang.String
        list for Boolean: Unrecognized collection type class java.lang.Boolean
        list for Integer: Unrecognized collection type class java.lang.Integer
        list for Long: Unrecognized collection type class java.lang.Long
        list for Map: Unrecognized collection type java.util.Map
        list for Structure: Unrecognized collection type java.util.Map
        map for String: Start of structure or map found where not expected
        map for Boolean: Start of structure or map found where not expected
        map for Integer: Start of structure or map found where not expected
        map for Long: Start of structure or map found where not expected
        map for List: Start of structure or map found where not expected
    "#]]
    .assert_eq(&said);
}

#[test]
fn numbers_are_truncated_and_bounded() {
    let mut read = members(json!({"a": 1.9, "b": -1.9, "c": 1e300, "d": u64::MAX, "e": 7}));
    assert_eq!(read.integer("a").unwrap(), Some(1));
    assert_eq!(read.integer("b").unwrap(), Some(-1));
    assert_eq!(read.long("c").unwrap(), Some(i64::MAX));
    assert_eq!(read.long("d").unwrap(), Some(i64::MAX));
    assert_eq!(read.integer("e").unwrap(), Some(7));
}

#[test]
fn every_type_is_read() {
    let all = json!({
        "S": {"S": ""}, "N": {"N": "001.50"}, "B": {"B": "AAE="}, "T": {"BOOL": false}, "0": {"NULL": true},
        "M": {"M": {"a": {"L": []}}}, "L": {"L": [{"M": {}}]},
        "SS": {"SS": ["b", "a"]}, "NS": {"NS": ["10", "9"]}, "BS": {"BS": ["AQ==", "AA=="]}
    });
    let read = item(all).unwrap().unwrap();
    expect![[r#"{"0":{"NULL":true},"B":{"B":"AAE="},"BS":{"BS":["AA==","AQ=="]},"L":{"L":[{"M":{}}]},"M":{"M":{"a":{"L":[]}}},"N":{"N":"1.5"},"NS":{"NS":["9","10"]},"S":{"S":""},"SS":{"SS":["a","b"]},"T":{"BOOL":false}}"#]]
    .assert_eq(&item_to_json(&read).to_string());
}

#[test]
fn a_value_of_wrong_json_types_is_refused_at_once() {
    fn check(value: Value, expected: Expect) {
        expected.assert_eq(&message(attribute_value(value).unwrap_err()));
    }
    check(json!("a"), expect!["Unexpected field type"]);
    check(json!({"S": 1}), expect!["NUMBER_VALUE cannot be converted to String"]);
    check(json!({"N": 1}), expect!["NUMBER_VALUE cannot be converted to String"]);
    check(json!({"B": true}), expect!["only base-64-encoded strings are convertible to bytes"]);
    check(
        json!({"B": "abc"}),
        expect!["Base64 encoded length is expected a multiple of 4 bytes but found: 3"],
    );
    check(json!({"B": "ab!="}), expect!["Invalid Base64 character: '!'"]);
    check(json!({"B": "aB=="}), expect!["Invalid last non-pad Base64 character dectected"]);
    check(json!({"BOOL": "true"}), expect!["STRING_VALUE cannot be converted to Boolean"]);
    check(json!({"NULL": "true"}), expect!["STRING_VALUE cannot be converted to Boolean"]);
    check(json!({"SS": [null]}), expect!["Unexpected token received from parser"]);
    check(json!({"L": {}}), expect!["Start of structure or map found where not expected"]);
    check(json!({"M": []}), expect!["Unrecognized collection type java.util.Map"]);
}

#[test]
fn a_wrong_json_type_is_told_before_any_fault_of_a_value() {
    let values = json!({"a": {"NS": []}, "b": {"L": [{"NULL": false}]}, "c": {"S": 1}});
    assert_eq!(message(item(values).unwrap_err()), "NUMBER_VALUE cannot be converted to String");
}

#[test]
fn a_value_that_is_no_attribute_value_says_why() {
    fn check(value: Value, expected: Expect) {
        expected.assert_eq(&fault(value));
    }
    check(
        json!({}),
        expect!["Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"],
    );
    check(
        json!({"X": "unknown"}),
        expect!["Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"],
    );
    check(
        json!({"L": [null]}),
        expect!["Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"],
    );
    check(
        json!({"S": "a", "N": "1"}),
        expect![
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
        ],
    );
    check(json!({"S": "a", "N": ""}), expect!["The parameter cannot be converted to a numeric value"]);
    check(
        json!({"NULL": false}),
        expect![
            "One or more parameter values were invalid: Null attribute value types must have the value of true"
        ],
    );
    check(
        json!({"NULL": "no"}),
        expect![
            "One or more parameter values were invalid: Null attribute value types must have the value of true"
        ],
    );
    check(
        json!({"SS": []}),
        expect!["One or more parameter values were invalid: An string set  may not be empty"],
    );
    check(
        json!({"NS": []}),
        expect!["One or more parameter values were invalid: An number set  may not be empty"],
    );
    check(
        json!({"BS": []}),
        expect!["One or more parameter values were invalid: Binary sets should not be empty"],
    );
    check(
        json!({"SS": ["a", "a"]}),
        expect!["One or more parameter values were invalid: Input collection [a, a] contains duplicates."],
    );
    check(json!({"NS": ["1", "1.0"]}), expect!["Input collection contains duplicates"]);
    check(
        json!({"BS": ["Yg==", "Yg=="]}),
        expect![
            "One or more parameter values were invalid: Input collection [Yg==, Yg==]of type BS contains duplicates."
        ],
    );
    check(json!({"N": ""}), expect!["The parameter cannot be converted to a numeric value"]);
    check(json!({"N": " 1"}), expect!["The parameter cannot be converted to a numeric value:  1"]);
    check(
        json!({"N": "1e126"}),
        expect!["Number overflow. Attempting to store a number with magnitude larger than supported range"],
    );
    check(
        json!({"N": "1e-131"}),
        expect!["Number underflow. Attempting to store a number with magnitude smaller than supported range"],
    );
    check(
        json!({"N": "123456789012345678901234567890123456789"}),
        expect!["Attempting to store more than 38 significant digits in a Number"],
    );
}

#[test]
fn values_nest_to_the_limit_and_no_deeper() {
    let deepest = read_value(nested(limits::NESTING_DEPTH_MAX)).unwrap();
    assert_eq!(size::nesting_depth(&deepest), limits::NESTING_DEPTH_MAX);
    expect!["Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"].assert_eq(&fault(nested(limits::NESTING_DEPTH_MAX + 1)));
}

proptest! {
    #[test]
    fn items_come_back_from_json_as_they_were(given in partita_model::arbitrary::item()) {
        let body = json!({ "Item": item_to_json(&given) }).to_string();
        let mut members = Members::of_body(body.as_bytes()).unwrap();
        let read = members.read("Item", item).unwrap().unwrap().unwrap();
        prop_assert_eq!(read, given);
    }
}
