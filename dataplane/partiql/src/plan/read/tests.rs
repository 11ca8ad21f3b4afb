mod equivalence;

use partita_model::AttributeValue;
use partita_model::codec::StoredItem;

use super::*;
use crate::testing::{fault, item, n, plan_on, reading, s, table};

/// A small engine: carries out reads on items, whatever their order.
pub(super) fn carry_out(mut reading: Reading, items: &[Item]) -> (Vec<Item>, Rows) {
    while let Some(read) = reading.next() {
        let page = page(&reading, &read, items);
        reading.absorb(page);
    }
    let rows = reading.finish();
    (rows.items.iter().map(|item| item.decoded().into_owned()).collect(), rows)
}

/// Key bytes, so that items can be sorted.
fn place(item: &Item) -> Vec<Vec<u8>> {
    ["p", "s"].map(|name| partita_model::key::encode_scalar(&item[name]).unwrap()).to_vec()
}

fn page(reading: &Reading, read: &Read, items: &[Item]) -> output::Page {
    let (limit, start, filter, projection) = match read {
        Read::Query(query) => (query.limit, &query.start_key, &query.filter, &query.projection),
        Read::Scan(scan) => (scan.limit, &scan.start_key, &scan.filter, &scan.projection),
    };
    let part = match &reading.reads {
        Reads::Parts(parts) => Some(&parts[usize::from(reading.at)]),
        Reads::Scan(_) => None,
    };
    let within = |item: &&Item| {
        part.is_none_or(|part| {
            item["p"] == part.hash && part.range.as_ref().is_none_or(|range| range.matches(&item["s"]))
        })
    };
    let mut found: Vec<&Item> = items.iter().filter(within).collect();
    found.sort_by_key(|item| place(item));
    if !reading.forward {
        found.reverse();
    }
    if let Some(start) = start {
        let at =
            found.iter().position(|item| place(item) == place(start)).expect("a start key that was told");
        found.drain(..=at);
    }
    let most = limit.map_or(usize::MAX, |limit| limit.get() as usize);
    let more = found.len() >= most;
    found.truncate(most);
    let last_key = found.last().filter(|_| more);
    let last_key = last_key.map(|item| ["p", "s"].map(|name| (name.to_owned(), item[name].clone())).into());
    let kept: Vec<&Item> = found
        .iter()
        .copied()
        .filter(|item| filter.as_ref().is_none_or(|filter| filter.evaluate(*item)))
        .collect();
    let shown = |item: &Item| match projection {
        Some(projection) => ItemForm::from(projection.apply(item)),
        None => StoredItem::of(item).into(),
    };
    let units = CapacityUnits::read(100, Consistency::Eventual);
    let detail = output::CapacityDetail { table: units, ..Default::default() };
    output::Page {
        items: Some(kept.iter().map(|item| shown(item)).collect()),
        count: kept.len() as u64,
        scanned_count: found.len() as u64,
        last_key,
        capacity: Some(ConsumedCapacity { table: "tab".to_owned(), total: units, detail: Some(detail) }),
    }
}

fn items() -> Vec<Item> {
    let keys = ["a", "b", "c"].into_iter().flat_map(|p| (1..=3).map(move |at| (p, at)));
    keys.map(|(p, at)| {
        let m = AttributeValue::M(item([("k", AttributeValue::L(vec![n(at), n(at * 10)]))]));
        item([("p", s(p)), ("s", n(at)), ("x", s("y")), ("m", m)])
    })
    .collect()
}

/// The keys a statement finds, as texts.
fn keys(found: &[Item]) -> String {
    let key = |item: &Item| format!("{}{}", item["p"].as_s().unwrap(), item["s"].as_n().unwrap());
    found.iter().map(key).collect::<Vec<_>>().join(" ")
}

fn find(text: &str) -> String {
    keys(&carry_out(reading(text), &items()).0)
}

#[test]
fn order_is_that_of_the_keys() {
    for (rest, expected) in [
        ("p IN ['b', 'a']", "a1 a2 a3 b1 b2 b3"),
        ("p = 'a' AND s IN [3, 1]", "a1 a3"),
        ("p = 'a' ORDER BY s", "a1 a2 a3"),
        ("p = 'a' ORDER BY s DESC", "a3 a2 a1"),
        ("p = 'a' ORDER BY p ASC", "a3 a2 a1"),
        ("p IN ['a', 'b'] ORDER BY p DESC, s ASC", "b1 b2 b3 a1 a2 a3"),
        ("p IN ['a', 'b'] ORDER BY p DESC", "b3 b2 b1 a3 a2 a1"),
        ("p IN ['a', 'b'] ORDER BY p", "a3 a2 a1 b3 b2 b1"),
        ("p IN ['a', 'b'] AND s IN [1, 3] ORDER BY p DESC, s", "b1 b3 a1 a3"),
        ("p IN ['a', 'b'] AND s IN [1, 3] ORDER BY p, s DESC", "a3 a1 b3 b1"),
    ] {
        assert_eq!(find(&format!("SELECT * FROM tab WHERE {rest}")), expected, "{rest}");
    }
    for (rest, expected) in [
        ("ORDER BY s", "Must have WHERE clause in the statement when using ORDER BY clause."),
        ("WHERE p = 'a' ORDER BY x", "Attribute x in ORDER BY clause must be part of the primary key"),
        (
            "WHERE p > 'a' ORDER BY s",
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
        ),
        (
            "WHERE p IN ['a', 'b'] ORDER BY s DESC",
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.",
        ),
    ] {
        assert_eq!(fault(&format!("SELECT * FROM tab {rest}")), expected, "{rest}");
    }
}

