//! Options of `partita local`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Identity, Log, size};

/// Options of `partita local`.
#[derive(Debug, Args)]
pub(crate) struct LocalOptions {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    pub(crate) listen: SocketAddr,
    /// Folder that holds everything; created if absent
    #[arg(long, value_name = "DIR", default_value = "./partita-data", conflicts_with = "ephemeral")]
    pub(crate) data: PathBuf,
    /// Instead of serving, look for damaged files, say what a repair would lose, and repair once that is agreed to
    #[arg(long, conflicts_with = "ephemeral")]
    pub(crate) repair: bool,
    /// Agree to the repair beforehand
    #[arg(long, requires = "repair")]
    pub(crate) yes: bool,
    /// Keep everything in memory and forget it at the end (for test suites)
    #[arg(long)]
    pub(crate) ephemeral: bool,
    /// Most memory for items and files that were read before
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = size::cache_size)]
    pub(crate) cache_size: usize,
    /// A manifest, or a folder of them, to apply and to watch for edits (repeatable)
    #[arg(long, value_name = "PATH")]
    pub(crate) apply: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) identity: Identity,
    /// File of access keys: an AWS shared credentials file, or one `key secret` a line
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,
    /// Which of the real service's wordings validation errors have
    #[arg(long, value_name = "STYLE", default_value = "2026")]
    pub(crate) validation_wording: Wording,
    #[command(flatten)]
    pub(crate) log: Log,
}

/// The real service's wordings of validation errors.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Wording {
    /// As the service words them since 2026
    #[value(name = "2026")]
    Modern,
    /// As it worded them before
    Classic,
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use partita_storage::CACHE_BYTES_DEFAULT;

    use crate::arguments::{Arguments, Command};

    #[test]
    fn the_caches_have_the_size_of_the_storage_unless_told_otherwise() {
        for (arguments, bytes) in
            [(vec![], CACHE_BYTES_DEFAULT), (vec!["--cache-size", "32MiB"], 32 * 1024 * 1024)]
        {
            let arguments = Arguments::try_parse_from(["partita", "local"].into_iter().chain(arguments));
            let Command::Local(options) = arguments.unwrap().command else { panic!("another command") };
            assert_eq!(options.cache_size, bytes);
        }
    }
}
