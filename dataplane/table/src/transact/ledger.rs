//! The ledger: what becomes of transactions over several shards whose outcome this shard keeps.
//!
//! Making a ledger row is the one commit point. Only the coordinator can make one that says *committed*, anybody one that
//! says *aborted*, and the first one stays.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use partita_model::clock::UnixMillis;
use partita_storage::{KeyRange, Order, Visibility, WriteBatch, space};

use super::rows::{self, LedgerRow, TokenRow};
use super::token::is_too_late;
use super::{ABORTED_KEPT_MS, Outcome, STALLED_AFTER_MS, ShardId, Token, TransactionId};
use crate::Error;
use crate::engine::{Core, TableEngine};
use crate::uncut::Uncut;

/// The ledger rows of a shard, as they are in its store.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    rows: Mutex<HashMap<TransactionId, LedgerRow>>,
}

/// What the ledger says when a transaction begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It may go on; the time is the ledger's.
    At(UnixMillis),
    /// It was carried out before, as its token says.
    Repeated {
        /// Under this id, whose ledger row may still be there: then it is not settled everywhere.
        transaction: Option<TransactionId>,
        /// What reading its items costs, for each table in the order of their names.
        read_units: Vec<u64>,
    },
}

/// What a coordinator asks the ledger to decide.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The transaction.
    pub transaction: TransactionId,
    /// When it began, as the ledger said.
    pub begun: UnixMillis,
    /// The shards that are prepared.
    pub participants: Vec<ShardId>,
    /// The request's token, and what reading its items costs.
    pub token: Option<(Token, Vec<u64>)>,
}

/// One row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The transaction.
    pub transaction: TransactionId,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Since when.
    pub decided: UnixMillis,
    /// The shards that have, or had, locks of it; none when it was aborted.
    pub participants: Vec<ShardId>,
}

impl TableEngine {
    /// Begins a transaction whose outcome this shard will keep, and takes its token.
    ///
    /// # Errors
    /// `TransactionInProgressException` and `IdempotentParameterMismatchException`; otherwise the store failed.
    pub async fn begin(&self, transaction: TransactionId, token: Option<&Token>) -> Result<Begun, Error> {
        let core = &self.core;
        let begun = core.clock.now();
        let Some(token) = token else { return Ok(Begun::At(begun)) };
        core.tokens.reserve_for(token, transaction, begun)?;
        let completed = core.completed(token).await;
        if !matches!(completed, Ok(None)) {
            core.tokens.release(token, transaction);
            core.shard.store().barrier().await?;
        }
        Ok(match completed? {
            Some(TokenRow { transaction, read_units, .. }) => Begun::Repeated { transaction, read_units },
            None => Begun::At(begun),
        })
    }

    /// Gives back the token of a transaction that will not be decided.
    pub fn release(&self, transaction: TransactionId, token: &Token) {
        self.core.tokens.release(token, transaction);
    }

    /// Commits a transaction whose participants are all prepared, unless it was decided before or it is too late. Durable
    /// before it returns. Only its coordinator may ask, and only once all are prepared.
    ///
    /// # Errors
    /// When the store fails: the outcome is unknown then, and [`Self::resolve`] settles it.
    ///
    /// # Cancellation
    /// When the future is dropped, it was decided or not; it may be decided after the drop.
    pub async fn decide(&self, decision: Decision) -> Result<Outcome, Error> {
        let outcome = Uncut::new(Arc::clone(&self.core).decide(decision)).await?;
        self.core.shard.store().barrier().await?;
        Ok(outcome)
    }

    /// What becomes of a transaction: nothing, from now on, if it is not decided yet. Durable before it returns. Anybody
    /// may ask.
    ///
    /// # Errors
    /// When the store fails; it should be asked again.
    pub async fn resolve(&self, transaction: TransactionId) -> Result<Outcome, Error> {
        let outcome = Uncut::new(Arc::clone(&self.core).resolve(transaction)).await?;
        self.core.shard.store().barrier().await?;
        Ok(outcome)
    }

