//! Transactions: several writes, or several reads, that happen at one moment.
//!
//! All items on this shard, which is all there is to it while an installation has one:
//!
//! ```text
//!  token ─▶ latch all items ─▶ read (applied) ─▶ evaluate ALL actions ─▶ one batch ─▶ release latches ─▶ durable ─▶ answer
//!                                                     │
//!                                                     └─ reasons ─▶ release latches ─▶ barrier ─▶ cancelled
//! ```
//!
//! Items on other shards too: this shard is a participant, and `partita-transaction` says what it does when. It can prepare
//! its part (lock the items and note their new state), settle it (make that state real, or forget it), and keep the ledger
//! (decide, once and for ever, what becomes of a transaction).
//!
//! Invariants:
//! - A transaction is applied in one batch on each shard, with a change record for each item that changes, as a single write.
//! - A locked item is written by its transaction alone. Single writes are told of the conflict, plain reads see the old item.
//! - A token row is written in the batch that makes its transaction happen, and in no other.

mod action;
mod cost;
mod ledger;
mod lock;
mod prepare;
mod read;
mod rows;
mod settle;
mod token;
mod write;

use std::fmt;

use uuid::Uuid;

pub use cost::TransactCost;
pub use ledger::{Begun, Decision, LedgerEntry};
pub use prepare::Prepared;
pub use read::{ReadAnswer, ReadVersions, VersionedItems, read_answer, read_conflicts};
pub use token::Token;

pub(crate) use ledger::Ledger;
pub(crate) use lock::Locks;
pub(crate) use token::Tokens;

/// How long after its beginning a transaction over several shards can be committed. Far longer than any that makes
/// progress, far shorter than what has been aborted is remembered ([`ABORTED_KEPT_MS`]).
pub const DECISION_MS_MAX: u64 = 10 * 1_000;

/// How old a lock is when anybody may ask for the outcome of its transaction, and abort it when there is none. Much longer
/// than a transaction takes when nothing fails: recovery is for coordinators that are gone.
pub const STALLED_AFTER_MS: u64 = 5 * 1_000;

/// How long the ledger remembers that a transaction was aborted before it was decided. Its coordinator must not find the
/// row gone and commit: it cannot do so after [`DECISION_MS_MAX`], by the same clock.
pub const ABORTED_KEPT_MS: u64 = 60 * 60 * 1_000;

/// A transaction over several shards. Never used twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransactionId(u128);

impl TransactionId {
    /// A new one, by chance.
    pub fn random() -> Self {
        Self(Uuid::new_v4().as_u128())
    }

    /// The id of these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// Its bytes.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A shard, as the others know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShardId(pub u64);

/// What becomes of a transaction. Decided once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it happens.
    Committed,
    /// Nothing of it happens.
    Aborted,
}
