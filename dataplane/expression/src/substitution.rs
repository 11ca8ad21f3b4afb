//! `ExpressionAttributeNames` and `ExpressionAttributeValues`: what `#name` and `:value` stand for.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use partita_model::size::attribute_size;
use partita_model::{AttributeValue, limits};

use crate::error::{Fault, SubstitutionError};
use crate::token::is_name_byte;
use crate::{Error, Kind};

/// Longest `#name` or `:value` placeholder, its first character included (documented limit of expression attribute names).
const PLACEHOLDER_BYTES_MAX: usize = 255;

/// The two substitution maps of a request, and which of their entries its expressions have used.
///
/// Make one for the request, give it to the `parse` of each of its expressions, then call [`Substitutions::finish`].
#[derive(Debug, Default)]
pub struct Substitutions<'a> {
    names: Option<&'a BTreeMap<String, String>>,
    values: Option<&'a BTreeMap<String, AttributeValue>>,
    used: RefCell<Used<'a>>,
}

#[derive(Debug, Default)]
struct Used<'a> {
    names: BTreeSet<&'a str>,
    values: BTreeSet<&'a str>,
}

impl<'a> Substitutions<'a> {
    /// Takes the maps as given. Refuses empty maps, keys that are not `#` or `:` and then letters, digits and `_`, empty
    /// attribute names, and maps that together are larger than [`limits::SUBSTITUTIONS_BYTES_MAX`].
    pub fn new(
        names: Option<&'a BTreeMap<String, String>>,
        values: Option<&'a BTreeMap<String, AttributeValue>>,
    ) -> Result<Self, Error> {
        if names.is_none() && values.is_none() {
            return Ok(Self::default());
        }
        check_names(names)?;
        check_value_keys(values.map(BTreeMap::keys))?;
        if size(names, values) > limits::SUBSTITUTIONS_BYTES_MAX {
            return Err(SubstitutionError::TooLarge.into());
        }
        Ok(Self { names, values, used: RefCell::default() })
    }

    /// Call after the last expression was parsed: refuses names, then values, that no expression used.
    pub fn finish(&self) -> Result<(), Error> {
        if self.names.is_none() && self.values.is_none() {
            return Ok(());
        }
        let used = self.used.borrow();
        let names = unused(self.names.map(BTreeMap::keys), &used.names);
        if !names.is_empty() {
            return Err(SubstitutionError::UnusedNames(names).into());
        }
        let values = unused(self.values.map(BTreeMap::keys), &used.values);
        if !values.is_empty() {
            return Err(SubstitutionError::UnusedValues(values).into());
        }
        Ok(())
    }

    /// What `#name` stands for.
    pub(crate) fn name(&self, placeholder: &str) -> Result<&'a str, Fault> {
        let (key, name) = self
            .names
            .and_then(|names| names.get_key_value(placeholder))
            .ok_or_else(|| Fault::UndefinedName { name: placeholder.to_owned() })?;
        self.used.borrow_mut().names.insert(key);
        Ok(name)
    }

    /// What `:value` stands for.
    pub(crate) fn value(&self, placeholder: &str) -> Result<&'a AttributeValue, Fault> {
        let (key, value) = self
            .values
            .and_then(|values| values.get_key_value(placeholder))
            .ok_or_else(|| Fault::UndefinedValue { name: placeholder.to_owned() })?;
        self.used.borrow_mut().values.insert(key);
        Ok(value)
    }
}

/// The checks of [`Substitutions::new`] on `ExpressionAttributeNames`, for a caller that must make them before it has read
/// the values.
pub fn check_names(names: Option<&BTreeMap<String, String>>) -> Result<(), Error> {
    let keys = names.map(BTreeMap::keys);
    check_keys('#', keys, SubstitutionError::NamesEmpty, SubstitutionError::InvalidNameKey)?;
    match names.into_iter().flatten().find(|(_, name)| name.is_empty()) {
        Some((key, _)) => Err(SubstitutionError::EmptyName(key.clone()).into()),
        None => Ok(()),
    }
}

/// The checks of [`Substitutions::new`] on the keys of `ExpressionAttributeValues`, for a caller that must make them before it
/// has read the values.
pub fn check_value_keys<'k>(keys: Option<impl ExactSizeIterator<Item = &'k String>>) -> Result<(), Error> {
    check_keys(':', keys, SubstitutionError::ValuesEmpty, SubstitutionError::InvalidValueKey)
}

/// Refuses substitution maps in a request without an expression that could use them. `accepted` are the kinds of
/// expression the operation takes, in its own order, each with whether the request holds one.
pub fn check_maps_have_expressions(
    names_given: bool,
    values_given: bool,
    accepted: &[(Kind, bool)],
) -> Result<(), Error> {
    if !names_given && !values_given {
        return Ok(());
    }
    if names_given && !accepted.iter().any(|(_, given)| *given) {
        return Err(SubstitutionError::NamesWithoutExpression.into());
    }
    let with_values: Vec<_> = accepted.iter().filter(|(kind, _)| kind.takes_values()).collect();
    if values_given && !with_values.is_empty() && !with_values.iter().any(|(_, given)| *given) {
        let kinds = with_values.into_iter().map(|(kind, _)| *kind).collect();
        return Err(SubstitutionError::ValuesWithoutExpression(kinds).into());
    }
    Ok(())
}

/// Bytes of both maps, keys and what they stand for; values count as they would in an item.
fn size(
    names: Option<&BTreeMap<String, String>>,
    values: Option<&BTreeMap<String, AttributeValue>>,
) -> usize {
    let names = names.into_iter().flatten().map(|(key, name)| key.len() + name.len());
    let values = values.into_iter().flatten().map(|(key, value)| attribute_size(key, value));
    names.chain(values).sum()
}

fn check_keys<'k>(
    sigil: char,
    keys: Option<impl ExactSizeIterator<Item = &'k String>>,
    empty: SubstitutionError,
    invalid: impl Fn(String) -> SubstitutionError,
) -> Result<(), Error> {
    let Some(mut keys) = keys else { return Ok(()) };
    if keys.len() == 0 {
        return Err(empty.into());
    }
    match keys.find(|key| !is_placeholder(sigil, key)) {
        Some(key) => Err(invalid(key.clone()).into()),
        None => Ok(()),
    }
}

fn is_placeholder(sigil: char, key: &str) -> bool {
    let name = key.strip_prefix(sigil).unwrap_or_default();
    !name.is_empty() && key.len() <= PLACEHOLDER_BYTES_MAX && name.bytes().all(|byte| is_name_byte(&byte))
}

fn unused<'k>(keys: Option<impl Iterator<Item = &'k String>>, used: &BTreeSet<&str>) -> Vec<String> {
    keys.into_iter().flatten().filter(|key| !used.contains(key.as_str())).cloned().collect()
}

#[cfg(test)]
mod tests;
