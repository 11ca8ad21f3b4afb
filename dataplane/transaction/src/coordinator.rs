//! The coordinator: what a request's transaction needs of which shard, and in which order.

mod read;
mod recover;
mod write;

use std::sync::Arc;

use partita_table::TableEngine;
use partita_table::transact::ShardId;

use crate::{Error, OneShard, Participant, Placement};

pub use recover::Recovered;

/// Carries out transactions. Has no state of its own: any number of them may work on the same shards, and one that
/// disappears is cleared away by the others.
#[derive(Clone, Debug)]
pub struct Coordinator {
    placement: Arc<dyn Placement>,
    /// Whose tokens they are.
    account: Arc<str>,
}

impl Coordinator {
    /// A coordinator for the tables of an account.
    pub fn new(placement: Arc<dyn Placement>, account: &str) -> Self {
        Self { placement, account: account.into() }
    }

    /// A coordinator for the tables of an engine that has all of them.
    pub fn on_one_shard(engine: &Arc<TableEngine>) -> Self {
        Self::new(Arc::new(OneShard(Arc::clone(engine))), engine.account())
    }

    fn participant(&self, shard: ShardId) -> Result<Arc<dyn Participant>, Error> {
        self.placement.participant(shard).ok_or(Error::Unreachable { shard })
    }
}

/// One shard's part of a request: which of its actions, or reads, by their places in the request.
#[derive(Debug)]
struct Part {
    shard: ShardId,
    participant: Arc<dyn Participant>,
    places: Vec<usize>,
}

impl Coordinator {
    /// The parts of a request whose elements lie on these shards, in the order of their first elements.
    fn parts(&self, shards: impl Iterator<Item = ShardId>) -> Result<Vec<Part>, Error> {
        let mut parts: Vec<Part> = Vec::new();
        for (place, shard) in shards.enumerate() {
            match parts.iter_mut().find(|part| part.shard == shard) {
                Some(part) => part.places.push(place),
                None => {
                    let participant = self.participant(shard)?;
                    parts.push(Part { shard, participant, places: vec![place] });
                }
            }
        }
        Ok(parts)
    }
}

impl Part {
    /// The part's share of what the request has one of for each element.
    fn share<'r, T>(&self, of: &'r [T]) -> Vec<&'r T> {
        self.places.iter().filter_map(|&place| of.get(place)).collect()
    }

    fn failed(&self, source: partita_table::Error) -> Error {
        Error::Shard { shard: self.shard, source }
    }
}
