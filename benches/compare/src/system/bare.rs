//! The ceiling.

use std::path::Path;

use anyhow::Result;

use super::{BARE, Lab, System};
use crate::load::ITEM_BYTES;
use crate::machine::on_server_core;
use crate::server::{Server, free_port};

/// It says that it is filled with more items than anybody asks for.
const KEYS: u64 = 1_000_000_000;
/// A page of a scan ends at 1 MiB.
const SCAN_BYTES: usize = 1_048_576;

pub(super) struct Bare;

impl System for Bare {
    fn name(&self) -> &'static str {
        BARE
    }

    fn about(&self) -> &'static str {
        "the HTTP server that Partita uses, with answers made beforehand: the ceiling"
    }

    fn install(&self, _: &Lab) -> Result<()> {
        Ok(())
    }

    fn start(&self, lab: &Lab, folder: &Path) -> Result<Server> {
        let port = free_port()?;
        let mut command = on_server_core(lab.programs.join("partita-compare-bare"));
        command.args([port.to_string(), ITEM_BYTES.to_string(), KEYS.to_string(), SCAN_BYTES.to_string()]);
        Server::start(&mut command, port, folder)
    }
}
