//! Updates made of parts are those that a text makes.

use super::*;

fn path(name: &str) -> Path {
    Path::top_level(name)
}

fn at(name: &str) -> Box<SetValue> {
    Box::new(SetValue::Path(path(name)))
}

fn value(value: AttributeValue) -> Box<SetValue> {
    Box::new(SetValue::Value(value))
}

#[test]
fn parts_make_what_a_text_makes() {
    let sum = SetValue::Sum { minus: true, left: at("n"), right: value(n(1)) };
    let append =
        SetValue::ListAppend { first: at("l"), second: value(l([n(1), s("two"), m([("three", n(3))])])) };
    let otherwise = SetValue::IfNotExists { path: path("s"), otherwise: value(n(2)) };
    for (text, changes) in [
        ("SET n = n - :one", vec![(path("n"), Change::Set(sum))]),
        ("SET x = list_append(l, :l)", vec![(path("x"), Change::Set(append))]),
        ("SET x = if_not_exists(s, :two)", vec![(path("x"), Change::Set(otherwise))]),
        (
            "REMOVE a ADD ns :ns DELETE ss :ss",
            vec![
                (path("a"), Change::Remove),
                (path("ns"), Change::Add(ns([1, 2]))),
                (path("ss"), Change::Delete(ss(["red", "green"]))),
            ],
        ),
    ] {
        let made = Update::of_changes(changes).unwrap();
        assert_eq!(parse(text), Ok(made), "{text}");
    }
}

#[test]
fn parts_are_checked_as_a_text_is() {
    let set = |value| vec![(path("x"), Change::Set(value))];
    for (changes, sentence) in [
        (
            set(SetValue::Sum { minus: false, left: at("n"), right: value(s("a")) }),
            "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        (
            set(SetValue::ListAppend { first: value(n(1)), second: at("l") }),
            "Incorrect operand type for operator or function; operator or function: list_append, operand type: N",
        ),
        (
            vec![(path("x"), Change::Delete(n(1)))],
            "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: \
             ALLOWED_FOR_DELETE_OPERAND",
        ),
        (
            vec![(path("x"), Change::Remove), (path("x"), Change::Remove)],
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [x], \
             path two: [x]",
        ),
    ] {
        assert_eq!(Update::of_changes(changes).unwrap_err().to_string(), sentence);
    }
}
