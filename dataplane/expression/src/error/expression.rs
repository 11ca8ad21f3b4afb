//! What can be wrong with one expression.

use std::fmt;

use base64::Engine;
use partita_model::AttributeValue;
use partita_model::value::AttributeType;

use crate::Path;
use crate::ast::{Comparator, Function};

/// What is wrong with an expression. `Display` is the sentence without the leading `Invalid <Kind>Expression: `.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's sentence says what it is")]
pub enum Fault {
    #[error("The expression can not be empty;")]
    Empty,
    #[error("Expression size has exceeded the maximum allowed size; expression size: {bytes}")]
    TooLong { bytes: usize },
    /// `near` is the text from the token before to the token after.
    #[error("Syntax error; token: \"{token}\", near: \"{near}\"")]
    Syntax { token: String, near: String },
    /// `count` is the count at which reading stopped, one over the limit.
    #[error("The expression contains too many operators; operator count: {count}")]
    TooManyOperators { count: usize },
    #[error(
        "Too many operands for the operator or function; operator or function: {operator}, number of operands: {count}"
    )]
    TooManyOperands { operator: Operator, count: usize },
    #[error("The expression has redundant parentheses;")]
    RedundantParentheses,
    #[error("List index is not within the allowable range; index: [{index}]")]
    IndexRange { index: String },
    #[error("The document path has too many nesting elements; nesting level: {depth}")]
    PathTooDeep { depth: usize },
    #[error("Attribute name is a reserved keyword; reserved keyword: {word}")]
    ReservedWord { word: String },
    #[error("An expression attribute name used in the document path is not defined; attribute name: {name}")]
    UndefinedName { name: String },
    #[error("An expression attribute value used in expression is not defined; attribute value: {name}")]
    UndefinedValue { name: String },
    #[error("Invalid function name; function: {name}")]
    UnknownFunction { name: String },
    #[error("The function is not allowed to be used this way in an expression; function: {function}")]
    MisusedFunction { function: Function },
    #[error(
        "Incorrect number of operands for operator or function; operator or function: {function}, number of operands: {count}"
    )]
    OperandCount { function: Function, count: usize },
    #[error(
        "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {found}"
    )]
    OperandType { operator: Operator, found: OperandType },
    #[error("Incorrect operand type for operator or function; operator: {section}, operand type: {}, typeSet: ALLOWED_FOR_{section}_OPERAND", .found.long_name())]
    SectionOperandType { section: &'static str, found: AttributeType },
    #[error("Operator or function requires a document path; operator or function: {function}")]
    PathRequired { function: Function },
    #[error(
        "The first operand must be distinct from the remaining operands for this operator or function; operator: {operator}, first operand: {operand}"
    )]
    NotDistinct { operator: Operator, operand: Path },
    #[error(
        "Invalid attribute type name found; type: {found}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}"
    )]
    UnknownType { found: String },
    #[error("The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: {}, upper bound operand: {}", Shown(.lower), Shown(.upper))]
    BoundsReversed { lower: AttributeValue, upper: AttributeValue },
    #[error("The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: {}, upper bound operand: {}", Shown(.lower), Shown(.upper))]
    BoundTypes { lower: AttributeValue, upper: AttributeValue },
    #[error("The \"{section}\" section can only be used once in an update expression;")]
    RepeatedSection { section: &'static str },
    #[error(
        "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
    )]
    PathsOverlap { one: Path, two: Path },
    #[error(
        "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
    )]
    PathsConflict { one: Path, two: Path },
}

/// The operator or function that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the operators' own names")]
pub enum Operator {
    Compare(Comparator),
    Call(Function),
    Between,
    In,
    Or,
    Not,
    Plus,
    Minus,
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare(comparator) => comparator.fmt(f),
            Self::Call(function) => function.fmt(f),
            Self::Between => f.write_str("BETWEEN"),
            Self::In => f.write_str("IN"),
            Self::Or => f.write_str("OR"),
            Self::Not => f.write_str("NOT"),
            Self::Plus => f.write_str("+"),
            Self::Minus => f.write_str("-"),
        }
    }
}

/// What stands where a value of certain types must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperandType {
    /// A value of this type.
    Value(AttributeType),
    /// Something of unknown type where the type must be known; shown as the set of all types.
    Unknown,
}

impl fmt::Display for OperandType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(found) => f.write_str(found.wire_name()),
            Self::Unknown => f.write_str("{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"),
        }
    }
}

/// A scalar as errors show it: `AttributeValue: {N:1}`, binaries in base64.
struct Shown<'a>(&'a AttributeValue);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttributeValue: {{{}:", self.0.attribute_type().wire_name())?;
        match self.0 {
            AttributeValue::S(text) => f.write_str(text)?,
            AttributeValue::N(number) => number.fmt(f)?,
            AttributeValue::B(bytes) => f.write_str(&base64::prelude::BASE64_STANDARD.encode(bytes))?,
            // Bounds are checked to be scalars before they are compared.
            _ => {}
        }
        f.write_str("}")
    }
}
