mod parts;
mod round_trip;

use partita_model::Item;

use super::*;
use crate::testing::with_substitutions;

fn parse(text: &str) -> Result<Condition, Error> {
    with_substitutions(|substitutions| Condition::parse(Kind::Condition, text, substitutions))
}

/// The sentence without its prefix.
#[track_caller]
fn fault(text: &str) -> String {
    let error = parse(text).expect_err(text).to_string();
    error.strip_prefix("Invalid ConditionExpression: ").expect("all faults have the prefix").to_owned()
}

#[track_caller]
fn check_faults(table: &[(&str, &str)]) {
    for (text, expected) in table {
        assert_eq!(fault(text), *expected, "{text}");
    }
}

#[test]
fn syntax_errors_show_the_token_and_its_neighbours() {
    check_faults(&[
        ("", "The expression can not be empty;"),
        (" \t\n", "The expression can not be empty;"),
        ("a-b", "Syntax error; token: \"-\", near: \"a-b\""),
        ("INVALID SYNTAX HERE", "Syntax error; token: \"SYNTAX\", near: \"INVALID SYNTAX HERE\""),
        ("!!", "Syntax error; token: \"!\", near: \"!!\""),
        ("()", "Syntax error; token: \")\", near: \"()\""),
        ("a", "Syntax error; token: \"<EOF>\", near: \"a\""),
        ("a = :one AND b", "Syntax error; token: \"<EOF>\", near: \"b\""),
        ("a =", "Syntax error; token: \"<EOF>\", near: \"=\""),
        ("hits  :  one", "Syntax error; token: \":\", near: \"hits  :  one\""),
        ("a != :one", "Syntax error; token: \"!\", near: \"a !=\""),
        ("a > 4", "Syntax error; token: \"4\", near: \"> 4\""),
        ("a IN ()", "Syntax error; token: \")\", near: \"()\""),
        ("a BETWEEN :one OR :two", "Syntax error; token: \"OR\", near: \":one OR :two\""),
        ("a AND b = :one", "Syntax error; token: \"AND\", near: \"a AND b\""),
        ("(a) b = :one", "Syntax error; token: \"b\", near: \") b =\""),
        ("(a = :one", "Syntax error; token: \"<EOF>\", near: \":one\""),
        ("a = :one)", "Syntax error; token: \")\", near: \":one)\""),
        ("a[:one] = :one", "Syntax error; token: \":one\", near: \"[:one]\""),
        ("a[-1] = :one", "Syntax error; token: \"-\", near: \"[-1\""),
        ("a. = :one", "Syntax error; token: \"=\", near: \". = :one\""),
        ("_a = :one", "Syntax error; token: \"_\", near: \"_a\""),
        ("# = :one", "Syntax error; token: \"#\", near: \"# =\""),
        ("é = :one", "Syntax error; token: \"é\", near: \"é =\""),
        ("and = :one", "Syntax error; token: \"and\", near: \"and =\""),
        ("(size(a))[0] > a", "Syntax error; token: \"[\", near: \")[0\""),
        ("a = = b", "Syntax error; token: \"=\", near: \"= = b\""),
        ("NOT", "Syntax error; token: \"<EOF>\", near: \"NOT\""),
    ]);
}

