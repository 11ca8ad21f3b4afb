//! Expressions, the loosest operators first.

use partita_expression::Comparator;
use partita_model::value::AttributeType;
use partita_protocol::error::{Malformation, Span, StatementFault};

use super::cursor::Cursor;
use super::path;
use super::word::{WordKind, kind};
use crate::syntax::{Expr, ExprKind, Literal, TypeTest};
use crate::token::{Symbol, Token};

type Parsed = Result<Expr, StatementFault>;

/// Any expression.
pub(super) fn expression(cursor: &mut Cursor<'_>) -> Parsed {
    cursor.nested(|cursor| joined(cursor, false))
}

/// Parts joined by `OR`, or by `AND`, which binds tighter.
fn joined(cursor: &mut Cursor<'_>, all: bool) -> Parsed {
    let at = cursor.span();
    let keyword = if all { "AND" } else { "OR" };
    let part = |cursor: &mut Cursor<'_>| if all { negated(cursor) } else { joined(cursor, true) };
    let first = part(cursor)?;
    if !cursor.at_word(keyword) {
        return Ok(first);
    }
    let mut parts = vec![first];
    while cursor.eat_word(keyword) {
        operand_follows(cursor)?;
        parts.push(part(cursor)?);
    }
    Ok(Expr { kind: ExprKind::Join { all, parts }, at })
}

fn operand_follows(cursor: &Cursor<'_>) -> Result<(), Malformation> {
    if cursor.at_end() { Err(Malformation::MissingOperand) } else { Ok(()) }
}

fn negated(cursor: &mut Cursor<'_>) -> Parsed {
    let at = cursor.span();
    match cursor.eat_word("NOT") {
        true => {
            let inner = cursor.nested(negated)?;
            Ok(Expr { kind: ExprKind::Not(Box::new(inner)), at })
        }
        false => compared(cursor),
    }
}

/// Comparisons, `BETWEEN`, `IN` and `IS`, from left to right.
fn compared(cursor: &mut Cursor<'_>) -> Parsed {
    let mut left = sum(cursor)?;
    loop {
        let at = left.at;
        let negated = cursor.at_word("NOT") && cursor.peek_second() != &Token::End;
        let kind = if let Some(comparator) = comparator(cursor) {
            cursor.advance();
            operand_follows(cursor)?;
            ExprKind::Compare { comparator, operands: Box::new([left, sum(cursor)?]) }
        } else if !negated && cursor.eat_word("IS") {
            let negated = cursor.eat_word("NOT");
            let is = ExprKind::Is { operand: Box::new(left), test: type_test(cursor)? };
            negated_if(negated, is, at)
        } else {
            if negated {
                cursor.advance();
            }
            match cursor.eat_one_of(&["BETWEEN", "IN", "LIKE"]) {
                Some(operator) => negated_if(negated, infix(cursor, operator, left)?, at),
                None if negated => return Err(Malformation::Leftover.into()),
                None => return Ok(left),
            }
        };
        cursor.count_operator()?;
        left = Expr { kind, at };
    }
}

fn negated_if(negated: bool, kind: ExprKind, at: Span) -> ExprKind {
    match negated {
        true => ExprKind::Not(Box::new(Expr { kind, at })),
        false => kind,
    }
}

fn comparator(cursor: &Cursor<'_>) -> Option<Comparator> {
    let Token::Symbol(symbol) = cursor.peek() else { return None };
    Some(match symbol {
        Symbol::Eq => Comparator::Eq,
        Symbol::Ne => Comparator::Ne,
        Symbol::Lt => Comparator::Lt,
        Symbol::Le => Comparator::Le,
        Symbol::Gt => Comparator::Gt,
        Symbol::Ge => Comparator::Ge,
        _ => return None,
    })
}

/// `BETWEEN`, `IN` or `LIKE`, whose keyword has been taken.
fn infix(cursor: &mut Cursor<'_>, operator: &'static str, left: Expr) -> Result<ExprKind, StatementFault> {
    operand_follows(cursor)?;
    let right = sum(cursor)?;
    Ok(match operator {
        "BETWEEN" => {
            if !cursor.eat_word("AND") {
                return Err(Malformation::Expected("AND").into());
            }
            operand_follows(cursor)?;
            ExprKind::Between(Box::new([left, right, sum(cursor)?]))
        }
        "IN" => ExprKind::In { operand: Box::new(left), list: Box::new(right) },
        _ => ExprKind::Unsupported("LIKE"),
    })
}

