//! Mappings in memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use partita_mapping::{Mapping, MappingId, Refusal, Settings, State, Target};
use partita_model::TableName;
use partita_model::clock::UnixMillis;
use partita_protocol::stream::{StreamArn, StreamName};
use tokio::sync::Notify;

use super::scope;
use crate::mapping::{MappingControl, Observed};

/// Where in a call a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crash {
    /// Nothing was done yet.
    Before(&'static str),
    /// All was done, and the answer did not arrive.
    After(&'static str),
}

#[derive(Default)]
struct Kept {
    labels: BTreeMap<TableName, String>,
    mappings: BTreeMap<MappingId, Observed>,
    made: u64,
    /// Names of the calls that changed something, or were to.
    calls: Vec<&'static str>,
    /// What the next changes answer instead of doing anything.
    faults: VecDeque<Refusal>,
    /// Changes still to be made and then answered with an error.
    answers_to_lose: u32,
    /// Where the next process ends.
    crash: Option<Crash>,
    crashed: Arc<Notify>,
    /// Whether mappings stay in between until [`FakeMappings::finish`].
    slow: bool,
}

/// Mappings in memory.
#[derive(Default)]
pub(crate) struct FakeMappings(Mutex<Kept>);

impl FakeMappings {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap()
    }

    /// The table has a stream of that label from now on.
    pub(crate) fn stream(&self, table: &str, label: &str) {
        self.kept().labels.insert(TableName::new(table), label.to_owned());
    }

    pub(crate) fn fail(&self, faults: impl IntoIterator<Item = Refusal>) {
        self.kept().faults.extend(faults);
    }

    pub(crate) fn lose_answers(&self, count: u32) {
        self.kept().answers_to_lose = count;
    }

    /// Lets the next process end there; returns what tells that it did.
    pub(crate) fn crash(&self, crash: Crash) -> Arc<Notify> {
        let mut kept = self.kept();
        kept.crash = Some(crash);
        Arc::clone(&kept.crashed)
    }

    /// Never returns where the process is to end.
    async fn survive(&self, point: Crash) {
        let crashed = {
            let mut kept = self.kept();
            kept.crash.take_if(|crash| *crash == point).map(|_| Arc::clone(&kept.crashed))
        };
        if let Some(crashed) = crashed {
            crashed.notify_one();
            std::future::pending().await
        }
    }

    pub(crate) fn make_slow(&self) {
        self.kept().slow = true;
    }

    /// Finishes what is in between.
    pub(crate) fn finish(&self) {
        let mut kept = self.kept();
        kept.mappings.retain(|_, observed| observed.state != State::Deleting);
        for observed in kept.mappings.values_mut() {
            observed.state = State::settled(&observed.mapping);
        }
    }

    /// The calls that changed something since the last time this was asked.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.kept().calls)
    }

    pub(crate) fn all(&self) -> Vec<Observed> {
        self.kept().mappings.values().cloned().collect()
    }

    /// A change through the API.
    pub(crate) fn change(&self, id: &MappingId, change: impl FnOnce(&mut Observed)) {
        change(self.kept().mappings.get_mut(id).unwrap());
    }

    /// A deletion through the API.
    pub(crate) fn drop_mapping(&self, id: &MappingId) {
        self.kept().mappings.remove(id).unwrap();
    }

    /// A creation through the API.
    pub(crate) fn add(&self, source: StreamArn, target: Target, settings: Settings) -> MappingId {
        let id = self.new_id().unwrap();
        self.keep(&id, source, target, settings);
        id
    }

    fn keep(&self, id: &MappingId, source: StreamArn, target: Target, settings: Settings) {
        let mut kept = self.kept();
        let last_modified = UnixMillis(1_000);
        let mapping = Mapping { id: id.clone(), generation: 1, source, target, settings, last_modified };
        let state = if kept.slow { State::Creating } else { State::settled(&mapping) };
        kept.mappings.insert(id.clone(), Observed { mapping, state, last_result: None });
    }

    /// Notes a call, and says whether it is to be answered.
    fn called(&self, call: &'static str) -> Result<(), Refusal> {
        let mut kept = self.kept();
        kept.calls.push(call);
        kept.faults.pop_front().map_or(Ok(()), Err)
    }

    fn answer<T>(&self, answer: T) -> Result<T, Refusal> {
        let mut kept = self.kept();
        match kept.answers_to_lose.checked_sub(1) {
            Some(left) => {
                kept.answers_to_lose = left;
                Err(Refusal::Internal)
            }
            None => Ok(answer),
        }
    }
}

#[async_trait]
impl MappingControl for FakeMappings {
    async fn latest_stream(&self, table: &TableName) -> Result<Option<StreamName>, Refusal> {
        let label = self.kept().labels.get(table).cloned();
        Ok(label.map(|label| StreamName { table: table.clone(), label }))
    }

    async fn find(&self, id: &MappingId) -> Result<Option<Observed>, Refusal> {
        Ok(self.kept().mappings.get(id).cloned())
    }

    async fn find_between(&self, source: &StreamArn, target: &str) -> Result<Option<Observed>, Refusal> {
        let is = |o: &&Observed| o.mapping.source == *source && o.mapping.target.name() == target;
        Ok(self.kept().mappings.values().find(is).cloned())
    }

    fn new_id(&self) -> Result<MappingId, Refusal> {
        let mut kept = self.kept();
        kept.made += 1;
        Ok(MappingId::parse(&format!("00000000-0000-0000-0000-{:012}", kept.made)).unwrap())
    }

    async fn create(
        &self,
        id: &MappingId,
        source: StreamArn,
        target: Target,
        settings: Settings,
    ) -> Result<(), Refusal> {
        self.survive(Crash::Before("create")).await;
        self.called("create")?;
        if let Some(there) = self.find_between(&source, target.name()).await? {
            let (target, existing) = (target.name().to_owned(), there.mapping.id);
            return Err(Refusal::Exists { source_arn: source, target, existing });
        }
        let stream = source.name(&scope()).unwrap();
        assert_eq!(self.kept().labels.get(&stream.table), Some(&stream.label), "not the latest stream");
        self.keep(id, source, target, settings);
        self.survive(Crash::After("create")).await;
        self.answer(())
    }

    async fn update(&self, id: &MappingId, target: Target, settings: Settings) -> Result<(), Refusal> {
        self.called("update")?;
        let slow = self.kept().slow;
        self.change(id, |observed| {
            observed.mapping = Mapping { target, settings, ..observed.mapping.clone() };
            observed.state = if slow { State::Updating } else { State::settled(&observed.mapping) };
        });
        self.answer(())
    }

    async fn delete(&self, id: &MappingId) -> Result<(), Refusal> {
        self.called("delete")?;
        if self.kept().slow {
            self.change(id, |observed| observed.state = State::Deleting);
        } else {
            self.drop_mapping(id);
        }
        self.survive(Crash::After("delete")).await;
        self.answer(())
    }
}
