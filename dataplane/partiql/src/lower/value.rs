//! Values of literals.
//!
//! Faults name the place in the value, from `root` on: `root.x[1]`. Each attribute of an inserted item is a root of its own.

use std::collections::{BTreeMap, BTreeSet};

use partita_model::limits::NESTING_DEPTH_MAX;
use partita_model::{AttributeValue, Item, Number};
use partita_protocol::error::StatementFault;

use crate::syntax::{Expr, ExprKind, Literal};

const ROOT: &str = "root";

/// Where in a value a literal stands.
struct Place {
    text: String,
    /// Lists and maps around it.
    depth: usize,
}

impl Place {
    fn root() -> Self {
        Self { text: ROOT.to_owned(), depth: 0 }
    }

    /// Runs `lower` one step further in.
    fn within<T>(
        &mut self,
        step: &str,
        lower: impl FnOnce(&mut Self) -> Result<T, StatementFault>,
    ) -> Result<T, StatementFault> {
        let length = self.text.len();
        self.text.push_str(step);
        self.depth += 1;
        if self.depth == NESTING_DEPTH_MAX {
            return Err(StatementFault::TooDeep { path: self.text.clone() });
        }
        let lowered = lower(self)?;
        self.text.truncate(length);
        self.depth -= 1;
        Ok(lowered)
    }
}

/// The item of an INSERT. Its attributes may be parameters, but not what is inside them.
pub(super) fn item(expr: Expr) -> Result<Item, StatementFault> {
    let ExprKind::Literal(Literal::Struct(members)) = expr.kind else { return Err(StatementFault::NoItem) };
    let mut item = Item::new();
    for (name, member) in members {
        let value = value(member)?;
        insert(&mut item, name, value, ROOT)?;
    }
    Ok(item)
}

/// A value that stands by itself: a literal or a parameter.
pub(super) fn value(expr: Expr) -> Result<AttributeValue, StatementFault> {
    match expr.kind {
        ExprKind::Parameter(value) => Ok(value),
        _ => constant(expr, &mut Place::root()),
    }
}

/// Whether the expression is a value, so that [`value`] is about it.
pub(super) fn is_value(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Parameter(_) | ExprKind::Literal(_))
}

fn constant(expr: Expr, place: &mut Place) -> Result<AttributeValue, StatementFault> {
    let at = expr.at;
    let unsupported = |found: &str, place: &Place| StatementFault::DataType {
        found: found.to_owned(),
        path: place.text.clone(),
        at,
    };
    match expr.kind {
        ExprKind::Literal(literal) => of_literal(literal, place),
        ExprKind::Parameter(_) => Err(unsupported("Parameter", place)),
        ExprKind::Path(path) => Err(unsupported(&path.head, place)),
        ExprKind::Call { name, .. } => Err(unsupported(&name, place)),
        ExprKind::Missing => Err(unsupported("MISSING", place)),
        ExprKind::Sum { minus: false, .. } => Err(unsupported("+", place)),
        ExprKind::Sum { minus: true, .. } | ExprKind::Sign => Err(unsupported("-", place)),
        ExprKind::Unsupported(operator) => Err(unsupported(operator, place)),
        kind => Err(unsupported(kind.condition_operator().unwrap_or("UNKNOWN"), place)),
    }
}

fn of_literal(literal: Literal, place: &mut Place) -> Result<AttributeValue, StatementFault> {
    Ok(match literal {
        Literal::Text(text) => AttributeValue::S(text),
        Literal::Number(text) => AttributeValue::N(number(&text, place)?),
        Literal::Bool(value) => AttributeValue::Bool(value),
        Literal::Null => AttributeValue::Null,
        Literal::List(elements) | Literal::Sequence(elements) => {
            let mut list = Vec::with_capacity(elements.len());
            for (index, element) in elements.into_iter().enumerate() {
                list.push(place.within(&format!("[{index}]"), |place| constant(element, place))?);
            }
            AttributeValue::L(list)
        }
        Literal::Struct(members) => {
            let mut map = BTreeMap::new();
            for (name, member) in members {
                let value = place.within(&format!(".{name}"), |place| constant(member, place))?;
                insert(&mut map, name, value, &place.text)?;
            }
            AttributeValue::M(map)
        }
        Literal::Bag(members) => bag(members, place)?,
    })
}

fn insert(map: &mut Item, name: String, value: AttributeValue, path: &str) -> Result<(), StatementFault> {
    if map.contains_key(&name) {
        return Err(StatementFault::DuplicateMember { key: name, path: path.to_owned() });
    }
    map.insert(name, value);
    Ok(())
}

fn number(text: &str, place: &Place) -> Result<Number, StatementFault> {
    text.parse().map_err(|error| StatementFault::Number { error, path: place.text.clone() })
}

/// A set of strings or of numbers; binaries can only come as a parameter.
fn bag(members: Vec<Expr>, place: &Place) -> Result<AttributeValue, StatementFault> {
    let mut texts = Vec::new();
    let mut numbers = Vec::new();
    for member in members {
        match member.kind {
            ExprKind::Literal(Literal::Text(text)) => texts.push(text),
            ExprKind::Literal(Literal::Number(text)) => numbers.push(text),
            _ => return Err(StatementFault::MixedBag),
        }
    }
    match (texts.is_empty(), numbers.is_empty()) {
        (true, true) => Err(StatementFault::EmptyBag),
        (false, false) => Err(StatementFault::MixedBag),
        (false, true) => strings(texts),
        (true, false) => numeric(&numbers, place),
    }
}

fn strings(texts: Vec<String>) -> Result<AttributeValue, StatementFault> {
    let (count, shown) = (texts.len(), texts.join(", "));
    let set: BTreeSet<String> = texts.into_iter().collect();
    match set.len() == count {
        true => Ok(AttributeValue::Ss(set)),
        false => Err(StatementFault::DuplicateStrings(shown)),
    }
}

fn numeric(texts: &[String], place: &Place) -> Result<AttributeValue, StatementFault> {
    let set: BTreeSet<Number> = texts.iter().map(|text| number(text, place)).collect::<Result<_, _>>()?;
    match set.len() == texts.len() {
        true => Ok(AttributeValue::Ns(set)),
        false => {
            let (members, path) = (texts.join(", "), place.text.clone());
            Err(StatementFault::DuplicateNumbers { members, path })
        }
    }
}
