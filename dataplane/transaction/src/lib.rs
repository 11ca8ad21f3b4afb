//! Transactions, wherever their items lie.
//!
//! All items on one shard: the shard does it alone, in one batch (`partita-table`, `transact`). That is every transaction
//! of an installation with one shard, and this crate is then one call.
//!
//! Items on several shards: two phases, and one row whose making decides.
//!
//! ```text
//!  coordinator            ledger shard              each participant
//!      │── begin ────────────▶│ token free?                │
//!      │── prepare ──────────────────────────────────────▶ │ conditions hold? items unlocked?
//!      │◀───────────────────────────────────────────────── │ LOCKS rows, durable: ready, or reasons
//!      │── decide ───────────▶│ LEDGER row, created if     │
//!      │                      │ absent, with TOKENS row    │      ◀── the commit point
//!      │◀─────────────────────│ committed, or aborted      │
//!      │── settle ───────────────────────────────────────▶ │ one batch: items, index rows, change
//!      │◀───────────────────────────────────────────────── │ records, and the locks go
//!      │── forget ───────────▶│ the row goes               │
//!   answer
//! ```
//!
//! Nobody waits for a lock: who meets one is refused with a conflict, so nothing can deadlock. A coordinator that is told
//! of a refusal settles as aborted and writes nothing to the ledger. Whoever finds a lock older than
//! [`STALLED_AFTER_MS`](partita_table::transact::STALLED_AFTER_MS) asks the ledger shard that the lock names: it says what
//! was decided, or notes *aborted* if nothing was, and then no late coordinator can commit.
//!
//! Reading from several shards takes two rounds: items with versions, then the versions again. If nothing changed and
//! nothing was locked, all items were what was read at the moment between the rounds.
//!
//! What holds: transactions are strictly serializable among each other and with single writes. A plain read sees each item
//! whole; between decision and settling, which is milliseconds unless a shard fails just then, it may see a transaction on
//! one shard and not yet on another. The client is answered when it is settled everywhere.
//!
//! Deliberately absent: which shard an item lies on ([`Placement`] is told), messages between processes (a [`Participant`]
//! is an interface), and what a shard does for its part (`partita-table`).
//!
//! Start reading at [`Coordinator`].

mod coordinator;
mod error;
mod keep;
mod participant;
mod placement;

pub use coordinator::{Coordinator, Recovered};
pub use error::Error;
pub use participant::Participant;
pub use placement::{OneShard, Placement};

#[cfg(test)]
mod tests;
