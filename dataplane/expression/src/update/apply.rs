//! Applying an update: first every new value is worked out from the item as it was, then all are put in place.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use partita_model::limits::{ITEM_BYTES_MAX, NESTING_DEPTH_MAX};
use partita_model::size::{nesting_depth, value_size};
use partita_model::{AttributeValue, Item};

use super::{Action, Change, Dialect, SetValue};
use crate::tree::{Forest, Tree, forest};
use crate::{Path, UpdateError};

/// What happens at one path.
pub(super) enum Edit {
    Put(AttributeValue),
    Remove,
}

/// What the actions come to, worked out from the item as it was.
pub(super) fn edits(
    actions: &[Action],
    dialect: Dialect,
    before: &Item,
) -> Result<Forest<Edit>, UpdateError> {
    let mut edits = Vec::with_capacity(actions.len());
    let mut bytes = 0;
    for action in actions {
        let edit = edit(action, dialect, before, &mut bytes)?;
        edits.push((action.path.clone(), edit));
    }
    Ok(forest(edits))
}

/// The item after the edits.
pub(super) fn carry_out(edits: Forest<Edit>, mut item: Item) -> Result<Item, UpdateError> {
    edit_map(&mut item, edits)?;
    Ok(item)
}

/// `bytes` counts what all edits so far write. All of it stands in the new item, so that more than the largest item is an
/// error whatever else the item holds; this keeps `SET a = b, c = b, …` from copying a large `b` a thousand times.
fn edit(action: &Action, dialect: Dialect, before: &Item, bytes: &mut usize) -> Result<Edit, UpdateError> {
    let value = match &action.change {
        Change::Remove => None,
        Change::Set(value) => Some(evaluate(value, before)?),
        Change::Add(operand) => Some(add(action.path.resolve(before), operand, dialect)?),
        Change::Delete(operand) => delete(action.path.resolve(before), operand, dialect)?.map(Cow::Owned),
    };
    let Some(value) = value else { return Ok(Edit::Remove) };
    *bytes += value_size(&value);
    if *bytes > ITEM_BYTES_MAX {
        return Err(UpdateError::TooLarge);
    }
    check_depth(&action.path, &value)?;
    Ok(Edit::Put(value.into_owned()))
}

/// Every step of the path stands for a list or map around the value.
fn check_depth(path: &Path, value: &AttributeValue) -> Result<(), UpdateError> {
    if path.rest.len() + nesting_depth(value) > NESTING_DEPTH_MAX {
        return Err(UpdateError::NestedTooDeep);
    }
    Ok(())
}

fn evaluate<'v>(mut value: &'v SetValue, before: &'v Item) -> Result<Cow<'v, AttributeValue>, UpdateError> {
    loop {
        return match value {
            SetValue::Value(value) => Ok(Cow::Borrowed(value)),
            SetValue::Path(path) => {
                path.resolve(before).map(Cow::Borrowed).ok_or(UpdateError::MissingAttribute)
            }
            SetValue::IfNotExists { path, otherwise } => {
                let Some(existing) = path.resolve(before) else {
                    value = otherwise;
                    continue;
                };
                Ok(Cow::Borrowed(existing))
            }
            SetValue::ListAppend { first, second } => {
                list_append(&*evaluate(first, before)?, &*evaluate(second, before)?).map(Cow::Owned)
            }
            SetValue::Sum { minus, left, right } => {
                sum(*minus, &*evaluate(left, before)?, &*evaluate(right, before)?).map(Cow::Owned)
            }
        };
    }
}

fn list_append(first: &AttributeValue, second: &AttributeValue) -> Result<AttributeValue, UpdateError> {
    let lists = first.as_l().zip(second.as_l()).ok_or(UpdateError::IncorrectOperandType)?;
    Ok(AttributeValue::L([lists.0, lists.1].concat()))
}

fn sum(minus: bool, left: &AttributeValue, right: &AttributeValue) -> Result<AttributeValue, UpdateError> {
    let (left, right) = left.as_n().zip(right.as_n()).ok_or(UpdateError::IncorrectOperandType)?;
    let sum = if minus { left.checked_sub(right) } else { left.checked_add(right) };
    Ok(AttributeValue::N(sum?))
}

