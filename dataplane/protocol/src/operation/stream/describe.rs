//! DescribeStream.

use serde_json::Value;

use super::{LISTED_MAX, limit, shard_id, stream};
use crate::ServiceError;
use crate::error::{Place, Violations};
use crate::json::Members;
use crate::operation::Choices;
use crate::stream::{ShardId, StreamArn};

/// The only filter there is.
const FILTER_TYPES: Choices<()> =
    Choices { all: &[("CHILD_SHARDS", ())], classic: "CHILD_SHARDS", modern: "CHILD_SHARDS" };

/// DescribeStream.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeStream {
    /// Which one.
    pub stream: StreamArn,
    /// Shards after this one.
    pub after: Option<ShardId>,
    /// Only the shards that continue this one.
    pub children_of: Option<ShardId>,
    /// Shards on one page, 1 to 100.
    pub limit: usize,
}

impl DescribeStream {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let arn = members.string("StreamArn")?;
        let limit = members.integer("Limit")?;
        let after = members.string("ExclusiveStartShardId")?;
        let filter = members.read("ShardFilter", DraftFilter::read)?;
        let mut violations = Violations::new();
        let arn = stream(arn, &mut violations);
        let limit = self::limit(limit, LISTED_MAX, &mut violations);
        let after = shard_id(after, &Place::member("exclusiveStartShardId"), &mut violations);
        let filter = filter.map(|filter| filter.check(&mut violations));
        violations.finish()?;
        let children_of = filter.map(Filter::parent).transpose()?.flatten();
        // What is required is there, or there were violations.
        let stream = arn.ok_or_else(ServiceError::internal)?;
        Ok(Self { stream, after, children_of, limit })
    }
}

struct DraftFilter {
    kind: Option<String>,
    shard: Option<String>,
}

struct Filter {
    kind: Option<()>,
    shard: Option<ShardId>,
}

impl DraftFilter {
    fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self { kind: members.string("Type")?, shard: members.string("ShardId")? })
    }

    fn check(self, violations: &mut Violations) -> Filter {
        let place = Place::member("shardFilter");
        Filter {
            kind: FILTER_TYPES.check(self.kind.as_deref(), &place.then("type"), violations),
            shard: shard_id(self.shard, &place.then("shardId"), violations),
        }
    }
}

impl Filter {
    /// A filter without members filters nothing.
    fn parent(self) -> Result<Option<ShardId>, ServiceError> {
        match (self.kind, self.shard) {
            (None, None) => Ok(None),
            (Some(()), Some(parent)) => Ok(Some(parent)),
            (Some(()), None) => Err(ServiceError::shard_filter_incomplete("ShardId")),
            (None, Some(_)) => Err(ServiceError::shard_filter_incomplete("Type")),
        }
    }
}
