//! The first phase over several shards: this one's part of a transaction is checked, and its items are locked with what is to
//! become of them.

use std::sync::Arc;

use partita_model::clock::UnixMillis;
use partita_protocol::error::CancellationReason;
use partita_protocol::operation::TransactAction;
use partita_storage::{WriteBatch, Written};

use super::action::{Action, Evaluated, Evaluation};
use super::cost::TransactCost;
use super::rows::{self, LockRow, LockedChange};
use super::{ShardId, TransactionId};
use crate::Error;
use crate::engine::{Core, TableEngine};
use crate::row::ItemValue;
use crate::uncut::Uncut;

/// What a shard says to its part of a transaction.
#[derive(Clone, Debug)]
pub enum Prepared {
    /// All its items are locked, durably, and it can carry out its part whenever it is told to.
    Ready(TransactCost),
    /// Nothing is locked; one reason for each action.
    Refused(Vec<CancellationReason>),
}

impl TableEngine {
    /// Locks the items of some actions of a transaction and notes what is to become of them, durably; nobody else writes
    /// them until [`Self::settle`]. Doing it again changes nothing. Nobody is waited for: an item that another transaction
    /// has locked is a reason to refuse.
    ///
    /// # Errors
    /// When a table is absent, a key or item does not fit its schema, or an item is there twice: nothing is locked then.
    /// After any error that is not the caller's fault it is unknown whether the items are locked.
    ///
    /// # Cancellation
    /// When the future is dropped, all items are locked or none; they may be locked after the drop.
    pub async fn prepare(
        &self,
        transaction: TransactionId,
        ledger: ShardId,
        actions: &[&TransactAction],
    ) -> Result<Prepared, Error> {
        let actions = self.checked(actions.iter().copied())?;
        let prepared = self.core.prepare_actions(transaction, ledger, &actions).await?;
        self.core.shard.store().barrier().await?;
        Ok(prepared)
    }
}

impl Core {
    async fn prepare_actions(
        self: &Arc<Self>,
        transaction: TransactionId,
        ledger: ShardId,
        actions: &[Action<'_>],
    ) -> Result<Prepared, Error> {
        let evaluated = self.evaluate(actions, Some(transaction)).await?;
        if let Some(reasons) = evaluated.reasons() {
            return Ok(Prepared::Refused(reasons));
        }
        let cost = TransactCost::of(actions, &evaluated);
        if self.locks.of(transaction).is_none() {
            let locked = self.clock.now();
            let batch = lock_rows(transaction, ledger, locked, actions, &evaluated)?;
            let items: Vec<_> = actions.iter().map(|action| action.key.row().clone()).collect();
            let core = Arc::clone(self);
            let locking = async move {
                core.locks.lock(transaction, ledger, locked, items);
                let written = core.shard.commit(batch, Vec::new()).await;
                if written.is_err() {
                    core.locks.free(transaction);
                }
                drop(evaluated);
                written
            };
            let _applied: Written = Uncut::new(locking).await?;
        }
        Ok(Prepared::Ready(cost))
    }
}

fn lock_rows(
    transaction: TransactionId,
    ledger: ShardId,
    locked: UnixMillis,
    actions: &[Action<'_>],
    evaluated: &Evaluated,
) -> Result<WriteBatch, Error> {
    let mut batch = WriteBatch::new();
    for (action, outcome) in actions.iter().zip(&evaluated.outcomes) {
        let Ok(evaluation) = outcome else { continue };
        let change = locked_change(action, evaluation);
        let row = LockRow { transaction, ledger, locked, change };
        batch.put(rows::lock(action.key.row())?, row.encode());
    }
    Ok(batch)
}

fn locked_change(action: &Action<'_>, evaluation: &Evaluation) -> LockedChange {
    match (action.requested, &evaluation.images.after) {
        (TransactAction::ConditionCheck(_), _) => LockedChange::Check,
        (_, Some(after)) => LockedChange::Put(ItemValue::of_stored(after)),
        (_, None) => LockedChange::Delete,
    }
}