/// The type after `IS`.
fn type_test(cursor: &mut Cursor<'_>) -> Result<TypeTest, StatementFault> {
    let Token::Word(word) = cursor.peek() else { return Err(Malformation::NoTypeName.into()) };
    let name = word.to_ascii_uppercase();
    cursor.advance();
    Ok(match name.as_str() {
        "MISSING" => TypeTest::Missing,
        "NULL" => TypeTest::OfType(AttributeType::Null),
        "BOOL" | "BOOLEAN" => TypeTest::OfType(AttributeType::Bool),
        "STRING" => TypeTest::OfType(AttributeType::S),
        "NUMERIC" => TypeTest::OfType(AttributeType::N),
        "BLOB" => TypeTest::OfType(AttributeType::B),
        "STRUCT" | "TUPLE" => TypeTest::OfType(AttributeType::M),
        "LIST" => TypeTest::OfType(AttributeType::L),
        "DOUBLE" if cursor.eat_word("PRECISION") => TypeTest::Unsupported("DOUBLE_PRECISION".to_owned()),
        "CHARACTER" | "CHAR" if cursor.eat_word("VARYING") => {
            TypeTest::Unsupported("CHARACTER_VARYING".to_owned())
        }
        "BAG" | "SEXP" | "SYMBOL" | "CLOB" | "TIMESTAMP" | "DATE" | "TIME" | "ANY" | "INT" | "INT2"
        | "INT4" | "INT8" | "INTEGER" | "INTEGER2" | "INTEGER4" | "INTEGER8" | "BIGINT" | "SMALLINT"
        | "FLOAT" | "REAL" | "DECIMAL" | "CHARACTER" | "CHAR" | "VARCHAR" => TypeTest::Unsupported(name),
        _ => return Err(Malformation::NoTypeName.into()),
    })
}

/// Terms with `+` or `-` between them.
fn sum(cursor: &mut Cursor<'_>) -> Parsed {
    let mut left = product(cursor)?;
    loop {
        let minus = match cursor.peek() {
            Token::Symbol(Symbol::Plus) => false,
            Token::Symbol(Symbol::Minus) => true,
            _ => return Ok(left),
        };
        cursor.advance();
        cursor.count_operator()?;
        operand_follows(cursor)?;
        let at = left.at;
        let operands = Box::new([left, product(cursor)?]);
        left = Expr { kind: ExprKind::Sum { minus, operands }, at };
    }
}

/// Terms with operators between them that no statement can use.
fn product(cursor: &mut Cursor<'_>) -> Parsed {
    let mut left = signed(cursor)?;
    loop {
        let operator = match cursor.peek() {
            Token::Symbol(Symbol::Star) => "*",
            Token::Symbol(Symbol::Slash) => "/",
            Token::Symbol(Symbol::Percent) => "%",
            Token::Symbol(Symbol::Concat) => "||",
            _ => return Ok(left),
        };
        cursor.advance();
        operand_follows(cursor)?;
        signed(cursor)?;
        left = Expr { kind: ExprKind::Unsupported(operator), at: left.at };
    }
}

/// A term, or a number with signs before it.
fn signed(cursor: &mut Cursor<'_>) -> Parsed {
    let at = cursor.span();
    let minus = match cursor.peek() {
        Token::Symbol(Symbol::Minus) => true,
        Token::Symbol(Symbol::Plus) => false,
        _ => return term(cursor),
    };
    cursor.advance();
    let inner = cursor.nested(signed)?;
    let kind = match inner.kind {
        ExprKind::Literal(Literal::Number(number)) => {
            let number = match (minus, number.strip_prefix('-')) {
                (false, _) => number,
                (true, Some(positive)) => positive.to_owned(),
                (true, None) => format!("-{number}"),
            };
            ExprKind::Literal(Literal::Number(number))
        }
        _ => ExprKind::Sign,
    };
    Ok(Expr { kind, at })
}

