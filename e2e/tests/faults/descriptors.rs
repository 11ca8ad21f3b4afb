//! Too few file descriptors: what is open goes on, what cannot be opened waits, and nothing is lost.

use anyhow::{Result, ensure};
use partita_e2e::Server;
use serde_json::json;

use crate::folders::text;
use crate::process;
use crate::wire::{Wire, request};
use crate::witness::make_table;

/// Few enough that a crowd of clients wants them all.
const FILES: usize = 192;
const CROWD: usize = 400;
const WRITES: usize = 300;

fn put(wire: &mut Wire, number: usize) -> Result<u16> {
    let body = json!({"TableName": "few", "Item": {"p": {"S": number.to_string()}}}).to_string();
    wire.send(&request("PutItem", body.as_bytes()))?;
    Ok(wire.answer()?.status)
}

fn has(server: &Server, number: usize) -> Result<bool> {
    let key = json!({"p": {"S": number.to_string()}});
    let answer =
        server.expect("GetItem", &json!({"TableName": "few", "Key": key, "ConsistentRead": true}))?;
    Ok(answer.get("Item").is_some())
}

#[test]
fn a_crowd_does_not_take_the_files_that_the_store_needs() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let arguments = ["--data", text(&data)?];
    let server = Server::start_under(&["prlimit", &format!("--nofile={FILES}:{FILES}")], &arguments)?;
    make_table(&server, "few")?;
    let crowd: Vec<Wire> = (0..CROWD).map(|_| Wire::open(&server.endpoint)).collect::<Result<_>>()?;
    for number in 0..=WRITES {
        // Whoever works gets a place, for a connection of the crowd.
        let status = put(&mut Wire::open(&server.endpoint)?, number)?;
        ensure!(status == 200, "write {number} beside a crowd answered {status}");
    }
    ensure!(process::open_files(server.id())? < FILES);
    drop(crowd);
    let status = put(&mut Wire::open(&server.endpoint)?, WRITES + 1)?;
    ensure!(status == 200, "after the crowd has left: {status}");
    server.kill()?;
    let server = Server::start(&arguments)?;
    for number in 0..=WRITES {
        ensure!(has(&server, number)?, "acknowledged write {number} is missing");
    }
    Ok(())
}

#[test]
fn a_limit_that_sinks_below_what_is_open_loses_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let arguments = ["--data", text(&data)?];
    let server = Server::start(&arguments)?;
    make_table(&server, "few")?;
    let mut early = Wire::open(&server.endpoint)?;
    let mut acknowledged = 0;
    ensure!(put(&mut early, acknowledged)? == 200);
    // From here on not one more file can be opened, and no connection accepted.
    let soft = process::open_files_limit(server.id())?;
    process::limit_open_files(server.id(), "8:")?;
    let waiting = Wire::open(&server.endpoint)?;
    for number in 1..=WRITES {
        match put(&mut early, number) {
            Ok(200) => acknowledged = number,
            Ok(status) => ensure!(status == 500, "write {number} answered {status}"),
            // A store that could not go on has ended the process.
            Err(_) => break,
        }
    }
    let goes_on = process::limit_open_files(server.id(), &format!("{soft}:")).is_ok()
        && server.call("ListTables", &json!({})).is_ok_and(|(status, _)| status == 200);
    drop(waiting);
    let server = if goes_on {
        let status = put(&mut Wire::open(&server.endpoint)?, WRITES + 1)?;
        ensure!(status == 200, "with files again: {status}");
        server
    } else {
        ensure!(!server.end()?.success(), "a supervisor sees that it failed");
        Server::start(&arguments)?
    };
    for number in 0..=acknowledged {
        ensure!(has(&server, number)?, "acknowledged write {number} is missing");
    }
    Ok(())
}
