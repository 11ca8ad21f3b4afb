//! Which reads fulfil a `WHERE`.
//!
//! If every way to fulfil it gives the partition key a value, it is taken apart into branches joined by OR, each of which reads
//! one partition, or a range of it, and filters what it finds by the rest of its conditions. Otherwise everything is scanned.
//!
//! ```text
//! p IN ['a', 'b'] AND (s = 1 OR s > 5) AND x = 0
//!   =>  p = 'a' AND s = 1 filter x = 0,  p = 'a' AND s > 5 filter x = 0,  p = 'b' AND …
//! ```
//!
//! Branches exclude each other, so that no item is read twice: two that do not are refused, as the service does, unless one of
//! them says what a sort key is not; then the partition is read as a whole.

use std::cmp::Ordering;

use partita_expression::{Comparator, Condition, Path, RangeCondition, Term};
use partita_model::AttributeValue;
use partita_model::schema::KeyAttribute;
use partita_protocol::error::StatementFault;

use super::key::ReadKey;
use super::range::{self, Interval};
use crate::predicate::{AttributeTest, Predicate, Test};

/// Reads that one statement may become (documented: up to 50 values for a key attribute).
const READS_MAX: usize = 50;

/// What is read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reads {
    /// Everything.
    Scan(Option<Condition>),
    /// Parts of partitions, in the order of their keys. None at all if nothing can fulfil the `WHERE`.
    Parts(Vec<Part>),
}

/// Items of one partition.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) hash: AttributeValue,
    pub(super) range: Option<RangeCondition>,
    pub(super) filter: Option<Condition>,
}

impl Reads {
    /// The reads that fulfil `filter`, by ascending keys.
    pub(super) fn of(filter: Option<&Predicate>, key: ReadKey<'_>) -> Result<Self, StatementFault> {
        let Some(filter) = filter else { return Ok(Self::Scan(None)) };
        let planner = Planner { hash: &key.hash.name, range: key.range.map(|range| range.name.as_str()) };
        if !planner.pins(filter) {
            return Ok(Self::Scan(Some(filter.condition())));
        }
        let branches = planner.branches(filter)?;
        branches.iter().try_for_each(|branch| branch.check_types(key))?;
        planner.parts(branches, filter).map(Self::Parts)
    }
}

/// One way to fulfil a condition, or a part of one.
#[derive(Clone, Debug, Default)]
struct Branch {
    hash: Option<AttributeValue>,
    /// With the condition that says the same.
    range: Option<(RangeCondition, Condition)>,
    filter: Vec<Condition>,
    /// Whether the filter says what the sort key is not.
    loose: bool,
}

struct Planner<'k> {
    hash: &'k str,
    range: Option<&'k str>,
}

impl Planner<'_> {
    /// Whether every way to fulfil `predicate` gives the partition key a value.
    fn pins(&self, predicate: &Predicate) -> bool {
        match predicate {
            Predicate::All(parts) => parts.iter().any(|part| self.pins(part)),
            Predicate::Any(parts) => parts.iter().all(|part| self.pins(part)),
            Predicate::Not(_) => false,
            Predicate::Test(_) => predicate.about().is_some_and(|(name, test)| {
                name == self.hash && matches!(test, AttributeTest::Equal(_) | AttributeTest::OneOf(_))
            }),
        }
    }

    /// The ways to fulfil `predicate`.
    fn branches(&self, predicate: &Predicate) -> Result<Vec<Branch>, StatementFault> {
        match predicate {
            Predicate::All(parts) => {
                let mut product = vec![Branch::default()];
                for part in parts {
                    product = join(&product, &self.branches(part)?)?;
                }
                Ok(product)
            }
            Predicate::Any(parts) if self.is_about_key(predicate) => {
                let mut sum = Vec::new();
                for part in parts {
                    sum.extend(self.branches(part)?);
                }
                bounded(sum)
            }
            Predicate::Any(_) | Predicate::Not(_) => Ok(vec![self.filtered(predicate)]),
            Predicate::Test(test) => bounded(self.test(test, predicate)),
        }
    }

    /// Whether a part of it could be said by a key condition.
    fn is_about_key(&self, predicate: &Predicate) -> bool {
        match predicate {
            Predicate::All(parts) | Predicate::Any(parts) => parts.iter().any(|part| self.is_about_key(part)),
            Predicate::Not(_) => false,
            Predicate::Test(_) => predicate.about().is_some_and(|(name, test)| {
                let usable = match test {
                    AttributeTest::Equal(_) | AttributeTest::OneOf(_) => name == self.hash,
                    AttributeTest::Within(_) | AttributeTest::Unequal => false,
                };
                usable || (self.range == Some(name) && *test != AttributeTest::Unequal)
            }),
        }
    }

    fn filtered(&self, predicate: &Predicate) -> Branch {
        let loose = self.range.is_some_and(|range| predicate.mentions(range));
        Branch { filter: vec![predicate.condition()], loose, ..Branch::default() }
    }

    fn test(&self, test: &Test, predicate: &Predicate) -> Vec<Branch> {
        let Some((name, about)) = predicate.about() else { return vec![self.filtered(predicate)] };
        let (is_hash, is_range) = (name == self.hash, self.range == Some(name));
        let of_hash = |value: &AttributeValue| Branch { hash: Some(value.clone()), ..Branch::default() };
        let of_range = |range: RangeCondition, condition| Branch {
            range: Some((range, condition)),
            ..Branch::default()
        };
        match about {
            AttributeTest::Equal(value) if is_hash => vec![of_hash(value)],
            AttributeTest::OneOf(values) if is_hash => values.iter().map(of_hash).collect(),
            AttributeTest::Equal(value) if is_range => {
                vec![of_range(RangeCondition::Eq(value.clone()), test.condition.clone())]
            }
            AttributeTest::OneOf(values) if is_range => values
                .iter()
                .map(|value| of_range(RangeCondition::Eq(value.clone()), equal(name, value)))
                .collect(),
            AttributeTest::Within(range) if is_range => vec![of_range(range.clone(), test.condition.clone())],
            _ => vec![self.filtered(predicate)],
        }
    }

    /// The parts of partitions that the branches read, in the order of their keys.
    fn parts(&self, branches: Vec<Branch>, filter: &Predicate) -> Result<Vec<Part>, StatementFault> {
        let mut keyed = Vec::with_capacity(branches.len());
        for branch in branches {
            // A predicate that pins the partition key has no other branches, and the types were checked.
            let (Some(hash), Some(place)) = (branch.hash.clone(), branch.place()) else { continue };
            keyed.push((hash, place, branch));
        }
        keyed.sort_by(|(one, _, a), (other, _, b)| {
            let hashes = range::order(one, other).unwrap_or(Ordering::Equal);
            hashes.then_with(|| a.start().cmp(&b.start()))
        });
        let mut parts = Vec::with_capacity(keyed.len());
        for partition in keyed.chunk_by(|(one, ..), (other, ..)| one == other) {
            let overlapping = partition.iter().enumerate().any(|(index, (_, place, _))| {
                partition.iter().take(index).any(|(_, earlier, _)| earlier.overlaps(place))
            });
            let loose = partition.iter().any(|(.., branch)| branch.loose);
            match (overlapping, partition.first()) {
                (true, _) if !loose => return Err(StatementFault::Overlap),
                (true, Some((hash, ..))) => {
                    let filter = Some(filter.condition());
                    parts.push(Part { hash: hash.clone(), range: None, filter });
                }
                _ => parts.extend(partition.iter().map(|(hash, _, branch)| branch.part(hash.clone()))),
            }
        }
        Ok(parts)
    }
}