    /// Forgets what became of a transaction. A committed one must be settled everywhere, an aborted one older than
    /// [`ABORTED_KEPT_MS`]. Not durable yet when it returns: after a crash the row may be back.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget(&self, transaction: TransactionId) -> Result<(), Error> {
        Uncut::new(Arc::clone(&self.core).forget(transaction)).await
    }

    /// What is decided about a transaction, as far as it is not forgotten.
    pub fn entry(&self, transaction: TransactionId) -> Option<LedgerEntry> {
        self.core.ledger.rows().get(&transaction).map(|row| entry(transaction, row))
    }

    /// Rows that should be gone: of committed transactions when they are older than [`STALLED_AFTER_MS`], for they have to be
    /// settled, and of aborted ones after [`ABORTED_KEPT_MS`].
    pub fn overdue(&self) -> Vec<LedgerEntry> {
        let now = self.core.clock.now();
        let is_overdue = |row: &LedgerRow| {
            let age = now.0.saturating_sub(row.decided.0);
            match row.outcome {
                Outcome::Committed => age >= STALLED_AFTER_MS,
                Outcome::Aborted => age >= ABORTED_KEPT_MS,
            }
        };
        let rows = self.core.ledger.rows();
        let overdue = rows.iter().filter(|(_, row)| is_overdue(row));
        overdue.map(|(transaction, row)| entry(*transaction, row)).collect()
    }
}

fn entry(transaction: TransactionId, row: &LedgerRow) -> LedgerEntry {
    let LedgerRow { outcome, decided, participants } = row.clone();
    LedgerEntry { transaction, outcome, decided, participants }
}

impl Core {
    /// Reads the ledger that an earlier process has left.
    pub(crate) async fn load_ledger(&self) -> Result<(), Error> {
        let snapshot = self.shard.store().snapshot(Visibility::Durable).await?;
        let mut rows = snapshot.scan(KeyRange::prefix(vec![space::LEDGER]), Order::Ascending).await?;
        while let Some(row) = rows.next().await? {
            let transaction = rows::transaction_of(&row.key)?;
            self.ledger.rows().insert(transaction, LedgerRow::decode(&row.key, &row.value)?);
        }
        Ok(())
    }

    async fn decide(self: Arc<Self>, decision: Decision) -> Result<Outcome, Error> {
        let Decision { transaction, begun, participants, token } = decision;
        let _latch = self.item_latches.acquire(&rows::ledger(transaction)).await;
        let known = self.ledger.outcome(transaction);
        if let Some(outcome) = known {
            return Ok(outcome);
        }
        let now = self.clock.now();
        let lost = token.as_ref().is_some_and(|(token, _)| !self.tokens.is_held_by(token, transaction));
        if lost || is_too_late(begun, now) {
            return self.note(transaction, aborted(now), WriteBatch::new()).await;
        }
        let mut batch = WriteBatch::new();
        if let Some((token, read_units)) = &token {
            let (key, value) = token.row(now, Some(transaction), read_units.clone());
            batch.put(key, value);
        }
        let row = LedgerRow { outcome: Outcome::Committed, decided: now, participants };
        let outcome = self.note(transaction, row, batch).await;
        if let Some((token, _)) = &token {
            self.tokens.release(token, transaction);
        }
        outcome
    }

    async fn resolve(self: Arc<Self>, transaction: TransactionId) -> Result<Outcome, Error> {
        let _latch = self.item_latches.acquire(&rows::ledger(transaction)).await;
        match self.ledger.outcome(transaction) {
            Some(outcome) => Ok(outcome),
            None => self.note(transaction, aborted(self.clock.now()), WriteBatch::new()).await,
        }
    }

    async fn forget(self: Arc<Self>, transaction: TransactionId) -> Result<(), Error> {
        let key = rows::ledger(transaction);
        let _latch = self.item_latches.acquire(&key).await;
        let mut batch = WriteBatch::new();
        batch.delete(key);
        let _applied = self.shard.commit(batch, Vec::new()).await?;
        self.ledger.rows().remove(&transaction);
        Ok(())
    }

    /// Makes a ledger row where there is none. The caller holds the row's latch.
    async fn note(
        &self,
        transaction: TransactionId,
        row: LedgerRow,
        mut batch: WriteBatch,
    ) -> Result<Outcome, Error> {
        let outcome = row.outcome;
        batch.put(rows::ledger(transaction), row.encode());
        // Whoever comes next finds the row and waits for its durability in turn.
        let _applied = self.shard.commit(batch, Vec::new()).await?;
        self.ledger.rows().insert(transaction, row);
        Ok(outcome)
    }
}

impl Ledger {
    fn outcome(&self, transaction: TransactionId) -> Option<Outcome> {
        self.rows().get(&transaction).map(|row| row.outcome)
    }

    fn rows(&self) -> MutexGuard<'_, HashMap<TransactionId, LedgerRow>> {
        // Nothing panics while holding the lock; if it did, the map would still be whole.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn aborted(decided: UnixMillis) -> LedgerRow {
    LedgerRow { outcome: Outcome::Aborted, decided, participants: Vec::new() }
}
