use partita_model::{AttributeValue, arbitrary};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;
use crate::Step;
use crate::testing::{item, l, m, n, of_each_type, s, with_substitutions};

fn parse(text: &str) -> Result<Projection, Error> {
    with_substitutions(|substitutions| Projection::parse(text, substitutions))
}

#[track_caller]
fn fault(text: &str) -> String {
    let error = parse(text).expect_err(text).to_string();
    error.strip_prefix("Invalid ProjectionExpression: ").expect("all faults have the prefix").to_owned()
}

#[test]
fn faults_are_told_in_the_order_of_checks() {
    let table = [
        ("", "The expression can not be empty;"),
        ("!!", "Syntax error; token: \"!\", near: \"!!\""),
        ("a b", "Syntax error; token: \"b\", near: \"a b\""),
        ("a,", "Syntax error; token: \"<EOF>\", near: \",\""),
        ("a, :one", "Syntax error; token: \":one\", near: \", :one\""),
        ("(a)", "Syntax error; token: \"(\", near: \"(a\""),
        ("abort, #nope, a, a", "Attribute name is a reserved keyword; reserved keyword: abort"),
        (
            "#nope, a, a",
            "An expression attribute name used in the document path is not defined; attribute name: #nope",
        ),
        (
            "a[0], a.b, c, a",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, [0]], path two: [a]",
        ),
        (
            "a[0], a.b",
            "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, [0]], path two: [a, b]",
        ),
        (
            "l1[999999999999999999999]",
            "List index is not within the allowable range; index: [999999999999999999999]",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(fault(text), expected, "{text}");
    }
    assert!(parse(&"x".repeat(4096)).is_ok());
    assert!(fault(&"x".repeat(4097)).ends_with("expression size: 4097"));
}

#[test]
fn keywords_of_other_expressions_are_names_here() {
    assert_eq!(fault("set"), "Attribute name is a reserved keyword; reserved keyword: set");
}

#[test]
fn structure_is_kept_and_lists_are_compacted() {
    let each = of_each_type();
    let table = [
        ("#s", item([("s", s("text"))])),
        ("#m.x", item([("m", m([("x", n(1))]))])),
        ("#m.y[2], #m.y[0], #n", item([("m", m([("y", l([n(10), n(30)]))])), ("n", n(7))])),
        ("#l[2].three, #l[1]", item([("l", l([s("two"), m([("three", n(3))])]))])),
        ("#m.y[7], #l[9], #m.q.r, #s.x, #ss[0], q", item([])),
        ("#m.x, #m.q", item([("m", m([("x", n(1))]))])),
    ];
    for (text, expected) in table {
        let projection = parse(text).unwrap();
        assert_eq!(projection.apply_stored(&StoredItem::of(&each)), expected, "{text} of the stored form");
        assert_eq!(projection.apply(&each), expected, "{text}");
    }
}

#[test]
fn empty_documents_are_returned_when_they_are_named() {
    let item = item([("a", m([("b", m([])), ("c", l([]))]))]);
    let projection = parse("a.b, a.c").unwrap();
    assert_eq!(projection.apply_stored(&StoredItem::of(&item)), item);
    assert_eq!(projection.apply(&item), item);
}

#[test]
fn attributes_to_get_name_whole_attributes_once() {
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let projection = Projection::from_attributes(names(&["s", "a.b", "missing"])).unwrap();
    let item = item([("s", n(1)), ("a.b", n(2)), ("a", m([("b", n(3))]))]);
    assert_eq!(projection.apply(&item).keys().collect::<Vec<_>>(), ["a.b", "s"]);
    assert_eq!(projection.top_level_attributes(), BTreeSet::from(["s", "a.b", "missing"]));
    let error = Projection::from_attributes(names(&["a", "b", "b", "a"])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "One or more parameter values were invalid: Duplicate value in attribute name: b"
    );
}

/// Few names and short lists, so that paths lead somewhere.
fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", ""]).prop_map(str::to_owned)
}

fn path() -> impl Strategy<Value = Path> {
    let step = prop_oneof![name().prop_map(Step::Field), (0usize..3).prop_map(Step::Index)];
    (name(), vec(step, 0..4)).prop_map(|(head, rest)| Path { head, rest })
}

fn some_item() -> impl Strategy<Value = Item> {
    let value = arbitrary::value().prop_recursive(3, 30, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(AttributeValue::L),
            btree_map(name(), inner, 0..4).prop_map(AttributeValue::M),
        ]
    });
    btree_map(name(), value, 0..5)
}

proptest! {
    #[test]
    fn a_stored_item_is_projected_as_the_item_is(paths in vec(path(), 1..5), item in some_item()) {
        let mut apart = Vec::new();
        for path in paths {
            apart.push(path);
            if tree::check_apart(&apart).is_err() {
                apart.pop();
            }
        }
        let projection = Projection::of(apart);
        prop_assert_eq!(projection.apply_stored(&StoredItem::of(&item)), projection.apply(&item));
    }
}
