use partita_model::Item;
use partita_model::codec::StoredItem;

use crate::testing::{b, bs, item, l, m, n, ns, of_each_type, s, ss, with_substitutions};
use crate::{Condition, Kind};

use super::*;

#[track_caller]
fn check(item: &Item, text: &str, expected: bool) {
    let condition =
        with_substitutions(|substitutions| Condition::parse(Kind::Condition, text, substitutions))
            .expect(text);
    assert_eq!(condition.evaluate(item), expected, "{text}");
    assert_eq!(condition.evaluate(&StoredItem::of(item)), expected, "{text} of the stored form");
}

#[track_caller]
fn holds_for(item: &Item, texts: &[&str]) {
    texts.iter().for_each(|text| check(item, text, true));
}

#[track_caller]
fn fails_for(item: &Item, texts: &[&str]) {
    texts.iter().for_each(|text| check(item, text, false));
}

#[test]
fn values_equal_only_values_of_their_type() {
    let each = of_each_type();
    for one in each.keys() {
        for two in each.keys() {
            check(&each, &format!("#{one} = :{two}"), one == two);
            check(&each, &format!("#{one} <> :{two}"), one != two);
            check(&each, &format!("#{one} IN (:a, :{two})"), one == two);
        }
    }
}

#[test]
fn sets_and_documents_compare_by_what_they_hold() {
    let item = item([("s1", ss(["x", "y"])), ("s2", ss(["y", "x"])), ("m1", m([("k", l([n(1)]))]))]);
    holds_for(&item, &["s1 = s2", "m1.k[0] = :one"]);
    let numbers = super::super::testing::item([
        ("x", AttributeValue::N("1.0".parse().unwrap())),
        ("y", l([AttributeValue::N("2.50e1".parse().unwrap())])),
        ("w", l([n(25)])),
    ]);
    holds_for(&numbers, &["x = :one", "y = w"]);
}

#[test]
fn a_missing_attribute_fails_every_test_but_two() {
    let empty = Item::new();
    holds_for(&empty, &["q <> :one", "q <> r", "attribute_not_exists(q)", "NOT q = :one", "NOT q IN (r)"]);
    fails_for(
        &empty,
        &[
            "q = :one",
            "q = r",
            "q < :one",
            ":one < q",
            "q BETWEEN :zero AND :two",
            ":one BETWEEN q AND :two",
            "q IN (:one)",
            ":one IN (q)",
            "q IN (r)",
            "attribute_exists(q)",
            "begins_with(q, :a)",
            "contains(q, :a)",
            "contains(:a, q)",
            "size(q) = :zero",
            "size(q) < :one",
        ],
    );
    holds_for(&empty, &["size(q) <> :zero"]);
}

#[test]
fn order_is_of_strings_numbers_and_binaries_only() {
    let item = item([
        ("n9", n(9)),
        ("n10", n(10)),
        ("nine", n(9)),
        ("lower_", s("a")),
        ("upper_", s("B")),
        ("bin1", b(&[0x7F])),
        ("bin2", b(&[0x80])),
        ("emoji", s("😀")),
        ("private_", s("\u{FFFF}")),
        ("l1", l([n(1)])),
        ("l2", l([n(2)])),
    ]);
    holds_for(
        &item,
        &[
            "n9 < n10",
            "upper_ < lower_",
            "bin1 < bin2",
            "private_ < emoji",
            "n9 <= nine",
            "n10 >= n9",
            "n9 >= nine",
        ],
    );
    fails_for(
        &item,
        &[
            "n10 < n9",
            "n9 < nine",
            "nine > n9",
            "n9 < lower_",
            "lower_ < n9",
            "l1 < l2",
            "l2 <= l1",
            "l1 >= l2",
            "l2 > l1",
        ],
    );
    holds_for(&item, &["n9 BETWEEN n9 AND n10", "n10 BETWEEN n9 AND n10"]);
    fails_for(&item, &["n9 BETWEEN n10 AND n9", "n9 BETWEEN lower_ AND n10", "l1 BETWEEN l1 AND l2"]);
}

#[test]
fn size_is_of_what_has_one() {
    let each = of_each_type();
    for (name, size) in [("s", 4), ("b", 5), ("m", 2), ("l", 3), ("ss", 2), ("ns", 2), ("bs", 2)] {
        let condition = format!("size(#{name}) = other_");
        let mut item = each.clone();
        item.insert("other_".to_owned(), n(size));
        check(&item, &condition, true);
        item.insert("other_".to_owned(), s(&size.to_string()));
        check(&item, &condition, false);
    }
    for name in ["n", "bool", "null"] {
        for comparator in ["=", "<>", "<", "<=", ">", ">="] {
            check(&each, &format!("size(#{name}) {comparator} :zero"), false);
            check(&each, &format!(":zero {comparator} size(#{name})"), false);
        }
        check(&each, &format!("size(#{name}) <> q"), false);
    }
    check(&item([("e", s("é😀"))]), "size(e) > :two", true);
}

