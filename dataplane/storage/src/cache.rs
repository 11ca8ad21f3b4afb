//! Keeps items that are read again and again in memory.
//!
//! A store has one writer, so that a cache in front of it can be exact: nobody reads from it what is older than
//! anything that a get, a scan or a snapshot has shown before. The rules:
//! - A write takes its keys out of the cache before it is applied, and puts the new values there when it is, each with
//!   the write's sequence. It puts back only what was there: rows that nobody reads by their key stay out.
//! - A durable read may be told a kept row only when its sequence is durable.
//! - A read that found nothing here keeps what it got from the store, unless a write of its stripe was under way, or
//!   began, meanwhile; and a durable read only if it cannot have been shown an older version than the newest.
//! - A key of a young table that no write ever had is not looked up at all ([`absent`]).
//!
//! A write that is dropped halfway may still be applied later: its stripes keep nothing from then on.
//!
//! Keys are spread over stripes by a hash; a stripe stands for all keys that fall on it.

mod absent;
mod rows;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ahash::RandomState;
use async_trait::async_trait;
use bytes::Bytes;
use partita_model::TableId;

use self::absent::Absent;
use self::rows::{KeptRow, Rows};
use crate::error::{Error, Result};
use crate::log::LogSequence;
use crate::progress::Progress;
use crate::space::TABLE_ROWS;
use crate::store::{Change, ShardStore, Snapshot, Visibility, WriteBatch, Written};

/// How many stripes there are. A write keeps out the rows of another one that is under way on the same stripe: with 64
/// writers about one row in 64. They take 32 bytes each.
const STRIPES: usize = 4096;

/// A store with a cache in front of it.
pub(crate) struct CachedStore {
    store: Arc<dyn ShardStore>,
    progress: Arc<Progress>,
    rows: Rows,
    absent: Absent,
    stripes: Box<[Mutex<Stripe>]>,
    /// Seeded at random, so that no client can aim at a stripe.
    hash: RandomState,
    /// True for keys whose rows may be kept.
    eligible: fn(&[u8]) -> bool,
}

/// The writes of some keys.
#[derive(Debug, Default)]
struct Stripe {
    /// How many are under way.
    under_way: usize,
    /// How many ever began.
    begun: u64,
    /// The sequence of the newest that was applied.
    newest: u64,
}

/// A read that found nothing here, of whose key no write was under way when it began.
struct Reading {
    stripe: usize,
    /// The writes of the stripe that had begun.
    begun: u64,
    /// No version of the row is newer.
    newest: u64,
}

/// A change on its way through a write.
struct Changing {
    stripe: usize,
    /// The writes of the stripe that had begun, this one included.
    begun: u64,
    /// The row was here.
    kept: bool,
    change: Change,
}

impl CachedStore {
    /// Puts a cache of at most `bytes` in front of `store`, whose progress is `progress`. All writes must come through
    /// here from now on.
    pub(crate) fn new(store: Arc<dyn ShardStore>, progress: Arc<Progress>, bytes: usize) -> Self {
        // The other spaces hold bookkeeping, which its owners keep in memory themselves, and the change log, which is
        // scanned.
        Self::with(store, progress, bytes, STRIPES, |key| key.first() == Some(&TABLE_ROWS))
    }

    fn with(
        store: Arc<dyn ShardStore>,
        progress: Arc<Progress>,
        bytes: usize,
        stripes: usize,
        eligible: fn(&[u8]) -> bool,
    ) -> Self {
        let stripes = (0..stripes).map(|_| Mutex::default()).collect();
        Self {
            store,
            progress,
            rows: Rows::new(bytes),
            absent: Absent::default(),
            stripes,
            hash: RandomState::new(),
            eligible,
        }
    }

    fn hash_of(&self, key: &[u8]) -> u64 {
        self.hash.hash_one(key)
    }

    fn stripe_of(&self, hash: u64) -> usize {
        // The remainder is the index of a stripe, which is a usize.
        (hash % self.stripes.len() as u64) as usize
    }

