mod model;
mod parts;

use super::*;
use crate::error::Fault;
use crate::testing::{b, bs, item, l, m, n, ns, of_each_type, s, ss, with_substitutions};

fn parse(text: &str) -> Result<Update, Error> {
    with_substitutions(|substitutions| Update::parse(text, substitutions))
}

/// The sentence without its prefix.
#[track_caller]
fn fault(text: &str) -> String {
    let error = parse(text).expect_err(text).to_string();
    error.strip_prefix("Invalid UpdateExpression: ").expect("all faults have the prefix").to_owned()
}

fn apply(text: &str, before: &Item) -> Result<Item, UpdateError> {
    let update = parse(text).expect(text);
    let after = update.apply(before);
    assert_eq!(update.apply_to(before.clone()), after, "{text}");
    after
}

#[test]
fn syntax_errors_show_the_token_and_its_neighbours() {
    let table = [
        ("", "The expression can not be empty;"),
        ("INVALID SYNTAX HERE", "Syntax error; token: \"INVALID\", near: \"INVALID SYNTAX\""),
        ("SET", "Syntax error; token: \"<EOF>\", near: \"SET\""),
        ("SET _123 = :one", "Syntax error; token: \"_\", near: \"SET _123\""),
        ("SET a = :one + :two - :one", "Syntax error; token: \"-\", near: \":two - :one\""),
        ("SET a = if_not_exists(a, :one+:two)", "Syntax error; token: \"+\", near: \":one+:two\""),
        ("remove a b", "Syntax error; token: \"b\", near: \"a b\""),
        ("set a = b, remove c", "Syntax error; token: \"remove\", near: \", remove c\""),
    ];
    for (text, expected) in table {
        assert_eq!(fault(text), expected, "{text}");
    }
}

#[test]
fn other_texts_that_are_no_updates() {
    for text in [
        "whatever",
        "set a",
        "add a",
        "delete a",
        "set a=set",
        "remove a = b",
        "add a = b",
        "delete a b",
        "delete a if_not_exist(b)",
        "add abort b",
        "set a b",
        "set :a = b",
        "add :a b",
        "remove :a",
        "set a = b / c",
        "set a = b * c",
        "set a[1] = \"eight\"",
        "set a[1] = 1",
        "SET a = if_not_exist(a, 100)",
        "SET if_not_exist(a, b) = a",
        "set (a = (b + c))",
        "set (a) = b",
        "set a = (b.c).d + e",
        "set a = (b.c)[0] + e",
        "set a = b + c + d",
        "set a = (b + c) + d",
        "SET hi-there = :one",
        "SET a = :hi!there",
        "SET a = b AND c",
    ] {
        let error = parse(text).expect_err(text);
        let is_syntax = matches!(error, Error::Expression { fault: Fault::Syntax { .. }, .. });
        assert!(is_syntax, "{text}: {error}");
    }
}

#[test]
fn a_text_with_one_fault_is_told_it() {
    let table = [
        ("set abOrt = :one", "Attribute name is a reserved keyword; reserved keyword: abOrt"),
        ("remove a.Absolute", "Attribute name is a reserved keyword; reserved keyword: Absolute"),
        ("set a = f123_hi(b, c, d)", "Invalid function name; function: f123_hi"),
        ("set a = LIST_APPEND(b, c)", "Invalid function name; function: LIST_APPEND"),
        (
            "set a = size(b)",
            "The function is not allowed to be used this way in an expression; function: size",
        ),
        (
            "set a = list_append(list_append(:l, :l), :l)",
            "The function is not allowed to be used this way in an expression; function: list_append",
        ),
        ("set a = b set c = d", "The \"SET\" section can only be used once in an update expression;"),
        (
            "remove d set a = b REMOVE e",
            "The \"REMOVE\" section can only be used once in an update expression;",
        ),
        ("add d :n set a = b add e :n", "The \"ADD\" section can only be used once in an update expression;"),
        (
            "delete d :ss set a = b delete e :ss",
            "The \"DELETE\" section can only be used once in an update expression;",
        ),
        (
            "set #nope = a",
            "An expression attribute name used in the document path is not defined; attribute name: #nope",
        ),
        (
            "set a = :nope",
            "An expression attribute value used in expression is not defined; attribute value: :nope",
        ),
        (
            "set a = if_not_exists(c)",
            "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1",
        ),
        (
            "set a = list_append(:l, :l, :l)",
            "Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 3",
        ),
        (
            "set a = if_not_exists(:a, c)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        (
            "set a = if_not_exists(if_not_exists(a, b), c)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        (
            "add a.b :s",
            "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "add a :l",
            "Incorrect operand type for operator or function; operator: ADD, operand type: LIST, typeSet: ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "delete a :n",
            "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND",
        ),
        ("set a = ((b))", "The expression has redundant parentheses;"),
        ("set a[2147483648] = b", "List index is not within the allowable range; index: [2147483648]"),
    ];
    for (text, expected) in table {
        assert_eq!(fault(text), expected, "{text}");
    }
}

