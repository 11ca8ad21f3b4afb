//! Random pages of indexes, compared with a model that sorts and filters all entries anew.

use partita_model::{AttributeValue, Item};
use partita_protocol::OperationName::{Query, Scan};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::{Shape, World, json_of, runtime};
use crate::Limits;

/// A condition on a sort attribute.
#[derive(Clone, Debug)]
struct Compared {
    operator: &'static str,
    value: String,
    upper: String,
}

/// A Query of `wide`: equal on the first sort attribute, or a range of it, or equal and then a range of the second.
#[derive(Clone, Debug)]
struct Asked {
    a: String,
    n: i32,
    equal: Option<String>,
    last: Option<Compared>,
    forward: bool,
    limit: u32,
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab]{1,2}", 1 => Just("a\u{0}".to_owned()), 1 => Just("é".to_owned())]
}

fn item() -> impl Strategy<Value = Value> {
    ((0..6i32, 0..3i32), "[ab]", 0..2i32, word(), word()).prop_map(|((p, s), a, n, b, x)| {
        json!({"p": {"S": format!("p{p}")}, "s": {"N": s.to_string()}, "a": {"S": a}, "n": {"N": n.to_string()},
               "b": {"S": b}, "x": {"S": x}})
    })
}

fn compared() -> impl Strategy<Value = Compared> {
    let operators = vec!["=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"];
    (prop::sample::select(operators), word(), word()).prop_map(|(operator, one, other)| {
        let (value, upper) = if one <= other { (one, other) } else { (other, one) };
        Compared { operator, value, upper }
    })
}

prop_compose! {
    fn asked()(
        a in "[ab]",
        n in 0..2,
        equal in option::of(word()),
        last in option::of(compared()),
        forward in any::<bool>(),
        limit in 1..5u32,
    ) -> Asked {
        Asked { a, n, equal, last, forward, limit }
    }
}

impl Asked {
    fn body(&self) -> Value {
        let mut condition = "a = :a AND n = :n".to_owned();
        let mut values = json!({":a": {"S": self.a}, ":n": {"N": self.n.to_string()}});
        let mut last = "b";
        if let Some(equal) = &self.equal {
            condition += " AND b = :b";
            values[":b"] = json!({"S": equal});
            last = "x";
        }
        if let Some(Compared { operator, value, upper }) = &self.last {
            values[":low"] = json!({"S": value});
            condition += &match *operator {
                "BETWEEN" => {
                    values[":high"] = json!({"S": upper});
                    format!(" AND {last} BETWEEN :low AND :high")
                }
                "begins_with" => format!(" AND begins_with({last}, :low)"),
                operator => format!(" AND {last} {operator} :low"),
            };
        }
        json!({"TableName": "table", "IndexName": "wide", "KeyConditionExpression": condition,
               "ExpressionAttributeValues": values, "ScanIndexForward": self.forward, "Limit": self.limit})
    }

    fn matches(&self, item: &Item) -> bool {
        let text = |name: &str| text_of(item, name);
        let (equal, last) = match &self.equal {
            Some(equal) => (text("b") == *equal, text("x")),
            None => (true, text("b")),
        };
        let in_range = self.last.as_ref().is_none_or(|Compared { operator, value, upper }| match *operator {
            "=" => last == *value,
            "<" => last < *value,
            "<=" => last <= *value,
            ">" => last > *value,
            ">=" => last >= *value,
            "BETWEEN" => *value <= last && last <= *upper,
            _ => last.starts_with(value.as_str()),
        });
        text("a") == self.a && item["n"] == AttributeValue::N(self.n.into()) && equal && in_range
    }
}

fn text_of(item: &Item, name: &str) -> String {
    match &item[name] {
        AttributeValue::S(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

/// By sort attributes, then by the key of the table.
fn place(item: &Item) -> (String, String, String, String) {
    let AttributeValue::N(sort) = &item["s"] else { panic!("{item:?}") };
    (text_of(item, "b"), text_of(item, "x"), text_of(item, "p"), sort.to_string())
}

/// All pages of a request, each of no more than `limit`.
async fn pages(
    world: &World,
    name: partita_protocol::OperationName,
    mut body: Value,
    limit: usize,
) -> Vec<Value> {
    let mut found = Vec::new();
    loop {
        let page = world.call(name, body.clone()).await.unwrap();
        let items = page["Items"].as_array().unwrap();
        assert!(items.len() <= limit);
        found.extend(items.iter().cloned());
        let Some(last) = page.get("LastEvaluatedKey") else { return found };
        assert_eq!(items.len(), limit, "a page that is not the last is full");
        body["ExclusiveStartKey"] = last.clone();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn pages_are_those_of_the_model(items in vec(item(), 0..60), queries in vec(asked(), 1..12), segments in 1..5u32) {
        runtime().block_on(async {
            let mut world = World::with(&[Shape::Wide], Limits::default()).await;
            for item in &items {
                world.put(item.clone()).await;
            }
            world.settle().await;
            world.apply(true).await;
            let all = world.items().await;
            for asked in &queries {
                let mut expected: Vec<_> = all.iter().filter(|item| asked.matches(item)).collect();
                expected.sort_by_key(|item| place(item));
                if !asked.forward {
                    expected.reverse();
                }
                let expected: Vec<_> = expected.into_iter().map(json_of).collect();
                assert_eq!(pages(&world, Query, asked.body(), asked.limit as usize).await, expected, "{asked:?}");
            }
            let mut scanned = Vec::new();
            for segment in 0..segments {
                let body = json!({"TableName": "table", "IndexName": "wide", "Limit": 3, "Segment": segment,
                                  "TotalSegments": segments});
                scanned.extend(pages(&world, Scan, body, 3).await);
            }
            let sorted = |mut items: Vec<Value>| {
                items.sort_by_key(|item| format!("{}{}", item["p"], item["s"]));
                items
            };
            assert_eq!(sorted(scanned), sorted(all.iter().map(json_of).collect()));
        });
    }
}