    fn stripe(&self, stripe: usize) -> MutexGuard<'_, Stripe> {
        // No code panics while it holds the lock.
        self.stripes[stripe].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self, key: &[u8], visibility: Visibility) -> Option<KeptRow> {
        let row = self.rows.get(key)?;
        (visibility == Visibility::Applied || row.sequence <= self.progress.durable()).then_some(row)
    }

    /// `None` when what the read gets may not be kept.
    fn begin_read(&self, hash: u64, visibility: Visibility) -> Option<Reading> {
        let index = self.stripe_of(hash);
        let stripe = self.stripe(index);
        let newest_is_shown = visibility == Visibility::Applied || stripe.newest <= self.progress.durable();
        let quiet = stripe.under_way == 0;
        let reading = Reading { stripe: index, begun: stripe.begun, newest: stripe.newest };
        (quiet && newest_is_shown).then_some(reading)
    }

    fn end_read(&self, reading: &Reading, key: &[u8], value: Option<&Bytes>) {
        let stripe = self.stripe(reading.stripe);
        // The lock is held until the row is here: a write that begins now takes it out again.
        if stripe.begun == reading.begun {
            self.rows.keep(key, value, reading.newest);
        }
    }

    fn begin_write(&self, batch: &WriteBatch) -> Vec<Changing> {
        // Backwards: of two changes of a key the later one finds the row here, and puts it back.
        let changes = batch.changes().iter().rev().filter(|change| (self.eligible)(&change.key));
        let mut changing: Vec<_> = changes
            .map(|change| {
                let hash = self.hash_of(&change.key);
                self.absent.note(&change.key, hash);
                Changing { stripe: self.stripe_of(hash), begun: 0, kept: false, change: change.clone() }
            })
            .collect();
        changing.sort_by_key(|changing| changing.stripe);
        for group in changing.chunk_by_mut(|one, other| one.stripe == other.stripe) {
            let Some(first) = group.first() else { continue };
            let mut stripe = self.stripe(first.stripe);
            stripe.under_way += 1;
            stripe.begun += 1;
            for changing in group {
                changing.begun = stripe.begun;
                changing.kept = self.rows.remove(&changing.change.key);
            }
        }
        changing
    }

    /// Ends a write that was applied as `sequence`, or that changed nothing.
    fn end_write(&self, changing: &[Changing], sequence: Option<u64>) {
        for group in changing.chunk_by(|one, other| one.stripe == other.stripe) {
            let Some(first) = group.first() else { continue };
            let mut stripe = self.stripe(first.stripe);
            stripe.under_way -= 1;
            let Some(sequence) = sequence else { continue };
            stripe.newest = stripe.newest.max(sequence);
            // What was here when this write began had no other write under way, and none has begun since.
            if stripe.begun == first.begun {
                for Changing { change, .. } in group.iter().filter(|changing| changing.kept) {
                    self.rows.keep(&change.key, change.value.as_ref(), sequence);
                }
            }
        }
    }
}

#[async_trait]
impl ShardStore for CachedStore {
    async fn get(&self, key: &[u8], visibility: Visibility) -> Result<Option<Bytes>> {
        if !(self.eligible)(key) {
            return self.store.get(key, visibility).await;
        }
        self.progress.check_open()?;
        if let Some(row) = self.kept(key, visibility) {
            return Ok(row.value);
        }
        let hash = self.hash_of(key);
        let reading = self.begin_read(hash, visibility);
        let value = match self.absent.lacks(key, hash) {
            true => None,
            false => self.store.get(key, visibility).await?,
        };
        if let Some(reading) = reading {
            self.end_read(&reading, key, value.as_ref());
        }
        Ok(value)
    }

    async fn snapshot(&self, visibility: Visibility) -> Result<Box<dyn Snapshot>> {
        self.store.snapshot(visibility).await
    }

    async fn write(&self, batch: WriteBatch) -> Result<Written> {
        let changing = self.begin_write(&batch);
        let written = self.store.write(batch).await;
        match &written {
            Ok(written) => self.end_write(&changing, Some(written.sequence())),
            // Whether it was applied is not known, and the store answers nothing any more.
            Err(error) if error.fatal() => {}
            Err(_) => self.end_write(&changing, None),
        }
        written
    }

    async fn barrier(&self) -> Result<()> {
        self.store.barrier().await
    }

    async fn close(&self) -> Result<()> {
        self.store.close().await
    }

    async fn ended(&self) -> Error {
        self.store.ended().await
    }

    fn created(&self, table: TableId) {
        self.absent.created(table);
        self.store.created(table);
    }

    fn discard(&self, table: TableId) {
        self.absent.forget(table);
        // Its rows are not read any more, so that they leave the cache as others come.
        self.store.discard(table);
    }

    fn discard_log(&self, table: TableId, upto: LogSequence) {
        self.store.discard_log(table, upto);
    }
}

#[cfg(test)]
mod tests;
