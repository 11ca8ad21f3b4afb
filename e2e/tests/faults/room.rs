//! A full disk: writes fail and say that they may be tried again, reads go on, and writing resumes when there is room.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use partita_e2e::{Server, eventually};
use serde_json::{Value, json};

use crate::folders::{namespace, text};
use crate::witness::make_table;

/// The disk: room for the log's files and for some data files.
const DISK: &str = "192m";
/// Bytes of an item.
const ITEM_BYTES: usize = 8 * 1024;
/// Refused writes after which the disk counts as full for the service as well.
const REFUSALS: usize = 50;
/// Most writes until a full disk is felt: what was reserved for the log takes no more.
const WRITES_MAX: usize = 40_000;
/// How often disk space runs out.
const ROUNDS: usize = 2;

/// A server on a small disk of its own, which only it and its namespace see.
struct Small {
    server: Server,
    /// The disk, as others can reach it.
    disk: PathBuf,
    written: usize,
}

impl Small {
    fn start(mount: &Path) -> Result<Self> {
        let place = text(mount)?;
        let shell = namespace(&format!("mount -t tmpfs -o size={DISK} none '{place}'"))?;
        let shell: Vec<&str> = shell.iter().map(String::as_str).collect();
        let data = mount.join("data");
        let server = Server::start_under(&shell, &["--data", text(&data)?])?;
        let disk = PathBuf::from(format!("/proc/{}/root{place}", server.id()));
        Ok(Self { server, disk, written: 0 })
    }

    /// Takes all the room that is left.
    fn fill(&self) -> Result<PathBuf> {
        let path = self.disk.join("filler");
        let mut filler = fs::File::create(&path)?;
        let mut piece = vec![0; 1 << 20];
        while !piece.is_empty() {
            if filler.write_all(&piece).is_err() {
                piece.truncate(piece.len() / 2);
            }
        }
        Ok(path)
    }

    fn put(&mut self) -> Result<(u16, Value)> {
        let item = json!({"p": {"S": self.written.to_string()}, "v": {"S": "x".repeat(ITEM_BYTES)}});
        let (status, answer) = self.server.call("PutItem", &json!({"TableName": "room", "Item": item}))?;
        if status == 200 {
            self.written += 1;
        }
        Ok((status, answer))
    }

    fn has(&self, number: usize) -> Result<bool> {
        let key = json!({"p": {"S": number.to_string()}});
        let request =
            json!({"TableName": "room", "Key": key, "ConsistentRead": true, "ProjectionExpression": "p"});
        Ok(self.server.expect("GetItem", &request)?.get("Item").is_some())
    }

    /// Writes until nothing is taken any more.
    fn write_until_full(&mut self) -> Result<()> {
        let mut refused = 0;
        for _ in 0..WRITES_MAX {
            let (status, answer) = self.put()?;
            if status == 200 {
                continue;
            }
            let kind = answer["__type"].as_str().unwrap_or_default();
            ensure!(status == 500 && kind.ends_with("InternalServerError"), "{status}: {answer}");
            // What was answered so, clients try again.
            refused += 1;
            ensure!(self.written == 0 || self.has(self.written - 1)?, "reads go on");
            if refused == REFUSALS {
                return Ok(());
            }
        }
        anyhow::bail!("a full disk was never felt")
    }
}

#[test]
fn a_full_disk_refuses_writes_until_there_is_room() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut small = Small::start(folder.path())?;
    make_table(&small.server, "room")?;
    for _ in 0..100 {
        ensure!(small.put()?.0 == 200);
    }
    for _ in 0..ROUNDS {
        let filler = small.fill()?;
        small.write_until_full()?;
        fs::remove_file(filler).context("room again")?;
        eventually("writing resumes", || Ok(small.put()?.0 == 200))?;
        for number in (0..small.written).step_by(17) {
            ensure!(small.has(number)?, "acknowledged write {number} is missing");
        }
    }
    // The disk goes with its namespace; what a killed process leaves is copied, and opened elsewhere.
    let copy = folder.path().join("copy");
    let status =
        std::process::Command::new("cp").arg("-a").arg(small.disk.join("data")).arg(&copy).status()?;
    ensure!(status.success());
    small.server = Server::start(&["--data", text(&copy)?])?;
    for number in 0..small.written {
        ensure!(small.has(number)?, "acknowledged write {number} is missing after a restart");
    }
    Ok(())
}