#[test]
fn operands_of_a_wrong_type_are_refused_if_the_type_is_known() {
    for name in of_each_type().keys() {
        let found = of_each_type()[name].attribute_type().wire_name();
        for (operator, right) in [("+", "n"), ("-", "n"), ("list_append", "l")] {
            let texts = match operator {
                "list_append" => [format!("list_append(:{name}, a)"), format!("list_append(a, :{name})")],
                _ => [format!(":{name} {operator} a"), format!("a {operator} :{name}")],
            };
            for text in texts.map(|value| format!("set a = {value}")) {
                if name == right {
                    assert!(parse(&text).is_ok(), "{text}");
                    continue;
                }
                let expected = format!(
                    "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {found}"
                );
                assert_eq!(fault(&text), expected, "{text}");
            }
        }
    }
}

#[test]
fn paths_that_overlap_or_conflict_are_refused() {
    let overlap = [
        ("set d[1] = a, d.b = a, c[1].a = a, c = if_not_exists(a)", "[c, [1], a]", "[c]"),
        ("set c.b.#other = a, c = a", "[c, b, other]", "[c]"),
        ("set a = b remove a, c", "[a]", "[a]"),
        ("set c[3].#index = a, c[3] = a", "[c, [3], [3]]", "[c, [3]]"),
        ("remove c, c.a, d", "[c]", "[c, a]"),
        ("set a[1][1] = b, a[1][1][1][1] = b", "[a, [1], [1]]", "[a, [1], [1], [1], [1]]"),
    ];
    for (text, one, two) in overlap {
        let expected = format!(
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
        );
        assert_eq!(fault(text), expected, "{text}");
    }
    let conflict = [
        ("set c[3].#index = a, c.#index[3] = if_not_exists(a)", "[c, [3], [3]]", "[c, [3], [3]]"),
        ("remove a.c set a[1] = b", "[a, c]", "[a, [1]]"),
        ("set a.b.c = b, a.b[2] = b", "[a, b, c]", "[a, b, [2]]"),
        ("remove a.c, a[1], d.c, d[0]", "[a, c]", "[a, [1]]"),
    ];
    for (text, one, two) in conflict {
        let expected = format!(
            "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
        );
        assert_eq!(fault(text), expected, "{text}");
    }
    assert!(
        parse("set a.b = a, a.c.d = a, b.x = a, a1 = a, #dotted = a remove a.x, b.y, l1[0], l1[1].c").is_ok()
    );
}

#[test]
fn of_several_faults_the_first_in_the_order_of_checks_is_told() {
    let in_order = [
        ("set abort = f(#nope) set a = b +", "Syntax error"),
        ("set abort = f(#nope) set a = b", "Attribute name is a reserved keyword"),
        ("set #nope = f(:nope) set c = d", "Invalid function name"),
        ("set #nope = size(:nope) set c = d", "The function is not allowed"),
        ("set a = :nope, a = #nope set c = d", "The \"SET\" section"),
        ("set a = :nope, a = #nope", "An expression attribute name"),
        ("set a = :nope, a = b", "An expression attribute value"),
        ("set a.b = if_not_exists(c), a[1] = b, a = c", "Two document paths overlap"),
        ("set a.b = if_not_exists(c), a[1] = b add c :s", "Two document paths conflict"),
        (
            "set b = list_append(:s, a), c = if_not_exists(a) add a.b :s",
            "Incorrect operand type for operator or function; operator: ADD",
        ),
        ("set b = if_not_exists(a), c = list_append(:s, a)", "Incorrect number of operands"),
    ];
    for (text, expected) in in_order {
        let fault = fault(text);
        assert!(fault.starts_with(expected), "{text}: {fault}");
    }
}

