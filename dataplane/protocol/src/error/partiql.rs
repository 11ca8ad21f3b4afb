//! Sentences about PartiQL statements. The same in both eras.

use std::fmt;

use partita_expression::error::Fault;
use partita_model::IndexName;
use partita_model::number::NumberError;

use super::ServiceError;
use super::item::{duplicate_strings, invalid, number_sentence};

/// Where a token stands in a statement: line and column from 1, and its length, all in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the type says what they are")]
pub struct Span {
    pub line: usize,
    pub column: usize,
    pub length: usize,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.line, self.column, self.length)
    }
}

/// Why a text is no statement of the language. `Display` is what follows the colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's sentence says what it is")]
pub enum Malformation {
    /// A character, literal or comment that cannot be read, or nesting beyond what is followed.
    #[error("")]
    Unreadable,
    #[error("Expected data manipulation")]
    NoManipulation,
    #[error("Unexpected token after expression")]
    Leftover,
    #[error("Unexpected term")]
    Term,
    #[error("Unexpected keyword")]
    Keyword,
    #[error("Unexpected operator")]
    Operator,
    #[error("Missing right-hand side expression of infix operator")]
    MissingOperand,
    #[error("Expected identifier for simple path")]
    NoPath,
    #[error("Invalid path dot component")]
    PathComponent,
    #[error("Expected type name")]
    NoTypeName,
    /// A token that has to be there; the sentence names it.
    #[error("Expected {0}")]
    Expected(&'static str),
}

/// The two functions of sets, as errors call them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the functions' names")]
pub enum SetFunction {
    Add,
    Delete,
}

impl fmt::Display for SetFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "SET_ADD",
            Self::Delete => "SET_DELETE",
        })
    }
}

/// What is wrong with a statement. Every one is a `ValidationException`; `Display` is its sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's sentence says what it is")]
pub enum StatementFault {
    #[error("Statement wasn't well formed, can't be processed: {0}")]
    NotWellFormed(Malformation),
    /// What a condition or an update cannot be, told as of an expression, but without its name.
    #[error(transparent)]
    Expression(#[from] Fault),
    #[error("Number of parameters in request and statement don't match.")]
    ParameterCount,

    // What stands where.
    #[error("Aliasing is not supported")]
    Alias,
    #[error("Unsupported clause: {clause} at {at}")]
    Clause { clause: &'static str, at: Span },
    #[error("Select projection doesn't support value or pivot keywords")]
    SelectValue,
    #[error("Other attributes should not be present in the projection when '*' is used.")]
    StarAndMore,
    #[error("Unexpected path component at {0}")]
    NotAPath(Span),
    #[error("Duplicate identifiers in select clause: {0}")]
    DuplicateColumn(String),
    #[error("Only select from a single table or index is supported.")]
    SeveralTables,
    #[error("Unexpected from source")]
    NotATable,
    #[error("A path may contain at most 2 components in the FROM clause")]
    TablePathTooLong,
    #[error("Path component cannot be an empty string")]
    EmptyPathComponent,
    #[error(
        "Table name should be within the length [3, 255] and only contain 'a-z', 'A-Z', '0-9', '-', '_', '.'."
    )]
    TableName,
    #[error("This operation is not supported on an index")]
    WriteToIndex,
    #[error("List index is not within the allowable range; index: [{index}] at {at}")]
    ListIndex { index: String, at: Span },
    #[error("EXISTS can only be used in ExecuteTransaction write requests.")]
    ExistsAlone,

