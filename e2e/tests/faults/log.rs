//! The write-ahead log's files: a torn end is what a crash leaves, and cut without a word; anything else is damage.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use partita_e2e::Server;
use serde_json::json;

use crate::damage::{flip, name, repair};
use crate::folders::{self, text, try_to_start};
use crate::witness::make_table;

const ITEMS: usize = 60;
/// The head of a log file, which no group is in.
const HEAD_BYTES: usize = 64;

/// What a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;
/// How many ends are torn off.
const CUTS: usize = 10;

/// What a killed service leaves: all its items are in the log, and nowhere else.
fn killed(folder: &Path) -> Result<PathBuf> {
    let data = folder.join("data");
    let server = Server::start(&["--data", text(&data)?])?;
    make_table(&server, "log")?;
    for number in 0..ITEMS {
        let item = json!({"p": {"S": number.to_string()}, "v": {"S": "x".repeat(500)}});
        server.expect("PutItem", &json!({"TableName": "log", "Item": item}))?;
    }
    server.kill()?;
    Ok(data)
}

/// The log's newest file that something was written to, and where what was written ends.
fn newest(data: &Path) -> Result<(PathBuf, usize)> {
    let folder = data.join("store/shards/1/log");
    let mut written = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("no log in {}", folder.display()))? {
        let path = entry?.path();
        // Room that was taken beforehand is filled with zeros.
        let end = fs::read(&path)?.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        if end > HEAD_BYTES && path.extension().is_some() {
            written.push((path, end));
        }
    }
    written.sort();
    written.pop().with_context(|| format!("nothing was written to the log in {}", folder.display()))
}

/// How many items there are from the first on; fails when there is a hole.
fn items(data: &Path) -> Result<usize> {
    let server = Server::start(&["--data", text(data)?])?;
    let has = |number: usize| -> Result<bool> {
        let key = json!({"p": {"S": number.to_string()}});
        let answer =
            server.expect("GetItem", &json!({"TableName": "log", "Key": key, "ConsistentRead": true}))?;
        Ok(answer.get("Item").is_some())
    };
    let mut count = 0;
    while count < ITEMS && has(count)? {
        count += 1;
    }
    for number in count..ITEMS {
        ensure!(!has(number)?, "item {number} is there, item {count} is not");
    }
    // Killed, so that the items stay in the log.
    server.kill()?;
    Ok(count)
}

/// A power cut leaves sectors that were never written, or a file that ends early; and whatever is there before them is right.
#[test]
fn a_torn_end_is_cut_without_a_word() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = killed(folder.path())?;
    let (file, end) = newest(&data)?;
    let file = file.strip_prefix(&data)?;
    let content = fs::read(data.join(file))?;
    let mut found = 0;
    for (case, sector) in (1..=end / SECTOR_BYTES).step_by(end / SECTOR_BYTES / CUTS).enumerate() {
        let copy = folder.path().join(case.to_string());
        folders::copy(&data, &copy)?;
        let cut = sector * SECTOR_BYTES;
        if case % 2 == 0 {
            // As it was preallocated.
            let mut bytes = content.clone();
            bytes.get_mut(cut..).context("the cut is in the file")?.fill(0);
            fs::write(copy.join(file), bytes)?;
        } else {
            // Anywhere, since a file that was not preallocated ends anywhere.
            fs::write(copy.join(file), content.get(..cut - case).context("the cut is in the file")?)?;
        }
        let left = items(&copy)?;
        ensure!(left >= found, "{left} items before byte {cut}, {found} before an earlier one");
        found = left;
        fs::remove_dir_all(&copy)?;
    }
    ensure!(0 < found && found < ITEMS, "{found} items are before the last cut");
    let whole = items(&data)?;
    ensure!(whole == ITEMS, "{whole} of {ITEMS} items");
    Ok(())
}

#[test]
fn damage_before_the_end_is_refused_and_repaired_when_asked_to() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = killed(folder.path())?;
    let (file, end) = newest(&data)?;
    let content = fs::read(&file)?;
    let inner = HEAD_BYTES..end - end / 4;
    for place in (0..HEAD_BYTES).step_by(9).chain(inner.clone().step_by(inner.len() / 12)) {
        flip(&file, place)?;
        let error = try_to_start(&["--data", text(&data)?])?;
        for part in [name(&file)?, "--repair"] {
            ensure!(error.contains(part), "byte {place}: `{part}` is not in: {error}");
        }
        fs::write(&file, &content)?;
    }
    flip(&file, end / 2)?;
    let damaged = fs::read(&file)?;
    let (done, said) = repair(&data, &[])?;
    ensure!(!done && said.contains(name(&file)?) && said.contains("--yes"), "{said}");
    ensure!(fs::read(&file)? == damaged, "looking changes nothing");
    let (done, said) = repair(&data, &["--yes"])?;
    ensure!(done, "{said}");
    let left = items(&data)?;
    ensure!(left > 0 && left < ITEMS, "{left} items are left");
    Ok(())
}
