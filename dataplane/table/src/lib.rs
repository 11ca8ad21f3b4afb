//! The table engine: items, their secondary indexes and their change log, on one shard.
//!
//! ```text
//!                  TableEngine                       which tables there are
//!                 /           \
//!    write: put update         read: get query       one module for each operation
//!           delete batch             scan batch
//!                 transact: write get                several items at one moment
//!                 expiry: build sweep                items that go by themselves
//!                 global: follow build               entries that come after their items
//!        │        │                    │
//!     latch    check (schema rules)  source, range
//!        │        │                    │
//!     effect ── index (LSI) ── capacity ── page
//!        │
//!     commit ── statistics, change record, expiry    one atomic batch for each write
//!        │
//!       row                                          where everything lies
//!        │
//!  partita_storage::Shard
//! ```
//!
//! Requests come in checked as far as that goes without a table (`partita-protocol`); what needs the schema or the item is
//! checked here, in the service's order: the table is there, the request fits its schema, the condition holds, the result is
//! not too large.
//!
//! Deliberately absent: JSON and HTTP, making up descriptors (`partita-controlplane`), moving global indexes on (`partita-index`;
//! here is what a step does), streams (`partita-stream` reads the change log), coordinating transactions over several shards
//! (`partita-transaction`; here is each shard's part), throttling by units, and any knowledge of which engine stores rows.
//!
//! Invariants:
//! - An item, its local index entries, its expiry row, its change record, its collection's size and the table's statistics change in
//!   one batch or not at all.
//! - Writes to one item are applied one after the other; a condition sees every write applied before it.
//! - No answer tells what is not durable, and no write is acknowledged before it is durable.
//! - A write that changes nothing writes nothing and leaves no change record.
//! - A page is read from one snapshot.
//! - The row layout (`row.rs`) never changes meaning.
//! - An empty table costs the row of its descriptor and nothing else.
//!
//! Start reading at [`TableEngine`], then `write.rs`.

mod capacity;
mod change;
mod check;
mod engine;
mod error;
mod expiry;
pub mod global;
mod index;
mod latch;
mod read;
mod row;
mod statistics;
mod stream;
mod table;
pub mod transact;
mod uncut;
mod write;

pub use change::{ChangeError, ChangeRecord};
pub use engine::{EngineOptions, TableEngine, TableStatistics};
pub use error::Error;
pub use expiry::{Expired, SWEEP_EVERY};
pub use stream::StreamReader;
pub use uncut::Uncut;

#[cfg(test)]
mod tests;
