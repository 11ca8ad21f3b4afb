//! What a statement says, before any of it is understood: paths as written, literals as texts.

use partita_expression::{Comparator, Path};
use partita_model::AttributeValue;
use partita_model::value::AttributeType;
use partita_protocol::error::Span;
use partita_protocol::operation::ReturnValues;

/// A statement.
#[derive(Clone, Debug)]
pub(crate) enum Raw {
    Select(RawSelect),
    Insert { table: Source, item: Expr, returning: bool },
    Update(RawUpdate),
    Delete { table: Source, filter: Option<Expr>, returning: Option<Returning> },
    Exists(RawSelect),
}

#[derive(Clone, Debug)]
pub(crate) struct RawSelect {
    pub(crate) columns: Columns,
    pub(crate) source: Source,
    pub(crate) filter: Option<Expr>,
    pub(crate) order: Vec<OrderTerm>,
}

#[derive(Clone, Debug)]
pub(crate) struct RawUpdate {
    pub(crate) table: Source,
    pub(crate) clauses: Vec<Clause>,
    pub(crate) filter: Option<Expr>,
    pub(crate) returning: Option<Returning>,
}

/// A table, and perhaps one of its indexes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) table: String,
    pub(crate) index: Option<String>,
}

/// What a SELECT returns of an item.
#[derive(Clone, Debug)]
pub(crate) enum Columns {
    All,
    Listed(Vec<Path>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OrderTerm {
    pub(crate) attribute: String,
    pub(crate) descending: bool,
}

/// One `SET path = value` or `REMOVE path`.
#[derive(Clone, Debug)]
pub(crate) struct Clause {
    pub(crate) path: Path,
    /// Absent in `REMOVE`.
    pub(crate) value: Option<Expr>,
}

/// What `RETURNING` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returning {
    AllOld,
    AllNew,
    ModifiedOld,
    ModifiedNew,
}

impl Returning {
    /// As errors show the clause.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::AllOld => "ALL OLD *",
            Self::AllNew => "ALL NEW *",
            Self::ModifiedOld => "MODIFIED OLD *",
            Self::ModifiedNew => "MODIFIED NEW *",
        }
    }

    /// The native parameter that shows the same.
    pub(crate) fn values(self) -> ReturnValues {
        match self {
            Self::AllOld => ReturnValues::AllOld,
            Self::AllNew => ReturnValues::AllNew,
            Self::ModifiedOld => ReturnValues::UpdatedOld,
            Self::ModifiedNew => ReturnValues::UpdatedNew,
        }
    }
}

/// An expression and where its first token stands.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) at: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    Path(Path),
    Literal(Literal),
    /// The value given for a `?`.
    Parameter(AttributeValue),
    Missing,
    /// `name(…)`; the name in lower case, whether or not there is such a function.
    Call {
        name: String,
        operands: Vec<Expr>,
    },
    Not(Box<Expr>),
    /// Operands of `AND` or `OR`.
    Join {
        all: bool,
        parts: Vec<Expr>,
    },
    Compare {
        comparator: Comparator,
        operands: Box<[Expr; 2]>,
    },
    /// The operand, then its bounds.
    Between(Box<[Expr; 3]>),
    In {
        operand: Box<Expr>,
        list: Box<Expr>,
    },
    Is {
        operand: Box<Expr>,
        test: TypeTest,
    },
    Sum {
        minus: bool,
        operands: Box<[Expr; 2]>,
    },
    /// `-` or `+` before what is no number.
    Sign,
    /// An operator that no statement can use.
    Unsupported(&'static str),
}

#[derive(Clone, Debug)]
pub(crate) enum Literal {
    Text(String),
    /// With its sign, as written.
    Number(String),
    Bool(bool),
    Null,
    /// `[…]`.
    List(Vec<Expr>),
    /// `<<…>>`.
    Bag(Vec<Expr>),
    /// `{…}`, in the order written.
    Struct(Vec<(String, Expr)>),
    /// `(…, …)`, which is good for `IN` alone.
    Sequence(Vec<Expr>),
}

/// What `IS` asks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TypeTest {
    Missing,
    OfType(AttributeType),
    /// A type of the language that no attribute has, as errors show it.
    Unsupported(String),
}

impl ExprKind {
    /// The operator, if it is one that makes a condition.
    pub(crate) fn condition_operator(&self) -> Option<&'static str> {
        Some(match self {
            Self::Not(_) => "NOT",
            Self::Join { all: true, .. } => "AND",
            Self::Join { all: false, .. } => "OR",
            Self::Compare { comparator, .. } => match comparator {
                Comparator::Eq => "=",
                Comparator::Ne => "<>",
                Comparator::Lt => "<",
                Comparator::Le => "<=",
                Comparator::Gt => ">",
                Comparator::Ge => ">=",
            },
            Self::Between(_) => "BETWEEN",
            Self::In { .. } => "IN",
            Self::Is { .. } => "IS",
            _ => return None,
        })
    }
}