#[test]
fn deep_nesting_ends_in_an_error_on_a_small_stack() {
    let thread = std::thread::Builder::new().stack_size(1024 * 1024).spawn(|| {
        let parentheses = format!("SET a={}b{}", "(".repeat(2000), ")".repeat(2000));
        assert_eq!(fault(&parentheses), "The expression has redundant parentheses;");
        let unknown = format!("SET a={}b{}", "f(".repeat(1355), ")".repeat(1355));
        assert_eq!(fault(&unknown), "Invalid function name; function: f");
        let deepest = format!("SET a={}:one{}", "if_not_exists(b,".repeat(238), ")".repeat(238));
        assert_eq!(apply(&deepest, &Item::new()), Ok(item([("a", n(1))])));
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn set_reads_the_item_as_it_was() {
    let before = item([("a", n(1)), ("b", n(5)), ("ls", l([n(1)]))]);
    let table = [
        ("SET a = b, b = a", item([("a", n(5)), ("b", n(1)), ("ls", l([n(1)]))])),
        ("REMOVE a SET b = a", item([("b", n(1)), ("ls", l([n(1)]))])),
        ("SET b = a REMOVE a ADD c :two", item([("b", n(1)), ("c", n(2)), ("ls", l([n(1)]))])),
        ("SET a = a + :one, b = a - b", item([("a", n(2)), ("b", n(-4)), ("ls", l([n(1)]))])),
        ("set a = (:one + :two), b = (a) + (b)", item([("a", n(3)), ("b", n(6)), ("ls", l([n(1)]))])),
        (
            "SET ls = list_append(ls, :l), c = list_append(ls, ls)",
            item([
                ("a", n(1)),
                ("b", n(5)),
                ("ls", l([n(1), n(1), s("two"), m([("three", n(3))])])),
                ("c", l([n(1), n(1)])),
            ]),
        ),
        (
            "SET a = if_not_exists(a, :two), c = if_not_exists(c, :two), d = if_not_exists(q, if_not_exists(b, a))",
            item([("a", n(1)), ("b", n(5)), ("c", n(2)), ("d", n(5)), ("ls", l([n(1)]))]),
        ),
        (
            "SET c = if_not_exists(c, :zero) + :one, ls = list_append(if_not_exists(q, :l), ls)",
            item([
                ("a", n(1)),
                ("b", n(5)),
                ("c", n(1)),
                ("ls", l([n(1), s("two"), m([("three", n(3))]), n(1)])),
            ]),
        ),
    ];
    for (text, expected) in table {
        assert_eq!(apply(text, &before), Ok(expected), "{text}");
    }
}

#[test]
fn nested_paths_change_only_what_they_name() {
    let before =
        item([("a", m([("x", n(3)), ("y", n(4)), ("c", m([("y", n(3))]))])), ("b", l([s("one"), s("two")]))]);
    let text = "SET a.b = :two, a.c.d = :a, b[1] = a.x REMOVE a.x";
    let expected = item([
        ("a", m([("b", n(2)), ("y", n(4)), ("c", m([("d", s("a")), ("y", n(3))]))])),
        ("b", l([s("one"), n(3)])),
    ]);
    assert_eq!(apply(text, &before), Ok(expected));

    let deep =
        item([("a", m([("c", l([s("hi"), m([("x", m([("y", l([n(3), n(5), n(7)]))])), ("q", n(2))])]))]))]);
    let expected = item([("a", m([("c", l([s("hi"), m([("x", m([("y", l([n(3), n(7)]))]))])]))]))]);
    assert_eq!(apply("REMOVE a.c[1].x.y[1], a.c[1].q", &deep), Ok(expected));
}

#[test]
fn list_indexes_are_those_of_the_list_as_it_was() {
    let before = item([("a", l([n(2), n(3), n(4), n(5), n(6), n(7)]))]);
    let table: [(&str, AttributeValue); 7] = [
        ("REMOVE a[1] SET a[3] = :zero", l([n(2), n(4), n(0), n(6), n(7)])),
        ("SET a[3] = :zero REMOVE a[1]", l([n(2), n(4), n(0), n(6), n(7)])),
        ("REMOVE a[0], a[5], a[17]", l([n(3), n(4), n(5), n(6)])),
        (
            "SET a[9] = :one, a[7] = :zero, a[20] = :two",
            l([n(2), n(3), n(4), n(5), n(6), n(7), n(0), n(1), n(2)]),
        ),
        ("SET a[6] = :one REMOVE a[0], a[1], a[2], a[3], a[4], a[5]", l([n(1)])),
        ("REMOVE a[0], a[1], a[2], a[3], a[4], a[5]", l([])),
        ("ADD a[1] :two, a[8] :one", l([n(2), n(5), n(4), n(5), n(6), n(7), n(1)])),
    ];
    for (text, expected) in table {
        assert_eq!(apply(text, &before), Ok(item([("a", expected)])), "{text}");
    }
}

#[test]
fn add_and_delete_work_on_numbers_and_sets() {
    let before = item([
        ("num", n(3)),
        ("ws", ss(["x", "y"])),
        ("nums", ns([1])),
        ("bins", bs([b"p"])),
        ("t", m([("k", n(1))])),
    ]);
    let with = |name: &str, value: Option<AttributeValue>| {
        let mut item = before.clone();
        item.remove(name);
        item.extend(value.map(|value| (name.to_owned(), value)));
        item
    };
    let table = [
        ("ADD num :n", with("num", Some(n(10)))),
        ("ADD missing1 :n", with("missing1", Some(n(7)))),
        ("ADD t.k :two", with("t", Some(m([("k", n(3))])))),
        ("ADD t.j :two", with("t", Some(m([("j", n(2)), ("k", n(1))])))),
        ("ADD ws :ss", with("ws", Some(ss(["x", "y", "red", "green"])))),
        ("ADD missing1 :ss", with("missing1", Some(ss(["red", "green"])))),
        ("ADD nums :ns", with("nums", Some(ns([1, 2])))),
        ("ADD bins :bs", with("bins", Some(bs([b"p", b"q"])))),
        ("DELETE nums :ns", with("nums", None)),
        ("DELETE bins :bs", with("bins", None)),
        ("DELETE ws :ss", before.clone()),
        ("DELETE missing1 :ss", before.clone()),
        ("DELETE t.j :ss", before.clone()),
        ("REMOVE num", with("num", None)),
        ("REMOVE missing1, t.j", before.clone()),
        ("REMOVE t.k", with("t", Some(m([])))),
    ];
    for (text, expected) in table {
        assert_eq!(apply(text, &before), Ok(expected), "{text}");
    }
}

#[test]
fn targets_without_a_container_are_refused() {
    let before = item([("b", s("x")), ("c", m([("1", s("a"))])), ("d", l([s("a"), s("b")]))]);
    for path in ["b.a", "b[1]", "y.a", "y[1]", "c[1]", "d.k", "d[5].k", "c.k.j", "d[0][0]"] {
        for text in [
            format!("SET {path} = :one"),
            format!("REMOVE {path}"),
            format!("ADD {path} :ss"),
            format!("DELETE {path} :ss"),
        ] {
            assert_eq!(apply(&text, &before), Err(UpdateError::InvalidDocumentPath), "{text}");
        }
    }
    assert_eq!(apply("SET b.a = :one", &Item::new()), Err(UpdateError::InvalidDocumentPath));
}

#[test]
fn operands_that_the_item_lacks_or_has_wrong_are_refused() {
    let before = of_each_type();
    for text in [
        "SET a = q",
        "SET a = #s.x",
        "SET a = list_append(:l, q)",
        "SET a = q + :one",
        "SET a = if_not_exists(q, r)",
    ] {
        assert_eq!(apply(text, &before), Err(UpdateError::MissingAttribute), "{text}");
    }
    for text in [
        "SET a = #s + :one",
        "SET a = :one - #m",
        "SET a = list_append(#ss, :l)",
        "SET a = list_append(:l, if_not_exists(#n, :l))",
        "ADD #s :one",
        "ADD #n :ss",
        "ADD #l :ss",
        "ADD #ns :ss",
        "ADD #ss :one",
        "DELETE #ns :ss",
        "DELETE #l :ns",
        "DELETE #m.x :ns",
    ] {
        assert_eq!(apply(text, &before), Err(UpdateError::IncorrectOperandType), "{text}");
    }
}

#[test]
fn sums_that_are_no_numbers_are_refused() {
    let nines = AttributeValue::N("9".repeat(38).parse().unwrap());
    let largest = AttributeValue::N(format!("{}{}", "9".repeat(38), "0".repeat(88)).parse().unwrap());
    let before =
        item([("nines", nines), ("largest", largest), ("tiny", AttributeValue::N("0.1".parse().unwrap()))]);
    let error = |text| match apply(text, &before) {
        Err(UpdateError::Number(error)) => error,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(error("SET a = nines + tiny"), partita_model::NumberError::TooManyDigits);
    assert_eq!(
        error("ADD nines :one, tiny :one SET a = nines - tiny"),
        partita_model::NumberError::TooManyDigits
    );
    assert_eq!(error("SET a = largest + largest"), partita_model::NumberError::Overflow);
}

#[test]
fn results_too_deep_or_too_large_are_refused() {
    let nested = |depth: usize| (0..depth).fold(n(1), |value, _| l([value]));
    let before = item([("a", nested(31)), ("c", nested(32)), ("x", l([n(0)]))]);
    assert!(apply("SET x[0] = a", &before).is_ok());
    assert_eq!(apply("SET x[0] = c", &before), Err(UpdateError::NestedTooDeep));
    assert!(apply("SET y = c", &before).is_ok());

    let large = item([("a", s(&"x".repeat(200_000)))]);
    assert!(apply("SET b = a, c = a", &large).is_ok());
    assert_eq!(apply("SET b = a, c = a, d = a", &large), Err(UpdateError::TooLarge));
}

#[test]
fn only_updates_that_take_away_leave_a_missing_item_missing() {
    for (text, expected) in [
        ("REMOVE a", true),
        ("REMOVE a, b.c DELETE d :ss", true),
        ("REMOVE a SET b = :one", false),
        ("ADD a :one", false),
        ("SET a = :one", false),
    ] {
        assert_eq!(parse(text).unwrap().only_removes(), expected, "{text}");
    }
}

#[test]
fn touched_shows_the_changed_paths_in_their_structure() {
    let before = item([("a", m([("b", s("dog")), ("c", l([n(1), n(2), n(3)]))])), ("d", s("cat"))]);
    let table: [(&str, Item, Item); 9] = [
        ("SET a.b = :a", item([("a", m([("b", s("dog"))]))]), item([("a", m([("b", s("a"))]))])),
        ("SET a.c[1] = :two", item([("a", m([("c", l([n(2)]))]))]), item([("a", m([("c", l([n(2)]))]))])),
        (
            "SET a.c[2] = :zero, a.c[0] = :one, a.b = :z",
            item([("a", m([("b", s("dog")), ("c", l([n(1), n(3)]))]))]),
            item([("a", m([("b", s("z")), ("c", l([n(1), n(0)]))]))]),
        ),
        ("REMOVE a.c[1], a.c[3]", item([("a", m([("c", l([n(2)]))]))]), item([("a", m([("c", l([n(3)]))]))])),
        ("SET a.x1 = :one", item([]), item([("a", m([("x1", n(1))]))])),
        ("SET a.c[100] = :one", item([]), item([])),
        ("REMOVE d", item([("d", s("cat"))]), item([])),
        ("SET d = :z, e = :one", item([("d", s("cat"))]), item([("d", s("z")), ("e", n(1))])),
        ("ADD e :two", item([]), item([("e", n(2))])),
    ];
    for (text, old, new) in table {
        let update = parse(text).unwrap();
        assert_eq!(update.touched(&before), old, "{text}: old");
        assert_eq!(update.touched(&update.apply(&before).unwrap()), new, "{text}: new");
    }
}

#[test]
fn targets_are_in_the_order_written() {
    let update = parse("SET b.c = :one, #other = :two REMOVE a[1] ADD z :one").unwrap();
    let shown: Vec<String> = update.targets().iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["[b, c]", "[other]", "[a, [1]]", "[z]"]);
}

#[test]
fn binaries_add_up_bytewise() {
    let before = item([("a", b(b"x"))]);
    assert_eq!(apply("SET c = a", &before), Ok(item([("a", b(b"x")), ("c", b(b"x"))])));
}
