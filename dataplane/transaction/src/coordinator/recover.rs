//! Recovery: transactions whose coordinator is gone are brought to their end. Anybody may do it, and several at once.

use futures::future::join_all;
use partita_table::transact::{LedgerEntry, Outcome, ShardId, TransactionId};

use super::Coordinator;
use crate::{Error, Participant};

/// The most transactions of one shard that one call brings to their end: more wait for the next call, so that recovery does
/// not crowd out clients.
const RECOVERIES_MAX: usize = 100;

/// What a call of [`Coordinator::recover`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Transactions whose locks were settled.
    pub settled: usize,
    /// Ledger rows that were removed.
    pub forgotten: usize,
}

impl Coordinator {
    /// Settles the transactions that have locks on the shards of this process for too long, and clears its ledgers. To be
    /// called from time to time. What cannot be done now is logged, and done by a later call.
    pub async fn recover(&self) -> Recovered {
        let mut recovered = Recovered::default();
        for shard in self.placement.recovered_here() {
            match self.recover_shard(shard).await {
                Ok(here) => {
                    recovered.settled += here.settled;
                    recovered.forgotten += here.forgotten;
                }
                Err(error) => tracing::warn!(%error, "cannot recover transactions, trying again later"),
            }
        }
        recovered
    }

    async fn recover_shard(&self, shard: ShardId) -> Result<Recovered, Error> {
        let participant = self.participant(shard)?;
        let failed = |source| Error::Shard { shard, source };
        let mut recovered = Recovered::default();
        for (transaction, ledger) in
            participant.stalled().await.map_err(failed)?.into_iter().take(RECOVERIES_MAX)
        {
            match self.settle_stalled(participant.as_ref(), shard, transaction, ledger).await {
                Ok(()) => recovered.settled += 1,
                // Others may be recovered all the same.
                Err(error) => tracing::warn!(%transaction, %error, "a transaction stays locked for now"),
            }
        }
        for entry in participant.overdue().await.map_err(failed)?.into_iter().take(RECOVERIES_MAX) {
            if entry.outcome == Outcome::Committed {
                self.settle_everywhere(&entry).await?;
            }
            participant.forget(entry.transaction).await.map_err(failed)?;
            recovered.forgotten += 1;
        }
        Ok(recovered)
    }

    async fn settle_stalled(
        &self,
        participant: &dyn Participant,
        shard: ShardId,
        transaction: TransactionId,
        ledger: ShardId,
    ) -> Result<(), Error> {
        let keeper = self.participant(ledger)?;
        let outcome = keeper.resolve(transaction).await;
        let outcome = outcome.map_err(|source| Error::Shard { shard: ledger, source })?;
        participant.settle(transaction, outcome).await.map_err(|source| Error::Shard { shard, source })
    }

    /// Settles a decided transaction on all its shards.
    pub(super) async fn settle_everywhere(&self, entry: &LedgerEntry) -> Result<(), Error> {
        let settle = async |shard: &ShardId| {
            let settled = self.participant(*shard)?.settle(entry.transaction, entry.outcome).await;
            settled.map_err(|source| Error::Shard { shard: *shard, source })
        };
        join_all(entry.participants.iter().map(settle)).await.into_iter().collect()
    }
}
