//! A folder of this machine as an object store: locked against a second process, and synced.
//!
//! The object store syncs each file and the folder it is put into, and the parents of folders that it makes. Two
//! gaps are closed here. A folder made before a crash may exist without its entry being on disk, and the object
//! store takes an existing folder for a durable one; and of two writers that need the same new folder the second
//! does not wait for the first one's sync. So all folders of a shard are made, and synced, before the shard is used.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path;

use crate::error::{Error, Result};

/// The file that is locked while a process uses the shard. It stays when the lock is released.
const LOCK_FILE: &str = "lock";

/// The folders that the engine makes in a shard's folder.
const ENGINE_FOLDERS: [&str; 5] = ["compacted", "compactions", "gc", "manifest", "wal"];

/// An exclusive claim on a shard's folder, held until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

/// The folder of the shard at `path` beneath `root`.
pub(crate) fn shard_folder(root: &FsPath, path: &Path) -> PathBuf {
    path.parts().fold(root.to_owned(), |folder, part| folder.join(part.as_ref()))
}

/// Locks the folder of the shard at `path` beneath `root`, and opens `root` as an object store.
pub(crate) async fn open(root: PathBuf, path: &Path) -> Result<(Arc<dyn ObjectStore>, FolderLock)> {
    let shard = shard_folder(&root, path);
    let prepare = move || -> Result<(Arc<dyn ObjectStore>, FolderLock)> {
        std::fs::create_dir_all(&shard).map_err(|error| Error::folder("create", &shard, error))?;
        let lock = lock(&shard)?;
        remove_unfinished(&shard)?;
        make_durable(&shard)?;
        let objects = LocalFileSystem::new_with_prefix(&root)
            .map_err(|error| Error::unavailable("open the folder", error))?
            .with_fsync(true);
        Ok((Arc::new(objects), lock))
    };
    let prepared = tokio::task::spawn_blocking(prepare).await;
    prepared.map_err(|error| Error::unavailable("open the folder", error))?
}

fn lock(shard: &FsPath) -> Result<FolderLock> {
    let path = shard.join(LOCK_FILE);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| Error::folder("open", &path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(Error::FolderInUse { folder: shard.to_owned() }),
        Err(TryLockError::Error(error)) => Err(Error::folder("lock", &path, error)),
    }
}

/// Removes the files that a process was writing when it ended. The object store writes a file under its name, `#` and a
/// number, and then renames it; it lists none of those, so that nobody else would ever remove them, and a merge that
/// was cut short leaves a large one. The lock says that nobody is writing now.
fn remove_unfinished(folder: &FsPath) -> Result<()> {
    let read = |error| Error::folder("read", folder, error);
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let path = entry.path();
        if entry.file_type().map_err(read)?.is_dir() {
            remove_unfinished(&path)?;
        } else if is_unfinished(&entry.file_name().to_string_lossy()) {
            std::fs::remove_file(&path).map_err(|error| Error::folder("remove", &path, error))?;
        }
    }
    Ok(())
}

fn is_unfinished(name: &str) -> bool {
    let number = name.split_once('#').map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Makes the folders of a shard, and syncs the shard's own folder and every folder above, so that all their entries
/// are on disk. The new folders themselves are empty.
fn make_durable(shard: &FsPath) -> Result<()> {
    for name in ENGINE_FOLDERS {
        let folder = shard.join(name);
        std::fs::create_dir_all(&folder).map_err(|error| Error::folder("create", &folder, error))?;
    }
    let absolute = std::path::absolute(shard).map_err(|error| Error::folder("find", shard, error))?;
    for folder in absolute.ancestors() {
        match sync(folder) {
            Ok(()) => {}
            // Above the folder that was named there may be some that this process may not read; it made none there.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && folder != absolute => break,
            Err(error) => return Err(Error::folder("sync", folder, error)),
        }
    }
    Ok(())
}

#[cfg(unix)]
fn sync(folder: &FsPath) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Other systems have no way to sync a folder.
#[cfg(not(unix))]
fn sync(_folder: &FsPath) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_locked_folder_is_refused_until_the_lock_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = Path::from("a/b");
        let (_, lock) = open(folder.path().to_owned(), &path).await.unwrap();
        let refused = open(folder.path().to_owned(), &path).await.unwrap_err();
        assert!(matches!(&refused, Error::FolderInUse { folder } if folder.ends_with("a/b")), "{refused}");
        assert!(refused.to_string().contains("stop that process"), "{refused}");
        assert!(open(folder.path().to_owned(), &Path::from("a/c")).await.is_ok(), "another shard is free");
        drop(lock);
        assert!(open(folder.path().to_owned(), &path).await.is_ok());
    }

    #[tokio::test]
    async fn files_that_were_never_finished_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, shard) = (Path::from("shard"), folder.path().join("shard"));
        drop(open(folder.path().to_owned(), &path).await.unwrap());
        for name in ["wal/1.sst", "wal/2.sst#1", "compacted/3.sst#12", "claim#1", "kept#", "kept#1a"] {
            std::fs::write(shard.join(name), "").unwrap();
        }
        let (_, lock) = open(folder.path().to_owned(), &path).await.unwrap();
        for (name, there) in [
            ("wal/1.sst", true),
            ("wal/2.sst#1", false),
            ("compacted/3.sst#12", false),
            ("claim#1", false),
            ("kept#", true),
            ("kept#1a", true),
        ] {
            assert_eq!(shard.join(name).exists(), there, "{name}");
        }
        // Another process may be writing what it finds.
        std::fs::write(shard.join("wal/4.sst#1"), "").unwrap();
        assert!(open(folder.path().to_owned(), &path).await.is_err());
        assert!(shard.join("wal/4.sst#1").exists());
        drop(lock);
    }

    #[tokio::test]
    async fn a_file_in_the_way_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let refused = open(file.clone(), &Path::from("shard")).await.unwrap_err();
        assert!(refused.to_string().contains(&file.display().to_string()), "{refused}");
    }
}
