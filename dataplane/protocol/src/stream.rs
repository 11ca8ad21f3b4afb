//! Names and positions of change streams, as requests and answers spell them.
//!
//! What is checked here is form alone. Whether there is such a stream, such a shard or such a record is the business of whoever
//! keeps the streams.

mod arn;
mod sequence;

pub use arn::{StreamArn, StreamName};
pub use sequence::SequenceNumber;

use serde::{Deserialize, Serialize};

/// A shard's name. Whoever keeps the streams makes it: 28 to 65 characters, of use to clients only as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShardId(String);

/// Where GetRecords continues. Whoever keeps the streams makes it, in at most 2048 characters, and alone understands it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShardIterator(String);

macro_rules! opaque_text {
    ($name:ident) => {
        impl $name {
            /// Takes a text of the right length.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// As clients see it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}
opaque_text!(ShardId);
opaque_text!(ShardIterator);