#[test]
fn a_text_with_one_fault_is_told_it() {
    check_faults(&[
        ("((a = :one))", "The expression has redundant parentheses;"),
        ("((a)) = :one", "The expression has redundant parentheses;"),
        ("contains(((a)), :a)", "The expression has redundant parentheses;"),
        ("f(a)", "Invalid function name; function: f"),
        ("SIZE(a) = :one", "Invalid function name; function: SIZE"),
        ("a < f(f(b))", "Invalid function name; function: f"),
        ("size(a)", "The function is not allowed to be used this way in an expression; function: size"),
        ("NOT size(a)", "The function is not allowed to be used this way in an expression; function: size"),
        (
            "attribute_exists(a) < :one",
            "The function is not allowed to be used this way in an expression; function: attribute_exists",
        ),
        (
            "size(contains(a, b)) = :one",
            "The function is not allowed to be used this way in an expression; function: contains",
        ),
        (
            "if_not_exists(a, b) = :one",
            "The function is not allowed to be used this way in an expression; function: if_not_exists",
        ),
        (
            "list_append(a, b)",
            "The function is not allowed to be used this way in an expression; function: list_append",
        ),
        ("abOrt = :one", "Attribute name is a reserved keyword; reserved keyword: abOrt"),
        ("a.zone = :one", "Attribute name is a reserved keyword; reserved keyword: zone"),
        (
            "#nope = :one",
            "An expression attribute name used in the document path is not defined; attribute name: #nope",
        ),
        (
            "a.#nope = :one",
            "An expression attribute name used in the document path is not defined; attribute name: #nope",
        ),
        (
            "a = :nope",
            "An expression attribute value used in expression is not defined; attribute value: :nope",
        ),
        (
            "size(a, a) = :one",
            "Incorrect number of operands for operator or function; operator or function: size, number of operands: 2",
        ),
        (
            "contains(a)",
            "Incorrect number of operands for operator or function; operator or function: contains, number of operands: 1",
        ),
        (
            "contains(a, a)",
            "The first operand must be distinct from the remaining operands for this operator or function; \
             operator: contains, first operand: [a]",
        ),
        (
            "a.b[3] = #other OR x.y[3] <> x.y[3]",
            "The first operand must be distinct from the remaining operands for this operator or function; \
             operator: <>, first operand: [x, y, [3]]",
        ),
        (
            "attribute_exists(:one)",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "attribute_not_exists(size(a))",
            "Operator or function requires a document path; operator or function: attribute_not_exists",
        ),
        (
            "attribute_type(a, :a)",
            "Invalid attribute type name found; type: a, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        ("a[2147483648] = :one", "List index is not within the allowable range; index: [2147483648]"),
        (
            "a[99999999999999999999999] = :one",
            "List index is not within the allowable range; index: [99999999999999999999999]",
        ),
    ]);
}

#[test]
fn operands_of_a_wrong_type_are_refused_if_the_type_is_known() {
    let table = [
        ("a < :m", "<", "M"),
        (":bool >= a", ">=", "BOOL"),
        ("a > :null", ">", "NULL"),
        ("a <= :ss", "<=", "SS"),
        ("a BETWEEN :l AND :l", "BETWEEN", "L"),
        ("a BETWEEN b AND :bs", "BETWEEN", "BS"),
        ("begins_with(a, :n)", "begins_with", "N"),
        ("begins_with(size(a), :a)", "begins_with", "N"),
        ("begins_with(:ns, a)", "begins_with", "NS"),
        ("size(:n) = :one", "size", "N"),
        ("size(:bool) = :one", "size", "BOOL"),
        ("size(size(a)) = :one", "size", "N"),
        ("attribute_type(a, :n)", "attribute_type", "N"),
        ("attribute_type(a, b)", "attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"),
    ];
    for (text, operator, found) in table {
        let expected = format!(
            "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {found}"
        );
        assert_eq!(fault(text), expected, "{text}");
    }
}

#[test]
fn bounds_are_checked_when_both_are_values() {
    check_faults(&[
        (
            "a BETWEEN :z AND :a",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; \
             lower bound operand: AttributeValue: {S:z}, upper bound operand: AttributeValue: {S:a}",
        ),
        (
            "a BETWEEN :one AND :z",
            "The BETWEEN operator requires same data type for lower and upper bounds; \
             lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:z}",
        ),
        (
            "a BETWEEN :b AND :z",
            "The BETWEEN operator requires same data type for lower and upper bounds; \
             lower bound operand: AttributeValue: {B:Ynl0ZXM=}, upper bound operand: AttributeValue: {S:z}",
        ),
    ]);
    for fine in ["a BETWEEN :a AND :a", "a BETWEEN :z AND b", "a BETWEEN size(b) AND :one"] {
        assert!(parse(fine).is_ok(), "{fine}");
    }
}

#[test]
fn of_several_faults_the_first_in_the_order_of_checks_is_told() {
    let in_order = [
        ("((a = !", "Syntax error"),
        ("((f(size(zone)) = :nope))", "The expression has redundant parentheses"),
        ("contains(size(zone), :nope) AND f(a)", "Invalid function name"),
        ("zone = :nope AND size(a)", "The function is not allowed"),
        ("a = :nope AND zone = :one", "Attribute name is a reserved keyword"),
        ("contains(:nope) OR b = :one", "An expression attribute value used"),
        ("#nope = :nope", "An expression attribute name used"),
        ("contains(a, a, a)", "Incorrect number of operands"),
        ("begins_with(a, :n) OR b = :nope", "Incorrect operand type"),
        ("b = :nope OR begins_with(a, :n)", "An expression attribute value used"),
    ];
    for (text, expected) in in_order {
        let fault = fault(text);
        assert!(fault.starts_with(expected), "{text}: {fault}");
    }
}

#[test]
fn limits_are_exact() {
    let long = |bytes: usize| format!("a{:bytes$}= :one", "", bytes = bytes - "a= :one".len());
    assert!(parse(&long(4096)).is_ok());
    check_faults(&[(
        &long(4097),
        "Expression size has exceeded the maximum allowed size; expression size: 4097",
    )]);

    let chain = |operators: usize| vec!["a<b"; operators.div_ceil(2)].join(" or ");
    assert!(parse(&chain(299)).is_ok());
    check_faults(&[(&chain(301), "The expression contains too many operators; operator count: 301")]);

    let within = |count: usize| format!("a IN ({})", vec![":one"; count].join(","));
    assert!(parse(&within(100)).is_ok());
    check_faults(&[(
        &within(101),
        "Too many operands for the operator or function; operator or function: IN, number of operands: 101",
    )]);

    let deep = |steps: usize| format!("a{} = :one", "[0]".repeat(steps));
    assert!(parse(&deep(32)).is_ok());
    check_faults(&[(&deep(33), "The document path has too many nesting elements; nesting level: 33")]);
}

#[test]
fn deep_nesting_ends_in_an_error_on_a_small_stack() {
    let nested = |open: &str, depth: usize, middle: &str, close: &str| {
        format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
    };
    let table = [
        (nested("(", 2046, "a<b", ")"), "The expression has redundant parentheses;"),
        ("(".repeat(4096), "Syntax error; token: \"<EOF>\", near: \"(\""),
        (nested("f(", 1355, "b", ")"), "Invalid function name; function: f"),
        (
            nested("size(", 298, "b", ")") + " = a",
            "Incorrect operand type for operator or function; operator or function: size, operand type: N",
        ),
        (nested("not ", 1000, "a<b", ""), "The expression contains too many operators; operator count: 301"),
        (
            nested("a<b or (", 454, "a<b", ")"),
            "The expression contains too many operators; operator count: 301",
        ),
    ];
    // Half of the stack that threads get by default, in an unoptimised build.
    let thread = std::thread::Builder::new().stack_size(1024 * 1024).spawn(move || {
        for (text, expected) in table {
            assert_eq!(fault(&text), expected);
        }
        // 149 levels with 299 operators are within the limits.
        let allowed = parse(&nested("a<b or (", 149, "a<b", ")")).unwrap();
        assert!(!allowed.evaluate(&Item::new()));
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn parentheses_may_stand_around_anything_once() {
    for text in [
        "(a) = (:one)",
        "((a) = (:one))",
        "(a = :one) AND (NOT (b = :one))",
        "((a = :one) AND (b = :one))",
        "(a.b).s = :one",
        "(size(a)) > (:one)",
        "(a) IN ((:one), (b))",
        "(a) BETWEEN (:one) AND (:two)",
        "attribute_exists((a))",
        "NOT NOT NOT NOT a < b",
    ] {
        assert!(parse(text).is_ok(), "{text}: {:?}", parse(text));
    }
}

#[test]
fn the_kind_is_in_the_sentence() {
    let error = with_substitutions(|substitutions| Condition::parse(Kind::Filter, "", substitutions));
    assert_eq!(error.unwrap_err().to_string(), "Invalid FilterExpression: The expression can not be empty;");
}

#[test]
fn top_level_attributes_are_all_that_are_named() {
    let text = "a.b = #other AND (NOT c IN (d[1], size(e.f))) OR attribute_exists(g) OR begins_with(h, i) \
                OR j BETWEEN k AND :one OR attribute_not_exists(x) OR contains(y, z2)";
    let condition = parse(text).unwrap();
    let expected = ["a", "c", "d", "e", "g", "h", "i", "j", "k", "other", "x", "y", "z2"];
    assert_eq!(condition.top_level_attributes(), BTreeSet::from(expected));
}
