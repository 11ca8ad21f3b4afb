//! What a transaction costs, by the tables that its request names.

use std::collections::{BTreeMap, BTreeSet};

use partita_model::CapacityUnits;
use partita_model::limits::READ_UNIT_BYTES;
use partita_protocol::operation::{ReturnCapacity, TransactWriteItems};
use partita_protocol::output::{self, Access, ItemCollectionMetrics, TransactionCapacity};

use super::action::{Action, Evaluated, Evaluation};
use crate::capacity::Spent;
use crate::write::collection_metrics;

/// Transactions cost double: DynamoDB prepares and then commits each item.
pub(super) const FACTOR: u64 = 2;

/// What a transaction, or one shard's part of it, consumed, and what its answer says of item collections.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransactCost {
    /// By the table as the request named it.
    tables: BTreeMap<String, TableCost>,
    /// By the table as the request named it.
    metrics: BTreeMap<String, Vec<ItemCollectionMetrics>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct TableCost {
    written: Spent,
    /// What only reading the items would cost.
    read_units: u64,
}

impl TransactCost {
    /// The cost of evaluated actions, none of which was refused.
    pub(super) fn of(actions: &[Action<'_>], evaluated: &Evaluated) -> Self {
        let mut cost = Self::default();
        let mut collections = evaluated.collections.clone();
        for (action, outcome) in actions.iter().zip(&evaluated.outcomes) {
            let Ok(evaluation) = outcome else { continue };
            let given = action.requested.table().as_given();
            let table = cost.tables.entry(given.to_owned()).or_default();
            table.written.add(&evaluation.effect.spent.times(FACTOR));
            table.read_units += read_units(evaluation);
            // Once for each collection.
            if let Some(growth) = collections.remove(&action.key.collection()) {
                let metrics = collection_metrics(&action.table, action.requested.keys(), growth.after);
                cost.metrics.entry(given.to_owned()).or_default().push(metrics);
            }
        }
        cost
    }

    /// Adds the cost of another shard's part.
    pub fn add(&mut self, other: Self) {
        for (given, cost) in other.tables {
            let table = self.tables.entry(given).or_default();
            table.written.add(&cost.written);
            table.read_units += cost.read_units;
        }
        for (given, mut metrics) in other.metrics {
            self.metrics.entry(given).or_default().append(&mut metrics);
        }
    }

    /// What only reading the items would cost, for each table in the order of their names.
    pub fn read_units(&self) -> Vec<u64> {
        self.tables.values().map(|cost| cost.read_units).collect()
    }

    /// The answer to the request.
    pub fn answer(self, request: &TransactWriteItems) -> output::TransactWrite {
        let capacity = self
            .tables
            .iter()
            .filter_map(|(given, cost)| shown(given, &cost.written, request.capacity, Access::Write));
        let capacity = capacity.collect();
        let metrics = if request.collection_metrics { self.metrics } else { BTreeMap::new() };
        output::TransactWrite { capacity, metrics }
    }

    /// The answer to a request that was carried out before: it costs what reading the items costs.
    pub fn repeated(request: &TransactWriteItems, read_units: &[u64]) -> output::TransactWrite {
        let names: BTreeSet<&str> = request.actions.iter().map(|action| action.table().as_given()).collect();
        let capacity = names.into_iter().zip(read_units).filter_map(|(given, units)| {
            let spent = Spent::on_table(CapacityUnits::whole(*units));
            shown(given, &spent, request.capacity, Access::Read)
        });
        output::TransactWrite { capacity: capacity.collect(), metrics: BTreeMap::new() }
    }
}

/// Units of one table, as the answer shows them.
pub(super) fn shown(
    given: &str,
    spent: &Spent,
    wanted: ReturnCapacity,
    access: Access,
) -> Option<TransactionCapacity> {
    spent.shown(given, wanted).map(|capacity| TransactionCapacity { capacity, access })
}

/// What reading the item would cost, by the larger of its two sizes.
fn read_units(evaluation: &Evaluation) -> u64 {
    let images = &evaluation.images;
    let size = [&images.before, &images.after].into_iter().flatten().map(|item| item.size()).max();
    FACTOR * (size.unwrap_or(0) as u64).div_ceil(READ_UNIT_BYTES).max(1)
}
