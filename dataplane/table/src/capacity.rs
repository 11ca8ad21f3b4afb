//! What a call consumes, and how the answer shows it.

use std::collections::BTreeMap;

use partita_model::{CapacityUnits, IndexName};
use partita_protocol::operation::ReturnCapacity;
use partita_protocol::output;

/// Units by the table and the indexes they were spent on. An index that nothing was spent on is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) table: CapacityUnits,
    pub(crate) local_indexes: BTreeMap<IndexName, CapacityUnits>,
    pub(crate) global_indexes: BTreeMap<IndexName, CapacityUnits>,
}

impl Spent {
    /// Units of the table alone.
    pub(crate) fn on_table(units: CapacityUnits) -> Self {
        Self { table: units, ..Self::default() }
    }

    /// Adds units of a local index.
    pub(crate) fn add_index(&mut self, index: &IndexName, units: CapacityUnits) {
        if !units.is_zero() {
            *self.local_indexes.entry(index.clone()).or_default() += units;
        }
    }

    /// Adds units of a global index.
    pub(crate) fn add_global_index(&mut self, index: &IndexName, units: CapacityUnits) {
        if !units.is_zero() {
            *self.global_indexes.entry(index.clone()).or_default() += units;
        }
    }

    /// All units so many times.
    pub(crate) fn times(&self, factor: u64) -> Self {
        let mut times = Self::on_table(self.table * factor);
        for (index, units) in &self.local_indexes {
            times.add_index(index, *units * factor);
        }
        for (index, units) in &self.global_indexes {
            times.add_global_index(index, *units * factor);
        }
        times
    }

    /// Adds what another part of the same call spent.
    pub(crate) fn add(&mut self, other: &Self) {
        self.table += other.table;
        for (index, units) in &other.local_indexes {
            self.add_index(index, *units);
        }
        for (index, units) in &other.global_indexes {
            self.add_global_index(index, *units);
        }
    }

    /// All units together.
    pub(crate) fn total(&self) -> CapacityUnits {
        let indexes = self.local_indexes.values().chain(self.global_indexes.values());
        self.table + indexes.copied().sum()
    }

    /// As the answer shows it; `table` as the request named it.
    pub(crate) fn shown(&self, table: &str, wanted: ReturnCapacity) -> Option<output::ConsumedCapacity> {
        let detail = match wanted {
            ReturnCapacity::None => return None,
            ReturnCapacity::Total => None,
            ReturnCapacity::Indexes => Some(output::CapacityDetail {
                table: self.table,
                local_indexes: self.local_indexes.clone(),
                global_indexes: self.global_indexes.clone(),
            }),
        };
        Some(output::ConsumedCapacity { table: table.to_owned(), total: self.total(), detail })
    }
}
