//! Which records are no longer needed.
//!
//! Only a manifest that is stored counts: the engine's own view runs ahead of it. The engine reads the stored one when
//! it collects garbage, and tells this module the ranges that manifests refer to. The one range without an end is that
//! of the current manifest; the others are those of checkpoints, which do not count: the compactor makes one for each
//! of its runs, and they would keep minutes of log for data that is in files. So a checkpoint can be read, copied and
//! restored only if all its rows were moved to files before it was made.

use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use slatedb::wal::{WalError, WalFileRange, WalGc};

use crate::queue::Core;
use crate::state::{Shard, lock};

/// Collects the records of one shard.
pub(crate) struct Collector {
    pub(crate) core: Arc<Core>,
    pub(crate) shard: Arc<Shard>,
}

/// The id up to which rows are in data files, by the current manifest among `ranges`.
fn floor(ranges: &[WalFileRange]) -> Option<u64> {
    let current = ranges.iter().find(|range| range.1 == Bound::Unbounded)?;
    match current.0 {
        // The range begins with the last record whose rows are in data files.
        Bound::Included(first) => Some(first),
        Bound::Excluded(before) => Some(before),
        Bound::Unbounded => None,
    }
}

#[async_trait]
impl WalGc for Collector {
    async fn collect(
        &self,
        ranges: Vec<WalFileRange>,
        _min_age: Duration,
        dry_run: bool,
    ) -> Result<(), WalError> {
        let Some(floor) = floor(&ranges).filter(|_| !dry_run) else { return Ok(()) };
        let risen = {
            let mut state = lock(&self.shard.state);
            let risen = floor > state.floor;
            state.floor = state.floor.max(floor);
            risen
        };
        if risen {
            self.core.trim().await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_current_manifest_counts() {
        let checkpoint = WalFileRange(Bound::Excluded(2), Bound::Excluded(6));
        let current = WalFileRange(Bound::Included(5), Bound::Unbounded);
        assert_eq!(floor(&[checkpoint.clone(), current]), Some(5));
        assert_eq!(floor(&[checkpoint]), None);
    }
}
