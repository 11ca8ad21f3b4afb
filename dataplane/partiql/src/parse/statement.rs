//! The statements.

use partita_expression::Path;
use partita_protocol::error::{Malformation, StatementFault};

use super::cursor::Cursor;
use super::expression::expression;
use super::path;
use super::word::{WordKind, kind};
use crate::syntax::{
    Clause, Columns, Expr, ExprKind, OrderTerm, Raw, RawSelect, RawUpdate, Returning, Source,
};
use crate::token::{Symbol, Token};

pub(super) fn statement(cursor: &mut Cursor<'_>) -> Result<Raw, StatementFault> {
    match cursor.eat_one_of(&["SELECT", "INSERT", "UPDATE", "DELETE", "FROM"]) {
        Some("SELECT") => select(cursor).map(Raw::Select),
        Some("INSERT") => insert(cursor),
        Some("UPDATE") => update(cursor).map(Raw::Update),
        Some("DELETE") => delete(cursor),
        Some(_) => update_from(cursor).map(Raw::Update),
        None => exists(cursor),
    }
}

fn select(cursor: &mut Cursor<'_>) -> Result<RawSelect, StatementFault> {
    let columns = columns(cursor)?;
    if !cursor.eat_word("FROM") {
        return Err(Malformation::Expected("FROM").into());
    }
    let source = from(cursor)?;
    let filter = filter(cursor)?;
    let order = order(cursor)?;
    refuse_clauses(cursor)?;
    Ok(RawSelect { columns, source, filter, order })
}

fn columns(cursor: &mut Cursor<'_>) -> Result<Columns, StatementFault> {
    let at = cursor.span();
    if cursor.eat_one_of(&["VALUE", "PIVOT"]).is_some() {
        return Err(StatementFault::SelectValue);
    }
    if cursor.eat_word("DISTINCT") {
        return Err(StatementFault::Clause { clause: "DISTINCT", at });
    }
    let mut listed = Vec::new();
    let mut star = false;
    loop {
        if cursor.eat(Symbol::Star) {
            star = true;
        } else {
            listed.push(column(cursor)?);
        }
        if !cursor.eat(Symbol::Comma) {
            break;
        }
    }
    match (star, listed.is_empty()) {
        (true, true) => Ok(Columns::All),
        (true, false) => Err(StatementFault::StarAndMore),
        (false, _) => Ok(Columns::Listed(listed)),
    }
}

fn column(cursor: &mut Cursor<'_>) -> Result<Path, StatementFault> {
    let at = cursor.span();
    if let (Token::Word(_), Token::Symbol(Symbol::LeftParen)) = (cursor.peek(), cursor.peek_second()) {
        // Functions, `COUNT(*)` among them, have no place here.
        return Err(StatementFault::NotAPath(at));
    }
    let Expr { kind: found, at } = expression(cursor)?;
    let ExprKind::Path(path) = found else { return Err(StatementFault::NotAPath(at)) };
    let alias = matches!(cursor.peek(), Token::Word(word) if kind(word) == WordKind::Name);
    if alias || cursor.at_word("AS") || matches!(cursor.peek(), Token::Quoted(_)) {
        return Err(StatementFault::Alias);
    }
    Ok(path)
}

/// What a SELECT reads.
fn from(cursor: &mut Cursor<'_>) -> Result<Source, StatementFault> {
    if !matches!(cursor.peek(), Token::Quoted(_) | Token::Word(_)) {
        let malformed = if cursor.at_end() { Malformation::Term.into() } else { StatementFault::NotATable };
        return Err(malformed);
    }
    let source = source(cursor, Malformation::Keyword)?;
    if cursor.peek() == &Token::Symbol(Symbol::Comma)
        || ["JOIN", "INNER", "LEFT", "RIGHT", "CROSS"].iter().any(|word| cursor.at_word(word))
    {
        return Err(StatementFault::SeveralTables);
    }
    refuse_alias(cursor)?;
    Ok(source)
}

/// A table, and perhaps an index of it; `or` says what else is there.
fn source(cursor: &mut Cursor<'_>, or: Malformation) -> Result<Source, StatementFault> {
    let table = path::name(cursor).ok_or(or)?;
    let mut components = Vec::new();
    while cursor.eat(Symbol::Dot) {
        components.push(path::name(cursor).ok_or(Malformation::PathComponent)?);
    }
    if components.len() > 1 {
        return Err(StatementFault::TablePathTooLong);
    }
    let index = components.pop();
    if table.is_empty() || index.as_ref().is_some_and(String::is_empty) {
        return Err(StatementFault::EmptyPathComponent);
    }
    match is_table(&table) {
        true => Ok(Source { table, index }),
        false => Err(StatementFault::TableName),
    }
}

/// An ARN is looked at when the table is looked up.
fn is_table(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    name.starts_with("arn:") || ((3..=255).contains(&name.len()) && name.bytes().all(is_part))
}

fn refuse_alias(cursor: &Cursor<'_>) -> Result<(), StatementFault> {
    match cursor.peek() {
        Token::Word(word) if kind(word) == WordKind::Name => Err(StatementFault::Alias),
        Token::Quoted(_) => Err(StatementFault::Alias),
        _ if cursor.at_word("AS") || cursor.at_word("AT") => Err(StatementFault::Alias),
        _ => Ok(()),
    }
}

fn filter(cursor: &mut Cursor<'_>) -> Result<Option<Expr>, StatementFault> {
    if cursor.eat_word("WHERE") { expression(cursor).map(Some) } else { Ok(None) }
}

