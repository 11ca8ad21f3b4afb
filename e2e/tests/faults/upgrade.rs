//! Data folders that other versions wrote: opened with everything that is in them, or refused by version.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use partita_e2e::{Server, state};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::folders::{self, text, try_to_start};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

/// A copy of a fixture's data, which a test may change, and what its version said about it.
fn fixture(name: &str) -> Result<(TempDir, PathBuf, Value)> {
    let folder = TempDir::new()?;
    let (from, data) = (Path::new(FIXTURES).join(name), folder.path().join("data"));
    folders::copy(&from.join("data"), &data)?;
    let expected = serde_json::from_slice(&fs::read(from.join("expected.json"))?)?;
    Ok((folder, data, expected))
}

#[test]
fn folders_of_earlier_formats_are_opened_with_all_that_is_in_them() -> Result<()> {
    let mut tried = 0;
    for entry in fs::read_dir(FIXTURES)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            continue;
        }
        let name = entry.file_name().into_string().ok().context("fixtures have plain names")?;
        let (_folder, data, expected) = fixture(&name)?;
        // The first start takes over, the second reads what it left; then a kill in the place of a clean stop.
        for stop in ["TERM", "KILL", "TERM"] {
            let server = Server::start(&["--data", text(&data)?])?;
            let found = state(&server)?;
            for (table, wanted) in expected.as_object().context("tables")? {
                ensure!(found[table] == *wanted, "{name}: table {table} is\n{}\nnot\n{wanted}", found[table]);
            }
            ensure!(found == expected, "{name}: more tables than there were");
            server.signal(stop)?;
        }
        let server = Server::start(&["--data", text(&data)?])?;
        let item = json!({"id": {"S": "new"}});
        server.expect("PutItem", &json!({"TableName": "types", "Item": item}))?;
        server.kill()?;
        let server = Server::start(&["--data", text(&data)?])?;
        let answer =
            server.expect("GetItem", &json!({"TableName": "types", "Key": item, "ConsistentRead": true}))?;
        ensure!(answer["Item"] == item, "{name}: a write after the upgrade is missing");
        tried += 1;
    }
    ensure!(tried > 0, "there are fixtures");
    Ok(())
}

#[test]
fn a_folder_of_a_later_format_is_refused_by_version_and_left_alone() -> Result<()> {
    let (_folder, data, expected) = fixture("format-1")?;
    let claim = data.join("store/shards/1/claim");
    let ours = fs::read_to_string(&claim)?;
    for later in ["partita shard format 9, log of another kind\n", "partita shard format 10, log object\n"] {
        fs::write(&claim, later)?;
        let error = try_to_start(&["--data", text(&data)?])?;
        for part in [later.trim_end(), "but this process uses partita shard format"] {
            ensure!(error.contains(part), "`{part}` is not in: {error}");
        }
        ensure!(fs::read_to_string(&claim)? == later, "the refused folder was changed");
    }
    fs::write(&claim, ours)?;
    ensure!(state(&Server::start(&["--data", text(&data)?])?)? == expected, "the refusals changed something");
    Ok(())
}
