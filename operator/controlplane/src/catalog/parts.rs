//! What of a table comes and goes while the table is there: global indexes, the stream, expiry.

use std::collections::BTreeMap;

use jiff::Timestamp;
use partita_model::clock::UnixMillis;
use partita_model::descriptor::{Progress, StreamSettings, StreamView, TimeToLive};
use partita_model::{IndexName, TableId};
use partita_protocol::definition::{GlobalIndexDefinition, StreamSpecification};
use serde::{Deserialize, Serialize};

/// How far a table's parts are. The serialized form is stored: members are only ever added, with a default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parts {
    /// Of each global index in the table's definition, once it has an id.
    pub indexes: BTreeMap<IndexName, IndexPart>,
    /// Global indexes that the definition has no more, and the data plane may have still.
    pub leaving: Vec<GlobalIndexDefinition>,
    /// The latest stream; none if there never was one.
    pub stream: Option<StreamPart>,
    /// How items expire, or did until lately.
    pub time_to_live: Option<ExpiryPart>,
    /// When a caller of the API last turned expiry on or off, in milliseconds since 1970.
    pub time_to_live_changed_ms: Option<u64>,
}

/// How far a global index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexPart {
    /// The number of this incarnation.
    pub id: TableId,
    /// Where it is in its life.
    pub state: IndexState,
}

/// Where a global index is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IndexState {
    /// The data plane fills it.
    Building,
    /// It is filled, and the data plane may not know yet that it may be read.
    Built,
    /// It may be read.
    Active,
}

/// The latest stream of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamPart {
    /// What the data plane is told of it.
    pub settings: StreamSettings,
    /// The time in its label, in milliseconds since 1970.
    pub since_ms: u64,
}

/// How items expire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiryPart {
    /// What the data plane is told of it.
    pub setting: TimeToLive,
    /// How far that is.
    pub state: ExpiryState,
}

/// How far it is with the expiry of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExpiryState {
    /// The data plane looks for the items that have a time.
    Enabling,
    /// Every item with a time expires.
    Enabled,
    /// The data plane may not know yet that nothing expires any more.
    Disabling,
}

impl IndexState {
    /// Whether the data plane is told that it may be read.
    pub fn is_readable(self) -> bool {
        matches!(self, Self::Built | Self::Active)
    }
}

impl Parts {
    /// The parts of a table that is being made: indexes have nothing to be filled with.
    pub fn of_new_table(
        indexes: &[GlobalIndexDefinition],
        ids: Vec<TableId>,
        stream: Option<&StreamSpecification>,
        now: UnixMillis,
    ) -> Self {
        let mut parts = Self::default();
        for (index, id) in indexes.iter().zip(ids) {
            parts.indexes.insert(index.index_name.clone(), IndexPart { id, state: IndexState::Active });
        }
        if let Some(view) = stream.and_then(asked_view) {
            parts.enable_stream(view, now);
        }
        parts
    }

    /// Whether an index is on its way in or out.
    pub fn has_index_under_way(&self) -> bool {
        !self.leaving.is_empty() || self.indexes.values().any(|part| part.state != IndexState::Active)
    }

    /// Whether this index is on its way in.
    pub fn is_coming(&self, index: &IndexName) -> bool {
        self.indexes.get(index).is_some_and(|part| part.state != IndexState::Active)
    }

    /// Whether something of the table is being filled.
    pub fn is_building(&self) -> bool {
        let enabling = self.time_to_live.as_ref().is_some_and(|part| part.state == ExpiryState::Enabling);
        enabling || self.indexes.values().any(|part| part.state == IndexState::Building)
    }

    /// Whether something is not where it is going.
    pub fn is_under_way(&self) -> bool {
        let expiry = self.time_to_live.as_ref().is_some_and(|part| part.state != ExpiryState::Enabled);
        expiry || self.has_index_under_way()
    }

    /// How items expire from now on.
    pub fn expiry(&self) -> Option<&TimeToLive> {
        let part = self.time_to_live.as_ref().filter(|part| part.state != ExpiryState::Disabling)?;
        Some(&part.setting)
    }

    /// The stream that records are written for.
    pub fn enabled_stream(&self) -> Option<&StreamSettings> {
        self.stream.as_ref().map(|part| &part.settings).filter(|settings| settings.enabled)
    }

    /// Begins a new stream. Its label is that of the time, or of the next millisecond that no label of the table has had.
    pub fn enable_stream(&mut self, view: StreamView, now: UnixMillis) {
        let earliest = self.stream.as_ref().map_or(0, |last| last.since_ms.saturating_add(1));
        let since_ms = now.0.max(earliest);
        let settings = StreamSettings { label: label(since_ms), view, enabled: true };
        self.stream = Some(StreamPart { settings, since_ms });
    }

    /// Ends the stream; its records stay readable for a while.
    pub fn disable_stream(&mut self) {
        if let Some(part) = &mut self.stream {
            part.settings.enabled = false;
        }
    }

    /// These parts after the data plane has heard of them as they are, and was as far as `progress` says.
    pub fn advanced(&self, progress: &Progress) -> Self {
        let mut next = self.clone();
        next.leaving.clear();
        for part in next.indexes.values_mut() {
            part.state = match part.state {
                IndexState::Building if progress.is_built(part.id) => IndexState::Built,
                IndexState::Built => IndexState::Active,
                state => state,
            };
        }
        if let Some(part) = &mut next.time_to_live {
            match part.state {
                ExpiryState::Enabling if progress.is_built(part.setting.id) => {
                    part.state = ExpiryState::Enabled
                }
                ExpiryState::Disabling => next.time_to_live = None,
                ExpiryState::Enabling | ExpiryState::Enabled => {}
            }
        }
        next
    }
}

/// The view of a stream that is asked for; none if it is to be off.
pub(crate) fn asked_view(asked: &StreamSpecification) -> Option<StreamView> {
    asked.stream_view_type.filter(|_| asked.stream_enabled)
}

/// `YYYY-MM-DDTHH:MM:SS.mmm`.
fn label(since_ms: u64) -> String {
    let since = i64::try_from(since_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    since.unwrap_or(Timestamp::MAX).strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string()
}

#[cfg(test)]
mod tests;
