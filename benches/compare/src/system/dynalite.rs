//! dynalite, an emulator in JavaScript, from npm.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Lab, System};
use crate::machine::{on_server_core, quietly};
use crate::server::{Server, free_port};

const PACKAGE: &str = "dynalite@4.0.0";

pub(super) struct Dynalite;

impl System for Dynalite {
    fn name(&self) -> &'static str {
        "dynalite, memory"
    }

    fn about(&self) -> &'static str {
        "dynalite 4.0.0 of npm, an emulator over LevelDB; checks no signatures"
    }

    fn install(&self, lab: &Lab) -> Result<()> {
        let folder = lab.peers.join("dynalite");
        let installed = folder.join("installed");
        if std::fs::read_to_string(&installed).is_ok_and(|there| there == PACKAGE) {
            return Ok(());
        }
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(&folder).arg(PACKAGE);
        quietly(&mut npm)?;
        std::fs::write(installed, PACKAGE).context("cannot write to the cache folder")
    }

    fn start(&self, lab: &Lab, folder: &Path) -> Result<Server> {
        let port = free_port()?;
        let mut command = on_server_core("node");
        command.arg(lab.peers.join("dynalite/node_modules/dynalite/cli.js"));
        command.args(["--port", &port.to_string(), "--createTableMs", "0", "--deleteTableMs", "0"]);
        Server::start(&mut command, port, folder)
    }
}
