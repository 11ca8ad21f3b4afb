//! dynoxide, an emulator over SQLite, from crates.io.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{DYNOXIDE_DISK, DYNOXIDE_MEMORY, Lab, System};
use crate::machine::{on_server_core, quietly};
use crate::server::{Server, free_port};

const VERSION: &str = "3.2.0";

pub(super) struct Dynoxide {
    pub(super) on_disk: bool,
}

impl System for Dynoxide {
    fn name(&self) -> &'static str {
        if self.on_disk { DYNOXIDE_DISK } else { DYNOXIDE_MEMORY }
    }

    fn about(&self) -> &'static str {
        "dynoxide-rs 3.2.0 of crates.io, an emulator over SQLite; checks no signatures"
    }

    fn install(&self, lab: &Lab) -> Result<()> {
        let root = lab.peers.join("dynoxide");
        let mut cargo = Command::new("cargo");
        cargo.args(["install", "--quiet", "--locked", "dynoxide-rs", "--version", VERSION]);
        cargo
            .args(["--no-default-features", "--features", "native-sqlite,http-server,cli", "--root"])
            .arg(&root);
        // What cargo installed before, it does not install again.
        quietly(cargo.env_remove("CARGO_TARGET_DIR"))
    }

    fn start(&self, lab: &Lab, folder: &Path) -> Result<Server> {
        let port = free_port()?;
        let mut command = on_server_core(lab.peers.join("dynoxide/bin/dynoxide"));
        command.args(["serve", "--log", "quiet", "--port", &port.to_string()]);
        if self.on_disk {
            command.arg("--db-path").arg(folder.join("items.db"));
        }
        Server::start(&mut command, port, folder)
    }
}
