//! Files that are not what was written: told by name and place, never read as if nothing were wrong, and repaired when asked to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use partita_e2e::{Server, binary};
use serde_json::json;

use crate::folders::{text, try_to_start};
use crate::witness::make_table;

const ITEMS: usize = 400;

fn value(number: usize) -> String {
    format!("{number} ").repeat(200)
}

/// A data folder whose items have left the log.
fn settled(folder: &Path) -> Result<PathBuf> {
    let data = folder.join("data");
    let server = Server::start(&["--data", text(&data)?])?;
    make_table(&server, "damage")?;
    for number in 0..ITEMS {
        let item = json!({"p": {"S": number.to_string()}, "v": {"S": value(number)}});
        server.expect("PutItem", &json!({"TableName": "damage", "Item": item}))?;
    }
    ensure!(server.signal("TERM")?.success());
    Ok(data)
}

/// The newest file of a folder of the shard.
fn newest(data: &Path, folder: &str) -> Result<PathBuf> {
    let folder = data.join("store/shards/1").join(folder);
    let mut files = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    files.pop().with_context(|| format!("{} is empty", folder.display()))
}

pub(crate) fn name(file: &Path) -> Result<&str> {
    file.file_name().and_then(|name| name.to_str()).context("files have plain names")
}

pub(crate) fn flip(file: &Path, place: usize) -> Result<()> {
    let mut content = fs::read(file)?;
    *content.get_mut(place).context("a place in the file")? ^= 0x20;
    Ok(fs::write(file, content)?)
}

/// Runs a repair; whether it succeeded, and all it said.
pub(crate) fn repair(data: &Path, more: &[&str]) -> Result<(bool, String)> {
    let output =
        Command::new(binary()?).args(["local", "--repair", "--data", text(data)?]).args(more).output()?;
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    Ok((output.status.success(), said.concat()))
}

/// Which items are there; one that is must be what was written.
fn items(server: &Server) -> Result<Vec<usize>> {
    let mut found = Vec::new();
    for number in 0..ITEMS {
        let key = json!({"p": {"S": number.to_string()}});
        let request = json!({"TableName": "damage", "Key": key, "ConsistentRead": true});
        let (status, answer) = server.call("GetItem", &request)?;
        match answer["Item"]["v"]["S"].as_str() {
            Some(found_value) => {
                ensure!(status == 200 && found_value == value(number), "item {number} is {found_value:.40}");
                found.push(number);
            }
            None => ensure!(status == 500 || answer.get("Item").is_none(), "{status}: {answer}"),
        }
    }
    Ok(found)
}

#[test]
fn a_damaged_data_file_is_told_and_repaired() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = settled(folder.path())?;
    ensure!(repair(&data, &[])?.1.contains("Nothing is damaged"));
    let file = newest(&data, "compacted")?;
    flip(&file, fs::read(&file)?.len() / 2)?;
    let log = folder.path().join("log");
    let server = Server::start_logging_to(fs::File::create(&log)?, &["--data", text(&data)?])?;
    let (status, answer) = server.call("Scan", &json!({"TableName": "damage", "ConsistentRead": true}))?;
    ensure!(status == 500, "a scan over the damage answered {status}: {answer:.80}");
    let before = items(&server)?;
    ensure!(!before.is_empty() && before.len() < ITEMS, "{} items", before.len());
    ensure!(server.signal("TERM").is_ok());
    let said = fs::read_to_string(&log)?;
    for part in [name(&file)?, "at byte"] {
        ensure!(said.contains(part), "`{part}` is not in the log: {said}");
    }

    let damaged = fs::read(&file)?;
    let (done, said) = repair(&data, &[])?;
    ensure!(!done && said.contains("nothing was changed"), "{said}");
    for part in [name(&file)?, "at byte", "rows and removals are lost", "--yes"] {
        ensure!(said.contains(part), "`{part}` is not in: {said}");
    }
    ensure!(fs::read(&file)? == damaged, "looking changes nothing");
    let (done, said) = repair(&data, &["--yes"])?;
    ensure!(done && said.contains("Repaired"), "{said}");
    let server = Server::start(&["--data", text(&data)?])?;
    server.expect("Scan", &json!({"TableName": "damage", "ConsistentRead": true}))?;
    ensure!(items(&server)? == before, "the repair lost more than the damage");
    ensure!(repair(&data, &[])?.1.contains("in use"), "a running service is left alone");
    Ok(())
}

#[test]
fn a_damaged_manifest_or_claim_is_refused_by_name() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = settled(folder.path())?;
    for file in [newest(&data, "manifest")?, newest(&data, "compactions")?, data.join("store/shards/1/claim")]
    {
        let content = fs::read(&file)?;
        for place in (0..content.len()).step_by(content.len() / 12 + 1) {
            flip(&file, place)?;
            let error = try_to_start(&["--data", text(&data)?])?;
            let named = error.contains(name(&file)?) || name(&file)? == "claim" && error.contains("shards/1");
            ensure!(named, "byte {place} of {}: {error}", file.display());
            fs::write(&file, &content)?;
        }
    }
    let server = Server::start(&["--data", text(&data)?])?;
    ensure!(items(&server)?.len() == ITEMS, "the refusals changed nothing");
    Ok(())
}
