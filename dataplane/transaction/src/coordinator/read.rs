//! Reading several items as they were at one moment.

use std::time::Duration;

use futures::future::join_all;
use partita_model::codec::StoredItem;
use partita_protocol::operation::TransactGetItems;
use partita_protocol::output;
use partita_table::transact::{ReadAnswer, VersionedItems, read_answer, read_conflicts};

use super::{Coordinator, Part};
use crate::Error;

/// How often two rounds are tried before the client is told of a conflict: a lock is gone after milliseconds, mostly.
const ATTEMPTS: u32 = 4;
/// Rest before the second attempt, and twice as long before each further one.
const FIRST_REST: Duration = Duration::from_millis(2);

/// What one attempt saw.
enum Attempt {
    /// Items in the order of the request.
    Read(Vec<Option<StoredItem>>),
    /// Which reads met a transaction under way, or an item that changed meanwhile.
    Conflict(Vec<bool>),
}

impl Coordinator {
    /// Reads items as they were at one moment.
    ///
    /// # Errors
    /// `TransactionCanceledException` when an item belongs to a transaction under way, or goes on changing; when a table is
    /// absent, a key does not fit its schema, or the items are too large together. Otherwise a shard failed.
    pub async fn transact_get_items(
        &self,
        request: &TransactGetItems,
    ) -> Result<output::TransactItems, Error> {
        let shards = request.gets.iter().map(|get| self.placement.shard_of(&get.table, &get.key));
        let parts = self.parts(shards)?;
        if let [part] = parts.as_slice() {
            let result = part.participant.transact_get_items(request).await;
            return result.map_err(|source| part.failed(source));
        }
        let mut rest = FIRST_REST;
        let mut conflicts = Vec::new();
        for attempt in 1..=ATTEMPTS {
            match read(request, &parts).await? {
                Attempt::Read(items) => return Ok(read_answer(request, items)?),
                Attempt::Conflict(places) => conflicts = places,
            }
            if attempt < ATTEMPTS {
                tokio::time::sleep(rest).await;
                rest *= 2;
            }
        }
        Err(read_conflicts(&conflicts)?.into())
    }
}

async fn read(request: &TransactGetItems, parts: &[Part]) -> Result<Attempt, Error> {
    let first = join_all(parts.iter().map(async |part| {
        let answer = part.participant.read_versions_of(&part.share(&request.gets)).await;
        answer.map_err(|source| part.failed(source))
    }));
    let mut items = vec![None; request.gets.len()];
    let mut conflicts = vec![false; request.gets.len()];
    let mut seen = Vec::with_capacity(parts.len());
    for (part, answer) in parts.iter().zip(first.await) {
        match answer? {
            ReadAnswer::Items(VersionedItems { items: read, versions }) => {
                part.places.iter().zip(read).for_each(|(&place, item)| items[place] = item);
                seen.push((part, versions));
            }
            ReadAnswer::Conflict(locked) => {
                part.places.iter().zip(locked).for_each(|(&place, locked)| conflicts[place] = locked);
            }
        }
    }
    if conflicts.contains(&true) {
        return Ok(Attempt::Conflict(conflicts));
    }
    let second = join_all(seen.iter().map(async |(part, versions)| {
        let same = part.participant.confirm_versions(&part.share(&request.gets), versions).await;
        same.map_err(|source| part.failed(source))
    }));
    for ((part, _), same) in seen.iter().zip(second.await) {
        if !same? {
            part.places.iter().for_each(|&place| conflicts[place] = true);
        }
    }
    Ok(match conflicts.contains(&true) {
        true => Attempt::Conflict(conflicts),
        false => Attempt::Read(items),
    })
}
