use partita_model::AttributeValue;
use serde_json::Value;

use super::*;

fn cursor(text: &str) -> Cursor<'_> {
    Cursor { rest: text }
}

fn text(json: &str) -> Option<Text<'_>> {
    cursor(json).text()
}

#[test]
fn a_string_without_escapes_is_a_part_of_the_body() {
    for plain in ["", "a", "ü😀\u{7F}", "sixteen bytes and more of them, far beyond"] {
        let json = format!("\"{plain}\" ");
        assert!(matches!(text(&json), Some(Cow::Borrowed(read)) if read == plain), "{json}");
    }
}

#[test]
fn escapes_are_read_as_serde_reads_them() {
    for json in [
        r#""\"\\\/\b\f\n\r\t""#,
        r#""\u0041\u00e9\u20AC""#,
        r#""\ud83d\ude00""#,
        r#""before \ud83D\uDE00 between \u0000 after""#,
        r#""\ud83d""#,
        r#""\ude00\ud83d""#,
        r#""\ud83d\u0041""#,
        r#""\ud83d\n""#,
        r#""\u+041""#,
        r#""\u004""#,
        r#""\u00g0""#,
        r#""\x41""#,
        r#""\"#,
        r#"""#,
        "\"\n\"",
        "\"a\u{0}\"",
    ] {
        let expected = serde_json::from_str::<String>(json).ok();
        assert_eq!(text(json).map(Cow::into_owned), expected, "{json}");
    }
}

#[test]
fn only_plain_integers_are_read() {
    for (json, integer) in [("0", 0), (" 7,", 7), ("10}", 10), ("999999999", 999_999_999)] {
        assert_eq!(cursor(json).integer(), Some(integer), "{json}");
    }
    for json in ["", "-1", "+1", "01", "1.0", "1e3", "1E3", "1000000000", "\"1\"", "null"] {
        assert_eq!(cursor(json).integer(), None, "{json}");
    }
}

#[test]
fn values_that_are_none_are_left_to_the_exact_reader() {
    for json in [
        r#"{}"#,
        r#"{"S":"a","N":"1"}"#,
        r#"{"S":"a","S":"a"}"#,
        r#"{"S":null}"#,
        r#"{"X":"a"}"#,
        r#"{"N":"a"}"#,
        r#"{"N":1}"#,
        r#"{"B":"a"}"#,
        r#"{"B":"a==="}"#,
        r#"{"B":"AB=="}"#,
        r#"{"NULL":false}"#,
        r#"{"NULL":"true"}"#,
        r#"{"BOOL":1}"#,
        r#"{"SS":[]}"#,
        r#"{"SS":["a","a"]}"#,
        r#"{"NS":["1","1.0"]}"#,
        r#"{"BS":["",""]}"#,
        r#"{"M":{"a":{"S":"1"},"\u0061":{"S":"2"}}}"#,
        r#"{"L":[{"S":"a"},]}"#,
        r#"{"S":"a",}"#,
        r#"null"#,
        r#"[]"#,
    ] {
        assert_eq!(cursor(json).attribute_value(), None, "{json}");
    }
    assert_eq!(cursor(r#"{"":{"S":"a"}}"#).item(), None);
}

#[test]
fn lists_and_maps_nest_as_deep_as_allowed() {
    let most = partita_model::limits::NESTING_DEPTH_MAX;
    let nested = |depth: usize| format!("{}{}", r#"{"L":["#.repeat(depth), "]}".repeat(depth));
    let read = cursor(&nested(most)).attribute_value();
    assert_eq!(read.as_ref().map(partita_model::size::nesting_depth), Some(most));
    assert_eq!(cursor(&nested(most + 1)).attribute_value(), None);
}

#[test]
fn white_space_may_stand_between_any_tokens() {
    let json = " { \"a\"\t:\r\n{ \"L\" : [ { \"BOOL\" : true } , { \"NULL\" : true } ] } } ";
    assert!(serde_json::from_str::<Value>(json).is_ok());
    let list = AttributeValue::L(vec![AttributeValue::Bool(true), AttributeValue::Null]);
    assert_eq!(cursor(json).item(), Some([("a".to_owned(), list)].into()));
}
