//! GetRecords.

use std::ops::RangeInclusive;

use super::limit;
use crate::ServiceError;
use crate::definition::member::{required, text};
use crate::error::{Place, Violations};
use crate::json::Members;
use crate::stream::ShardIterator;

/// Lengths of a shard iterator in the service model.
const ITERATOR_CHARACTERS: RangeInclusive<usize> = 1..=2048;
/// Records on one page.
const RECORDS_MAX: usize = 1000;

/// GetRecords.
#[derive(Clone, Debug, PartialEq)]
pub struct GetRecords {
    /// Where to continue, as it was given out once; or anything else.
    pub iterator: ShardIterator,
    /// Records on one page, 1 to 1000.
    pub limit: usize,
}

impl GetRecords {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let iterator = members.string("ShardIterator")?;
        let limit = members.integer("Limit")?;
        let mut violations = Violations::new();
        let place = Place::member("shardIterator");
        let iterator = required(iterator, &place, &mut violations);
        let iterator = text(iterator, &ITERATOR_CHARACTERS, &place, &mut violations);
        let limit = self::limit(limit, RECORDS_MAX, &mut violations);
        violations.finish()?;
        Ok(Self { iterator: ShardIterator::new(iterator.unwrap_or_default()), limit })
    }
}
