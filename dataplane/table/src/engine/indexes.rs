//! Keeping the log's reader and the bookkeeping of global indexes in step with descriptors.
//!
//! The reader is registered before the descriptor with the first index is durable, and goes after the one without any is: whatever
//! a crash leaves in between, the next opening takes away. The rows of an index come and go in the batch of the descriptor.

use partita_model::{TableDescriptor, TableId};
use partita_storage::{LogStart, Shard, WriteBatch};

use crate::global::{Backlog, BuildState, READER};
use crate::table::Table;
use crate::{Error, row};

/// Registers the reader of the indexes that `planned` maintains, unless it is there, and lets writers look at their backlog.
/// `served` is the table as it is written to now.
pub(super) async fn begin(
    shard: &Shard,
    planned: &Table,
    served: Option<&Table>,
    backlog_max: u64,
) -> Result<(), Error> {
    if !planned.has_maintained_indexes() {
        return Ok(());
    }
    let cursor = match shard.cursor(planned.id(), READER) {
        Ok(cursor) => cursor,
        Err(_) => shard.register_reader(planned.id(), READER, LogStart::Now).await?,
    };
    planned.recording.add(planned.maintained_indexes());
    if let Some(table) = served {
        // Commits that looked for a reader or for indexes before they were there end here, so that a build sees what they did.
        table.stripes.drain().await;
    }
    let newest = || shard.watch_log(planned.id());
    let backlog = planned.backlog.get_or_init(|| Backlog::new(newest(), cursor, backlog_max));
    backlog.reached(cursor);
    Ok(())
}

/// Removes the reader when `table` maintains no index any more.
pub(super) async fn end(shard: &Shard, table: &Table) -> Result<(), Error> {
    table.recording.of(table.maintained_indexes().cloned());
    if !table.has_maintained_indexes() && shard.cursor(table.id(), READER).is_ok() {
        shard.unregister_reader(table.id(), READER).await?;
    }
    Ok(())
}

/// Adds to `batch` how far the indexes are built that `descriptor` adds, and takes away the bookkeeping of those that it leaves out.
/// Returns the ids of the latter: their rows are to be dropped in the same batch. A table that was not served has no items, so
/// that its indexes are built as they are made.
pub(super) fn change(
    shard: &Shard,
    descriptor: &TableDescriptor,
    served: Option<&Table>,
    batch: &mut WriteBatch,
) -> Vec<TableId> {
    let before: Vec<_> = served.into_iter().flat_map(|table| ids(&table.descriptor)).collect();
    for id in ids(descriptor).filter(|id| !before.contains(id)) {
        let build = match served {
            None => BuildState::of_empty_table(),
            Some(_) => BuildState::default(),
        };
        batch.put(row::build(id), build.encode());
        shard.store().created(id);
    }
    let after: Vec<_> = ids(descriptor).collect();
    let left_out: Vec<_> = before.into_iter().filter(|id| !after.contains(id)).collect();
    left_out.iter().for_each(|id| forget(*id, batch));
    left_out
}

/// Removes what is kept about the rows of an index.
pub(super) fn forget(index: TableId, batch: &mut WriteBatch) {
    batch.delete(row::build(index));
    batch.delete(row::index_statistics(index));
}

/// The ids under which entries lie.
pub(super) fn ids(descriptor: &TableDescriptor) -> impl Iterator<Item = TableId> {
    descriptor.global_indexes.iter().filter(|index| index.is_maintained()).map(|index| index.id)
}
