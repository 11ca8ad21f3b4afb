//! The setting by which a table's items expire: what all generations of its descriptor share, and how it changes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use bytes::Bytes;
use partita_model::TableId;
use partita_model::clock::UnixMillis;
use partita_model::descriptor::{Build, TimeToLive};
use partita_storage::{KeyRange, Order, Snapshot, Visibility, WriteBatch};

use super::row;
use super::state::BuildState;
use crate::Error;
use crate::engine::Core;
use crate::statistics::{StripeGuard, Tally};
use crate::table::Table;

/// The setting of a table that holds now. Whoever holds one of the table's stripes keeps it from changing.
#[derive(Debug, Default)]
pub(crate) struct Expiring {
    setting: RwLock<Option<Arc<Setting>>>,
}

/// A setting, and how far building and sweeping are.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) time_to_live: TimeToLive,
    /// Whether the rows of all items are there.
    built: AtomicBool,
    position: Mutex<Position>,
}

/// How far sweeps are.
#[derive(Debug, Default)]
struct Position {
    /// Before this key there is no row that a sweep would have to look at, but for `left`. Without it a sweep would have to pass
    /// all that earlier ones removed, again and again.
    swept_to: Bytes,
    /// The first row that sweeps passed and left. Looked at again once everything behind it was.
    left: Option<Bytes>,
}

/// A sweep under way. Everything up to its end counts as swept from its beginning on, so that rows that come meanwhile are noted
/// as not swept.
#[derive(Debug)]
pub(crate) struct Turn<'s> {
    setting: &'s Setting,
    range: KeyRange,
    ended: bool,
}

/// What is known of a setting's build, for statistics.
pub(crate) async fn build_of(setting: TableId, snapshot: &dyn Snapshot) -> Result<Option<Build>, Error> {
    let key = crate::row::build(setting);
    let state = snapshot.get(&key).await?.map(|value| BuildState::decode(&key, &value));
    Ok(state.transpose()?.map(|state| state.build))
}

/// The beginning or end of a setting, which no write of the table sees halfway.
pub(crate) struct SettingChange {
    next: Option<Arc<Setting>>,
    /// The setting that ends; its rows go.
    pub(crate) ended: Option<TableId>,
    _stripes: Vec<StripeGuard>,
}

impl Expiring {
    /// The setting that holds now.
    pub(crate) fn setting(&self) -> Option<Arc<Setting>> {
        self.setting.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets a setting hold from now on.
    pub(crate) fn set(&self, setting: Option<Arc<Setting>>) {
        *self.setting.write().unwrap_or_else(PoisonError::into_inner) = setting;
    }
}

impl Setting {
    /// A setting of which nothing is known yet: the next build and sweep will find out.
    pub(crate) fn new(time_to_live: TimeToLive) -> Self {
        Self { time_to_live, built: AtomicBool::new(false), position: Mutex::default() }
    }

    pub(crate) fn id(&self) -> TableId {
        self.time_to_live.id
    }

    pub(crate) fn is_built(&self) -> bool {
        self.built.load(Ordering::Acquire)
    }

    pub(crate) fn note_built(&self) {
        self.built.store(true, Ordering::Release);
    }

    /// Notes a row that is in the store now, and that a sweep may have gone past already.
    pub(crate) fn note_row(&self, key: &Bytes, now: UnixMillis) {
        let mut position = self.position();
        // What is too old is not looked at: it must not send sweeps back.
        if *key < position.swept_to && key >= row::due(self.id(), now).start() {
            position.swept_to = key.clone();
        }
    }

    /// Begins a sweep of what is due at `now`. It has to see what is applied before; rows that come later are noted after this.
    pub(crate) fn begin_sweep(&self, now: UnixMillis) -> Turn<'_> {
        let due = row::due(self.id(), now);
        let end = due.end().cloned().unwrap_or_default();
        let from = std::mem::replace(&mut self.position().swept_to, end.clone());
        Turn { setting: self, range: KeyRange::new(due.start().clone().max(from), end), ended: false }
    }

    fn position(&self) -> MutexGuard<'_, Position> {
        // Nothing panics while holding the lock.
        self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Position {
    fn go_back(&mut self, key: &Bytes) {
        if *key < self.swept_to {
            self.swept_to = key.clone();
        }
    }
}

impl Turn<'_> {
    /// Where rows may be due.
    pub(crate) fn range(&self) -> &KeyRange {
        &self.range
    }

    /// Ends the sweep behind the row under `last`, or at the end of the range if that is none. The first row that was passed and has
    /// to be looked at again is `left`.
    pub(crate) fn end(mut self, last: Option<&Bytes>, left: Option<Bytes>) {
        self.ended = true;
        let mut position = self.setting.position();
        position.left = position.left.take().into_iter().chain(left).min();
        match last {
            Some(last) => position.go_back(&Bytes::from([last, [0].as_slice()].concat())),
            None => {
                if let Some(left) = position.left.take() {
                    position.go_back(&left);
                }
            }
        }
    }
}

/// A sweep that fails or is given up leaves everything to the next one.
impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.setting.position().go_back(self.range.start());
        }
    }
}

impl Core {
    /// What the descriptor of `table` changes, in rows and for later writes; `None` when the setting stays. From the call
    /// on no write of the table is committed, until the change is done or dropped: earlier writes follow the ended setting, later
    /// ones the next.
    pub(crate) async fn setting_change(
        &self,
        table: &Table,
        batch: &mut WriteBatch,
    ) -> Result<Option<SettingChange>, Error> {
        let held = table.expiring.setting();
        let wanted = &table.descriptor.time_to_live;
        if held.as_ref().map(|setting| &setting.time_to_live) == wanted.as_ref() {
            return Ok(None);
        }
        let stripes = table.stripes.acquire_all().await;
        if let Some(setting) = &held {
            batch.delete(crate::row::build(setting.id()));
        }
        let next = wanted.clone().map(Setting::new);
        if let Some(setting) = &next {
            let finished = self.is_empty(table.id()).await?;
            let build = BuildState { build: Build { scanned_items: 0, finished }, ..BuildState::default() };
            batch.put(crate::row::build(setting.id()), build.encode());
        }
        let ended = held.map(|setting| setting.id());
        Ok(Some(SettingChange { next: next.map(Arc::new), ended, _stripes: stripes }))
    }

    /// Whether a table whose stripes are all held has no items.
    async fn is_empty(&self, table: TableId) -> Result<bool, Error> {
        let snapshot = self.shard.store().snapshot(Visibility::Applied).await?;
        let range = KeyRange::prefix(crate::row::statistics_prefix(table));
        let mut rows = snapshot.scan(range, Order::Ascending).await?;
        while let Some(row) = rows.next().await? {
            if Tally::read(&row.key, &row.value)?.table().item_count > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl SettingChange {
    /// Lets the next setting hold, now that the change is durable.
    pub(crate) fn done(self, table: &Table) {
        table.expiring.set(self.next);
    }
}

#[cfg(test)]
mod tests;
