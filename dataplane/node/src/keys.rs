//! The access keys in a file, followed while the node runs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use partita_identity::credentials::Error as Malformed;
use partita_identity::{Credentials, Verifier};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::sync::watch;

use crate::error::NodeError;
use crate::options::NodeOptions;

/// The largest credentials file: as much as a Secret holds.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The access keys in a file, as last read.
pub(crate) struct KeyFile {
    text: String,
    /// Whether the last look failed; it is told once.
    unreadable: bool,
}

impl KeyFile {
    /// Reads the file for the first time, and makes the verifier that knows what is in it.
    pub(crate) async fn read(options: &NodeOptions) -> Result<(Self, Arc<Verifier>), NodeError> {
        let path = &options.credentials_file;
        let text =
            read(path).await.map_err(|source| NodeError::CredentialsFile { path: path.clone(), source })?;
        let known = parse(&text).map_err(|source| NodeError::Credentials { path: path.clone(), source })?;
        let verifier = Verifier::new(known, options.scope.region.as_str(), Arc::clone(&options.clock));
        Ok((Self { text, unreadable: false }, Arc::new(verifier)))
    }

    /// Looks at the file every `poll` until `stopped` says so, and makes `verifier` know what is in it. A file that cannot be
    /// read changes nothing: the keys that were known go on.
    pub(crate) async fn follow(
        mut self,
        path: PathBuf,
        verifier: Arc<Verifier>,
        poll: Duration,
        mut stopped: watch::Receiver<bool>,
    ) {
        // An error means that the sender is gone, and with it the node.
        while tokio::time::timeout(poll, stopped.wait_for(|stopped| *stopped)).await.is_err() {
            self.look(&path, &verifier).await;
        }
    }

    async fn look(&mut self, path: &Path, verifier: &Verifier) {
        let text = match read(path).await {
            Ok(text) => text,
            Err(error) => {
                if !std::mem::replace(&mut self.unreadable, true) {
                    tracing::warn!(path = %path.display(), %error, "cannot read the access keys, keeping the known ones");
                }
                return;
            }
        };
        self.unreadable = false;
        if text == self.text {
            return;
        }
        match parse(&text) {
            Ok(known) => {
                tracing::info!(access_keys = known.len(), "access keys changed");
                verifier.replace(known);
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "malformed access keys, keeping the known ones");
            }
        }
        self.text = text;
    }
}

/// A file without any key is no mistake here: the last one was revoked.
fn parse(text: &str) -> Result<Credentials, Malformed> {
    match Credentials::parse(text) {
        Err(Malformed::Nothing) => {
            tracing::warn!("there are no access keys: every request is refused");
            Ok(Credentials::default())
        }
        parsed => parsed,
    }
}

async fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path).await?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).await?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("more than {FILE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