/// The value after `ADD`: a missing number counts as 0, a missing set or list as empty.
fn add<'v>(
    existing: Option<&AttributeValue>,
    operand: &'v AttributeValue,
    dialect: Dialect,
) -> Result<Cow<'v, AttributeValue>, UpdateError> {
    use AttributeValue::{Bs, L, N, Ns, Ss};
    let Some(existing) = existing else { return Ok(Cow::Borrowed(operand)) };
    Ok(Cow::Owned(match (existing, operand) {
        (N(existing), N(operand)) => N(existing.checked_add(operand)?),
        (Ss(existing), Ss(operand)) => Ss(existing | operand),
        (Ns(existing), Ns(operand)) => Ns(existing | operand),
        (Bs(existing), Bs(operand)) => Bs(existing | operand),
        (L(existing), L(operand)) if dialect == Dialect::AttributeUpdates => {
            L([existing.as_slice(), operand].concat())
        }
        _ => return Err(dialect.mismatch()),
    }))
}

/// The set after `DELETE`; `None` if nothing of it is left, or it was missing.
fn delete(
    existing: Option<&AttributeValue>,
    operand: &AttributeValue,
    dialect: Dialect,
) -> Result<Option<AttributeValue>, UpdateError> {
    use AttributeValue::{Bs, Ns, Ss};
    let Some(existing) = existing else { return Ok(None) };
    Ok(match (existing, operand) {
        (Ss(existing), Ss(operand)) => non_empty(existing - operand).map(Ss),
        (Ns(existing), Ns(operand)) => non_empty(existing - operand).map(Ns),
        (Bs(existing), Bs(operand)) => non_empty(existing - operand).map(Bs),
        _ => return Err(dialect.mismatch()),
    })
}

fn non_empty<T>(set: BTreeSet<T>) -> Option<BTreeSet<T>> {
    (!set.is_empty()).then_some(set)
}

impl Dialect {
    fn mismatch(self) -> UpdateError {
        match self {
            Self::Expression => UpdateError::IncorrectOperandType,
            Self::AttributeUpdates => UpdateError::TypeMismatch,
        }
    }
}

fn edit_map(map: &mut BTreeMap<String, AttributeValue>, edits: Forest<Edit>) -> Result<(), UpdateError> {
    for (name, tree) in edits {
        match tree {
            Tree::Here(Edit::Put(value)) => {
                map.insert(name, value);
            }
            Tree::Here(Edit::Remove) => {
                map.remove(&name);
            }
            below => edit_value(map.get_mut(&name).ok_or(UpdateError::InvalidDocumentPath)?, below)?,
        }
    }
    Ok(())
}

/// `edits` are all below `value`.
fn edit_value(value: &mut AttributeValue, edits: Tree<Edit>) -> Result<(), UpdateError> {
    match (value, edits) {
        (AttributeValue::M(map), Tree::Fields(fields)) => edit_map(map, fields),
        (AttributeValue::L(list), Tree::Elements(elements)) => edit_list(list, elements),
        _ => Err(UpdateError::InvalidDocumentPath),
    }
}

/// All indexes are those of the list as it was: elements are removed at last, and a new element beyond the end is appended,
/// several in the order of their indexes.
fn edit_list(list: &mut Vec<AttributeValue>, edits: BTreeMap<usize, Tree<Edit>>) -> Result<(), UpdateError> {
    let mut removed = BTreeSet::new();
    let mut appended = Vec::new();
    for (index, tree) in edits {
        match (list.get_mut(index), tree) {
            (Some(element), Tree::Here(Edit::Put(value))) => *element = value,
            (Some(_), Tree::Here(Edit::Remove)) => {
                removed.insert(index);
            }
            (Some(element), below) => edit_value(element, below)?,
            (None, Tree::Here(Edit::Put(value))) => appended.push(value),
            (None, Tree::Here(Edit::Remove)) => {}
            (None, _) => return Err(UpdateError::InvalidDocumentPath),
        }
    }
    let mut index = 0;
    list.retain(|_| {
        index += 1;
        !removed.contains(&(index - 1))
    });
    list.append(&mut appended);
    Ok(())
}
