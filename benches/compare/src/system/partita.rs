//! Partita as one runs it on one machine, with signatures checked.

use std::path::Path;

use anyhow::Result;

use super::{Lab, PARTITA, System};
use crate::load::{KEY_ID, SECRET};
use crate::machine::on_server_core;
use crate::server::{Server, free_port};

pub(crate) struct Partita;

impl System for Partita {
    fn name(&self) -> &'static str {
        PARTITA
    }

    fn about(&self) -> &'static str {
        "`partita local` on disk, every signature checked, every write synced"
    }

    fn install(&self, _: &Lab) -> Result<()> {
        Ok(())
    }

    fn start(&self, lab: &Lab, folder: &Path) -> Result<Server> {
        let port = free_port()?;
        let mut command = on_server_core(&lab.partita);
        command.args(["local", "--listen", &format!("127.0.0.1:{port}"), "--data"]).arg(folder.join("data"));
        command.env("PARTITA_ACCESS_KEY_ID", KEY_ID).env("PARTITA_SECRET_ACCESS_KEY", SECRET);
        Server::start(&mut command, port, folder)
    }
}
