//! The claim object: which format a shard has, and which write-ahead log holds its newest rows.
//!
//! The engine does not record the log. Opened with another one it would come up with rows missing, and the engine's
//! own fencing would have stopped the rightful owner by then. So the claim is made before the engine is started, and
//! a shard whose claim says something else is not opened.

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};

use crate::error::{Error, Result};

/// The name of the claim in a shard's folder.
const NAME: &str = "claim";

/// What this version writes and understands: the format of the shard, and the log, here the engine's own.
const CLAIM: &str = "partita shard format 1, log object\n";

/// More than any claim has, in bytes: what is longer was not written by us.
const CLAIM_BYTES_MAX: usize = 1024;

/// Claims the shard, or finds that it is claimed alike.
pub(crate) async fn claim(objects: &dyn ObjectStore, shard: &Path) -> Result<()> {
    let object = shard.clone().join(NAME);
    let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    match objects.put_opts(&object, PutPayload::from_static(CLAIM.as_bytes()), options).await {
        Ok(_) => Ok(()),
        Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
            compare(objects, shard, &object).await
        }
        Err(error) => Err(Error::unavailable("claim the shard", error)),
    }
}

async fn compare(objects: &dyn ObjectStore, shard: &Path, object: &Path) -> Result<()> {
    let content = async { objects.get(object).await?.bytes().await };
    let content = content.await.map_err(|error| Error::unavailable("read the claim of the shard", error))?;
    if content == CLAIM {
        return Ok(());
    }
    let shown = content.get(..CLAIM_BYTES_MAX).unwrap_or(&content);
    Err(Error::ForeignClaim {
        path: shard.to_string(),
        found: String::from_utf8_lossy(shown).trim_end().to_owned(),
        expected: CLAIM.trim_end().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[tokio::test]
    async fn a_shard_can_be_claimed_again_by_the_same_format_only() {
        let objects = InMemory::new();
        let shard = Path::from("shard");
        claim(&objects, &shard).await.unwrap();
        claim(&objects, &shard).await.unwrap();
        let foreign = PutPayload::from_static(b"partita shard format 1, log file 7\n");
        objects.put(&shard.clone().join(NAME), foreign).await.unwrap();
        let refused = claim(&objects, &shard).await.unwrap_err();
        assert!(
            matches!(&refused, Error::ForeignClaim { found, .. } if found == "partita shard format 1, log file 7"),
            "{refused}"
        );
        assert!(!refused.retryable());
    }
}
