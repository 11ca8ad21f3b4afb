//! Reading a shard's bookkeeping when it is opened.

use std::collections::BTreeSet;

use partita_model::TableId;

use super::DROPPED_VERSION;
use crate::error::{Error, Result};
use crate::log::{self, ChangeLog, TableLog};
use crate::space::{self, CHANGE_LOG, DROPPED_TABLES, LOG_READERS};
use crate::store::{KeyRange, Order, Snapshot};

/// The dropped tables that may have rows left.
pub(super) async fn dropped(snapshot: &dyn Snapshot) -> Result<BTreeSet<TableId>> {
    let mut dropped = BTreeSet::new();
    let mut rows = snapshot.scan(KeyRange::prefix(vec![DROPPED_TABLES]), Order::Ascending).await?;
    while let Some(row) = rows.next().await? {
        match (space::split(&row.key), row.value.as_ref()) {
            (Some((_, table, [])), [DROPPED_VERSION]) => dropped.insert(table),
            _ => return Err(Error::Corrupt { what: "a row of a dropped table cannot be read".to_owned() }),
        };
    }
    Ok(dropped)
}

/// The change logs and their readers.
pub(super) async fn log(snapshot: &dyn Snapshot) -> Result<ChangeLog> {
    let mut log = ChangeLog::default();
    let mut rows = snapshot.scan(KeyRange::prefix(vec![LOG_READERS]), Order::Ascending).await?;
    while let Some(row) = rows.next().await? {
        let (table, name) = log::reader_of(&row.key)?;
        let reader = log::decode_reader(&row.value)?;
        let state = log.table_mut(table);
        state.head = state.head.max(reader.cursor).max(reader.closed_at.unwrap_or_default());
        if name != log::HEAD {
            state.readers.insert(name.to_owned(), reader);
        }
    }
    let tables: Vec<_> = log.tables().map(|(table, _)| table).collect();
    for table in tables {
        find_head(snapshot, table, log.table_mut(table)).await?;
    }
    Ok(log)
}

/// Sets the head of a log by its last record. Records that every reader has passed may be gone, so that the cursors, which
/// are in the head already, count as well.
async fn find_head(snapshot: &dyn Snapshot, table: TableId, log: &mut TableLog) -> Result<()> {
    let range = KeyRange::prefix(space::table_prefix(CHANGE_LOG, table).to_vec());
    if let Some(last) = snapshot.scan(range, Order::Descending).await?.next().await? {
        let record = log::decode_record(&last.key, last.value)?;
        log.head = log.head.max(record.sequence.0);
        log.last_at = record.at;
    }
    Ok(())
}
