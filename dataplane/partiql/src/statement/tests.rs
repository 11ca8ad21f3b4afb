//! What is told of statements, without and with a table.

use partita_model::Number;

use super::*;
use crate::testing::{fault, item, n, s};

const MALFORMED: &str = "Statement wasn't well formed, can't be processed: ";

#[track_caller]
fn check(table: &[(&str, &str)]) {
    for (text, expected) in table {
        let told = fault(text);
        let told = told.strip_prefix(MALFORMED).map_or(told.clone(), |rest| format!("~{rest}"));
        assert_eq!(told, *expected, "{text}");
    }
}

/// A statement whose `WHERE` is this and a key.
fn fault_where(condition: &str) -> String {
    fault(&format!("SELECT * FROM tab WHERE p = 'a' AND {condition}"))
}

fn fault_set(assignment: &str) -> String {
    fault(&format!("UPDATE tab SET {assignment} WHERE p = 'a' AND s = 1"))
}

fn inserted(text: &str) -> Item {
    match Statement::parse(text, &[]) {
        Ok(Statement::Insert(insert)) => insert.item,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn what_is_no_statement_is_malformed() {
    check(&[
        ("", "~Expected data manipulation"),
        ("SLECT * FROM tab", "~Expected data manipulation"),
        ("UPDATE Payment-dev SET a = 1 WHERE p = 'a'", "~Expected data manipulation"),
        ("SELECT * FROM tab WHERE p = 1 foo", "~Unexpected token after expression"),
        ("SELECT * FROM tab WHERE p = 1)", "~Unexpected token after expression"),
        ("SELECT * FROM tab ORDER BY p WHERE p = 1", "~Unexpected token after expression"),
        ("INSERT INTO tab VALUE {'p': 1} foo", "~Unexpected token after expression"),
        ("INSERT INTO tab t VALUE {'p': 1}", "~Unexpected token after expression"),
        ("INSERT INTO tab (p) VALUES (1)", "~Unexpected keyword"),
        ("UPDATE tab SET a = 9 WHERE p = 'a' foo", "~Unexpected token after expression"),
        ("DELETE FROM tab WHERE p = 'a' ORDER BY p", "~Unexpected token after expression"),
        ("FROM tab SET c = 1 WHERE p = 'a'", "~Unexpected token after expression"),
        ("SELECT * FROM tab WHERE p = 1e2147483648", "~"),
        ("SELECT * FROM tab WHERE p = 1 # note", "~"),
        ("SELECT * FROM tab WHERE p = 1 /* note", "~"),
        ("SELECT * FROM \"tab", "~"),
        ("SELECT * FROM tab WHERE", "~Unexpected term"),
        ("SELECT * FROM tab WHERE;", "~Unexpected term"),
        ("SELECT * FROM tab WHERE NOT", "~Unexpected term"),
        ("SELECT * FROM tab WHERE (", "~Unexpected term"),
        ("UPDATE tab SET a = 1 WHERE", "~Unexpected term"),
        ("DELETE FROM tab WHERE  ", "~Unexpected term"),
        ("SELECT * FROM tab WHERE p = 'a' AND", "~Missing right-hand side expression of infix operator"),
        ("SELECT * FROM tab WHERE p = 'a' OR", "~Missing right-hand side expression of infix operator"),
        ("SELECT * FROM tab WHERE ORDER BY p", "~Unexpected keyword"),
        ("SELECT * FROM tab WHERE IS NULL", "~Unexpected operator"),
        ("SELECT * FROM tab WHERE p = LIKE", "~Unexpected operator"),
        ("SELECT * FROM tab WHERE x IS FOO", "~Expected type name"),
        ("SELECT * FROM", "~Unexpected term"),
        ("DELETE FROM", "~Expected identifier for simple path"),
        ("DELETE FROM;", "~Expected identifier for simple path"),
        ("DELETE FROM WHERE p = 'a'", "~Expected identifier for simple path"),
        ("SELECT * FROM tab WHERE m.inner = 1", "~Invalid path dot component"),
    ]);
}

#[test]
fn what_other_databases_have_is_refused() {
    check(&[
        ("SELECT * FROM tab t WHERE p = 'a'", "Aliasing is not supported"),
        ("SELECT * FROM tab AS t WHERE p = 'a'", "Aliasing is not supported"),
        ("SELECT p AS x FROM tab", "Aliasing is not supported"),
        ("UPDATE tab t SET a = 3 WHERE p = 'a'", "Aliasing is not supported"),
        ("DELETE FROM tab t WHERE p = 'a'", "Aliasing is not supported"),
        ("SELECT p FROM tab_page LIMIT 5", "Unsupported clause: LIMIT at 1:30:1"),
        ("SELECT VALUE p FROM tab", "Select projection doesn't support value or pivot keywords"),
        (
            "SELECT *, p FROM tab",
            "Other attributes should not be present in the projection when '*' is used.",
        ),
        ("SELECT COUNT(*) FROM tab", "Unexpected path component at 1:8:5"),
        ("SELECT 1 FROM tab", "Unexpected path component at 1:8:1"),
        ("SELECT x, x FROM tab", "Duplicate identifiers in select clause: x"),
        ("SELECT a.x, x FROM tab", "Duplicate identifiers in select clause: x"),
        ("SELECT l[-1] FROM tab", "List index is not within the allowable range; index: [-1] at 1:11:1"),
        (
            "SELECT l[2147483648] FROM tab",
            "List index is not within the allowable range; index: [2147483648] at 1:10:10",
        ),
        ("SELECT * FROM tab, tab2", "Only select from a single table or index is supported."),
        ("SELECT * FROM 'tab'", "Unexpected from source"),
        ("SELECT * FROM tab.lix.x", "A path may contain at most 2 components in the FROM clause"),
        ("SELECT * FROM tab.\"\"", "Path component cannot be an empty string"),
        ("SELECT * FROM \"\"", "Path component cannot be an empty string"),
        (
            "SELECT * FROM x",
            "Table name should be within the length [3, 255] and only contain 'a-z', 'A-Z', '0-9', '-', '_', '.'.",
        ),
        ("DELETE FROM tab.lix WHERE p = 'a'", "This operation is not supported on an index"),
        (
            "EXISTS(SELECT * FROM tab WHERE p = 'a' AND s = 1 AND x IS MISSING)",
            "EXISTS can only be used in ExecuteTransaction write requests.",
        ),
        ("INSERT INTO tab VALUE {'p': 'a'} RETURNING ALL OLD *", "RETURNING is not supported in INSERT"),
        (
            "DELETE FROM tab WHERE p = 'a' RETURNING MODIFIED OLD *",
            "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE \
             statements.",
        ),
        (
            "DELETE FROM tab WHERE p = 'a' RETURNING ALL *",
            "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause",
        ),
    ]);
}

#[test]
fn conditions_are_told_what_they_cannot_be() {
    for (condition, expected) in [
        (
            "x < TRUE",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
        ),
        (
            "attribute_exists('x')",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "attribute_exists()",
            "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of \
             operands: 0",
        ),
        ("EXISTS(x)", "Unrecognized function: exists at 1:37:6"),
        ("set_add(x, <<'a'>>) = x", "Unrecognized function: set_add at 1:37:7"),
        (
            "attribute_type(x, 1)",
            "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N",
        ),
        ("x", "The arguments to AND/OR must be Expressions"),
        ("NOT x", "The argument to NOT must be a Type or Expression"),
        ("x = MISSING", "MISSING must be compared using IS operator"),
        (
            "x IN []",
            "IN operator must have a left hand argument of type Variable Reference and right hand argument of \
                    type Seq with at least one member",
        ),
        ("x = 1 + 1", "Unsupported operator in Condition Expression. Operator: +"),
        ("x LIKE 'a'", "Unsupported operator in Condition Expression. Operator: LIKE"),
        (
            "x = -x",
            "Incorrect number of operands for operator or function; operator or function: -, number of operands: 1",
        ),
        (
            "x = 1e126",
            "Number overflow. Attempting to store a number with magnitude larger than supported range under root",
        ),
        (
            "x = [1, 1e-131]",
            "Number underflow. Attempting to store a number with magnitude smaller than supported range \
                            under root[1]",
        ),
        ("x = <<>>", "Empty bags are not supported"),
        (
            "x = <<1, 'a'>>",
            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags",
        ),
        (
            "x = <<'a', 'a'>>",
            "One or more parameter values were invalid: Input collection [a, a] contains duplicates.",
        ),
        (
            "x = <<2, 2.0>>",
            "One or more parameter values were invalid: Input collection [2, 2.0] contains duplicates! under \
                           root",
        ),
        ("x > 1 = TRUE = 1", "Unsupported operator in Condition Expression. Operator: ="),
        (
            "attribute_exists(x) > false",
            "Incorrect operand type for operator or function; operator or function: >, operand \
                                        type: BOOL",
        ),
    ] {
        assert_eq!(fault_where(condition), expected, "{condition}");
    }
    let too_many = format!("x IN [{}]", vec!["1"; 101].join(","));
    assert_eq!(
        fault_where(&too_many),
        "The IN operator is provided with too many operands; number of operands: 101"
    );
    assert_eq!(
        fault("SELECT * FROM tab WHERE x"),
        "WHERE clause must contain an expression that resolves to a boolean"
    );
    assert_eq!(
        fault("SELECT * FROM tab WHERE x IS INT4"),
        "Unsupported data type for IS operator: INT4. Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, \
         NUMERIC, STRUCT, TUPLE, LIST]"
    );
}

#[test]
fn updates_are_told_what_they_cannot_be() {
    for (assignment, expected) in [
        (
            "t = set_add(ss, <<'x'>>)",
            "The first argument to SET_ADD must equal the assignment value at 1:20:7",
        ),
        (
            "ss = set_add(<<'a'>>, <<'b'>>)",
            "The first argument to SET_ADD must equal the assignment value at 1:21:7",
        ),
        ("ss = set_add(ss, 'x')", "The second argument to SET_ADD must be a value with type SET at 1:29:2"),
        (
            "ss = set_delete(ss, ['x'])",
            "The second argument to SET_DELETE must be a value with type SET at 1:32:2",
        ),
        ("ss = set_add(ss)", "SET_ADD must have exactly two arguments at 1:21:7"),
        (
            "n = 'a' + 1",
            "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        (
            "n = n - null",
            "Incorrect operand type for operator or function; operator or function: -, operand type: NULL",
        ),
        ("n = nonsense(n)", "Unrecognized function: nonsense at 1:20:8"),
        ("n = size(n)", "The function is not allowed to be used this way in an expression; function: size"),
        ("n = n = 1", "Unsupported operator in Update Expression. Operator: ="),
        ("n = n * 2", "Unsupported operator in Update Expression. Operator: *"),
        ("n = [a]", "Unsupported data type: a under key root[0] at 1:21:1"),
        (
            "n = 1, n = 2",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: \
                         [n], path two: [n]",
        ),
    ] {
        assert_eq!(fault_set(assignment), expected, "{assignment}");
    }
    let deep = |open: &str, close: &str, count| format!("d = {}1{}", open.repeat(count), close.repeat(count));
    let told = fault_set(&deep("{'a':", "}", 32));
    assert_eq!(told, format!("Nesting Levels have exceeded supported limits under root{}", ".a".repeat(32)));
    assert!(Statement::parse(&format!("UPDATE tab SET {} WHERE p = 'a'", deep("[", "]", 31)), &[]).is_ok());
}

#[test]
fn an_inserted_item_is_what_is_written() {
    let text = "INSERT INTO tab VALUE {'p': 'it''s', 's': -1.5e1, 'm': {'k': [TRUE, null, 'x']}, 'ss': <<'b', 'a'>>, \
                'ns': <<1, .5>>, 'z': - - 2}";
    let list = AttributeValue::L(vec![true.into(), AttributeValue::Null, s("x")]);
    let half: Number = "0.5".parse().unwrap();
    assert_eq!(
        inserted(text),
        item([
            ("p", s("it's")),
            ("s", n(-15)),
            ("m", AttributeValue::M(item([("k", list)]))),
            ("ss", AttributeValue::Ss(["a".to_owned(), "b".to_owned()].into())),
            ("ns", AttributeValue::Ns([half, Number::from(1u64)].into())),
            ("z", n(2)),
        ])
    );
    check(&[
        (
            "INSERT INTO tab VALUE [1]",
            "Unsupported format in item expression. Please use struct format {...} to express item values for insert \
             statement.",
        ),
        ("INSERT INTO tab VALUE {'a': 1, 'a': 2}", "Duplicate keys in tuple. Key: a under root"),
        (
            "INSERT INTO tab VALUE {'ss': set_add(<<'a'>>, <<'b'>>)}",
            "Unsupported data type: set_add under key root at 1:30:7",
        ),
        (
            "INSERT INTO tab VALUE {'m': {'x': 123456789012345678901234567890123456789}}",
            "Attempting to store more than 38 significant digits in a Number under root.x",
        ),
    ]);
}

#[test]
fn parameters_fill_in_what_is_asked_for() {
    let text = "INSERT INTO tab VALUE {'p': ?, 's': ?}";
    let Ok(Statement::Insert(insert)) = Statement::parse(text, &[s("a"), n(1)]) else { panic!("{text}") };
    assert_eq!(insert.item, item([("p", s("a")), ("s", n(1))]));
    let count = "Number of parameters in request and statement don't match.";
    for given in [&[][..], &[s("a")], &[s("a"), n(1), n(2)]] {
        assert_eq!(Statement::parse(text, given).unwrap_err().to_string(), count);
    }
    let inside = "INSERT INTO tab VALUE {'p': 'a', 'm': {'k': ?}}";
    assert_eq!(
        Statement::parse(inside, &[n(1)]).unwrap_err().to_string(),
        "Unsupported data type: Parameter under key root.k at 1:45:1"
    );
    assert!(Statement::parse("SELECT * FROM tab WHERE p IN [?, ?]", &[s("a"), s("b")]).is_ok());
}
