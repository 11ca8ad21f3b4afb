//! Clients that send slowly, or stop in the middle; and, in [`deaf`], those that do not take what they asked for.

mod deaf;

use std::time::Duration;

use anyhow::{Result, ensure};
use partita_e2e::{Server, eventually};

use crate::process;
use crate::wire::{Wire, head, request};
use crate::witness::{Witness, now};

/// Clients that are slow at once: more than the server has threads.
const CLIENTS: usize = 200;
/// Pause between two pieces of what a slow client sends.
const PAUSE: Duration = Duration::from_millis(10);
/// As long as the server waits for a body, and a little for a busy machine.
const BODY_PATIENCE: Duration = Duration::from_secs(45 + 15);
/// What slow clients may cost: some KiB for each.
const MEMORY_MAX: u64 = 32 << 20;

#[test]
fn who_sends_byte_by_byte_is_served_and_harms_nobody() -> Result<()> {
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let before = process::memory(server.id())?;
    let whole = request("ListTables", b"{}");
    let mut slow: Vec<Wire> = (0..CLIENTS).map(|_| Wire::open(&server.endpoint)).collect::<Result<_>>()?;
    for byte in &whole {
        for wire in &mut slow {
            wire.send(&[*byte])?;
        }
        std::thread::sleep(PAUSE);
    }
    for wire in &mut slow {
        let answer = wire.answer()?;
        ensure!(answer.status == 200 && answer.body.contains("witness"), "{answer:?}");
    }
    let grown = process::memory(server.id())?.saturating_sub(before);
    ensure!(grown < MEMORY_MAX, "{grown} bytes for {CLIENTS} slow clients");
    witness.unharmed()
}

#[test]
fn a_body_that_never_ends_is_given_up() -> Result<()> {
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let mut wire = Wire::open(&server.endpoint)?;
    wire.patience(BODY_PATIENCE)?;
    wire.send(head("ListTables", "Content-Length: 2\r\n").as_bytes())?;
    wire.send(b"{")?;
    let start = now();
    let answer = wire.answer()?;
    ensure!(answer.status == 408 && answer.head.contains("connection: close"), "{answer:?}");
    ensure!(start.elapsed() < BODY_PATIENCE && wire.is_closed()?);
    witness.unharmed()
}

#[test]
fn large_bodies_that_stall_keep_nobody_out() -> Result<()> {
    /// Far more than the server keeps at once.
    const STALLED: usize = 40;
    const BODY_BYTES: usize = 16 << 20;
    /// What the server keeps of bodies, and as much again where they grow.
    const STALLED_MEMORY_MAX: u64 = (2 * 256) << 20;
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let before = process::memory(server.id())?;
    let stalled = request("PutItem", &vec![b' '; BODY_BYTES]);
    let stalled = stalled.get(..BODY_BYTES).expect("all but its end");
    let mut strangers = Vec::new();
    for _ in 0..STALLED {
        let mut wire = Wire::open(&server.endpoint)?;
        wire.send(stalled)?;
        strangers.push(wire);
    }
    // Ordinary clients are served, and so is who sends as much without stopping.
    let mut wire = Wire::open(&server.endpoint)?;
    wire.send(&request("PutItem", &vec![b' '; BODY_BYTES]))?;
    let answer = wire.answer()?;
    ensure!(answer.status == 400, "spaces are no request, but were read: {answer:?}");
    let grown = process::memory_peak(server.id())?.saturating_sub(before);
    ensure!(grown < STALLED_MEMORY_MAX, "{grown} bytes for {STALLED} large bodies");
    let first = strangers.first_mut().expect("there are some").status();
    ensure!(!first.is_ok_and(|status| status != 503), "whoever stalled first has given way");
    witness.unharmed()
}

#[test]
fn half_requests_leave_nothing_behind() -> Result<()> {
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let whole = request("PutItem", br#"{"TableName":"witness","Item":{"p":{"S":"half"}}}"#);
    let before = process::open_files(server.id())?;
    for cut in (1..whole.len()).step_by(3) {
        let mut wire = Wire::open(&server.endpoint)?;
        wire.send(whole.get(..cut).expect("cut within"))?;
        if cut % 2 == 0 {
            wire.finish()?;
        }
    }
    // The witness has a connection of its own, or is between two of them.
    eventually("all sockets are closed", || Ok(process::open_files(server.id())? <= before + 1))?;
    let key =
        serde_json::json!({"TableName": "witness", "Key": {"p": {"S": "half"}}, "ConsistentRead": true});
    ensure!(server.expect("GetItem", &key)?.get("Item").is_none(), "half a request wrote an item");
    witness.unharmed()
}
