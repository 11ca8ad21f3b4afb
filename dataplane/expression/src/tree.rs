//! Paths of one expression as a tree, so that each part of a document is visited once.

use std::collections::BTreeMap;

use partita_model::codec::{StoredAttributes, StoredValue};
use partita_model::{AttributeValue, Item};

use crate::error::Fault;
use crate::{Path, Step};

/// What is done, by top-level attribute.
pub(crate) type Forest<T> = BTreeMap<String, Tree<T>>;

/// What is done at a value or below it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree<T> {
    Here(T),
    Fields(BTreeMap<String, Tree<T>>),
    Elements(BTreeMap<usize, Tree<T>>),
}

/// That no path is another's beginning and none steps into a list where another steps into a map. Overlaps are said before
/// conflicts.
pub(crate) fn check_apart(paths: &[Path]) -> Result<(), Fault> {
    if let [_] = paths {
        return Ok(());
    }
    let mut by_head: BTreeMap<&str, Vec<&Path>> = BTreeMap::new();
    let mut conflict = None;
    for two in paths {
        let earlier = by_head.entry(&two.head).or_default();
        for one in earlier.iter() {
            match relation(&one.rest, &two.rest) {
                Relation::Apart => {}
                Relation::Overlap => {
                    return Err(Fault::PathsOverlap { one: (*one).clone(), two: two.clone() });
                }
                Relation::Conflict => {
                    conflict.get_or_insert_with(|| Fault::PathsConflict {
                        one: (*one).clone(),
                        two: two.clone(),
                    });
                }
            }
        }
        earlier.push(two);
    }
    conflict.map_or(Ok(()), Err)
}

enum Relation {
    Apart,
    Overlap,
    Conflict,
}

fn relation(one: &[Step], two: &[Step]) -> Relation {
    match one.iter().zip(two).find(|(one, two)| one != two) {
        None => Relation::Overlap,
        Some((Step::Field(_), Step::Field(_)) | (Step::Index(_), Step::Index(_))) => Relation::Apart,
        Some(_) => Relation::Conflict,
    }
}

/// The tree of paths that [`check_apart`] has passed.
pub(crate) fn forest<T>(paths: impl IntoIterator<Item = (Path, T)>) -> Forest<T> {
    let mut forest = Forest::new();
    for (path, here) in paths {
        insert(&mut forest, path.head, path.rest.into_iter(), here);
    }
    forest
}

fn insert<T, K: Ord>(
    siblings: &mut BTreeMap<K, Tree<T>>,
    key: K,
    mut rest: std::vec::IntoIter<Step>,
    here: T,
) {
    match rest.next() {
        None => {
            siblings.insert(key, Tree::Here(here));
        }
        Some(Step::Field(name)) => {
            if let Tree::Fields(fields) = siblings.entry(key).or_insert(Tree::Fields(BTreeMap::new())) {
                insert(fields, name, rest, here);
            }
        }
        Some(Step::Index(index)) => {
            if let Tree::Elements(elements) = siblings.entry(key).or_insert(Tree::Elements(BTreeMap::new())) {
                insert(elements, index, rest, here);
            }
        }
    }
}

/// The parts of `item` at the paths: structure kept, list elements compacted in index order, paths that lead nowhere left out.
pub(crate) fn select<T>(item: &Item, forest: &Forest<T>) -> Item {
    select_fields(item, forest)
}

fn select_fields<T>(
    map: &BTreeMap<String, AttributeValue>,
    fields: &BTreeMap<String, Tree<T>>,
) -> BTreeMap<String, AttributeValue> {
    let selected = fields.iter().filter_map(|(name, tree)| {
        let value = select_value(map.get(name)?, tree)?;
        Some((name.clone(), value))
    });
    selected.collect()
}

fn select_value<T>(value: &AttributeValue, tree: &Tree<T>) -> Option<AttributeValue> {
    match (tree, value) {
        (Tree::Here(_), value) => Some(value.clone()),
        (Tree::Fields(fields), AttributeValue::M(map)) => {
            let selected = select_fields(map, fields);
            (!selected.is_empty()).then_some(AttributeValue::M(selected))
        }
        (Tree::Elements(elements), AttributeValue::L(list)) => {
            let selected: Vec<_> =
                elements.iter().filter_map(|(index, tree)| select_value(list.get(*index)?, tree)).collect();
            (!selected.is_empty()).then_some(AttributeValue::L(selected))
        }
        _ => None,
    }
}

/// As [`select`], of attributes in their stored form.
pub(crate) fn select_stored<T>(
    attributes: StoredAttributes<'_>,
    fields: &BTreeMap<String, Tree<T>>,
) -> BTreeMap<String, AttributeValue> {
    let selected = attributes.filter_map(|(name, value)| {
        let (name, tree) = fields.get_key_value(name.as_str())?;
        Some((name.clone(), select_stored_value(value, tree)?))
    });
    selected.collect()
}

fn select_stored_value<T>(value: StoredValue<'_>, tree: &Tree<T>) -> Option<AttributeValue> {
    match (tree, value) {
        (Tree::Here(_), value) => Some(value.decode()),
        (Tree::Fields(fields), StoredValue::M(map)) => {
            let selected = select_stored(map, fields);
            (!selected.is_empty()).then_some(AttributeValue::M(selected))
        }
        (Tree::Elements(elements), StoredValue::L(list)) => {
            let selected: Vec<_> = list
                .enumerate()
                .filter_map(|(index, value)| select_stored_value(value, elements.get(&index)?))
                .collect();
            (!selected.is_empty()).then_some(AttributeValue::L(selected))
        }
        _ => None,
    }
}