#[test]
fn contains_looks_for_parts_and_members() {
    let item = item([
        ("text_", s("hello")),
        ("bytes_", b(b"hello")),
        ("part_", b(b"ell")),
        ("long_", b(b"hello, all")),
        ("set_", ss(["a", "bb"])),
        ("numbers_", ns([1, 2])),
        ("binaries_", bs([b"p"])),
        ("p", b(b"p")),
        ("list_", l([s("a"), ns([1, 2]), l([n(1)])])),
        ("one_list", l([n(1)])),
        ("none_", s("")),
        ("no_bytes", b(b"")),
        ("map_", m([("a", s("a"))])),
    ]);
    holds_for(
        &item,
        &[
            "contains(text_, none_)",
            "contains(bytes_, part_)",
            "contains(bytes_, no_bytes)",
            "contains(set_, :a)",
            "contains(numbers_, :two)",
            "contains(binaries_, p)",
            "contains(list_, :a)",
            "contains(list_, numbers_)",
            "contains(list_, one_list)",
        ],
    );
    fails_for(
        &item,
        &[
            "contains(text_, :z)",
            "contains(text_, part_)",
            "contains(part_, long_)",
            "contains(set_, none_)",
            "contains(numbers_, :a)",
            "contains(list_, :one)",
            "contains(map_, :a)",
            "contains(:n, :one)",
        ],
    );
}

#[test]
fn begins_with_takes_strings_and_binaries() {
    let item = item([("text_", s("abc")), ("bytes_", b(b"abc")), ("head_", b(b"ab")), ("five", n(5))]);
    holds_for(
        &item,
        &["begins_with(text_, :a)", "begins_with(bytes_, head_)", "begins_with(text_, :a) OR five = :one"],
    );
    fails_for(&item, &["begins_with(:a, text_)", "begins_with(text_, head_)", "begins_with(five, :a)"]);
}

#[test]
fn attribute_type_compares_the_type_letters() {
    let each = of_each_type();
    let names = std::collections::BTreeMap::from([("#x".to_owned(), "s".to_owned())]);
    for kind in ["S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"] {
        let values = std::collections::BTreeMap::from([(":t".to_owned(), s(kind))]);
        for (name, value) in &each {
            let names = std::collections::BTreeMap::from([("#x".to_owned(), name.clone())]);
            let substitutions = crate::Substitutions::new(Some(&names), Some(&values)).unwrap();
            let condition = Condition::parse(Kind::Filter, "attribute_type(#x, :t)", &substitutions).unwrap();
            assert_eq!(
                condition.evaluate(&each),
                value.attribute_type().wire_name() == kind,
                "{name} {kind}"
            );
        }
        let substitutions = crate::Substitutions::new(Some(&names), Some(&values)).unwrap();
        let missing = Condition::parse(Kind::Filter, "attribute_type(q.#x, :t)", &substitutions).unwrap();
        assert!(!missing.evaluate(&each));
    }
}

#[test]
fn not_binds_tighter_than_and_and_and_tighter_than_or() {
    let item = item([("a", n(1)), ("b", n(2)), ("c", n(3))]);
    holds_for(
        &item,
        &[
            "a < b OR c < b AND b < c",
            "a < b OR c < b AND c < b",
            "b BETWEEN a AND c AND a < b",
            "NOT a < b OR b < c",
            "nOt b < a aNd NOT c < b",
            "(a < b OR b < a) AND (b < c AND (a < b OR b < c))",
        ],
    );
    fails_for(&item, &["NOT a < b AND c < b", "(a < b OR c < b) AND c < b", "NOT (a < b AND b < c)"]);
}

#[test]
fn paths_go_into_documents() {
    let each = of_each_type();
    holds_for(&each, &["#m.y[1] > #m.x", "#l[2].three > #l[0]", "attribute_exists(#m.y[2])"]);
    fails_for(
        &each,
        &[
            "attribute_exists(#m.y[3])",
            "attribute_exists(#s.x)",
            "attribute_exists(#l.three)",
            "#m.z < #m.y[100]",
        ],
    );
    let dotted = item([("a.b", n(1))]);
    check(&dotted, "#dotted = :one", true);
    check(&dotted, "a.b = :one", false);
}
