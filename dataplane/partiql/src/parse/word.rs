//! Words that cannot be bare names.

/// Words that begin or join parts of a statement. The language reserves many more; those cannot be mistaken, and are taken as
/// names.
const CLAUSES: [&str; 34] = [
    "SELECT",
    "FROM",
    "WHERE",
    "ORDER",
    "BY",
    "GROUP",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "JOIN",
    "INNER",
    "OUTER",
    "LEFT",
    "RIGHT",
    "CROSS",
    "ON",
    "AS",
    "AT",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "INSERT",
    "INTO",
    "UPDATE",
    "DELETE",
    "SET",
    "REMOVE",
    "RETURNING",
    "DISTINCT",
];

/// Words between two operands.
const OPERATORS: [&str; 6] = ["AND", "OR", "IN", "IS", "LIKE", "BETWEEN"];

/// Words that stand for values or begin expressions.
const CONSTANTS: [&str; 5] = ["TRUE", "FALSE", "NULL", "MISSING", "NOT"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordKind {
    Name,
    Clause,
    Operator,
    Constant,
}

pub(super) fn kind(word: &str) -> WordKind {
    let is_in = |words: &[&str]| words.iter().any(|reserved| reserved.eq_ignore_ascii_case(word));
    if is_in(&CLAUSES) {
        WordKind::Clause
    } else if is_in(&OPERATORS) {
        WordKind::Operator
    } else if is_in(&CONSTANTS) {
        WordKind::Constant
    } else {
        WordKind::Name
    }
}
