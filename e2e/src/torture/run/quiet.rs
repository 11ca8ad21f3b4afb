//! The look at everything after a restart, before clients come.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};

use super::Run;
use crate::torture::collection::Collection;
use crate::torture::counters;
use crate::torture::history::{Answer, Entry, Guard, Request, View};
use crate::torture::inspect::{Contents, must, none};
use crate::torture::item::{Item, Row};
use crate::torture::requests::{self, Asked, KEYS};
use crate::torture::wire::{Reply, Wire};

/// Writes of one BatchWriteItem: the service's limit.
const BATCH_MAX: usize = 25;

impl Run<'_> {
    /// Looks at the whole table, writes down what it shows, and hands collections that rest to the judge and to the archive.
    pub(super) fn inspect(&mut self, life: u32, wire: &mut Wire) -> Result<()> {
        let call_ns = self.clock.now_ns();
        let contents = Contents::read(wire).context("a look at everything")?;
        let return_ns = self.clock.now_ns();
        let (live, resting) = (self.stock.live(), self.stock.take_resting());
        for collection in live.iter().chain(&resting) {
            for (view, items) in contents.of(&collection.name) {
                let answer = Answer::rows(items.into_iter().map(|(key, item)| Row { key, item }).collect());
                collection.record(self.observed(
                    life,
                    collection,
                    (call_ns, return_ns),
                    Request::Read(view),
                    answer,
                ));
            }
        }
        for collection in &live {
            self.look(life, wire, collection)?;
        }
        let found =
            self.faults(&contents, live.iter().chain(&resting).map(|collection| collection.name.as_str()));
        let mut histories = Vec::new();
        for collection in &resting {
            let [(_, items), ..] = &*contents.of(&collection.name).collect::<Vec<_>>() else { continue };
            self.archive.add(&collection.name, items.clone());
            histories.append(&mut collection.take_history());
        }
        // Judged even if something else is wrong: two findings tell more than one.
        self.judge.submit(histories)?;
        found?;
        self.forget(wire)?;
        self.summary.inspections += 1;
        self.summary.items = contents.table().len() as u64;
        Ok(())
    }

    fn faults<'a>(&self, contents: &Contents, others: impl Iterator<Item = &'a str>) -> Result<()> {
        contents.check()?;
        self.counters.check(contents.table())?;
        let others: BTreeSet<&str> = others.chain([counters::COLLECTION]).collect();
        none(self.archive.faults(contents.table(), &others))
    }

    /// Asks for a collection as clients do; scans take another way through the process than these.
    fn look(&self, life: u32, wire: &mut Wire, collection: &Collection) -> Result<()> {
        let views = [View::Table, View::ByRank, View::ByCount];
        for view in views.into_iter().chain((0..KEYS).map(|key| View::Item { key })) {
            let asked = Asked { request: Request::Read(view), shows: false };
            let (operation, body) = requests::call(&collection.name, &asked);
            let call_ns = self.clock.now_ns();
            let Reply::Answer { status, body } = wire.call(operation, &body)? else {
                bail!("an undisturbed process does not answer a {operation}");
            };
            ensure!(status == 200, "{operation} of an undisturbed process: {status} {body}");
            let answer = requests::answer(&collection.name, &asked, status, &body)?;
            let interval = (call_ns, self.clock.now_ns());
            collection.record(self.observed(life, collection, interval, asked.request, answer));
        }
        Ok(())
    }

    fn observed(
        &self,
        life: u32,
        collection: &Collection,
        (call_ns, return_ns): (u64, u64),
        request: Request,
        answer: Answer,
    ) -> Entry {
        let collection = collection.name.clone();
        Entry { collection, client: self.options.clients, life, call_ns, return_ns, request, answer }
    }

    /// Deletes what the archive has no room for. From then on it must be absent.
    fn forget(&mut self, wire: &mut Wire) -> Result<()> {
        let forgotten: Vec<(String, BTreeMap<usize, Item>)> = self.archive.overflow();
        let deletions: Vec<(&str, Request)> = forgotten
            .iter()
            .flat_map(|(name, items)| items.keys().map(|key| (name.as_str(), *key)))
            .map(|(name, key)| (name, Request::Delete { key, guard: Guard::None }))
            .collect();
        for batch in deletions.chunks(BATCH_MAX) {
            let (operation, body) = requests::batch(batch.iter().map(|(name, request)| (*name, request)));
            let answer = must(wire, operation, &body)?;
            let left = answer["UnprocessedItems"].as_object().is_some_and(|left| !left.is_empty());
            ensure!(!left, "a batch came back in part: {answer}");
        }
        Ok(())
    }
}
