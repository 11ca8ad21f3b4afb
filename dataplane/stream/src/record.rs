//! From a change in the log to a record of a stream.

use std::sync::Arc;

use partita_model::codec::StoredItem;
use partita_model::descriptor::StreamView;
use partita_model::{TableDescriptor, size};
use partita_protocol::output::{EventName, Record};
use partita_protocol::stream::SequenceNumber;
use partita_storage::LogRecord;
use partita_table::{ChangeError, ChangeRecord};
use xxhash_rust::xxh3::Xxh3Default;

/// Makes the records of one stream.
pub(crate) struct Recorder<'a> {
    pub(crate) table: &'a TableDescriptor,
    pub(crate) view: StreamView,
    pub(crate) region: &'a Arc<str>,
}

impl Recorder<'_> {
    /// The record that tells of a change.
    ///
    /// # Errors
    /// When the change in the log cannot be read.
    pub(crate) fn record(&self, entry: &LogRecord) -> Result<Record, ChangeError> {
        let change = ChangeRecord::decode(&entry.payload)?;
        let keys = change.keys(&self.table.key);
        let ChangeRecord { old, new, expired } = change;
        let event_name = match (&old, &new) {
            (None, _) => EventName::Insert,
            (Some(_), Some(_)) => EventName::Modify,
            (Some(_), None) => EventName::Remove,
        };
        let new_image = new.filter(|_| self.view.has_new_image());
        let old_image = old.filter(|_| self.view.has_old_image());
        let images = [&new_image, &old_image].into_iter().flatten().map(StoredItem::size).sum::<usize>();
        Ok(Record {
            event_id: self.event_id(entry.sequence.0),
            event_name,
            region: Arc::clone(self.region),
            expired,
            created: entry.at,
            size_bytes: (size::item_size(&keys) + images) as u64,
            keys: keys.into(),
            new_image: new_image.map(Into::into),
            old_image: old_image.map(Into::into),
            sequence_number: SequenceNumber::of(entry.sequence.0),
            view: self.view,
        })
    }

    /// The same for the same change for ever: clients tell by it what they have seen.
    fn event_id(&self, position: u64) -> u128 {
        let mut hash = Xxh3Default::new();
        hash.update(self.table.settings.uuid.as_bytes());
        hash.update(&self.table.id.0.to_be_bytes());
        hash.update(&position.to_be_bytes());
        hash.digest128()
    }
}

#[cfg(test)]
mod tests;
