//! The claim object: which format a shard has, and which write-ahead log holds its newest rows.
//!
//! The engine does not record the log. Opened with another one it would come up with rows missing, and the engine's
//! own fencing would have stopped the rightful owner by then. So the claim is made before the engine is started, and
//! a shard whose claim says something else is not opened.

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use partita_wal::LogId;

use crate::error::{Error, Result};

/// The name of the claim in a shard's folder.
const NAME: &str = "claim";

/// What a claim of this version says before it names the log.
const PREFIX: &str = "partita shard format 2, log ";

/// What the first version wrote. Its shards have no other log, and are otherwise understood.
const FIRST: &str = "partita shard format 1, log object";

/// More than any claim has, in bytes: what is longer was not written by us.
const CLAIM_BYTES_MAX: usize = 1024;

/// What was found claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) log: LogId,
    /// It says the format of this version.
    pub(crate) current: bool,
}

/// Reads the claim of a shard; `None` when nobody has claimed it.
pub(crate) async fn read(objects: &dyn ObjectStore, shard: &Path) -> Result<Option<Claim>> {
    let failed = |error| Error::unavailable("read the claim of the shard", error);
    let found = match objects.get(&shard.clone().join(NAME)).await {
        Ok(found) => found.bytes().await.map_err(failed)?,
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let shown = String::from_utf8_lossy(found.get(..CLAIM_BYTES_MAX).unwrap_or(&found));
    let shown = shown.trim_end();
    if shown == FIRST {
        return Ok(Some(Claim { log: LogId::Object, current: false }));
    }
    match shown.strip_prefix(PREFIX).and_then(LogId::parse) {
        Some(log) => Ok(Some(Claim { log, current: true })),
        None => Err(foreign(shard, shown, PREFIX.trim_end_matches(", log "))),
    }
}

/// Claims a shard that nobody has claimed. Somebody may have come between; then the claims must be alike.
pub(crate) async fn make(objects: &dyn ObjectStore, shard: &Path, log: LogId) -> Result<()> {
    match put(objects, shard, log, PutMode::Create).await {
        Ok(()) => Ok(()),
        Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
            match read(objects, shard).await? {
                Some(found) if found.log == log => Ok(()),
                found => Err(mismatch(shard, found.map(|found| found.log), log)),
            }
        }
        Err(error) => Err(Error::unavailable("claim the shard", error)),
    }
}

/// Puts another claim in the place of one that was found.
pub(crate) async fn replace(objects: &dyn ObjectStore, shard: &Path, log: LogId) -> Result<()> {
    let replaced = put(objects, shard, log, PutMode::Overwrite).await;
    replaced.map_err(|error| Error::unavailable("claim the shard", error))
}

/// The shard is claimed for another log.
pub(crate) fn mismatch(shard: &Path, found: Option<LogId>, expected: LogId) -> Error {
    let found = found.map_or_else(|| "no claim".to_owned(), |log| format!("{PREFIX}{log}"));
    foreign(shard, &found, &format!("{PREFIX}{expected}"))
}

fn foreign(shard: &Path, found: &str, expected: &str) -> Error {
    Error::ForeignClaim { path: shard.to_string(), found: found.to_owned(), expected: expected.to_owned() }
}

async fn put(objects: &dyn ObjectStore, shard: &Path, log: LogId, mode: PutMode) -> object_store::Result<()> {
    let options = PutOptions { mode, ..PutOptions::default() };
    let content = PutPayload::from(format!("{PREFIX}{log}\n").into_bytes());
    objects.put_opts(&shard.clone().join(NAME), content, options).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[tokio::test]
    async fn a_claim_is_read_as_it_was_made() {
        let (objects, shard) = (InMemory::new(), Path::from("shard"));
        assert_eq!(read(&objects, &shard).await.unwrap(), None);
        for log in [LogId::Object, LogId::File(7)] {
            replace(&objects, &shard, log).await.unwrap();
            assert_eq!(read(&objects, &shard).await.unwrap(), Some(Claim { log, current: true }));
            make(&objects, &shard, log).await.unwrap();
        }
        let refused = make(&objects, &shard, LogId::Object).await.unwrap_err();
        assert!(refused.to_string().contains("log file 0000"), "{refused}");
        assert!(!refused.retryable());
    }

    #[tokio::test]
    async fn claims_of_other_formats_are_refused() {
        let (objects, shard) = (InMemory::new(), Path::from("shard"));
        for (content, known) in [
            ("partita shard format 1, log object\n", true),
            ("partita shard format 2, log object\n", true),
            ("partita shard format 1, log file 7\n", false),
            ("partita shard format 2, log paper\n", false),
            ("partita shard format 3, log object\n", false),
            ("", false),
        ] {
            objects
                .put(&shard.clone().join(NAME), PutPayload::from_static(content.as_bytes()))
                .await
                .unwrap();
            match read(&objects, &shard).await {
                Ok(found) => assert!(known && found.is_some(), "{content}"),
                Err(Error::ForeignClaim { found, .. }) => {
                    assert!(!known && found == content.trim_end(), "{content}");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}