fn term(cursor: &mut Cursor<'_>) -> Parsed {
    let at = cursor.span();
    let kind = match cursor.peek().clone() {
        Token::Word(word) => return word_term(cursor, &word),
        Token::Quoted(name) => {
            cursor.advance();
            ExprKind::Path(path::rest(cursor, name)?)
        }
        Token::Text(text) => literal(cursor, Literal::Text(text)),
        Token::Number(number) => literal(cursor, Literal::Number(number)),
        Token::Symbol(symbol) => {
            cursor.advance();
            match symbol {
                Symbol::Parameter => ExprKind::Parameter(cursor.parameter()),
                Symbol::LeftParen => return grouped(cursor),
                Symbol::LeftBracket => {
                    ExprKind::Literal(Literal::List(list(cursor, Symbol::RightBracket, expression)?))
                }
                Symbol::LeftBag => {
                    ExprKind::Literal(Literal::Bag(list(cursor, Symbol::RightBag, expression)?))
                }
                Symbol::LeftBrace => {
                    ExprKind::Literal(Literal::Struct(list(cursor, Symbol::RightBrace, member)?))
                }
                _ => return Err(Malformation::Term.into()),
            }
        }
        Token::End => return Err(Malformation::Term.into()),
    };
    Ok(Expr { kind, at })
}

fn literal(cursor: &mut Cursor<'_>, literal: Literal) -> ExprKind {
    cursor.advance();
    ExprKind::Literal(literal)
}

fn word_term(cursor: &mut Cursor<'_>, word: &str) -> Parsed {
    let at = cursor.span();
    match kind(word) {
        WordKind::Clause => return Err(Malformation::Keyword.into()),
        WordKind::Operator => return Err(Malformation::Operator.into()),
        WordKind::Name | WordKind::Constant => cursor.advance(),
    };
    let kind = match word.to_ascii_uppercase().as_str() {
        "TRUE" => ExprKind::Literal(Literal::Bool(true)),
        "FALSE" => ExprKind::Literal(Literal::Bool(false)),
        "NULL" => ExprKind::Literal(Literal::Null),
        "MISSING" => ExprKind::Missing,
        // Only where no condition may stand: elsewhere it has been taken.
        "NOT" => return Err(Malformation::Keyword.into()),
        _ if cursor.eat(Symbol::LeftParen) => {
            let operands = list(cursor, Symbol::RightParen, expression)?;
            ExprKind::Call { name: word.to_ascii_lowercase(), operands }
        }
        _ => ExprKind::Path(path::rest(cursor, word.to_owned())?),
    };
    Ok(Expr { kind, at })
}

/// What stands in parentheses, whose first has been taken: an expression, or several of them.
fn grouped(cursor: &mut Cursor<'_>) -> Parsed {
    let at = cursor.span();
    let mut inner = vec![expression(cursor)?];
    while cursor.eat(Symbol::Comma) {
        inner.push(expression(cursor)?);
    }
    cursor.expect(Symbol::RightParen, Malformation::Expected("closing )"))?;
    match <[Expr; 1]>::try_from(inner) {
        Ok([single]) => Ok(single),
        Err(several) => Ok(Expr { kind: ExprKind::Literal(Literal::Sequence(several)), at }),
    }
}

/// Elements with commas between them, up to `close`.
fn list<T>(
    cursor: &mut Cursor<'_>,
    close: Symbol,
    element: impl Fn(&mut Cursor<'_>) -> Result<T, StatementFault>,
) -> Result<Vec<T>, StatementFault> {
    let mut elements = Vec::new();
    if cursor.eat(close) {
        return Ok(elements);
    }
    loop {
        elements.push(element(cursor)?);
        if cursor.eat(close) {
            return Ok(elements);
        }
        cursor.expect(Symbol::Comma, Malformation::Expected("comma"))?;
    }
}

/// `'name': value`.
fn member(cursor: &mut Cursor<'_>) -> Result<(String, Expr), StatementFault> {
    let Token::Text(name) = cursor.peek().clone() else { return Err(Malformation::Term.into()) };
    cursor.advance();
    cursor.expect(Symbol::Colon, Malformation::Expected("colon"))?;
    Ok((name, expression(cursor)?))
}
