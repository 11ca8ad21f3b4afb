//! What is measured: the one list of cases, and what each is called.

use partita_bench::{BATCH_ITEMS, QUERY_ITEMS, TRANSACT_ITEMS, Workload};

/// What is asked of every system that can do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) workload: Workload,
    pub(crate) connections: usize,
    /// Whether the page shows it as bars, besides its table.
    pub(crate) plotted: bool,
}

/// All cases, in the order in which they are measured and shown. Reads come first: writes leave work behind that goes on for a while.
pub(crate) const CASES: [Case; 12] = [
    plotted(Workload::Get, 64),
    listed(Workload::Get, 1),
    listed(Workload::Get, 256),
    plotted(Workload::Query, 64),
    listed(Workload::Scan, 4),
    plotted(Workload::Update, 64),
    plotted(Workload::Put, 1),
    listed(Workload::Put, 16),
    plotted(Workload::Put, 64),
    listed(Workload::BatchWrite, 16),
    listed(Workload::TransactWrite, 64),
    listed(Workload::GsiWrite, 64),
];

const fn listed(workload: Workload, connections: usize) -> Case {
    Case { workload, connections, plotted: false }
}

const fn plotted(workload: Workload, connections: usize) -> Case {
    Case { workload, connections, plotted: true }
}

impl Case {
    /// Its place in [`CASES`]; `None` if it is not measured.
    pub(crate) fn place(workload: Workload, connections: usize) -> Option<usize> {
        CASES.iter().position(|case| (case.workload, case.connections) == (workload, connections))
    }

    pub(crate) fn reads(self) -> bool {
        matches!(self.workload, Workload::Get | Workload::Query | Workload::Scan)
    }

    /// For people.
    pub(crate) fn title(self) -> String {
        let what = match self.workload {
            Workload::Put => "Durable PutItem, 1 KiB".to_owned(),
            Workload::Get => "Strong GetItem, 1 KiB".to_owned(),
            Workload::Update => "UpdateItem: a counter with a condition".to_owned(),
            Workload::Query => format!("Query of {QUERY_ITEMS} × 1 KiB"),
            Workload::BatchWrite => format!("BatchWriteItem of {BATCH_ITEMS} × 1 KiB"),
            Workload::TransactWrite => format!("TransactWriteItems of {TRANSACT_ITEMS} × 1 KiB"),
            Workload::GsiWrite => "Durable PutItem with a global index, 1 KiB".to_owned(),
            Workload::Scan => "Scan".to_owned(),
        };
        let connections = self.connections;
        format!("{what}, {connections} connection{}", if connections == 1 { "" } else { "s" })
    }

    /// The name of its plot's file, without the ending.
    pub(crate) fn file(self) -> String {
        format!("{}-{}", self.workload, self.connections)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_case_is_one_of_its_own() {
        let places = CASES.map(|case| Case::place(case.workload, case.connections));
        assert!(places.into_iter().flatten().eq(0..CASES.len()));
        assert_eq!(CASES.map(Case::title).into_iter().collect::<HashSet<_>>().len(), CASES.len());
        assert_eq!(Case::place(Workload::Get, 2), None);
    }
}
