//! A SELECT finds the items that the same condition of the native API keeps, whatever reads it becomes.

use std::collections::BTreeMap;

use partita_expression::{Condition, Kind, Substitutions};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;
use crate::{Plan, Statement};

/// A condition in both languages, and the values that the native one refers to.
#[derive(Clone, Debug)]
struct Both {
    partiql: String,
    native: String,
}

const VALUES: [(&str, &str); 9] = [
    ("'a'", ":a"),
    ("'b'", ":b"),
    ("0", ":v0"),
    ("1", ":v1"),
    ("2", ":v2"),
    ("3", ":v3"),
    ("TRUE", ":t"),
    ("<<1, 2>>", ":ns"),
    ("NULL", ":null"),
];

fn values() -> BTreeMap<String, AttributeValue> {
    let set = AttributeValue::Ns([1u64, 2].map(partita_model::Number::from).into());
    let of = [s("a"), s("b"), n(0), n(1), n(2), n(3), true.into(), set, AttributeValue::Null];
    VALUES.iter().map(|(_, name)| (*name).to_owned()).zip(of).collect()
}

fn both(partiql: String, native: String) -> Both {
    Both { partiql, native }
}

fn test() -> impl Strategy<Value = Both> {
    let hash = prop::sample::select(vec![0usize, 1]).prop_map(|at| VALUES[at]);
    let number = || (2usize..6).prop_map(|at| VALUES[at]);
    let comparator = || prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
    let other = (0..VALUES.len()).prop_map(|at| VALUES[at]);
    let name = prop::sample::select(vec!["x", "y.z", "y.l[0]"]);
    let native = |name: &str| match name {
        "x" => "#x".to_owned(),
        "y.z" => "#y.#z".to_owned(),
        _ => "#y.#l[0]".to_owned(),
    };
    prop_oneof![
        4 => hash.prop_map(|(value, name)| both(format!("p = {value}"), format!("#p = {name}"))),
        1 => Just(both("p IN ['a', 'b']".to_owned(), "#p IN (:a, :b)".to_owned())),
        1 => Just(both("begins_with(p, 'a')".to_owned(), "begins_with(#p, :a)".to_owned())),
        3 => (comparator(), number())
            .prop_map(|(op, (value, name))| both(format!("s {op} {value}"), format!("#s {op} {name}"))),
        1 => (comparator(), number())
            .prop_map(|(op, (value, name))| both(format!("{value} {op} s"), format!("{name} {op} #s"))),
        1 => (number(), number()).prop_map(|((v1, n1), (v2, n2))| {
            let ((v1, n1), (v2, n2)) = if n1 <= n2 { ((v1, n1), (v2, n2)) } else { ((v2, n2), (v1, n1)) };
            both(format!("s BETWEEN {v1} AND {v2}"), format!("#s BETWEEN {n1} AND {n2}"))
        }),
        1 => (number(), number()).prop_map(|((v1, n1), (v2, n2))| {
            both(format!("s IN [{v1}, {v2}]"), format!("#s IN ({n1}, {n2})"))
        }),
        4 => (name.clone(), prop::sample::select(vec!["=", "<>"]), other).prop_map(move |(path, op, (value, name))| {
            both(format!("{path} {op} {value}"), format!("{} {op} {name}", native(path)))
        }),
        1 => name.clone().prop_map(move |path| {
            both(format!("{path} IS MISSING"), format!("attribute_not_exists({})", native(path)))
        }),
        1 => name.clone().prop_map(move |path| {
            both(format!("{path} IS NOT NULL"), format!("NOT {} = :null", native(path)))
        }),
        1 => name.prop_map(move |path| {
            both(format!("size({path}) > 1"), format!("size({}) > :v1", native(path)))
        }),
    ]
}

fn condition() -> impl Strategy<Value = Both> {
    test().prop_recursive(3, 8, 3, |inner| {
        let join = |parts: Vec<Both>, word: &str| {
            let side = |side: fn(&Both) -> &String| {
                let parts: Vec<String> = parts.iter().map(|part| format!("({})", side(part))).collect();
                parts.join(word)
            };
            both(side(|part| &part.partiql), side(|part| &part.native))
        };
        prop_oneof![
            3 => vec(inner.clone(), 2..4).prop_map(move |parts| join(parts, " AND ")),
            2 => vec(inner.clone(), 2..3).prop_map(move |parts| join(parts, " OR ")),
            1 => inner.prop_map(|part| {
                both(format!("NOT ({})", part.partiql), format!("NOT ({})", part.native))
            }),
        ]
    })
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let value = || (0..VALUES.len()).prop_map(|at| values()[VALUES[at].1].clone());
    let map = (value(), value()).prop_map(|(z, element)| {
        AttributeValue::M(item([("z", z), ("l", AttributeValue::L(vec![element]))]))
    });
    let rest = (prop::option::of(value()), prop::option::of(map));
    let items = btree_map((0..3usize, 0..4i64), rest, 0..12);
    items.prop_map(|items| {
        let of = |((p, at), (x, y)): ((usize, i64), (Option<_>, Option<_>))| {
            let mut made = item([("p", s(["a", "b", "c"][p])), ("s", n(at))]);
            made.extend(x.map(|x| ("x".to_owned(), x)));
            made.extend(y.map(|y| ("y".to_owned(), y)));
            made
        };
        items.into_iter().map(of).collect()
    })
}

fn native(text: &str) -> Condition {
    let names: BTreeMap<String, String> =
        ["p", "s", "x", "y", "z", "l"].iter().map(|name| (format!("#{name}"), (*name).to_owned())).collect();
    let values = values();
    let substitutions = Substitutions::new(Some(&names), Some(&values)).unwrap();
    Condition::parse(Kind::Filter, text, &substitutions).expect(text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_select_finds_what_the_condition_keeps(both in condition(), items in items(), limit in 0..4u32) {
        let text = format!("SELECT * FROM tab WHERE {}", both.partiql);
        let mut options = Options { limit: std::num::NonZeroU32::new(limit), ..Options::default() };
        let statement = Statement::parse(&text, &[]).unwrap();
        let mut found = Vec::new();
        loop {
            let reading = match Plan::new(statement.clone(), &table(), &options) {
                Ok(Plan::Read(reading)) => *reading,
                Err(StatementFault::Overlap) => return Ok(()),
                other => panic!("{text}: {other:?}"),
            };
            let (page, rows) = carry_out(reading, &items);
            found.extend(page);
            options.next_token = rows.next_token;
            if options.next_token.is_none() {
                break;
            }
        }
        found.sort_by_key(place);
        let condition = native(&both.native);
        let kept: Vec<Item> = items.into_iter().filter(|item| condition.evaluate(item)).collect();
        prop_assert_eq!(found, kept, "{}", text);
    }
}