fn order(cursor: &mut Cursor<'_>) -> Result<Vec<OrderTerm>, StatementFault> {
    let mut terms = Vec::new();
    if !cursor.eat_word("ORDER") {
        return Ok(terms);
    }
    if !cursor.eat_word("BY") {
        return Err(Malformation::Expected("BY").into());
    }
    loop {
        let path = path::path(cursor, Malformation::Term)?;
        let attribute = path.head.clone();
        if !path.is_top_level() {
            return Err(StatementFault::OrderByOther(attribute));
        }
        let descending = cursor.eat_word("DESC");
        if !descending {
            cursor.eat_word("ASC");
        }
        terms.push(OrderTerm { attribute, descending });
        if !cursor.eat(Symbol::Comma) {
            return Ok(terms);
        }
    }
}

/// Clauses that other databases have.
fn refuse_clauses(cursor: &mut Cursor<'_>) -> Result<(), StatementFault> {
    match cursor.eat_one_of(&["LIMIT", "OFFSET", "GROUP", "HAVING"]) {
        None => Ok(()),
        Some(clause) => {
            if clause == "GROUP" {
                cursor.eat_word("BY");
            }
            Err(StatementFault::Clause { clause, at: expression(cursor)?.at })
        }
    }
}

fn insert(cursor: &mut Cursor<'_>) -> Result<Raw, StatementFault> {
    if !cursor.eat_word("INTO") {
        return Err(Malformation::Expected("INTO").into());
    }
    let table = source(cursor, Malformation::NoPath)?;
    if !cursor.eat_word("VALUE") {
        // Rows in the way of SQL begin with a keyword or a list of columns.
        let sql = cursor.at_word("VALUES") || cursor.peek() == &Token::Symbol(Symbol::LeftParen);
        return Err(if sql { Malformation::Keyword } else { Malformation::Leftover }.into());
    }
    let item = expression(cursor)?;
    let returning = returning(cursor)?.is_some();
    Ok(Raw::Insert { table, item, returning })
}

fn update(cursor: &mut Cursor<'_>) -> Result<RawUpdate, StatementFault> {
    let table = source(cursor, Malformation::NoPath)?;
    refuse_alias(cursor)?;
    let clauses = clauses(cursor)?;
    if clauses.is_empty() {
        return Err(Malformation::NoManipulation.into());
    }
    let filter = filter(cursor)?;
    let returning = returning(cursor)?;
    Ok(RawUpdate { table, clauses, filter, returning })
}

/// The form that names the item first: `FROM t WHERE … SET …`.
fn update_from(cursor: &mut Cursor<'_>) -> Result<RawUpdate, StatementFault> {
    let table = source(cursor, Malformation::Term)?;
    refuse_alias(cursor)?;
    let filter = filter(cursor)?;
    let clauses = clauses(cursor)?;
    if clauses.is_empty() {
        return Err(Malformation::NoManipulation.into());
    }
    let returning = returning(cursor)?;
    Ok(RawUpdate { table, clauses, filter, returning })
}

fn clauses(cursor: &mut Cursor<'_>) -> Result<Vec<Clause>, StatementFault> {
    let mut clauses = Vec::new();
    loop {
        if cursor.eat_word("SET") {
            clauses.push(assignment(cursor)?);
            while cursor.eat(Symbol::Comma) {
                clauses.push(assignment(cursor)?);
            }
        } else if cursor.eat_word("REMOVE") {
            clauses.push(Clause { path: path::path(cursor, Malformation::NoPath)?, value: None });
        } else {
            return Ok(clauses);
        }
    }
}

fn assignment(cursor: &mut Cursor<'_>) -> Result<Clause, StatementFault> {
    let path = path::path(cursor, Malformation::NoPath)?;
    cursor.expect(Symbol::Eq, Malformation::Expected("'='"))?;
    Ok(Clause { path, value: Some(expression(cursor)?) })
}

fn delete(cursor: &mut Cursor<'_>) -> Result<Raw, StatementFault> {
    if !cursor.eat_word("FROM") {
        return Err(Malformation::Expected("FROM").into());
    }
    let table = source(cursor, Malformation::NoPath)?;
    refuse_alias(cursor)?;
    let filter = filter(cursor)?;
    let returning = returning(cursor)?;
    Ok(Raw::Delete { table, filter, returning })
}

fn returning(cursor: &mut Cursor<'_>) -> Result<Option<Returning>, StatementFault> {
    if !cursor.eat_word("RETURNING") {
        return Ok(None);
    }
    let which = (cursor.eat_one_of(&["ALL", "MODIFIED"]), cursor.eat_one_of(&["OLD", "NEW"]));
    let returning = match which {
        (Some("ALL"), Some("OLD")) => Returning::AllOld,
        (Some("ALL"), Some(_)) => Returning::AllNew,
        (Some(_), Some("OLD")) => Returning::ModifiedOld,
        (Some(_), Some(_)) => Returning::ModifiedNew,
        _ => return Err(StatementFault::ReturningForm),
    };
    match cursor.eat(Symbol::Star) {
        true => Ok(Some(returning)),
        false => Err(StatementFault::ReturningForm),
    }
}

/// `EXISTS(SELECT …)`, or no statement at all.
fn exists(cursor: &mut Cursor<'_>) -> Result<Raw, StatementFault> {
    let begins = cursor.eat_word("EXISTS") && cursor.eat(Symbol::LeftParen) && cursor.eat_word("SELECT");
    if !begins {
        return Err(Malformation::NoManipulation.into());
    }
    let select = select(cursor)?;
    cursor.expect(Symbol::RightParen, Malformation::Expected("closing )"))?;
    Ok(Raw::Exists(select))
}
