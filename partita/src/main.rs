//! `partita`: argument parsing and assembly of the planes, nothing else.
//!
//! - `partita local` runs everything in one process ([`local`]).
//! - `partita operator` and `partita node` run the two planes in a cluster ([`operator`], [`node`]).
//! - `partita apply`, `get`, `describe` and `delete` act on a running service as kubectl would ([`client`]); `partita check` tries an
//!   endpoint as an application would ([`check`]), `partita bench` measures one under load ([`mod@bench`]).
//! - `partita kubectl`, or the same binary under the name `kubectl-partita`, looks at an installation in a cluster ([`kubectl`]).
//!
//! Only this crate reads the environment and the machine's clock. Start reading at [`arguments::Arguments`].

mod adapters;
mod arguments;
mod bench;
mod check;
mod client;
mod credentials;
mod descriptors;
mod kinds;
mod kubectl;
mod lambda_api;
mod layout;
mod local;
mod logging;
mod node;
mod operator;
mod routes;
mod runtime;
mod signals;
mod signing;
mod terminal;
mod wire;

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;

use crate::arguments::{Arguments, Command, PluginArguments};

/// A fifth of the time of a write went into the C library's allocator: requests are made on one thread and freed on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let outcome = if is_plugin(std::env::args_os().next().as_deref()) {
        kubectl::run(PluginArguments::parse().plugin)
    } else {
        run(Arguments::parse())
    };
    outcome.unwrap_or_else(|error| {
        terminal::complain(&format!("error: {error:#}"));
        ExitCode::FAILURE
    })
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let done = match arguments.command {
        Command::Local(options) => local::run(options),
        Command::Apply(options) => client::apply::run(&options),
        Command::Get(options) => client::get::run(&options),
        Command::Describe(options) => client::describe::run(&options),
        Command::Delete(options) => client::delete::run(&options),
        Command::Kubectl(plugin) => return kubectl::run(plugin),
        Command::Check(options) => check::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Operator(options) => operator::run(options),
        Command::Node(options) => node::run(options),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Whether kubectl started us: it finds plugins by their file names.
fn is_plugin(program: Option<&OsStr>) -> bool {
    let name = program.and_then(|program| Path::new(program).file_stem());
    name.is_some_and(|name| name == "kubectl-partita")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_program_says_whether_it_is_the_plugin() {
        for (program, plugin) in [
            ("kubectl-partita", true),
            ("/usr/local/bin/kubectl-partita", true),
            ("partita", false),
            ("/opt/kubectl-partita/partita", false),
        ] {
            assert_eq!(is_plugin(Some(OsStr::new(program))), plugin, "{program}");
        }
        assert!(!is_plugin(None));
    }
}
