//! The operations of DynamoDB Streams, which have targets of their own.

mod describe;
mod iterator;
mod list;
mod records;

use std::ops::RangeInclusive;

pub use describe::DescribeStream;
pub use iterator::{GetShardIterator, StartAt};
pub use list::ListStreams;
pub use records::GetRecords;

use crate::definition::member::{at_least, required, text};
use crate::error::{Constraint, Place, Violations};
use crate::stream::{ShardId, StreamArn};

/// Lengths of a stream's ARN in the service model.
const ARN_CHARACTERS: RangeInclusive<usize> = 37..=1024;
/// Lengths of a shard's name in the service model.
const SHARD_ID_CHARACTERS: RangeInclusive<usize> = 28..=65;
/// Streams or shards on one page.
const LISTED_MAX: usize = 100;

fn stream_arn(given: Option<String>, place: &Place, violations: &mut Violations) -> Option<StreamArn> {
    text(given, &ARN_CHARACTERS, place, violations).map(StreamArn::as_given)
}

/// The required member `streamArn`.
fn stream(given: Option<String>, violations: &mut Violations) -> Option<StreamArn> {
    let place = Place::member("streamArn");
    let given = required(given, &place, violations);
    stream_arn(given, &place, violations)
}

fn shard_id(given: Option<String>, place: &Place, violations: &mut Violations) -> Option<ShardId> {
    text(given, &SHARD_ID_CHARACTERS, place, violations).map(ShardId::new)
}

/// The member `limit`: one to `most`, which is also the default.
fn limit(given: Option<i64>, most: usize, violations: &mut Violations) -> usize {
    let place = Place::member("limit");
    let Some(asked) = at_least(given, 1, &place, violations) else { return most };
    match usize::try_from(asked) {
        Ok(asked) if asked <= most => asked,
        _ => {
            violations.add(place, asked.to_string(), Constraint::ValueMax(most as u64));
            most
        }
    }
}

#[cfg(test)]
mod tests;
