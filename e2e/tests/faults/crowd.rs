//! Ten thousand connections that do nothing.

use anyhow::{Context as _, Result, ensure};
use partita_e2e::{Server, eventually};

use crate::process;
use crate::wire::{Wire, head, request};
use crate::witness::Witness;

const CONNECTIONS: usize = 10_000;
/// Files of the test itself beside the connections.
const OWN_FILES: usize = 1_000;
/// What an idle connection may cost the server, in bytes: its task, a read buffer of 8 KiB, and as much again for what the allocator
/// rounds up and keeps.
const CONNECTION_BYTES_MAX: u64 = 32 * 1024;
/// Connections that send most of a large head: enough to tell what each costs.
const HALF_HEADS: usize = 1_000;
/// A head a little below the largest.
const HEAD_BYTES: usize = 31 * 1024;
/// What such a connection may cost: its head, and what an idle one costs.
const HALF_HEAD_BYTES_MAX: u64 = HEAD_BYTES as u64 + CONNECTION_BYTES_MAX;

#[test]
fn ten_thousand_idle_connections_harm_nobody() -> Result<()> {
    process::limit_open_files(std::process::id(), &format!("{}:", CONNECTIONS + OWN_FILES)).context(
        "this test needs more open files than the system allows: raise the hard limit (ulimit -Hn)",
    )?;
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let before = process::memory(server.id())?;
    let whole = request("ListTables", b"{}");
    let partial = head("ListTables", "Content-Length: 2\r\n");
    let mut crowd = Vec::new();
    for number in 0..CONNECTIONS {
        let mut wire = Wire::open(&server.endpoint)?;
        match number % 4 {
            // Some never say a word, some stop in the middle of a head or before the body, some were served before.
            0 => {}
            1 => wire.send(b"POST / HT")?,
            2 => wire.send(partial.as_bytes())?,
            _ => {
                wire.send(&whole)?;
                ensure!(wire.answer()?.status == 200);
            }
        }
        crowd.push(wire);
    }
    let grown = process::memory(server.id())?.saturating_sub(before);
    let allowed = CONNECTION_BYTES_MAX * CONNECTIONS as u64;
    ensure!(grown < allowed, "{grown} bytes for {CONNECTIONS} idle connections");
    server.expect("ListTables", &serde_json::json!({}))?;
    witness.unharmed()?;
    drop(crowd);
    eventually("the server has let go of them", || Ok(process::open_files(server.id())? < OWN_FILES))
}

#[test]
fn half_a_large_head_costs_little_more_than_itself() -> Result<()> {
    process::limit_open_files(std::process::id(), &format!("{}:", CONNECTIONS + OWN_FILES))?;
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let before = process::memory(server.id())?;
    let half = format!("POST / HTTP/1.1\r\nX-Long: {}", "a".repeat(HEAD_BYTES));
    let mut crowd = Vec::new();
    for _ in 0..HALF_HEADS {
        let mut wire = Wire::open(&server.endpoint)?;
        wire.send(half.as_bytes())?;
        crowd.push(wire);
    }
    let grown = process::memory(server.id())?.saturating_sub(before);
    ensure!(grown < HALF_HEAD_BYTES_MAX * HALF_HEADS as u64, "{grown} bytes for {HALF_HEADS} half heads");
    witness.unharmed()
}
