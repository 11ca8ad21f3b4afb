//! `partita`: argument parsing and assembly of the planes, nothing else.
//!
//! - `partita local` runs everything in one process ([`local`]).
//! - `partita apply`, `get`, `describe` and `delete` act on a running service as kubectl would ([`client`]).
//!
//! Only this crate reads the environment and the machine's clock. Start reading at [`arguments::Arguments`].

mod arguments;
mod client;
mod credentials;
mod local;
mod terminal;
mod wire;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    match arguments.command {
        Command::Local(options) => local::run(options),
        Command::Apply(options) => client::apply::run(&options),
        Command::Get(options) => client::get::run(&options),
        Command::Describe(options) => client::describe::run(&options),
        Command::Delete(options) => client::delete::run(&options),
    }
}
