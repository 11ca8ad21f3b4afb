//! Real histories with one answer changed: each must be refused.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use partita_e2e::torture::Checker;
use serde_json::{Value, json};

/// Changes one answer of a collection's history, if it finds a place where no order can explain the change.
type Doctor = fn(&mut [Value]) -> Option<()>;

const DOCTORS: [(&str, Doctor); 4] = [
    ("lost write", lost_write),
    ("stale read", stale_read),
    ("half visible", half_visible),
    ("lost update", lost_update),
];

/// Doctors the kept histories of a run in each way, and has them judged.
pub(crate) fn refuses_all(checker: &Checker, histories: &Path) -> Result<()> {
    let collections = read(histories)?;
    let doctored = histories.join("doctored.jsonl");
    for (what, doctor) in DOCTORS {
        let history = collections
            .iter()
            .find_map(|history| {
                let mut history = history.clone();
                doctor(&mut history).map(|()| history)
            })
            .with_context(|| format!("no history in {} has a place for a {what}", histories.display()))?;
        fs::write(&doctored, history.iter().map(|line| format!("{line}\n")).collect::<String>())?;
        let verdict = checker.check(&doctored, &doctored.with_extension("html"))?;
        ensure!(verdict.violation.is_some(), "a {what} was not found: {}", doctored.display());
    }
    Ok(())
}

/// An item that the last look at the table and one of an index showed is missing from the first of them.
fn lost_write(history: &mut [Value]) -> Option<()> {
    let by_count = last_read(history, "by-count")?;
    let key = history[by_count]["answer"]["rows"][0].get("key")?.clone();
    let table = last_read(history, "table")?;
    let rows = history[table]["answer"]["rows"].as_array_mut()?;
    rows.retain(|row| row["key"] != key);
    Some(())
}

/// An index entry that the last look showed, for an item that it showed as well, is missing.
fn half_visible(history: &mut [Value]) -> Option<()> {
    let by_rank = last_read(history, "by-rank")?;
    let rows = history[by_rank]["answer"]["rows"].as_array_mut()?;
    (!rows.is_empty()).then(|| drop(rows.remove(0)))
}

/// A GetItem shows a put that another put had replaced before it began.
fn stale_read(history: &mut [Value]) -> Option<()> {
    let puts: Vec<(&Value, u64, u64, Value)> = history
        .iter()
        .filter(|line| line["request"]["kind"] == "put" && line["answer"]["outcome"] == "done")
        .map(|line| {
            (&line["request"]["key"], time(line, "call_ns"), time(line, "return_ns"), line["request"].clone())
        })
        .collect();
    let (read, old) = history.iter().enumerate().find_map(|(read, line)| {
        (line["request"]["view"] == "item").then_some(())?;
        let replaced = |old: &&(&Value, u64, u64, Value)| {
            *old.0 == line["request"]["key"]
                && puts.iter().any(|new| new.0 == old.0 && old.2 < new.1 && new.2 < time(line, "call_ns"))
        };
        Some((read, puts.iter().find(replaced)?.3.clone()))
    })?;
    let mut row = old["item"].clone();
    row["key"] = old["key"].clone();
    history[read]["answer"]["rows"] = json!([row]);
    Some(())
}

/// Two updates are acknowledged that both ask for the count that only one of them could find: the other came right after it, before
/// anybody else.
fn lost_update(history: &mut [Value]) -> Option<()> {
    let swap = history.iter().find(|swap| {
        let request = &swap["request"];
        let alone = history.iter().filter(|other| other["request"]["key"] == request["key"]).all(|other| {
            other == *swap
                || time(other, "return_ns") < time(swap, "call_ns")
                || time(other, "call_ns") > time(swap, "return_ns") + 1
        });
        request["guard"] == "count" && swap["answer"]["outcome"] == "done" && alone
    })?;
    let mut again = swap.clone();
    let after = json!(time(swap, "return_ns") + 1);
    (again["call_ns"], again["return_ns"]) = (after.clone(), after);
    // In the place of an entry that changes nothing, so that nothing else is missing.
    let refused = history.iter_mut().find(|line| line["answer"]["outcome"] == "refused")?;
    *refused = again;
    Some(())
}

fn last_read(history: &[Value], view: &str) -> Option<usize> {
    let reads = history.iter().enumerate().filter(|(_, line)| line["request"]["view"] == view);
    reads.max_by_key(|(_, line)| time(line, "call_ns")).map(|(at, _)| at)
}

fn time(line: &Value, name: &str) -> u64 {
    line[name].as_u64().unwrap_or_default()
}

/// The histories of all collections that were judged sound.
fn read(folder: &Path) -> Result<Vec<Vec<Value>>> {
    let mut collections: Vec<Vec<Value>> = Vec::new();
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    for file in files {
        for line in fs::read_to_string(file)?.lines() {
            let line: Value = serde_json::from_str(line)?;
            // One file holds one collection after the other.
            match collections.last_mut() {
                Some(last) if last.last().is_some_and(|other| other["collection"] == line["collection"]) => {
                    last.push(line);
                }
                _ => collections.push(vec![line]),
            }
        }
    }
    Ok(collections)
}
