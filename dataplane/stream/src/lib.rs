//! DynamoDB Streams: the change log of a table, as clients may read it.
//!
//! ```text
//!      Streams            which streams there are: the log's readers of the engine's tables
//!     /   |    \
//!  list  read   tend      what clients ask for; what happens by itself: shards end, records grow too old
//!     \   |    /
//!   lineage  iterator  record     pure: shards and their ranges, places in them, records as clients see them
//!         |
//!  partita_storage::Shard         the records, in order and without gaps
//! ```
//!
//! A stream is not a copy of anything. It is a named reader of its table's change log: `partita-table` registers and closes that
//! reader as descriptors say ([`StreamReader`](partita_table::StreamReader)), records are read from the log where they lie, and the
//! reader's cursor is the stream's horizon. Only the list of its shards is kept besides, and only once there is more to say than
//! that the stream has begun.
//!
//! Deliberately absent: who enables streams (`partita-controlplane`), waiting for records (clients poll), pushing them anywhere,
//! and limits on how often clients may read.
//!
//! Invariants:
//! - Each change of an item is in exactly one shard of each stream that was enabled then, and changes of one item are in the
//!   order in which they happened, from parents to children.
//! - No answer tells a record, the end of a shard or a place that a crash could take back.
//! - A record that was read is the same whenever it is read again.
//! - A shard's end, once told, stays; nobody has read beyond it before it was told.
//! - What is too old is refused (`TrimmedDataAccessException`), never skipped in silence.
//!
//! Start reading at [`Streams`].

mod error;
mod iterator;
mod lineage;
mod record;
mod streams;

pub use error::Error;
pub use streams::{StreamOptions, Streams};

#[cfg(test)]
mod tests;
