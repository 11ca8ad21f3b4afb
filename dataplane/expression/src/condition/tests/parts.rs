//! Conditions made of parts are those that a text makes.

use partita_model::AttributeValue;

use super::*;
use crate::testing::n;

fn path(name: &str) -> Term {
    Term::Path(Path::top_level(name))
}

fn size(term: Term) -> Term {
    Term::Call(Function::Size, vec![term])
}

#[test]
fn parts_make_what_a_text_makes() {
    let compare =
        |comparator, name, value| Condition::compare(comparator, path(name), Term::Value(n(value))).unwrap();
    let one = Term::Value(n(1));
    for (text, made) in [
        ("n = :one", compare(Comparator::Eq, "n", 1)),
        ("size(l) > :one", Condition::compare(Comparator::Gt, size(path("l")), one.clone()).unwrap()),
        ("n BETWEEN :zero AND :two", {
            Condition::between(path("n"), Term::Value(n(0)), Term::Value(n(2))).unwrap()
        }),
        ("n IN (:one, #other)", Condition::within(path("n"), vec![one.clone(), path("other")]).unwrap()),
        ("contains(ns, :one)", Condition::call(Function::Contains, vec![path("ns"), one.clone()]).unwrap()),
        ("attribute_exists(#m)", Condition::exists(Path::top_level("m"))),
        (
            "NOT (n = :one OR n = :two) AND n <> :zero",
            Condition::all([
                Condition::any([compare(Comparator::Eq, "n", 1), compare(Comparator::Eq, "n", 2)]).negated(),
                compare(Comparator::Ne, "n", 0),
            ]),
        ),
    ] {
        assert_eq!(parse(text), Ok(made), "{text}");
    }
}

#[test]
fn parts_are_checked_as_a_text_is() {
    let wrong = [
        Condition::compare(Comparator::Lt, path("n"), Term::Value(AttributeValue::Null)),
        Condition::compare(Comparator::Eq, path("n"), path("n")),
        Condition::between(path("n"), Term::Value(n(2)), Term::Value(n(1))),
        Condition::within(path("n"), vec![Term::Value(n(1)); 101]),
        Condition::call(Function::Contains, vec![path("n")]),
        Condition::call(Function::Size, vec![path("n")]),
        Condition::call(Function::AttributeExists, vec![Term::Value(n(1))]),
        Condition::compare(Comparator::Eq, Term::Call(Function::Contains, Vec::new()), path("n")),
    ];
    let sentences = wrong.map(|fault| fault.unwrap_err().to_string());
    expect_all(
        &sentences,
        &[
            "Incorrect operand type for operator or function; operator or function: <, operand type: NULL",
            "The first operand must be distinct from the remaining operands for this operator or function; \
         operator: =, first operand: [n]",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound \
         operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}",
            "Too many operands for the operator or function; operator or function: IN, number of operands: 101",
            "Incorrect number of operands for operator or function; operator or function: contains, number of \
         operands: 1",
            "The function is not allowed to be used this way in an expression; function: size",
            "Operator or function requires a document path; operator or function: attribute_exists",
            "Incorrect number of operands for operator or function; operator or function: contains, number of \
         operands: 0",
        ],
    );
}

fn expect_all(sentences: &[String], expected: &[&str]) {
    assert_eq!(sentences, expected);
}
