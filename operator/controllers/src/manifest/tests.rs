use proptest::prelude::*;
use serde_json::json;

use super::*;

const TWO: &str = "\
# comment
apiVersion: partita.dev/v1
kind: Table
metadata: {name: one}
spec:
  attributeDefinitions:
  - attributeName: pk
    attributeType: N
  - {attributeName: sk, attributeType: \"N\"}
---
---
kind: Other
";

#[test]
fn documents_come_with_the_lines_of_their_fields() {
    let (documents, faults) = parse(TWO);
    assert_eq!(faults, []);
    let [table, other] = &documents[..] else { panic!("{documents:?}") };
    assert_eq!(
        table.object["spec"]["attributeDefinitions"][0],
        json!({"attributeName": "pk", "attributeType": false})
    );
    assert_eq!(table.object["spec"]["attributeDefinitions"][1]["attributeType"], "N");
    assert_eq!((table.line, other.line), (2, 12));
    assert_eq!(table.line_of("spec.attributeDefinitions[0].attributeType"), 8);
    assert_eq!(table.line_of("spec.attributeDefinitions[1].attributeType"), 9);
    assert_eq!(table.line_of("spec.tableName"), 5);
    assert_eq!(table.line_of("metadata.name"), 4);
    assert_eq!(table.line_of("status.x.y"), 2);
}

#[test]
fn a_broken_document_does_not_hide_its_neighbours() {
    let (documents, faults) = parse("a: 1\n---\nb: [1\n---\nc: 3\n");
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[1].object, json!({"c": 3}));
    let [fault] = &faults[..] else { panic!("{faults:?}") };
    assert!(fault.reason.starts_with("not valid YAML"), "{fault:?}");
    assert!((3..=4).contains(&fault.line), "{fault:?}");
}

#[test]
fn a_key_that_is_there_twice_is_refused() {
    let (_, faults) = parse("spec:\n  a: 1\n  b: 2\n  a: 3\n");
    assert_eq!(
        faults,
        [Fault { line: 4, field: "spec.a".to_owned(), reason: "key \"a\" already set in map".to_owned() }]
    );
}

#[test]
fn anchors_and_merge_keys_are_written_out() {
    let (documents, faults) = parse("base: &b {x: 1, y: two}\nuse:\n  <<: *b\n  x: 3\nagain: *b\n");
    assert_eq!(faults, []);
    assert_eq!(
        documents[0].object,
        json!({"base": {"x": 1, "true": "two"}, "use": {"x": 3, "true": "two"}, "again": {"x": 1, "true": "two"}})
    );
}

#[test]
fn what_grows_or_nests_without_bound_is_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let (documents, faults) = parse(&bomb);
    assert_eq!(documents, []);
    assert!(faults[0].reason.contains("more than 100000 values"), "{faults:?}");

    let (_, faults) = parse(&"[".repeat(5_000));
    assert_eq!(faults.len(), 1);
    let (_, faults) = parse(&format!("{}{}", "[".repeat(80), "]".repeat(80)));
    assert!(faults[0].reason.contains("nested deeper"), "{faults:?}");
}

#[test]
fn a_list_stands_for_its_items() {
    let (documents, _) = parse("apiVersion: v1\nkind: List\nitems:\n- kind: A\n  x: 1\n- kind: B\n");
    assert_eq!(documents.iter().map(|d| d.object["kind"].clone()).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!((documents[0].line_of("x"), documents[1].line), (5, 6));
}

#[test]
fn quoted_and_tagged_scalars_are_text() {
    let (documents, _) = parse("a: 'N'\nb: \"1\"\nc: !!str 1\nd: |\n  yes\ne: !!int '7'\n");
    assert_eq!(documents[0].object, json!({"a": "N", "b": "1", "c": "1", "d": "yes\n", "e": 7}));
}

#[test]
fn empty_documents_are_skipped() {
    assert_eq!(parse("# nothing\n---\n\n---\nnull\n"), (vec![], vec![]));
}

/// Texts that look like YAML more often than chance would have it.
fn yamlish() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        "[ -~]{0,6}",
        prop::sample::select(vec![
            "\n",
            "\n  ",
            "\n    ",
            ": ",
            "- ",
            "---\n",
            "...",
            "[",
            "]",
            "{",
            "}",
            ",",
            "&a ",
            "*a",
            "!!str ",
            "<<: ",
            "|\n",
            ">\n",
            "\"",
            "'",
            "#",
            "? ",
            "%YAML 1.1\n",
            "a: ",
            "b",
            "~",
            "0x1f",
            "é",
            "\t",
            "\r\n",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_read_or_refused_with_a_line_that_is_there(text in yamlish()) {
        let (documents, faults) = parse(&text);
        let lines = text.lines().count() + 1;
        for line in documents.iter().map(|d| d.line).chain(faults.iter().map(|f| f.line)) {
            prop_assert!((1..=lines).contains(&line), "line {line} of {lines}");
        }
    }
}
