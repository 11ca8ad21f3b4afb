//! The systems that are compared.

mod bare;
mod dynalite;
mod dynamodb_local;
mod dynoxide;
mod partita;
mod postgres;
mod redis;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cases::Case;
use crate::load::{self, Extent, Sample};
use crate::server::Server;

pub(crate) use partita::Partita;

/// Where things are.
#[derive(Debug)]
pub(crate) struct Lab {
    /// The binary that is measured.
    pub(crate) partita: PathBuf,
    /// The folder of our own programs.
    pub(crate) programs: PathBuf,
    /// Where peers are installed, and stay.
    pub(crate) peers: PathBuf,
}

/// One system.
pub(crate) trait System {
    /// What it is called.
    fn name(&self) -> &'static str;

    /// What it is: a version, a sentence.
    fn about(&self) -> &'static str;

    /// Installs it unless it is there.
    fn install(&self, lab: &Lab) -> Result<()>;

    /// Starts it on the server's core with its data in an empty folder.
    fn start(&self, lab: &Lab, folder: &Path) -> Result<Server>;

    /// Measures a case; `None` if it means nothing here.
    fn measure(&self, server: &Server, case: Case, extent: Extent) -> Result<Option<Sample>> {
        load::bench(server, case, extent).map(Some)
    }
}

pub(crate) const BARE: &str = "bare hyper";
pub(crate) const PARTITA: &str = "Partita";
pub(crate) const DYNOXIDE_MEMORY: &str = "dynoxide, memory";
pub(crate) const DYNOXIDE_DISK: &str = "dynoxide, disk";
pub(crate) const POSTGRES: &str = "PostgreSQL";
pub(crate) const REDIS: &str = "Redis";

/// All of them, ours first after the ceiling.
pub(crate) fn all() -> Vec<Box<dyn System>> {
    vec![
        Box::new(bare::Bare),
        Box::new(Partita),
        Box::new(dynoxide::Dynoxide { on_disk: false }),
        Box::new(dynoxide::Dynoxide { on_disk: true }),
        Box::new(dynamodb_local::DynamoDbLocal { on_disk: false }),
        Box::new(dynamodb_local::DynamoDbLocal { on_disk: true }),
        Box::new(dynalite::Dynalite),
        Box::new(postgres::Postgres),
        Box::new(redis::Redis),
    ]
}
