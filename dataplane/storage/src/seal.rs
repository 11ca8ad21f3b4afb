//! Seals: a checksum for the engine's small objects, which have none of their own.
//!
//! The engine checks every block of its data files and of its log. A manifest, which says what these files are and from where
//! the log counts, it reads as it comes: one changed bit can leave it well-formed and make rows vanish or return. So here each of
//! them is stored behind a head of [`HEAD_BYTES`] with its length and checksum, and what does not agree with its head is never
//! handed on.
//!
//! ```text
//!   "partita" 1 | length, 8 bytes | CRC-32 of the content, 4 bytes | content        numbers are big-endian
//! ```
//!
//! Objects that a version before seals wrote are told by their first bytes, which no seal has, and are read as they are.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Buf, Bytes};
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions,
    Result,
};

/// The folders of a shard whose objects are sealed: all that the engine reads whole.
const SEALED: [&str; 3] = ["manifest", "compactions", "gc"];

/// What a sealed object begins with: a name, and the version of the seal.
const MAGIC: &[u8; 8] = b"partita\x01";

/// The length of a seal, in bytes.
const HEAD_BYTES: usize = MAGIC.len() + size_of::<u64>() + size_of::<u32>();

/// An object that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path} is damaged from byte {offset} on: {what}")]
pub(crate) struct Broken {
    /// The object.
    pub(crate) path: String,
    /// Where what was checked begins, in bytes.
    pub(crate) offset: u64,
    /// What is wrong.
    pub(crate) what: &'static str,
}

impl Broken {
    /// The damage that an error reports, if it does.
    pub(crate) fn find<'a>(mut error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Self> {
        loop {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            error = error.source()?;
        }
    }
}

/// An object store that seals the small objects of one shard, and passes on everything else.
#[derive(Debug)]
pub(crate) struct Sealed {
    inner: Arc<dyn ObjectStore>,
    shard: Path,
}

impl Sealed {
    /// Seals objects of the shard at `shard`.
    pub(crate) fn new(inner: Arc<dyn ObjectStore>, shard: Path) -> Self {
        Self { inner, shard }
    }

    fn seals(&self, location: &Path) -> bool {
        let folder = location.prefix_match(&self.shard).and_then(|mut parts| parts.next());
        folder.is_some_and(|folder| SEALED.contains(&folder.as_ref()))
    }

    /// Reads a sealed object and answers as if it had no seal.
    async fn get_sealed(&self, location: &Path, mut options: GetOptions) -> Result<GetResult> {
        let range = options.range.take();
        let found = self.inner.get_opts(location, options).await?;
        let (meta, attributes, extensions) =
            (found.meta.clone(), found.attributes.clone(), found.extensions.clone());
        // Of all errors that have a cause, this is the one that the engine does not repeat: damage stays.
        let content = unseal(location, found.bytes().await?)
            .map_err(|broken| object_store::Error::NotSupported { source: Box::new(broken) })?;
        let size = content.len() as u64;
        let range = match range {
            None => 0..size,
            Some(range) => range
                .as_range(size)
                .map_err(|error| object_store::Error::Generic { store: "Sealed", source: Box::new(error) })?,
        };
        // What is in memory has a length that fits.
        let bounds = usize::try_from(range.start).unwrap_or(usize::MAX)
            ..usize::try_from(range.end).unwrap_or(usize::MAX);
        let content = content.slice(bounds);
        Ok(GetResult {
            payload: GetResultPayload::Stream(futures::stream::iter([Ok(content)]).boxed()),
            meta: ObjectMeta { size, ..meta },
            range,
            attributes,
            extensions,
        })
    }
}

/// The content with its seal before it.
fn seal(content: &PutPayload) -> PutPayload {
    let mut checksum = crc32fast::Hasher::new();
    for piece in content {
        checksum.update(piece);
    }
    let mut head = Vec::with_capacity(HEAD_BYTES);
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(&(content.content_length() as u64).to_be_bytes());
    head.extend_from_slice(&checksum.finalize().to_be_bytes());
    std::iter::once(Bytes::from(head)).chain(content.iter().cloned()).collect()
}

/// Takes the seal off.
pub(crate) fn unseal(location: &Path, mut object: Bytes) -> std::result::Result<Bytes, Broken> {
    if is_unsealed(&object) {
        return Ok(object);
    }
    let broken = |offset, what| Broken { path: location.to_string(), offset, what };
    if object.len() < HEAD_BYTES {
        return Err(broken(0, "it ends within its head"));
    }
    let magic = object.split_to(MAGIC.len());
    if magic != MAGIC.as_slice() {
        return Err(broken(0, "it does not begin as this version writes it"));
    }
    let (length, checksum) = (object.get_u64(), object.get_u32());
    if length != object.len() as u64 {
        return Err(broken(MAGIC.len() as u64, "its length is not the one it was written with"));
    }
    if checksum != crc32fast::hash(&object) {
        return Err(broken(HEAD_BYTES as u64, "its checksum does not match"));
    }
    Ok(object)
}

/// Whether an object was written before there were seals. Manifests and lists of compactions then began with the
/// engine's version of them, two bytes, and boundaries consist of digits; an empty one was a boundary never.
fn is_unsealed(object: &[u8]) -> bool {
    match object {
        [0, 1 | 2, ..] => true,
        [] => false,
        digits => digits.iter().all(u8::is_ascii_digit),
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sealed({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for Sealed {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let payload = if self.seals(location) { seal(&payload) } else { payload };
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        if self.seals(location) {
            let source = format!("{location} is sealed, and so written in one piece").into();
            return Err(object_store::Error::NotSupported { source });
        }
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if self.seals(location) && !options.head {
            self.get_sealed(location, options).await
        } else {
            self.inner.get_opts(location, options).await
        }
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        if !self.seals(location) {
            return self.inner.get_ranges(location, ranges).await;
        }
        let mut found = Vec::with_capacity(ranges.len());
        for range in ranges {
            found.push(self.get_range(location, range.clone()).await?);
        }
        Ok(found)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}

#[cfg(test)]
mod tests;
