//! Keys that a `WHERE` names.

use partita_expression::{Condition, Path};
use partita_model::schema::{GlobalIndex, KeyAttribute};
use partita_model::{AttributeValue, Item, KeySchema, Projection, TableDescriptor};
use partita_protocol::error::StatementFault;

use crate::predicate::{AttributeTest, Predicate};
use crate::statement::Select;

/// The key by which a SELECT reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadKey<'d> {
    pub(super) hash: &'d KeyAttribute,
    pub(super) range: Option<&'d KeyAttribute>,
}

/// What a SELECT reads: the table or one of its indexes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'d> {
    pub(super) key: ReadKey<'d>,
    pub(super) global: bool,
    table: &'d KeySchema,
    /// `None` for the table itself.
    projection: Option<&'d Projection>,
}

impl<'d> Source<'d> {
    /// What the statement names.
    pub(super) fn of(select: &Select, table: &'d TableDescriptor) -> Result<Self, StatementFault> {
        let of_schema = |schema: &'d KeySchema, projection| Self {
            key: ReadKey { hash: &schema.hash, range: schema.range.as_ref() },
            global: false,
            table: &table.key,
            projection,
        };
        let Some(name) = &select.index else { return Ok(of_schema(&table.key, None)) };
        if let Some(local) = table.local_index(name.as_str()) {
            return Ok(of_schema(&local.key, Some(&local.projection)));
        }
        let global = table.global_index(name.as_str()).ok_or(StatementFault::UnknownIndex)?;
        let key = single_key(global).ok_or(StatementFault::MultiAttributeKey)?;
        Ok(Self { key, global: true, table: &table.key, projection: Some(&global.projection) })
    }

    /// Whether entries hold the attribute.
    pub(super) fn holds(&self, attribute: &str) -> bool {
        let key = std::iter::once(self.key.hash).chain(self.key.range);
        match self.projection {
            None | Some(Projection::All) => true,
            Some(Projection::Include(names)) if names.iter().any(|name| name == attribute) => true,
            Some(_) => self.table.contains(attribute) || key.into_iter().any(|key| key.name == attribute),
        }
    }
}

/// The key of a global index with one partition attribute and at most one sort attribute.
fn single_key(index: &GlobalIndex) -> Option<ReadKey<'_>> {
    match (index.hash.as_slice(), index.range.as_slice()) {
        ([hash], []) => Some(ReadKey { hash, range: None }),
        ([hash], [range]) => Some(ReadKey { hash, range: Some(range) }),
        _ => None,
    }
}

/// The item that a write or `EXISTS` is about, and what else is required of it.
pub(super) struct Target {
    pub(super) key: Item,
    pub(super) conditions: Vec<Condition>,
}

/// Whether a key attribute may be compared with two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twice {
    Refused,
    /// The first value is the key's, the second one a condition.
    Condition,
}

impl Target {
    /// The item whose whole key is given by equalities; `None` if it is not.
    pub(super) fn of(
        filter: Option<&Predicate>,
        schema: &KeySchema,
        twice: Twice,
    ) -> Result<Option<Self>, StatementFault> {
        let mut target = Self { key: Item::new(), conditions: Vec::new() };
        for part in filter.map(Predicate::conjuncts).unwrap_or_default() {
            match equality(part).filter(|(name, _)| schema.contains(name)) {
                None => target.conditions.push(part.condition()),
                Some((name, value)) => match target.key.get(name) {
                    None => {
                        target.key.insert(name.to_owned(), value.clone());
                    }
                    Some(given) if given == value => {}
                    Some(_) if twice == Twice::Condition => target.conditions.push(part.condition()),
                    Some(_) => return Err(StatementFault::KeyGivenTwice(name.to_owned())),
                },
            }
        }
        let whole = schema.attributes().all(|attribute| target.key.contains_key(&attribute.name));
        Ok(whole.then_some(target))
    }
}

/// The attribute and the value that are equal, if that is all the part says.
fn equality(part: &Predicate) -> Option<(&str, &AttributeValue)> {
    match part.about()? {
        (name, AttributeTest::Equal(value)) => Some((name, value)),
        _ => None,
    }
}

/// The key of the one item that is read, if the `WHERE` gives all of it, each part as one value, and nothing else.
pub(super) fn only_key(filter: Option<&Predicate>, schema: &KeySchema) -> Option<Item> {
    let mut key = Item::new();
    for part in filter?.conjuncts() {
        let (name, test) = part.about()?;
        let value = match test {
            AttributeTest::Equal(value) => value,
            AttributeTest::OneOf(values) => match values.as_slice() {
                [value] => value,
                _ => return None,
            },
            AttributeTest::Within(_) | AttributeTest::Unequal => return None,
        };
        if !schema.contains(name) || key.get(name).is_some_and(|given| given != value) {
            return None;
        }
        key.insert(name.to_owned(), value.clone());
    }
    schema.attributes().all(|attribute| key.contains_key(&attribute.name)).then_some(key)
}

/// Holds when there is an item.
pub(super) fn is_there(schema: &KeySchema) -> Condition {
    Condition::exists(Path::top_level(&schema.hash.name))
}
