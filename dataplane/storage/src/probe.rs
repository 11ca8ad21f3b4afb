//! The start-up probe: an object store that only pretends to do conditional puts, or that answers reads with
//! old states, would lose acknowledged writes. Better to refuse it at once.

use std::borrow::Cow;

use bytes::Bytes;
use futures::TryStreamExt;
use futures::future::join_all;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, UpdateVersion,
};
use uuid::Uuid;

use crate::error::{Error, Result};

/// The folder for probe objects inside a shard's folder.
const FOLDER: &str = "probe";

const FIRST: &[u8] = b"first";
const SECOND: &[u8] = b"second";
const THIRD: &[u8] = b"third";

/// How many puts of one new name are sent at once. A server that looks first and writes then lets several through,
/// nearly always.
const RIVALS: usize = 4;

/// The metadata that an object is given, as the engine does to know its own puts again.
const MARK: Attribute = Attribute::Metadata(Cow::Borrowed("partitaprobe"));

/// What keeps a second writer away from a shard, and with it what the object store must be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// A lock of this machine; the engine's fencing beneath it needs no more than creation.
    Lock,
    /// The engine's fencing alone: it also updates objects under a condition, and knows its own by their metadata.
    Fencing,
}

/// Writes, reads, lists and removes an object, and puts others that must be refused.
pub(crate) async fn probe(objects: &dyn ObjectStore, shard: &Path, guard: Guard) -> Result<()> {
    let folder = shard.clone().join(FOLDER);
    let object = folder.clone().join(Uuid::new_v4().to_string());
    match put(objects, &object, FIRST, PutMode::Create, guard).await {
        Ok(_) => {}
        // Nobody else knows the name: it was written, the answer was lost, and the client tried again.
        Err(error) if is_refusal(&error) => {}
        Err(error) => return Err(Error::unavailable("write to the object store", error)),
    }
    let mut verdict = examine(objects, &folder, &object, guard).await;
    if guard == Guard::Fencing && verdict.is_ok() {
        verdict = race(objects, &folder).await;
    }
    let removed = objects.delete(&object).await;
    verdict?;
    removed.map_err(|error| Error::unavailable("delete from the object store", error))
}

async fn examine(objects: &dyn ObjectStore, folder: &Path, object: &Path, guard: Guard) -> Result<()> {
    let Some(found) = read(objects, object).await?.filter(|found| found.content == FIRST) else {
        return unsafe_store("an object cannot be read after it was written");
    };
    let listed: Vec<_> = objects
        .list(Some(folder))
        .map_ok(|found| found.location)
        .try_collect()
        .await
        .map_err(|error| Error::unavailable("list the object store", error))?;
    if !listed.contains(object) {
        return unsafe_store("an object is not listed after it was written");
    }
    match put(objects, object, SECOND, PutMode::Create, guard).await {
        Err(error) if is_refusal(&error) => {}
        Err(error) => return Err(Error::unavailable("probe conditional puts", error)),
        Ok(_) => return unsafe_store("a conditional put replaced an object that existed"),
    }
    if read(objects, object).await?.is_none_or(|found| found.content != FIRST) {
        return unsafe_store("a refused conditional put changed the object");
    }
    match guard {
        Guard::Lock => Ok(()),
        Guard::Fencing => examine_updates(objects, object, found).await,
    }
}

async fn examine_updates(objects: &dyn ObjectStore, object: &Path, found: Found) -> Result<()> {
    if !found.marked {
        return unsafe_store("an object has lost its metadata");
    }
    let update = async |content, mode| match put(objects, object, content, mode, Guard::Fencing).await {
        Ok(_) => Ok(true),
        Err(error) if is_refusal(&error) => Ok(false),
        Err(error) => Err(Error::unavailable("probe conditional puts", error)),
    };
    // The answer to the first may have been lost, so that it is its effect that counts.
    update(SECOND, PutMode::Update(found.version.clone())).await?;
    if read(objects, object).await?.is_none_or(|found| found.content != SECOND) {
        return unsafe_store("a conditional put did not replace the version that it named");
    }
    if update(THIRD, PutMode::Update(found.version)).await? {
        return unsafe_store("a conditional put replaced another version than it named");
    }
    Ok(())
}