impl Branch {
    /// What fulfils both; `None` if nothing can.
    fn and(&self, other: &Self) -> Option<Self> {
        let hash = match (&self.hash, &other.hash) {
            (Some(one), Some(other)) if one != other => return None,
            (one, other) => one.clone().or_else(|| other.clone()),
        };
        let mut filter = self.filter.clone();
        filter.extend(other.filter.iter().cloned());
        let range = match (&self.range, &other.range) {
            (Some((RangeCondition::Eq(one), _)), Some((RangeCondition::Eq(other), _))) if one != other => {
                return None;
            }
            (Some(one), Some(other)) => match range::both(&one.0, &other.0) {
                Some(both) => Some((both, Condition::all([one.1.clone(), other.1.clone()]))),
                None => {
                    let other_is_value = matches!(other.0, RangeCondition::Eq(_));
                    let (kept, rest) = if other_is_value { (other, one) } else { (one, other) };
                    filter.push(rest.1.clone());
                    Some(kept.clone())
                }
            },
            (one, other) => one.clone().or_else(|| other.clone()),
        };
        Some(Self { hash, range, filter, loose: self.loose || other.loose })
    }

    /// That the values of key attributes have the types that the key has.
    fn check_types(&self, key: ReadKey<'_>) -> Result<(), StatementFault> {
        let check = |attribute: &KeyAttribute, value: &AttributeValue| match value.scalar_type()
            == Some(attribute.scalar)
        {
            true => Ok(()),
            false => Err(StatementFault::KeyType(attribute.name.clone())),
        };
        if let Some(value) = &self.hash {
            check(key.hash, value)?;
        }
        match (&self.range, key.range) {
            (Some((range, _)), Some(attribute)) => {
                range::values(range).try_for_each(|value| check(attribute, value))
            }
            _ => Ok(()),
        }
    }

    fn place(&self) -> Option<Interval> {
        self.range.as_ref().map_or(Some(Interval::ALL), |(range, _)| Interval::of(range))
    }

    fn start(&self) -> Vec<u8> {
        self.place().map(|place| place.start).unwrap_or_default()
    }

    fn part(&self, hash: AttributeValue) -> Part {
        let filter = (!self.filter.is_empty()).then(|| Condition::all(self.filter.iter().cloned()));
        Part { hash, range: self.range.as_ref().map(|(range, _)| range.clone()), filter }
    }
}

/// Each of the one with each of the other.
fn join(one: &[Branch], other: &[Branch]) -> Result<Vec<Branch>, StatementFault> {
    // Before they are made: each side is bounded, but their product is not.
    if one.len() * other.len() > READS_MAX * READS_MAX {
        return Err(StatementFault::TooManyReads);
    }
    bounded(one.iter().flat_map(|a| other.iter().filter_map(|b| a.and(b))).collect())
}

fn bounded(branches: Vec<Branch>) -> Result<Vec<Branch>, StatementFault> {
    match branches.len() > READS_MAX {
        true => Err(StatementFault::TooManyReads),
        false => Ok(branches),
    }
}

fn equal(name: &str, value: &AttributeValue) -> Condition {
    let (path, value) = (Term::Path(Path::top_level(name)), Term::Value(value.clone()));
    Condition::compare(Comparator::Eq, path, value).expect("an attribute may be compared with any value")
}

#[cfg(test)]
mod tests;
