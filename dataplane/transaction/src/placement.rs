//! Which shard an item lies on.

use std::fmt::Debug;
use std::sync::Arc;

use partita_model::Item;
use partita_protocol::operation::TableRef;
use partita_table::TableEngine;
use partita_table::transact::{ShardId, Token};

use crate::Participant;

/// Where things are, and how to reach them.
pub trait Placement: Send + Sync + Debug {
    /// The shard of the item whose key attributes are in `key`, which may hold more. When there is no such table, or the
    /// key does not fit it: any shard, which will say so.
    fn shard_of(&self, table: &TableRef, key: &Item) -> ShardId;

    /// The shard that remembers a token: always the same one, or a request could be carried out twice.
    fn shard_of_token(&self, token: &Token) -> ShardId;

    /// A shard; `None` when it is not known or cannot be reached now.
    fn participant(&self, shard: ShardId) -> Option<Arc<dyn Participant>>;

    /// The shards whose stalled transactions are recovered from here.
    fn recovered_here(&self) -> Vec<ShardId>;
}

/// One shard with everything on it.
#[derive(Debug)]
pub struct OneShard(pub Arc<TableEngine>);

/// The shard there is.
const ONLY: ShardId = ShardId(0);

impl Placement for OneShard {
    fn shard_of(&self, _table: &TableRef, _key: &Item) -> ShardId {
        ONLY
    }

    fn shard_of_token(&self, _token: &Token) -> ShardId {
        ONLY
    }

    fn participant(&self, shard: ShardId) -> Option<Arc<dyn Participant>> {
        (shard == ONLY).then(|| Arc::clone(&self.0) as Arc<dyn Participant>)
    }

    fn recovered_here(&self) -> Vec<ShardId> {
        vec![ONLY]
    }
}
