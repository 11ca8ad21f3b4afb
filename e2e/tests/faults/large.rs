//! Clients that send too much.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use partita_e2e::Server;

use crate::process;
use crate::wire::{Wire, head, request};
use crate::witness::Witness;

/// DynamoDB's limit of a request.
const BODY_BYTES_MAX: usize = 16 << 20;
/// Far more than any header needs.
const HEADER_BYTES: usize = 1 << 20;
/// What one client may make the server hold: a body of the largest size as it is parsed, and what an allocator keeps.
const MEMORY_MAX: u64 = 160 << 20;

fn refused(server: &Server, sent: &[u8], status: &[u16]) -> Result<()> {
    let mut wire = Wire::open(&server.endpoint)?;
    // The server may refuse, and close, before all is sent.
    wire.send_while_taken(sent, 1);
    match wire.answer() {
        Ok(answer) => ensure!(status.contains(&answer.status), "{} instead of {status:?}", answer.status),
        Err(_) => ensure!(wire.is_closed().unwrap_or(true), "neither an answer nor a closed connection"),
    }
    Ok(())
}

#[test]
fn large_heads_are_refused() -> Result<()> {
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let before = process::memory(server.id())?;
    let long = "a".repeat(HEADER_BYTES);
    let mut many = String::new();
    for number in 0..HEADER_BYTES / 32 {
        write!(many, "X-Header-{number}: {number}\r\n")?;
    }
    for _ in 0..20 {
        refused(&server, head("ListTables", &format!("X-Long: {long}\r\n")).as_bytes(), &[400, 431])?;
        refused(&server, head("ListTables", &format!("{long}: x\r\n")).as_bytes(), &[400, 431])?;
        refused(&server, head("ListTables", &many).as_bytes(), &[400, 431])?;
        refused(
            &server,
            format!("POST /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes(),
            &[400, 414, 431],
        )?;
        refused(&server, long.as_bytes(), &[400, 414, 431])?;
    }
    let grown = process::memory(server.id())?.saturating_sub(before);
    ensure!(grown < 32 << 20, "{grown} bytes for refused heads");
    witness.unharmed()
}

#[test]
fn large_bodies_are_refused() -> Result<()> {
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let before = process::memory(server.id())?;
    let announced = head("PutItem", &format!("Content-Length: {}\r\n", u64::MAX));
    refused(&server, announced.as_bytes(), &[400, 413, 431])?;
    let body = vec![b' '; BODY_BYTES_MAX + 1];
    let mut wire = Wire::open(&server.endpoint)?;
    wire.send_while_taken(&request("PutItem", &body), 1);
    let answer = wire.answer()?;
    ensure!(answer.status == 413, "a client that sent a little too much sees why: {answer:?}");
    // The largest that is allowed is read, and refused for what it says.
    let mut wire = Wire::open(&server.endpoint)?;
    wire.send(&request("PutItem", body.get(1..).expect("one less")))?;
    ensure!(wire.answer()?.status == 400);
    let grown = process::memory(server.id())?.saturating_sub(before);
    ensure!(grown < MEMORY_MAX, "{grown} bytes for large bodies");
    witness.unharmed()
}

#[test]
fn chunks_without_end_are_cut() -> Result<()> {
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let before = process::memory(server.id())?;
    let piece = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    let mut wire = Wire::open(&server.endpoint)?;
    wire.send(head("PutItem", "Transfer-Encoding: chunked\r\n").as_bytes())?;
    let taken = wire.send_while_taken(&piece, 100_000);
    ensure!(taken < 128 << 20, "{taken} bytes of a body without end were taken");
    // Tiny chunks cost the server more than they cost the client.
    let mut wire = Wire::open(&server.endpoint)?;
    wire.send(head("PutItem", "Transfer-Encoding: chunked\r\n").as_bytes())?;
    wire.send_while_taken(&b"1\r\n \r\n".repeat(1000), 1000);
    wire.send_while_taken(b"0\r\n\r\n", 1);
    ensure!(wire.answer()?.status == 400, "a body of spaces is no request");
    // A chunk that claims to be larger than memory, and lines about chunks that never end.
    for bad in ["ffffffffffffffff\r\n".to_owned(), "1;".to_owned() + &"x".repeat(1 << 20), "z\r\n".to_owned()]
    {
        let mut wire = Wire::open(&server.endpoint)?;
        wire.send(head("PutItem", "Transfer-Encoding: chunked\r\n").as_bytes())?;
        wire.send_while_taken(bad.as_bytes(), 1);
        wire.finish().or_else(|error| if wire.is_closed().unwrap_or(true) { Ok(()) } else { Err(error) })?;
        ensure!(wire.answer().map_or(true, |answer| (400..500).contains(&answer.status)), "{bad:.20}");
    }
    let grown = process::memory(server.id())?.saturating_sub(before);
    ensure!(grown < MEMORY_MAX, "{grown} bytes for bodies without end");
    witness.unharmed()
}

#[test]
fn pipelined_requests_are_answered_in_order() -> Result<()> {
    const REQUESTS: usize = 2_000;
    let server = Server::start(&["--ephemeral"])?;
    let witness = Witness::start(&server)?;
    let before = process::memory(server.id())?;
    let mut wire = Wire::open(&server.endpoint)?;
    let mut pipeline = Vec::new();
    for number in 0..REQUESTS {
        let key = format!(
            r#"{{"TableName":"witness","Item":{{"p":{{"S":"pipeline"}},"n":{{"N":"{number}"}}}},"ReturnValues":"ALL_OLD"}}"#
        );
        pipeline.extend(request("PutItem", key.as_bytes()));
    }
    wire.send(&pipeline)?;
    for number in 0..REQUESTS {
        let answer = wire.answer()?;
        ensure!(answer.status == 200, "{answer:?}");
        let previous = number.checked_sub(1).map(|previous| format!(r#""n":{{"N":"{previous}"}}"#));
        ensure!(previous.is_none_or(|previous| answer.body.contains(&previous)), "{answer:?} to {number}");
    }
    // One that sends and never reads is not written to without end.
    let mut deaf = Wire::open(&server.endpoint)?;
    let many = request("ListTables", b"{}").repeat(100);
    for _ in 0..50 {
        deaf.send(&many)?;
    }
    let grown = process::memory(server.id())?.saturating_sub(before);
    ensure!(grown < 64 << 20, "{grown} bytes for pipelines");
    witness.unharmed()
}