#[test]
fn columns_are_called_by_their_last_names() {
    let (found, _) = carry_out(reading("SELECT m.k[1], p, nope FROM tab WHERE p = 'a' AND s = 2"), &items());
    assert_eq!(found, [item([("k[1]", n(20)), ("p", s("a"))])]);
    let (found, _) = carry_out(reading("SELECT m.k, s FROM tab WHERE p = 'a' AND s = 2"), &items());
    assert_eq!(found, [item([("k", AttributeValue::L(vec![n(2), n(20)])), ("s", n(2))])]);
}

/// The options of a page of two items.
fn two(next_token: Option<String>) -> Options {
    Options { limit: NonZeroU32::new(2), next_token, capacity: ReturnCapacity::Indexes, ..Options::default() }
}

#[test]
fn a_token_goes_on_where_an_answer_ended() {
    use crate::{Plan, Statement};
    let go_on = |text: &str, token| {
        let statement = Statement::parse(text, &[]).unwrap();
        Plan::new(statement, &table(), &two(token))
    };
    for (rest, expected) in [
        ("WHERE p IN ['a', 'b'] ORDER BY p DESC", "b3 b2|b1 a3|a2 a1|"),
        ("WHERE p = 'c' AND x = 'y'", "c1 c2|c3"),
        ("WHERE p IN ['a', 'b'] AND s IN [1, 3]", "a1 a3|b1 b3|"),
        ("WHERE x = 'nope' AND p = 'a'", "|"),
        ("", "a1 a2|a3 b1|b2 b3|c1 c2|c3"),
    ] {
        let text = format!("SELECT * FROM tab {rest}");
        let (mut token, mut pages) = (None, Vec::new());
        loop {
            let Ok(Plan::Read(reading)) = go_on(&text, token) else { panic!("{text}") };
            let (found, rows) = carry_out(*reading, &items());
            pages.push(keys(&found));
            token = rows.next_token;
            assert!(rows.last_key.is_none() || token.is_some());
            if token.is_none() {
                break;
            }
        }
        assert_eq!(pages.join("|"), expected, "{rest}");
    }
    let Ok(Plan::Read(reading)) = go_on("SELECT * FROM tab", None) else { panic!("a scan") };
    let token = carry_out(*reading, &items()).1.next_token;
    let foreign = go_on("SELECT * FROM tab WHERE x = 1", token).unwrap_err();
    assert_eq!(foreign.to_string(), "NextToken does not match request");
    let damaged = go_on("SELECT * FROM tab", Some("nonsense".to_owned())).unwrap_err();
    assert_eq!(damaged.to_string(), "Invalid NextToken");
}

#[test]
fn capacity_is_that_of_all_reads() {
    let statement = crate::Statement::parse("SELECT * FROM tab WHERE p IN ['a', 'b', 'c']", &[]).unwrap();
    for (wanted, expected) in [(ReturnCapacity::None, None), (ReturnCapacity::Total, Some(1.5))] {
        let options = Options { capacity: wanted, ..Options::default() };
        let Ok(crate::Plan::Read(reading)) = crate::Plan::new(statement.clone(), &table(), &options) else {
            panic!("a select")
        };
        let capacity = carry_out(*reading, &items()).1.capacity;
        assert_eq!(capacity.as_ref().map(|capacity| capacity.total.as_f64()), expected);
        assert!(capacity.is_none_or(|capacity| capacity.detail.is_none()));
    }
}

#[test]
fn indexes_are_read_by_their_own_keys() {
    let Some(Read::Query(query)) = reading("SELECT * FROM tab.lix WHERE p = 'a' AND x > 'b'").next() else {
        panic!("a query")
    };
    assert_eq!(query.index, Some(IndexName::new("lix")));
    assert!(query.filter.is_none());
    let scan = reading("SELECT * FROM tab.gix WHERE p = 'a' AND x = 1").next();
    assert!(matches!(scan, Some(Read::Scan(scan)) if scan.index == Some(IndexName::new("gix"))));
    for (text, expected) in [
        ("SELECT * FROM tab.nope WHERE p = 'a'", "The table does not have the specified index"),
        (
            "SELECT p FROM tab.gix WHERE g = 'a' AND x = 1 AND a = 2 AND p = 'b'",
            "One or more parameter values were invalid: Secondary index gix does not project one or more filter attributes: \
             [a, x]",
        ),
    ] {
        assert_eq!(fault(text), expected);
    }
    let mut several = table();
    several.global_indexes[0].hash.push(several.key.hash.clone());
    assert_eq!(
        plan_on(&several, "SELECT COUNT FROM tab.gix WHERE g = 'a'").unwrap_err().to_string(),
        "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE keys."
    );
    let statement = crate::Statement::parse("SELECT * FROM tab.gix WHERE g = 'a'", &[]).unwrap();
    let strong = Options { consistency: Consistency::Strong, ..Options::default() };
    assert_eq!(
        crate::Plan::new(statement, &table(), &strong).unwrap_err().to_string(),
        "Strongly consistent read is not supported on Global Secondary Indexes"
    );
}
