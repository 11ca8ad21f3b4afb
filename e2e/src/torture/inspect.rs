//! The whole table while nobody writes: rows, local indexes and figures, and whether they agree.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use serde_json::{Value, json};

use super::history::View;
use super::item::Item;
use super::requests::{TABLE, index_name, page};
use super::wire::{Reply, Wire};

#[cfg(test)]
mod tests;

/// Items by partition and sort key.
pub(super) type Rows = BTreeMap<(String, usize), Item>;

/// The views that can be scanned.
pub(super) const VIEWS: [View; 3] = [View::Table, View::ByRank, View::ByCount];
/// Faults told in one message; the folder is kept for the others.
const FAULTS_TOLD: usize = 8;

/// All that the table shows, in the order of [`VIEWS`].
#[derive(Debug)]
pub(super) struct Contents {
    views: [Rows; VIEWS.len()],
    described: Value,
}

impl Contents {
    /// Reads everything.
    pub(super) fn read(wire: &mut Wire) -> Result<Self> {
        let mut views = [const { Rows::new() }; VIEWS.len()];
        for (rows, view) in views.iter_mut().zip(VIEWS) {
            *rows = scan(wire, view)?;
        }
        let described = must(wire, "DescribeTable", &json!({"TableName": TABLE}))?;
        Ok(Self { views, described })
    }

    pub(super) fn table(&self) -> &Rows {
        &self.views[0]
    }

    /// The items of a collection in each view.
    pub(super) fn of<'a>(
        &'a self,
        collection: &str,
    ) -> impl Iterator<Item = (View, BTreeMap<usize, Item>)> + 'a {
        let range = (collection.to_owned(), 0)..=(collection.to_owned(), usize::MAX);
        VIEWS.into_iter().zip(&self.views).map(move |(view, rows)| {
            (view, rows.range(range.clone()).map(|((_, key), item)| (*key, item.clone())).collect())
        })
    }

    /// Compares the local indexes with the table, and the figures with the rows.
    pub(super) fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        for (view, rows) in VIEWS.into_iter().zip(&self.views) {
            let wanted: Rows = self
                .table()
                .iter()
                .filter_map(|(at, item)| Some((at.clone(), item.seen_in(view)?)))
                .collect();
            for at in wanted.keys().chain(rows.keys()) {
                let (has, should) = (rows.get(at), wanted.get(at));
                if has != should {
                    faults.push(format!(
                        "{view:?} has {has:?} at {at:?}; by the table it should be {should:?}"
                    ));
                }
            }
            faults.extend(self.wrong_figures(view, &wanted));
        }
        none(faults)
    }

    fn wrong_figures(&self, view: View, rows: &Rows) -> Option<String> {
        let table = &self.described["Table"];
        let (figures, bytes) = match index_name(view) {
            None => (Some(table), "TableSizeBytes"),
            Some(name) => {
                let indexes = table["LocalSecondaryIndexes"].as_array().into_iter().flatten();
                (indexes.into_iter().find(|index| index["IndexName"] == name), "IndexSizeBytes")
            }
        };
        let told = figures.and_then(|of| Some((of["ItemCount"].as_u64()?, of[bytes].as_u64()?)));
        let counted = rows.iter().map(|((collection, key), item)| item.stored_bytes(collection, *key));
        let counted = (rows.len() as u64, counted.sum::<u64>());
        (told != Some(counted)).then(|| {
            format!("DescribeTable tells {told:?} items and bytes of {view:?}; there are {counted:?}")
        })
    }
}

/// An error of these faults, if there is one.
pub(super) fn none(mut faults: Vec<String>) -> Result<()> {
    faults.dedup();
    let more = faults.len().saturating_sub(FAULTS_TOLD);
    faults.truncate(FAULTS_TOLD);
    ensure!(faults.is_empty(), "{} (and {more} more)", faults.join("; "));
    Ok(())
}

/// A call that must succeed: nobody hinders the process.
pub(super) fn must(wire: &mut Wire, operation: &str, body: &Value) -> Result<Value> {
    match wire.call(operation, body)? {
        Reply::Answer { status: 200, body } => Ok(body),
        other => bail!("{operation} of an undisturbed process: {other:?}"),
    }
}

fn scan(wire: &mut Wire, view: View) -> Result<Rows> {
    let mut request = json!({"TableName": TABLE, "ConsistentRead": true});
    if let Some(index) = index_name(view) {
        request["IndexName"] = json!(index);
    }
    let mut rows = Rows::new();
    loop {
        let mut answer = must(wire, "Scan", &request)?;
        for (collection, row) in page(&answer)? {
            let at = (collection, row.key);
            ensure!(!rows.contains_key(&at), "a scan of {view:?} showed {at:?} twice");
            rows.insert(at, row.item);
        }
        match answer["LastEvaluatedKey"].take() {
            Value::Null => return Ok(rows),
            key => request["ExclusiveStartKey"] = key,
        }
    }
}
