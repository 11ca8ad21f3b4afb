//! What the data plane was told, since it or we were last started.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use partita_model::TableId;
use partita_model::descriptor::Generation;

/// The generations that the data plane surely has. One entry for each table.
#[derive(Debug, Default)]
pub(super) struct Published(Mutex<Told>);

#[derive(Debug, Default)]
struct Told {
    /// Grows when the data plane starts anew: what it was told before may be lost.
    life: u64,
    generations: HashMap<TableId, Generation>,
}

/// The data plane as it was when it was spoken to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life(u64);

impl Published {
    /// To be asked for before the data plane is told of anything.
    pub(super) fn life(&self) -> Life {
        Life(self.told().life)
    }

    /// Notes that the data plane has this generation, unless it started anew meanwhile.
    pub(super) fn note(&self, life: Life, table: TableId, generation: Generation) {
        let mut told = self.told();
        if told.life == life.0 {
            told.generations.insert(table, generation);
        }
    }

    /// Whether the data plane surely has this generation.
    pub(super) fn has(&self, table: TableId, generation: Generation) -> bool {
        self.told().generations.get(&table) == Some(&generation)
    }

    pub(super) fn forget(&self, table: TableId) {
        self.told().generations.remove(&table);
    }

    /// The data plane may have lost everything.
    pub(super) fn forget_all(&self) {
        let mut told = self.told();
        told.life += 1;
        told.generations.clear();
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        // Whole after a panic too: nothing in here panics between two changes that belong together.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: TableId = TableId(7);

    #[test]
    fn what_was_told_to_a_data_plane_of_before_does_not_count() {
        let published = Published::default();
        let before = published.life();
        published.note(before, TABLE, Generation(1));
        assert!(published.has(TABLE, Generation(1)) && !published.has(TABLE, Generation(2)));
        published.forget_all();
        assert!(!published.has(TABLE, Generation(1)));
        published.note(before, TABLE, Generation(1));
        assert!(!published.has(TABLE, Generation(1)), "it was on its way when the data plane started anew");
        published.note(published.life(), TABLE, Generation(1));
        published.forget(TABLE);
        assert!(!published.has(TABLE, Generation(1)));
    }
}
