//! TransactWriteItems with all items on this shard.

use std::sync::Arc;

use partita_protocol::operation::{ClientToken, TransactWriteItems};
use partita_protocol::{ServiceError, output};
use partita_storage::{WriteBatch, Written};

use super::action::{Action, Evaluated};
use super::cost::TransactCost;
use super::token::{Reservation, Token};
use crate::Error;
use crate::engine::{Core, TableEngine};
use crate::uncut::Uncut;
use crate::write::{Commit, ItemChange, put_collection};

impl TableEngine {
    /// Carries out all writes of a transaction at one moment, or none of them.
    ///
    /// # Errors
    /// `TransactionCanceledException` with a reason for each action, when one of them cannot be carried out; when a table
    /// is absent, or a key or item does not fit its schema; when the request's token says that it is under way or was
    /// another request. After any error that is not the caller's fault the outcome is unknown.
    ///
    /// # Cancellation
    /// When the future is dropped, all is written or nothing.
    pub async fn transact_write_items(
        &self,
        request: &TransactWriteItems,
    ) -> Result<output::TransactWrite, Error> {
        let actions = self.checked(&request.actions)?;
        let token = request.token.as_ref().map(|token| self.token(token));
        let result = self.core.transact_write(request, &actions, token).await;
        if let Err(error) = &result
            && error.reveals_state()
        {
            self.core.shard.store().barrier().await?;
        }
        result
    }

    /// A token as this installation's account gave it.
    pub fn token(&self, token: &ClientToken) -> Token {
        Token::new(self.account(), token)
    }
}

impl Core {
    /// What a refusal tells need not be durable yet.
    async fn transact_write(
        self: &Arc<Self>,
        request: &TransactWriteItems,
        actions: &[Action<'_>],
        token: Option<Token>,
    ) -> Result<output::TransactWrite, Error> {
        let reservation = token.as_ref().map(|token| self.tokens.reserve(token, self.clock.now()));
        let reservation = reservation.transpose()?;
        if let Some(token) = &token
            && let Some(row) = self.completed(token).await?
        {
            drop(reservation);
            self.shard.store().barrier().await?;
            return Ok(TransactCost::repeated(request, &row.read_units));
        }
        let evaluated = self.evaluate(actions, None).await?;
        if let Some(reasons) = evaluated.reasons() {
            return Err(ServiceError::transaction_canceled(reasons).into());
        }
        let cost = TransactCost::of(actions, &evaluated);
        let mut batch = WriteBatch::new();
        if let Some(token) = &token {
            let (key, value) = token.row(self.clock.now(), None, cost.read_units());
            batch.put(key, value);
        }
        match self.apply(actions, evaluated, batch, reservation).await? {
            Some(written) => written.durable().await?,
            None => self.shard.store().barrier().await?,
        }
        Ok(cost.answer(request))
    }

    /// Applies evaluated actions, none of which was refused, in one batch with whatever is in `batch`. `None` when nothing
    /// had to change.
    async fn apply(
        self: &Arc<Self>,
        actions: &[Action<'_>],
        evaluated: Evaluated,
        mut batch: WriteBatch,
        reservation: Option<Reservation>,
    ) -> Result<Option<Written>, Error> {
        let Evaluated { outcomes, collections, held } = evaluated;
        let mut changes = Vec::with_capacity(actions.len());
        for (action, outcome) in actions.iter().zip(outcomes) {
            let Ok(evaluation) = outcome else { continue };
            if evaluation.effect.batch.is_empty() {
                continue;
            }
            changes.push(ItemChange::new(&action.table, &action.key, &evaluation.images, &evaluation.effect));
            batch.append(evaluation.effect.batch);
        }
        for (row, growth) in collections {
            if growth.bytes != 0 {
                put_collection(row, growth.after, &mut batch);
            }
        }
        if batch.is_empty() {
            return Ok(None);
        }
        let commit = Commit::new(self, changes, batch, held);
        // The token stays taken until its row can be found.
        let applied = async move {
            let written = commit.run().await;
            drop(reservation);
            written
        };
        Uncut::new(applied).await.map(Some)
    }
}
