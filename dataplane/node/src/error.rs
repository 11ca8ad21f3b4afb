//! Why a node ends otherwise than by being asked to.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Why a node could not run, or could not go on. The process should end with it: whoever started it starts it again.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: choose another address, or stop what listens there")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The operating system's answer.
        #[source]
        source: std::io::Error,
    },
    /// The credentials file cannot be read.
    #[error("cannot read the access keys from {}", path.display())]
    CredentialsFile {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        #[source]
        source: std::io::Error,
    },
    /// The credentials file is not one.
    #[error("in the credentials file {}", path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: partita_identity::credentials::Error,
    },
    /// The internal key cannot be one.
    #[error("the internal access key is not usable")]
    InternalKey(#[source] partita_identity::credentials::Error),
    /// No HTTP client for the control plane.
    #[error("cannot make an HTTP client for the control plane")]
    HttpClient(#[source] reqwest::Error),
    /// The shard cannot be opened.
    #[error("cannot open the shard")]
    Open(#[source] partita_storage::Error),
    /// Another process did not let go of the store in time.
    #[error(
        "another process still uses the store after {} s: wait for it, or end it, then start again",
        waited.as_secs()
    )]
    StillInUse {
        /// How long the node waited.
        waited: Duration,
        /// Which store.
        #[source]
        source: partita_storage::Error,
    },
    /// The shard's tables cannot be read.
    #[error("cannot read the shard's tables")]
    Tables(#[source] partita_table::Error),
    /// The streams of the shard's tables cannot be read.
    #[error("cannot read the streams of the shard's tables")]
    Streams(#[source] partita_stream::Error),
    /// The event source mappings that the shard keeps cannot be carried out.
    #[error("cannot go on with the event source mappings")]
    Mappings(#[source] partita_trigger::Error),
    /// Another node opened the shard. Everything that was acknowledged is there, and that node serves it.
    #[error("another node took over the shard: this one serves it no more")]
    Fenced,
    /// The store failed while the node served.
    #[error(
        "the store failed: every write that was acknowledged is kept, one that was not may or may not be. Look for a full or \
         failing disk or bucket; the next start reads what is there"
    )]
    Store(#[source] partita_storage::Error),
    /// What was applied could not be made durable at the end. Everything that was acknowledged was durable before.
    #[error("cannot close the shard; every write that was acknowledged is kept")]
    Close(#[source] partita_table::Error),
    /// A part of the node panicked; the log says where.
    #[error("a part of the node ended abnormally")]
    Abnormal(#[source] tokio::task::JoinError),
}

impl NodeError {
    /// The error for a store that answers nothing any more.
    pub(crate) fn ended(error: partita_storage::Error) -> Self {
        match error {
            partita_storage::Error::Fenced => Self::Fenced,
            error => Self::Store(error),
        }
    }
}

/// An error with its causes, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
