//! The start-up probe: an object store that only pretends to do conditional puts, or that answers reads with
//! old states, would lose acknowledged writes. Better to refuse it at once.

use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use uuid::Uuid;

use crate::error::{Error, Result};

/// The folder for probe objects inside a shard's folder.
const FOLDER: &str = "probe";

const FIRST: &[u8] = b"first";
const SECOND: &[u8] = b"second";

/// Creates an object, reads it, finds it in a list, tries to create it again, and removes it.
pub(crate) async fn probe(objects: &dyn ObjectStore, shard: &Path) -> Result<()> {
    let folder = shard.clone().join(FOLDER);
    let object = folder.clone().join(Uuid::new_v4().to_string());
    create(objects, &object, FIRST)
        .await
        .map_err(|error| Error::unavailable("write to the object store", error))?;
    let verdict = examine(objects, &folder, &object).await;
    let removed = objects.delete(&object).await;
    verdict?;
    removed.map_err(|error| Error::unavailable("delete from the object store", error))
}

async fn examine(objects: &dyn ObjectStore, folder: &Path, object: &Path) -> Result<()> {
    if read(objects, object).await?.as_deref() != Some(FIRST) {
        return unsafe_store("an object cannot be read after it was written");
    }
    let listed: Vec<_> = objects
        .list(Some(folder))
        .map_ok(|found| found.location)
        .try_collect()
        .await
        .map_err(|error| Error::unavailable("list the object store", error))?;
    if !listed.contains(object) {
        return unsafe_store("an object is not listed after it was written");
    }
    match create(objects, object, SECOND).await {
        Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {}
        Err(error) => return Err(Error::unavailable("probe conditional puts", error)),
        Ok(()) => return unsafe_store("a conditional put replaced an object that existed"),
    }
    if read(objects, object).await?.as_deref() != Some(FIRST) {
        return unsafe_store("a refused conditional put changed the object");
    }
    Ok(())
}

async fn create(
    objects: &dyn ObjectStore,
    object: &Path,
    content: &'static [u8],
) -> object_store::Result<()> {
    let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    objects.put_opts(object, PutPayload::from_static(content), options).await.map(drop)
}

async fn read(objects: &dyn ObjectStore, object: &Path) -> Result<Option<bytes::Bytes>> {
    let found = async { objects.get(object).await?.bytes().await };
    match found.await {
        Ok(content) => Ok(Some(content)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(Error::unavailable("read from the object store", error)),
    }
}

fn unsafe_store(defect: &'static str) -> Result<()> {
    Err(Error::UnsafeObjectStore { defect })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;

    use super::*;
    use crate::fault::{FaultyObjects, Lie};

    #[tokio::test]
    async fn a_sound_store_passes_and_nothing_is_left_behind() {
        let objects = InMemory::new();
        probe(&objects, &Path::from("shard")).await.unwrap();
        assert_eq!(objects.list(None).try_collect::<Vec<_>>().await.unwrap(), []);
    }

    #[tokio::test]
    async fn each_missing_guarantee_is_found() {
        for (lie, word) in [
            (Lie::CreateReplaces, "conditional put"),
            (Lie::ReadsFindNothing, "cannot be read"),
            (Lie::ListsFindNothing, "not listed"),
        ] {
            let objects = FaultyObjects::new(Arc::new(InMemory::new()));
            objects.tell(lie);
            let refused = probe(&objects, &Path::from("shard")).await.unwrap_err();
            assert!(
                matches!(refused, Error::UnsafeObjectStore { defect } if defect.contains(word)),
                "{refused}"
            );
        }
    }
}
