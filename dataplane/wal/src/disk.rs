//! What a log needs of a disk: one folder of files, and the syncs that make them last.
//!
//! Tests put a disk in the place of the real one that holds syncs back, fails, fills up and loses power.

use std::io;
use std::sync::Arc;

/// A folder. Its calls block.
pub trait Disk: Send + Sync + 'static {
    /// The names of the files.
    fn names(&self) -> io::Result<Vec<String>>;
    /// Makes an empty file, or empties it. Lasts after [`Disk::sync`].
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Opens a file for reading and writing.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Gives a file another name, in the place of the file that has it. Lasts after [`Disk::sync`].
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file. Lasts after [`Disk::sync`].
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes the files' names last: what was created, renamed and removed.
    fn sync(&self) -> io::Result<()>;
    /// Keeps other processes out until what it returns is dropped; `None` when one is in.
    fn lock(&self) -> io::Result<Option<Box<dyn Send + Sync>>>;
    /// How much room there is.
    fn space(&self) -> io::Result<Space>;
    /// A number that nobody can guess.
    fn random(&self) -> u128;
    /// A file of the folder, or with an empty name the folder itself, for messages.
    fn place(&self, name: &str) -> String;
}

/// A file of a [`Disk`]. Its calls block.
pub trait DiskFile: Send + Sync + 'static {
    /// The length in bytes.
    fn bytes(&self) -> io::Result<u64>;
    /// Fills `buffer` from `offset` on; it is an error when the file ends before.
    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
    /// Writes at `offset`. Lasts after [`DiskFile::sync`].
    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes the file `bytes` long, with zeros at its end, and takes the room for it, so that a write there does not
    /// find the disk full.
    fn reserve(&self, bytes: u64) -> io::Result<()>;
    /// Shortens the file.
    fn cut(&self, bytes: u64) -> io::Result<()>;
    /// Makes the content last.
    fn sync(&self) -> io::Result<()>;
}

/// The room of a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// What this process may still use.
    pub free: u64,
    /// All of it.
    pub total: u64,
}
