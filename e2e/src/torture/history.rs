//! What clients did and what they saw: one [`Entry`] for each attempt, as the checker reads it.

use std::time::Instant;

use serde::Serialize;

use super::item::{Item, Row};

/// Nanoseconds since the run began, the same for all threads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock(Instant);

/// One attempt of one client, from its call to its answer.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Entry {
    /// The partition key.
    pub(super) collection: String,
    pub(super) client: usize,
    /// Which process it was sent to.
    pub(super) life: u32,
    pub(super) call_ns: u64,
    /// When the answer was there; for an unknown outcome, when the process had ended.
    pub(super) return_ns: u64,
    pub(super) request: Request,
    pub(super) answer: Answer,
}

/// What a client asks for, of one item or of one collection.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Request {
    /// Replaces the item.
    Put {
        key: usize,
        item: Item,
        #[serde(flatten)]
        guard: Guard,
    },
    /// Replaces all but the count.
    Set {
        key: usize,
        item: Item,
        #[serde(flatten)]
        guard: Guard,
    },
    /// Adds to the count.
    Add {
        key: usize,
        by: i64,
        #[serde(flatten)]
        guard: Guard,
    },
    Delete {
        key: usize,
        #[serde(flatten)]
        guard: Guard,
    },
    Read(View),
}

/// The condition of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "guard", content = "guard_count", rename_all = "lowercase")]
pub(super) enum Guard {
    #[serde(rename = "")]
    None,
    Absent,
    Present,
    /// The count is this one.
    Count(i64),
}

/// What a read looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "view", rename_all = "kebab-case")]
pub(super) enum View {
    /// One item.
    Item { key: usize },
    /// All items of a collection, in one page.
    Table,
    /// The collection's entries of a local index that holds whole items.
    ByRank,
    /// The collection's entries of a local index that holds keys only.
    ByCount,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Answer {
    pub(super) outcome: Outcome,
    /// The item before, where the answer shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Sight>,
    /// The item after, where the answer shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<Sight>,
    /// What a read showed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rows: Vec<Row>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Done,
    /// The condition did not hold.
    Refused,
    Unknown,
}

/// An item that was shown, or shown to be absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Sight {
    pub(super) item: Option<Item>,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "a history tells real time")]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn now_ns(self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl Answer {
    /// An answer that shows nothing.
    pub(super) fn plain(outcome: Outcome) -> Self {
        Self { outcome, before: None, after: None, rows: Vec::new() }
    }

    pub(super) fn rows(rows: Vec<Row>) -> Self {
        Self { rows, ..Self::plain(Outcome::Done) }
    }
}

impl Entry {
    /// Settles an attempt without an answer when its process has ended; `false` if it was made only then, so that it came to nothing.
    pub(super) fn settle(&mut self, ended_ns: u64) -> bool {
        if self.answer.outcome == Outcome::Unknown {
            self.return_ns = ended_ns;
        }
        self.call_ns <= self.return_ns
    }
}
