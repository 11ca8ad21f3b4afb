//! Client request tokens: a transaction that is asked for again with its token is not carried out again.
//!
//! A token is in memory while its transaction is under way, and a row once it has succeeded, written in the transaction's
//! own batch; a transaction that was cancelled leaves none. Rows lie in buckets by time ([`super::rows`]); whole buckets
//! are swept when they are dead. A token is the account's: it means the same whatever tables its request names.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use partita_model::clock::UnixMillis;
use partita_protocol::ServiceError;
use partita_protocol::operation::{ClientToken, Fingerprint};
use partita_storage::{KeyRange, Order, Visibility, WriteBatch};
use sha2::{Digest, Sha256};

use super::rows::{self, DIGEST_BYTES, TOKEN_LIFETIME_MS, TokenRow, bucket};
use super::{DECISION_MS_MAX, TransactionId};
use crate::Error;
use crate::engine::{Core, TableEngine};

/// How far the clock may be set back without a token being forgotten: by more than clocks that are kept right ever jump.
const CLOCK_STEP_MS_MAX: u64 = 60 * 1_000;

/// A client request token with the request that it came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    digest: [u8; DIGEST_BYTES],
    fingerprint: Fingerprint,
}

impl Token {
    /// The token of an account.
    pub fn new(account: &str, token: &ClientToken) -> Self {
        let mut digest = Sha256::new();
        digest.update(account.as_bytes());
        // No account contains it, so that no two pairs are the same text.
        digest.update([0]);
        digest.update(token.text.as_bytes());
        Self { digest: digest.finalize().into(), fingerprint: token.fingerprint }
    }

    /// What tells it from other tokens of all accounts.
    pub fn digest(&self) -> &[u8; DIGEST_BYTES] {
        &self.digest
    }

    /// The row that is written when the transaction succeeds.
    pub(crate) fn row(
        &self,
        completed: UnixMillis,
        transaction: Option<TransactionId>,
        read_units: Vec<u64>,
    ) -> (Bytes, Bytes) {
        let row = TokenRow { completed, fingerprint: self.fingerprint, transaction, read_units };
        (rows::token(bucket(completed), &self.digest), row.encode())
    }
}

/// The tokens of transactions under way.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    under_way: Mutex<HashMap<[u8; DIGEST_BYTES], Holder>>,
    /// The last row that a sweep removed. The next one goes on behind it, or it would have to pass all rows that were
    /// removed before, again and again.
    swept_to: Mutex<Option<Bytes>>,
}

/// Who carries out the transaction of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    /// A call in this process, as long as its [`Reservation`] lives.
    Call,
    /// A coordinator, which may be gone: until it is too late for it to commit.
    Coordinator { transaction: TransactionId, since: UnixMillis },
}

/// Keeps a token in memory until dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    tokens: Arc<Tokens>,
    digest: [u8; DIGEST_BYTES],
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.tokens.under_way().remove(&self.digest);
    }
}

impl Tokens {
    /// Takes a token for a call.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        token: &Token,
        now: UnixMillis,
    ) -> Result<Reservation, ServiceError> {
        self.take(token, Holder::Call, now)?;
        Ok(Reservation { tokens: Arc::clone(self), digest: token.digest })
    }

    /// Takes a token for a coordinator.
    pub(crate) fn reserve_for(
        &self,
        token: &Token,
        transaction: TransactionId,
        now: UnixMillis,
    ) -> Result<(), ServiceError> {
        self.take(token, Holder::Coordinator { transaction, since: now }, now)
    }

    fn take(&self, token: &Token, holder: Holder, now: UnixMillis) -> Result<(), ServiceError> {
        let mut under_way = self.under_way();
        match under_way.get(&token.digest) {
            Some(Holder::Coordinator { since, .. }) if is_too_late(*since, now) => {}
            Some(_) => return Err(ServiceError::transaction_in_progress()),
            None => {}
        }
        under_way.insert(token.digest, holder);
        Ok(())
    }

    /// Whether a coordinator still has its token.
    pub(crate) fn is_held_by(&self, token: &Token, transaction: TransactionId) -> bool {
        let holder = self.under_way().get(&token.digest).copied();
        matches!(holder, Some(Holder::Coordinator { transaction: holder, .. }) if holder == transaction)
    }

    /// Gives a coordinator's token back; nothing when it is somebody else's by now.
    pub(crate) fn release(&self, token: &Token, transaction: TransactionId) {
        let mut under_way = self.under_way();
        if matches!(under_way.get(&token.digest),
            Some(Holder::Coordinator { transaction: holder, .. }) if *holder == transaction)
        {
            under_way.remove(&token.digest);
        }
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<[u8; DIGEST_BYTES], Holder>> {
        // Nothing panics while holding the lock; if it did, the map would still be whole.
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a transaction that began then cannot be committed any more.
pub(crate) fn is_too_late(begun: UnixMillis, now: UnixMillis) -> bool {
    now.0.saturating_sub(begun.0) > DECISION_MS_MAX
}

impl Core {
    /// The transaction that has succeeded with this token in the last ten minutes. What it says may not be durable yet. The
    /// token is reserved, or a transaction under way could be missed.
    ///
    /// # Errors
    /// `IdempotentParameterMismatchException` when it was another request; otherwise the store failed.
    pub(crate) async fn completed(&self, token: &Token) -> Result<Option<TokenRow>, Error> {
        let now = self.clock.now().0;
        let first = bucket(UnixMillis(now.saturating_sub(TOKEN_LIFETIME_MS)));
        let last = bucket(UnixMillis(now.saturating_add(CLOCK_STEP_MS_MAX)));
        for bucket in first..=last {
            let key = rows::token(bucket, &token.digest);
            let Some(value) = self.shard.store().get(&key, Visibility::Applied).await? else { continue };
            let row = TokenRow::decode(&key, &value)?;
            if now.saturating_sub(row.completed.0) >= TOKEN_LIFETIME_MS {
                continue;
            }
            if row.fingerprint != token.fingerprint {
                return Err(ServiceError::idempotent_parameter_mismatch().into());
            }
            return Ok(Some(row));
        }
        Ok(None)
    }
}

impl TableEngine {
    /// Removes rows of tokens that mean nothing any more, at most so many; returns how many it removed. Fewer than asked
    /// for means that none are left.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sweep_tokens(&self, rows_max: usize) -> Result<usize, Error> {
        let core = &self.core;
        let alive = bucket(UnixMillis(core.clock.now().0.saturating_sub(TOKEN_LIFETIME_MS)));
        let mut range = KeyRange::new(rows::tokens_from(0), rows::tokens_from(alive));
        if let Some(swept) = core.tokens.swept_to().as_ref() {
            range = range.after(swept);
        }
        if range.is_empty() {
            return Ok(0);
        }
        let snapshot = core.shard.store().snapshot(Visibility::Durable).await?;
        let mut rows = snapshot.scan(range, Order::Ascending).await?;
        let mut batch = WriteBatch::new();
        let mut last = None;
        while batch.len() < rows_max {
            let Some(row) = rows.next().await? else { break };
            last = Some(row.key.clone());
            batch.delete(row.key);
        }
        let removed = batch.len();
        if removed > 0 {
            core.shard.commit(batch, Vec::new()).await?.durable().await?;
            *core.tokens.swept_to() = last;
        }
        Ok(removed)
    }
}

impl Tokens {
    fn swept_to(&self) -> MutexGuard<'_, Option<Bytes>> {
        self.swept_to.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