    // Values.
    #[error("{} under {path}", number_sentence(.error))]
    Number { error: NumberError, path: String },
    #[error("Nesting Levels have exceeded supported limits under {path}")]
    TooDeep { path: String },
    #[error("Unsupported data type: {found} under key {path} at {at}")]
    DataType { found: String, path: String, at: Span },
    #[error("Duplicate keys in tuple. Key: {key} under {path}")]
    DuplicateMember { key: String, path: String },
    #[error("Empty bags are not supported")]
    EmptyBag,
    #[error("Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags")]
    MixedBag,
    #[error("{}", duplicate_strings(.0))]
    DuplicateStrings(String),
    #[error("{} under {path}", invalid(format!("Input collection [{members}] contains duplicates!")))]
    DuplicateNumbers { members: String, path: String },
    #[error(
        "Unsupported format in item expression. Please use struct format {{...}} to express item values for insert \
         statement."
    )]
    NoItem,

    // Conditions.
    #[error("WHERE clause must contain an expression that resolves to a boolean")]
    NoCondition,
    #[error("The arguments to AND/OR must be Expressions")]
    NoConditionToJoin,
    #[error("The argument to NOT must be a Type or Expression")]
    NoConditionToNegate,
    #[error("MISSING must be compared using IS operator")]
    MissingCompared,
    #[error("The left hand side argument to IS must be a Variable Reference, Literal, or Path")]
    NoPathBeforeIs,
    #[error(
        "Unsupported data type for IS operator: {0}. Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, \
         NUMERIC, STRUCT, TUPLE, LIST]"
    )]
    TypeAfterIs(String),
    #[error(
        "IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq with \
         at least one member"
    )]
    InOperands,
    #[error("The IN operator is provided with too many operands; number of operands: {0}")]
    InTooMany(usize),
    #[error("Unsupported operator in Condition Expression. Operator: {0}")]
    ConditionOperator(&'static str),
    #[error("Unsupported operator in Update Expression. Operator: {0}")]
    UpdateOperator(&'static str),
    #[error(
        "Incorrect number of operands for operator or function; operator or function: -, number of operands: 1"
    )]
    NegatedPath,
    #[error("Unrecognized function: {name} at {at}")]
    UnknownFunction { name: String, at: Span },

    // Updates.
    #[error("{function} must have exactly two arguments at {at}")]
    SetArguments { function: SetFunction, at: Span },
    #[error("The first argument to {function} must equal the assignment value at {at}")]
    SetTarget { function: SetFunction, at: Span },
    #[error("The second argument to {function} must be a value with type SET at {at}")]
    SetValue { function: SetFunction, at: Span },

    // RETURNING.
    #[error("Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause")]
    ReturningForm,
    #[error("RETURNING is not supported in INSERT")]
    InsertReturning,
    #[error(
        "Invalid returning clause: RETURNING {0}. Only RETURNING ALL OLD * is allowed in DELETE statements."
    )]
    DeleteReturning(&'static str),
    #[error("RETURNING clause is not supported in ExecuteTransaction.")]
    TransactReturning,

    // What needs the table.
    #[error("Where clause does not contain a mandatory equality on all key attributes")]
    KeyNotGiven,
    #[error("Multiple conditions on same key {0}. Only single item Update/Insert/Delete are supported")]
    KeyGivenTwice(String),
    #[error("Key attribute's data type should match its data type in table's schema: Key {0}")]
    KeyType(String),
    #[error("Overlapping conditions with range keys are not supported in where clause")]
    Overlap,
    #[error("Too many decomposed read operations for a given query.")]
    TooManyReads,
    #[error("The table does not have the specified index")]
    UnknownIndex,
    #[error("Strongly consistent read is not supported on Global Secondary Indexes")]
    ConsistentReadOfGlobalIndex,
    #[error(
        "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE keys."
    )]
    MultiAttributeKey,
    #[error("{}", invalid(format!("Secondary index {index} does not project one or more filter attributes: [{}]",
        .attributes.join(", "))))]
    FilterNotProjected { index: IndexName, attributes: Vec<String> },
    #[error("Must have WHERE clause in the statement when using ORDER BY clause.")]
    OrderWithoutWhere,
    #[error("Attribute {0} in ORDER BY clause must be part of the primary key")]
    OrderByOther(String),
    #[error(
        "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
    )]
    OrderWithoutKey,
    #[error(
        "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause."
    )]
    OrderWithoutHash,

    // Several statements.
    #[error(
        "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
    )]
    BatchReadWithoutKey,
    #[error("BatchExecuteStatement API does not support both read and write operations in the same request.")]
    BatchMixed,
    #[error("Select statements within ExecuteTransaction must specify the primary key in the where clause.")]
    TransactReadWithoutKey,
    #[error("Reads on indices are not supported within transactions.")]
    TransactReadOfIndex,
    #[error("Operations on indices are not supported in transactions")]
    TransactCheckOfIndex,
    #[error("EXISTS() must contain a single item read with additional condition")]
    ExistsWithoutCondition,
    #[error("ExecuteTransaction API does not support both read and write operations in the same request.")]
    TransactMixed,
    #[error("Validation failed in TransactStatements[{index}]: {fault}")]
    InTransaction { index: usize, fault: Box<StatementFault> },

    // Tokens.
    #[error("Invalid NextToken")]
    InvalidToken,
    #[error("NextToken does not match request")]
    ForeignToken,
}

impl From<Malformation> for StatementFault {
    fn from(malformation: Malformation) -> Self {
        Self::NotWellFormed(malformation)
    }
}

impl From<StatementFault> for ServiceError {
    fn from(fault: StatementFault) -> Self {
        Self::validation(fault.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Wording;

    #[test]
    fn a_fault_is_told_as_the_service_tells_it() {
        let at = Span { line: 1, column: 8, length: 5 };
        for (fault, sentence) in [
            (Malformation::Unreadable.into(), "Statement wasn't well formed, can't be processed: "),
            (
                Malformation::NoManipulation.into(),
                "Statement wasn't well formed, can't be processed: Expected data manipulation",
            ),
            (
                StatementFault::Number { error: NumberError::Overflow, path: "root.x".to_owned() },
                "Number overflow. Attempting to store a number with magnitude larger than supported range under root.x",
            ),
            (StatementFault::NotAPath(at), "Unexpected path component at 1:8:5"),
            (
                StatementFault::DuplicateStrings("a, a".to_owned()),
                "One or more parameter values were invalid: Input collection [a, a] contains duplicates.",
            ),
            (
                StatementFault::InTransaction {
                    index: 2,
                    fault: Box::new(StatementFault::TransactReturning),
                },
                "Validation failed in TransactStatements[2]: RETURNING clause is not supported in ExecuteTransaction.",
            ),
            (
                StatementFault::FilterNotProjected {
                    index: IndexName::new("by-x"),
                    attributes: vec!["a".to_owned(), "b".to_owned()],
                },
                "One or more parameter values were invalid: Secondary index by-x does not project one or more filter \
                 attributes: [a, b]",
            ),
        ] {
            let error = ServiceError::from(fault);
            assert_eq!(error.name(), "ValidationException");
            for wording in [Wording::Classic, Wording::Modern2026] {
                assert_eq!(error.message(wording).as_deref(), Some(sentence));
            }
        }
    }
}
