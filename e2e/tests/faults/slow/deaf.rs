//! Clients that ask for much and do not take it.

use std::time::Duration;

use anyhow::{Result, ensure};
use partita_e2e::Server;
use serde_json::json;

use crate::process;
use crate::wire::{Wire, request};
use crate::witness::{Witness, make_table};

/// Items of an answer, which is as large as an answer can be: the kernel keeps some MiB of it, the server has to keep the rest.
const ITEMS: usize = 40;
const ITEM_BYTES: usize = 390_000;
/// Clients that are deaf: together they ask for 1 GB.
const DEAF: usize = 64;
/// What the server keeps of answers, and as much as goes into making some of them.
const MEMORY_MAX: u64 = (256 + 128) << 20;
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(100);
/// Looks for as long as the server waits for a client to take an answer, 45 s, and a little for a busy machine. Counted, so that a
/// machine that was stopped for a while has not been waited for.
const LOOKS_MAX: usize = 600;

/// A request for a large answer.
fn large(server: &Server) -> Result<Vec<u8>> {
    make_table(server, "large")?;
    let mut keys = Vec::new();
    for number in 0..ITEMS {
        let key = json!({"S": number.to_string()});
        let item = json!({"p": key, "filler": {"S": "x".repeat(ITEM_BYTES)}});
        server.expect("PutItem", &json!({"TableName": "large", "Item": item}))?;
        keys.push(json!({"p": key}));
    }
    let body = json!({"RequestItems": {"large": {"Keys": keys}}});
    Ok(request("BatchGetItem", body.to_string().as_bytes()))
}

#[test]
fn answers_that_nobody_takes_are_not_kept() -> Result<()> {
    let server = Server::start(&["--ephemeral"])?;
    let request = large(&server)?;
    let witness = Witness::start(&server)?;
    let (memory, files) = (process::memory(server.id())?, process::open_files(server.id())?);
    let mut deaf = Vec::new();
    while deaf.len() < DEAF {
        let mut wire = Wire::open(&server.endpoint)?;
        wire.send(&request)?;
        match wire.status()? {
            200 => deaf.push(wire),
            // The others are not known to be deaf yet: it takes a second.
            500 => {}
            status => anyhow::bail!("{status}"),
        }
        let grown = process::memory(server.id())?.saturating_sub(memory);
        ensure!(grown < MEMORY_MAX, "{grown} bytes for {} deaf clients", deaf.len());
    }
    let mut looks = 0;
    // The witness has a connection of its own, or is between two of them.
    while process::open_files(server.id())? > files + 1 {
        looks += 1;
        ensure!(looks < LOOKS_MAX, "deaf clients are still connected");
        std::thread::sleep(PAUSE);
    }
    drop(deaf);
    witness.unharmed()
}