/// Lets several writers create one object at once: more than one that was told it did so is one too many.
async fn race(objects: &dyn ObjectStore, folder: &Path) -> Result<()> {
    let object = folder.clone().join(Uuid::new_v4().to_string());
    let rivals = (0..RIVALS).map(|_| put(objects, &object, FIRST, PutMode::Create, Guard::Fencing));
    let winners = join_all(rivals).await.iter().filter(|told| told.is_ok()).count();
    match objects.delete(&object).await {
        // Deleted by an attempt whose answer was lost, or never made.
        Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
        Err(error) => return Err(Error::unavailable("delete from the object store", error)),
    }
    match winners {
        0 | 1 => Ok(()),
        _ => unsafe_store("two conditional puts created the same object"),
    }
}

async fn put(
    objects: &dyn ObjectStore,
    object: &Path,
    content: &'static [u8],
    mode: PutMode,
    guard: Guard,
) -> object_store::Result<()> {
    let attributes = match guard {
        Guard::Lock => Attributes::new(),
        Guard::Fencing => Attributes::from_iter([(MARK, FOLDER)]),
    };
    let options = PutOptions { mode, attributes, ..PutOptions::default() };
    objects.put_opts(object, PutPayload::from_static(content), options).await.map(drop)
}

fn is_refusal(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. })
}

struct Found {
    content: Bytes,
    version: UpdateVersion,
    marked: bool,
}

async fn read(objects: &dyn ObjectStore, object: &Path) -> Result<Option<Found>> {
    let found = async {
        let found = objects.get(object).await?;
        let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
        let marked = found.attributes.get(&MARK).is_some_and(|mark| mark.as_ref() == FOLDER);
        Ok(Found { version, marked, content: found.bytes().await? })
    };
    match found.await {
        Ok(found) => Ok(Some(found)),
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

    use object_store::local::LocalFileSystem;
    use object_store::memory::InMemory;

    use super::*;
    use crate::fault::{Fault, FaultyObjects, Lie};

    #[tokio::test]
    async fn a_sound_store_passes_and_nothing_is_left_behind() {
        let objects = InMemory::new();
        for guard in [Guard::Lock, Guard::Fencing] {
            probe(&objects, &Path::from("shard"), guard).await.unwrap();
            assert_eq!(objects.list(None).try_collect::<Vec<_>>().await.unwrap(), []);
        }
    }

    #[tokio::test]
    async fn a_folder_is_enough_only_under_a_lock() {
        let folder = tempfile::tempdir().unwrap();
        let objects = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
        probe(&objects, &Path::from("shard"), Guard::Lock).await.unwrap();
        assert!(probe(&objects, &Path::from("shard"), Guard::Fencing).await.is_err());
    }

    #[tokio::test]
    async fn each_missing_guarantee_is_found() {
        for (lie, word) in [
            (Lie::CreateReplaces, "conditional put"),
            (Lie::ReadsFindNothing, "cannot be read"),
            (Lie::ListsFindNothing, "not listed"),
            (Lie::CreateLooksFirst, "created the same object"),
            (Lie::UpdateReplaces, "another version"),
            (Lie::MetadataIsLost, "metadata"),
        ] {
            let objects = FaultyObjects::new(Arc::new(InMemory::new()));
            objects.tell(lie);
            let refused = probe(&objects, &Path::from("shard"), Guard::Fencing).await.unwrap_err();
            assert!(
                matches!(refused, Error::UnsafeObjectStore { defect } if defect.contains(word)),
                "{refused}"
            );
            assert!(refused.to_string().contains("use another one"), "{refused}");
        }
    }

    #[tokio::test]
    async fn a_store_that_cannot_be_written_is_not_called_unsafe() {
        let objects = FaultyObjects::new(Arc::new(InMemory::new()));
        objects.inject("", Fault::Refuse);
        let refused = probe(&objects, &Path::from("shard"), Guard::Fencing).await.unwrap_err();
        assert!(matches!(refused, Error::Unavailable { .. }), "{refused}");
    }
}
