//! Sentences about streams. The service's endpoint for streams uses the same names and namespaces as the one for items.

use super::{ErrorKind, ServiceError};
use crate::stream::StreamArn;

impl ServiceError {
    /// A stream that does not exist, or whose last record is too old.
    pub fn stream_not_found(stream: &StreamArn) -> Self {
        Self::fixed(
            ErrorKind::ResourceNotFound,
            format!("Requested resource not found: Stream: {stream} not found"),
        )
    }

    /// A shard that the stream does not have, or whose last record is too old.
    pub fn shard_not_found() -> Self {
        Self::fixed(ErrorKind::ResourceNotFound, "Requested resource not found: Shard does not exist")
    }

    /// A text that is no stream's ARN.
    pub fn invalid_stream_arn() -> Self {
        Self::rule("Invalid StreamArn")
    }

    /// A text that was never given out as a shard iterator.
    pub fn invalid_shard_iterator() -> Self {
        Self::rule("Invalid ShardIterator")
    }

    /// A sequence number that is no number, or that no record of the shard can have.
    pub fn invalid_sequence_number() -> Self {
        Self::rule("Invalid SequenceNumber")
    }

    /// An iterator that was given out more than fifteen minutes ago.
    pub fn expired_iterator() -> Self {
        Self::fixed(ErrorKind::ExpiredIterator, "Shard iterator has expired")
    }

    /// A record that is too old to be still there.
    pub fn trimmed_data_access() -> Self {
        Self::fixed(ErrorKind::TrimmedDataAccess, "The data you are trying to access has been trimmed")
    }

    /// A `Timestamp` later than now.
    pub fn timestamp_in_future() -> Self {
        Self::validation("Timestamp must not be in the future")
    }

    /// A kind of start without its parameter.
    pub(crate) fn start_incomplete(parameter: &str, kind: &str) -> Self {
        Self::rule(format!(
            "The {parameter} parameter is required but was not present in the request when ShardIteratorType is {kind}"
        ))
    }

    /// A `ShardFilter` without one of its members.
    pub(crate) fn shard_filter_incomplete(member: &str) -> Self {
        Self::rule(format!(
            "The {member} parameter of ShardFilter is required but was not present in the request"
        ))
    }
}
