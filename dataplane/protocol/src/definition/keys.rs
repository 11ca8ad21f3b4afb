//! The rules of key schemas.

use std::collections::BTreeMap;

use partita_model::schema::{KeyAttribute, KeySchema, KeyType};

use super::check::joined;
use super::member::shown_key_schema;
use super::{AttributeDefinition, KeySchemaElement};
use crate::ServiceError;
use crate::error::{Constraint, DefinitionRule, Place, Violations};

/// Elements of the key of a table or a local index.
const KEY_ELEMENTS_MAX: usize = 2;
/// Partition attributes, and as many sort attributes, of a global index: DynamoDB's limit since November 2025.
const GLOBAL_KEY_ATTRIBUTES_MAX: usize = 4;

/// The attribute definitions, by name.
pub(super) struct Definitions<'a> {
    given: &'a [AttributeDefinition],
    by_name: BTreeMap<&'a str, &'a AttributeDefinition>,
}

impl<'a> Definitions<'a> {
    pub(super) fn of(given: &'a [AttributeDefinition]) -> Result<Self, ServiceError> {
        let mut by_name = BTreeMap::new();
        for definition in given {
            if by_name.insert(definition.attribute_name.as_str(), definition).is_some() {
                return Err(DefinitionRule::DuplicateDefinition(definition.attribute_name.clone()).into());
            }
        }
        Ok(Self { given, by_name })
    }

    fn defines(&self, element: &KeySchemaElement) -> bool {
        self.by_name.contains_key(element.attribute_name.as_str())
    }

    fn attribute(&self, element: &KeySchemaElement) -> Result<KeyAttribute, ServiceError> {
        match self.by_name.get(element.attribute_name.as_str()) {
            Some(found) => {
                Ok(KeyAttribute { name: found.attribute_name.clone(), scalar: found.attribute_type })
            }
            None => Err(self.not_defined(std::slice::from_ref(element))),
        }
    }

    fn not_defined(&self, elements: &[KeySchemaElement]) -> ServiceError {
        DefinitionRule::KeyNotDefined {
            keys: joined(names(elements)),
            definitions: joined(self.given.iter().map(|definition| definition.attribute_name.as_str())),
        }
        .into()
    }
}

fn names(elements: &[KeySchemaElement]) -> impl Iterator<Item = &str> {
    elements.iter().map(|element| element.attribute_name.as_str())
}

/// The key of a table.
pub(super) fn table_key(
    elements: &[KeySchemaElement],
    definitions: &Definitions<'_>,
) -> Result<KeySchema, ServiceError> {
    check_length(elements)?;
    let undefined = elements.iter().any(|element| !definitions.defines(element));
    // A composite key is told about without names, and so is a table with fewer definitions than key attributes.
    if definitions.given.len() < elements.len() || (undefined && elements.len() == KEY_ELEMENTS_MAX) {
        return Err(DefinitionRule::KeyWithoutDefinition.into());
    }
    if undefined {
        return Err(definitions.not_defined(elements));
    }
    simple_key(elements, definitions)
}

/// The key of a local index; `index` names it. A sort key is obligatory, so is the table's partition key.
pub(super) fn local_key(
    elements: &[KeySchemaElement],
    index: &str,
    table: &KeySchema,
    definitions: &Definitions<'_>,
) -> Result<KeySchema, ServiceError> {
    check_length(elements)?;
    check_defined(elements, definitions)?;
    let key = simple_key(elements, definitions)?;
    if key.range.is_none() {
        return Err(DefinitionRule::IndexWithoutRange(index.to_owned()).into());
    }
    if key.hash.name != table.hash.name {
        return Err(DefinitionRule::IndexHashDiffers {
            index: index.to_owned(),
            index_hash: key.hash.name,
            table_hash: table.hash.name.clone(),
        }
        .into());
    }
    Ok(key)
}

/// Partition and sort attributes of a global index.
pub(super) fn global_key(
    elements: &[KeySchemaElement],
    definitions: &Definitions<'_>,
) -> Result<(Vec<KeyAttribute>, Vec<KeyAttribute>), ServiceError> {
    check_defined(elements, definitions)?;
    check_repeated(elements)?;
    if elements.first().is_none_or(|first| first.key_type != KeyType::Hash) {
        return Err(DefinitionRule::FirstNotHash.into());
    }
    if elements.windows(2).any(|pair| pair[0].key_type == KeyType::Range && pair[1].key_type == KeyType::Hash)
    {
        return Err(DefinitionRule::HashAfterRange.into());
    }
    let of_type = |wanted: KeyType| {
        let chosen = elements.iter().filter(|element| element.key_type == wanted);
        chosen.map(|element| definitions.attribute(element)).collect::<Result<Vec<_>, _>>()
    };
    let (hash, range) = (of_type(KeyType::Hash)?, of_type(KeyType::Range)?);
    for (attributes, name) in [(&hash, "HASH"), (&range, "RANGE")] {
        if attributes.len() > GLOBAL_KEY_ATTRIBUTES_MAX {
            return Err(DefinitionRule::TooManyKeyAttributes(name).into());
        }
    }
    Ok((hash, range))
}

/// A partition key and perhaps a sort key.
fn simple_key(
    elements: &[KeySchemaElement],
    definitions: &Definitions<'_>,
) -> Result<KeySchema, ServiceError> {
    check_repeated(elements)?;
    let (first, second) = (elements.first(), elements.get(1));
    let Some(hash) = first.filter(|element| element.key_type == KeyType::Hash) else {
        return Err(DefinitionRule::FirstNotHash.into());
    };
    if second.is_some_and(|element| element.key_type != KeyType::Range) {
        return Err(DefinitionRule::SecondNotRange.into());
    }
    let range = second.map(|element| definitions.attribute(element)).transpose()?;
    Ok(KeySchema { hash: definitions.attribute(hash)?, range })
}

/// The service model's own bound. JSON requests have met it before; manifests meet it here.
fn check_length(elements: &[KeySchemaElement]) -> Result<(), ServiceError> {
    let mut violations = Violations::new();
    if elements.len() > KEY_ELEMENTS_MAX {
        let place = Place::member("keySchema");
        violations.add(place, shown_key_schema(elements), Constraint::LengthMax(KEY_ELEMENTS_MAX));
    }
    violations.finish()
}

fn check_defined(elements: &[KeySchemaElement], definitions: &Definitions<'_>) -> Result<(), ServiceError> {
    match elements.iter().all(|element| definitions.defines(element)) {
        true => Ok(()),
        false => Err(definitions.not_defined(elements)),
    }
}

fn check_repeated(elements: &[KeySchemaElement]) -> Result<(), ServiceError> {
    let mut sorted: Vec<&str> = names(elements).collect();
    sorted.sort_unstable();
    match sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        false => Ok(()),
        true if elements.len() == KEY_ELEMENTS_MAX => Err(DefinitionRule::SameKeyTwice.into()),
        true => Err(DefinitionRule::RepeatedKey.into()),
    }
}
