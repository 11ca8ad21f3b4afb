//! Writing: on one shard, or in two phases over several.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use partita_protocol::error::CancellationReason;
use partita_protocol::operation::TransactWriteItems;
use partita_protocol::{ServiceError, output};
use partita_table::Uncut;
use partita_table::transact::{
    Begun, DECISION_MS_MAX, Decision, Outcome, Prepared, ShardId, Token, TransactCost, TransactionId,
};

use super::{Coordinator, Part};
use crate::{Error, Participant};

/// How long participants may take to prepare: a coordinator that asks to commit later may be refused, so it does not ask.
const PREPARE_MAX: Duration = Duration::from_millis(DECISION_MS_MAX / 2);

/// A transaction over several shards, under way.
struct Transaction {
    id: TransactionId,
    request: TransactWriteItems,
    token: Option<Token>,
    parts: Vec<Part>,
    ledger: ShardId,
    /// Who keeps it.
    keeper: Arc<dyn Participant>,
}

impl Coordinator {
    /// Carries out all writes of a transaction at one moment, or none of them.
    ///
    /// # Errors
    /// `TransactionCanceledException` with a reason for each action, when one of them cannot be carried out; when a table
    /// is absent, or a key or item does not fit its schema; when the request's token says that it is under way or was
    /// another request. After any error that is not the caller's fault the outcome is unknown.
    ///
    /// # Cancellation
    /// When the future is dropped, all is written or nothing; it may be written after the drop.
    pub async fn transact_write_items(
        &self,
        request: TransactWriteItems,
    ) -> Result<output::TransactWrite, Error> {
        let placement = &self.placement;
        let actions = request.actions.iter();
        let parts = self.parts(actions.map(|action| placement.shard_of(action.table(), action.keys())))?;
        let token = request.token.as_ref().map(|token| Token::new(&self.account, token));
        let home = token.as_ref().map(|token| placement.shard_of_token(token));
        if let [part] = parts.as_slice()
            && home.is_none_or(|home| home == part.shard)
        {
            let result = part.participant.transact_write_items(&request).await;
            return result.map_err(|source| part.failed(source));
        }
        // The token's row is written with the decision, so that its shard keeps the ledger.
        let ledger = match (home, parts.first()) {
            (Some(home), _) => home,
            (None, Some(part)) => part.shard,
            (None, None) => return Ok(output::TransactWrite::default()),
        };
        let keeper = self.participant(ledger)?;
        let id = TransactionId::random();
        let transaction = Transaction { id, request, token, parts, ledger, keeper };
        let coordinator = self.clone();
        Uncut::new(async move { coordinator.carry_out(transaction).await }).await
    }

    async fn carry_out(&self, transaction: Transaction) -> Result<output::TransactWrite, Error> {
        let Transaction { id, request, token, keeper, ledger, .. } = &transaction;
        let at_ledger = |source| Error::Shard { shard: *ledger, source };
        let begun = match keeper.begin(*id, token.as_ref()).await.map_err(at_ledger)? {
            Begun::At(begun) => begun,
            Begun::Repeated { transaction, read_units } => {
                self.finish(keeper.as_ref(), *ledger, transaction).await?;
                return Ok(TransactCost::repeated(request, &read_units));
            }
        };
        let cost = match tokio::time::timeout(PREPARE_MAX, transaction.prepare()).await {
            Ok(Ok(cost)) => cost,
            Ok(Err(error)) => return transaction.give_up(error).await,
            Err(_) => return transaction.give_up(Error::TooLate).await,
        };
        let participants = transaction.parts.iter().map(|part| part.shard).collect();
        let token = token.map(|token| (token, cost.read_units()));
        let decision = Decision { transaction: *id, begun, participants, token };
        match keeper.decide(decision).await.map_err(at_ledger)? {
            Outcome::Committed => {}
            Outcome::Aborted => return transaction.give_up(overtaken(request)?).await,
        }
        transaction.settle(Outcome::Committed).await?;
        if let Err(error) = keeper.forget(*id).await {
            // Recovery forgets it.
            tracing::debug!(transaction = %id, %error, "a settled transaction stays in the ledger");
        }
        Ok(cost.answer(request))
    }

    /// Makes sure that a transaction which was committed before is settled everywhere.
    pub(super) async fn finish(
        &self,
        keeper: &dyn Participant,
        ledger: ShardId,
        transaction: Option<TransactionId>,
    ) -> Result<(), Error> {
        let Some(transaction) = transaction else { return Ok(()) };
        let entry =
            keeper.entry(transaction).await.map_err(|source| Error::Shard { shard: ledger, source })?;
        match entry {
            Some(entry) => self.settle_everywhere(&entry).await,
            None => Ok(()),
        }
    }
}

impl Transaction {
    /// Prepares all parts at once and waits for every answer: what is locked has to be known.
    async fn prepare(&self) -> Result<TransactCost, Error> {
        let Self { id, request, ledger, .. } = self;
        let prepare =
            async |part: &Part| part.participant.prepare(*id, *ledger, &part.share(&request.actions)).await;
        let answers = join_all(self.parts.iter().map(prepare)).await;
        let mut cost = TransactCost::default();
        let mut reasons = vec![CancellationReason::NONE; request.actions.len()];
        for (part, answer) in self.parts.iter().zip(answers) {
            match answer.map_err(|source| part.failed(source))? {
                Prepared::Ready(part_cost) => cost.add(part_cost),
                Prepared::Refused(refusals) => {
                    for (&place, reason) in part.places.iter().zip(refusals) {
                        reasons[place] = reason;
                    }
                }
            }
        }
        match reasons.iter().all(CancellationReason::is_none) {
            true => Ok(cost),
            false => Err(ServiceError::transaction_canceled(reasons).into()),
        }
    }

    /// Frees what is locked; what cannot be freed now is recovered later.
    async fn give_up<T>(&self, error: Error) -> Result<T, Error> {
        if let Err(error) = self.settle(Outcome::Aborted).await {
            tracing::debug!(transaction = %self.id, %error, "locks are left to recovery");
        }
        if let Some(token) = &self.token
            && let Err(error) = self.keeper.release(self.id, token).await
        {
            tracing::debug!(transaction = %self.id, %error, "a token stays taken until its time is over");
        }
        Err(error)
    }

    async fn settle(&self, outcome: Outcome) -> Result<(), Error> {
        let settle = async |part: &Part| {
            part.participant.settle(self.id, outcome).await.map_err(|source| part.failed(source))
        };
        // Every part, whatever becomes of the others.
        join_all(self.parts.iter().map(settle)).await.into_iter().collect()
    }
}

/// Somebody found the locks too old and noted in the ledger that nothing is to happen.
fn overtaken(request: &TransactWriteItems) -> Result<Error, Error> {
    let conflict = CancellationReason::of(ServiceError::transaction_conflict())?;
    Ok(ServiceError::transaction_canceled(vec![conflict; request.actions.len()]).into())
}
