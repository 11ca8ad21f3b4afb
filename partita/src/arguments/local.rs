//! Options of `partita local`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use partita_stream::StreamOptions;

use super::{Functions, Identity, Log, Rules, size, time};

/// The shortest time that streams are tended by.
const DURATION_MIN: Duration = Duration::from_secs(1);
/// Pause between two looks at streams whose shards end after a number of changes.
const LOOK_OFTEN: Duration = Duration::from_millis(100);

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
    pub(crate) rules: Rules,
    #[command(flatten)]
    pub(crate) streams: Streams,
    #[command(flatten)]
    pub(crate) functions: Functions,
    #[command(flatten)]
    pub(crate) log: Log,
}

/// How streams age: for testing consumers, which in a day of the real service meet many shards.
#[derive(Debug, Args)]
pub(crate) struct Streams {
    /// How long the records of streams are kept
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration)]
    stream_retention: Duration,
    /// The age at which a stream goes on in a new shard
    #[arg(long, value_name = "TIME", default_value = "4h", value_parser = duration)]
    stream_shard_age: Duration,
    /// The number of changes at which it does, whatever its age
    #[arg(long, value_name = "NUMBER")]
    stream_shard_records: Option<u64>,
}

impl Streams {
    /// The options of the streams, with the machine's clock.
    pub(crate) fn options(&self) -> StreamOptions {
        let default = StreamOptions::default();
        let shortest = self.stream_retention.min(self.stream_shard_age);
        StreamOptions {
            retention: self.stream_retention,
            shard_age_max: self.stream_shard_age,
            shard_records_max: self.stream_shard_records.unwrap_or(default.shard_records_max),
            // Shards that are to end after so many changes are looked at often, or many more would come meanwhile.
            pause: match self.stream_shard_records {
                Some(_) => LOOK_OFTEN,
                None => default.pause.min(shortest / 2),
            },
            ..default
        }
    }
}

/// Reads `24h`, `90s` or `1h 30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let duration = time(text).filter(|duration| *duration >= DURATION_MIN);
    duration.ok_or_else(|| "give a time of a second or more, as in 24h, 90s or 1h30m".to_owned())
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

    use super::*;
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
    #[test]
    fn times_have_units() {
        assert_eq!(duration("24h"), Ok(Duration::from_secs(86_400)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5_400)));
        for text in ["", "24", "-1h", "0s", "10ms", "soon"] {
            assert!(duration(text).unwrap_err().contains("24h"), "{text:?}");
        }
    }

    #[test]
    fn streams_age_as_the_services_do_unless_told_otherwise() {
        let options = |arguments: &[&str]| {
            let arguments = ["partita", "local"].iter().chain(arguments);
            let Command::Local(options) = Arguments::try_parse_from(arguments).unwrap().command else {
                panic!("another command")
            };
            options.streams.options()
        };
        let (given, default) = (options(&[]), StreamOptions::default());
        assert_eq!((given.retention, given.shard_age_max), (default.retention, default.shard_age_max));
        assert_eq!((given.shard_records_max, given.pause), (default.shard_records_max, default.pause));
        let given = options(&["--stream-retention", "10s", "--stream-shard-records", "5"]);
        assert_eq!((given.retention, given.shard_records_max), (Duration::from_secs(10), 5));
        assert!(given.pause < given.retention);
    }
}
