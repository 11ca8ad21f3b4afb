use super::*;
use crate::fuzz::table;
use crate::statement::Statement;
use crate::testing::{fault, n, s};

fn reads(condition: &str) -> Result<Reads, StatementFault> {
    let text = format!("SELECT * FROM tab WHERE {condition}");
    let Statement::Select(select) = Statement::parse(&text, &[])? else { panic!("{text}") };
    let table = table();
    let key = ReadKey { hash: &table.key.hash, range: table.key.range.as_ref() };
    Reads::of(select.filter.as_ref(), key)
}

/// Each part as its keys and whether it filters.
#[track_caller]
fn parts(condition: &str) -> Vec<(AttributeValue, Option<RangeCondition>, bool)> {
    match reads(condition) {
        Ok(Reads::Parts(parts)) => {
            parts.into_iter().map(|part| (part.hash, part.range, part.filter.is_some())).collect()
        }
        other => panic!("{condition}: {other:?}"),
    }
}

#[test]
fn a_partition_is_read_where_its_key_is_given() {
    let eq = |number| Some(RangeCondition::Eq(n(number)));
    for (condition, expected) in [
        ("p = 'a'", vec![(s("a"), None, false)]),
        ("'a' = p AND x = 1", vec![(s("a"), None, true)]),
        ("(p = 'a' AND s = 1)", vec![(s("a"), eq(1), false)]),
        ("p = 'a' AND 1 < s", vec![(s("a"), Some(RangeCondition::Gt(n(1))), false)]),
        ("p = 'a' AND s >= 1 AND s <= 3", vec![(s("a"), Some(RangeCondition::Between(n(1), n(3))), false)]),
        ("p = 'a' AND s BETWEEN 1 AND 3", vec![(s("a"), Some(RangeCondition::Between(n(1), n(3))), false)]),
        ("p = 'a' AND s > 0 AND s = 1", vec![(s("a"), eq(1), true)]),
        ("p = 'a' AND s > 0 AND s <> 1", vec![(s("a"), Some(RangeCondition::Gt(n(0))), true)]),
        ("p IN ['b', 'a'] AND x = 1", vec![(s("a"), None, true), (s("b"), None, true)]),
        ("p = 'a' AND s IN [2, 1]", vec![(s("a"), eq(1), false), (s("a"), eq(2), false)]),
        ("p = 'b' OR p = 'a' AND s = 1", vec![(s("a"), eq(1), false), (s("b"), None, false)]),
        (
            "p = 'a' AND (s = 1 OR s > 5)",
            vec![(s("a"), eq(1), false), (s("a"), Some(RangeCondition::Gt(n(5))), false)],
        ),
        ("p = 'a' AND (x = 1 OR x = 2)", vec![(s("a"), None, true)]),
        // What contradicts itself is not read at all.
        ("p = 'a' AND p = 'b'", vec![]),
        ("p = 'a' AND (p = 'b' OR x = 1)", vec![(s("a"), None, true)]),
        ("p = 'a' AND s = 1 AND s = 2", vec![]),
        // What a sort key is not is filtered; what overlaps it is read at once.
        ("p = 'a' AND NOT s = 1", vec![(s("a"), None, true)]),
        ("p = 'a' AND NOT s = 1 OR p = 'a' AND s = 2", vec![(s("a"), None, true)]),
        ("p = 'a' OR p = 'a' AND NOT s = 1", vec![(s("a"), None, true)]),
    ] {
        assert_eq!(parts(condition), expected, "{condition}");
    }
}

#[test]
fn everything_is_scanned_where_a_partition_key_is_missing() {
    for condition in
        ["x = 1", "p > 'a'", "p = 'a' OR x = 1", "NOT p = 'a'", "p <> 'a'", "s = 1", "p = x", "p > 1"]
    {
        assert!(matches!(reads(condition), Ok(Reads::Scan(Some(_)))), "{condition}");
    }
}

#[test]
fn what_cannot_be_taken_apart_is_refused() {
    let overlap = "Overlapping conditions with range keys are not supported in where clause";
    let many = |count| (0..count).map(|at| format!("'{at}'")).collect::<Vec<_>>().join(",");
    let too_many = "Too many decomposed read operations for a given query.";
    for (condition, expected) in [
        ("p IN ['a', 'a']".to_owned(), overlap),
        ("p = 'a' OR p = 'a'".to_owned(), overlap),
        ("p = 'a' AND (s > 0 OR s < 5)".to_owned(), overlap),
        ("p = 'a' AND (s = 1 OR x = 2)".to_owned(), overlap),
        ("(p = 'a' AND x = 1) OR (p = 'a' AND x = 2)".to_owned(), overlap),
        ("p = 'a' AND x = '1' OR p = 'a' AND s = 2".to_owned(), overlap),
        ("p = 'a' AND x <> '1' OR p = 'a' AND s = 2".to_owned(), overlap),
        (format!("p IN [{}]", many(51)), too_many),
        (format!("p IN [{}] AND s IN [1, 2]", many(26)), too_many),
        (
            "p = 1 OR p = 'a'".to_owned(),
            "Key attribute's data type should match its data type in table's schema: Key p",
        ),
        (
            "p = 'a' AND s IN [1, '2']".to_owned(),
            "Key attribute's data type should match its data type in table's schema: Key s",
        ),
    ] {
        assert_eq!(fault(&format!("SELECT * FROM tab WHERE {condition}")), expected, "{condition}");
    }
    assert_eq!(parts(&format!("p IN [{}]", many(50))).len(), 50);
    assert!(matches!(reads(&format!("p IN [{}] OR x = 1", many(51))), Ok(Reads::Scan(_))));
}
