//! Global secondary indexes follow their table: propagation of changes, and building indexes of what a table has.
//!
//! ```text
//!  write ──▶ item, change record                     one batch; acknowledged when durable
//!                     │
//!                change log ──▶ Keeper::step ──▶ entries, statistics, progress, cursor      one batch
//!                     items ──▶      (a chunk of a build)
//! ```
//!
//! One task for each table with indexes makes one step after the other and sleeps when the log has nothing new: an idle table
//! costs nothing, and a table that is written to much is followed in batches that are the larger the further they are behind.
//! Records are read as applied: an entry's batch comes later in the same log than the change it comes from, so it cannot
//! outlive it.
//!
//! Deliberately absent: what entries look like, how a build stands and which records concern it (`partita-table`, module
//! `global`), reading indexes (it is the table engine's Query and Scan), the status of indexes (the control plane's), and choosing
//! when writes are throttled (the write looks at the backlog itself).
//!
//! Invariants:
//! - One keeper per table makes all changes to its indexes, each in one batch with the cursor: a record counts once, whatever
//!   crashes in between.
//! - A build and the log take turns, so that neither waits long for the other, and a chunk begins only when the log has been
//!   followed to the end of the chunk before.
//! - A table or index that goes takes its keeper's work with it: a batch for rows that were dropped is refused as a whole.
//!
//! Start reading at [`Keeper::step`], then [`propagate`].

mod keeper;
mod propagation;

pub use keeper::{Keeper, Limits, Step};
pub use propagation::propagate;

#[cfg(test)]
mod tests;
