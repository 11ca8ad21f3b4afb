//! Looking at the readers of a change log.

use partita_model::TableId;

use super::Shard;
use crate::log::{LogSequence, Reader};

/// A reader of a table's change log, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogReader {
    /// What it was registered as.
    pub name: String,
    /// The last position that it has finished.
    pub cursor: LogSequence,
    /// It needs nothing behind this position; `None` while it is open.
    pub closed_at: Option<LogSequence>,
}

impl LogReader {
    fn of(name: &str, reader: Reader) -> Self {
        Self {
            name: name.to_owned(),
            cursor: LogSequence(reader.cursor),
            closed_at: reader.closed_at.map(LogSequence),
        }
    }
}

impl Shard {
    /// The readers of a table, by name. Costs no look into the store; a change that was made a moment ago may not be durable yet.
    pub fn log_readers(&self, table: TableId) -> Vec<LogReader> {
        let order = self.state.order();
        let readers = order.log.table(table).into_iter().flat_map(|log| &log.readers);
        readers.map(|(name, reader)| LogReader::of(name, *reader)).collect()
    }

    /// One reader of a table, as [`Shard::log_readers`] shows it; `None` when there is no such reader.
    pub fn log_reader(&self, table: TableId, name: &str) -> Option<LogReader> {
        self.state.order().log.reader(table, name).ok().map(|reader| LogReader::of(name, reader))
    }
}
