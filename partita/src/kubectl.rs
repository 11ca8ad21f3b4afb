//! The kubectl plugin: an installation in a cluster, as its operator's objects tell of it.
//!
//! ```text
//! cluster.rs ──reads──> objects.rs ──> status/ (pure) ──> text or JSON
//!                                 ├──> env.rs         ──> lines for a shell
//!                                 └──> release.rs     ──> one finalizer less
//! ```
//!
//! It only speaks to the API server, with what the kubeconfig allows. Objects are read leniently: the cluster may run another
//! release than this binary.

mod cluster;
mod env;
mod objects;
mod release;
mod status;

use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::arguments::{Plugin, PluginCommand};

/// Runs one command of the plugin.
pub(crate) fn run(plugin: Plugin) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        match plugin.command {
            PluginCommand::Status(options) => status::run(&options).await,
            PluginCommand::Env(options) => env::run(&options).await.map(|()| ExitCode::SUCCESS),
            PluginCommand::Release(options) => release::run(&options).await.map(|()| ExitCode::SUCCESS),
        }
    })
}
