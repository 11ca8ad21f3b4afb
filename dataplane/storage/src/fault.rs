//! An object store for tests, whose puts and reads can be held back, refused or answered with an error after success, and
//! which can lie as unsuitable stores do.

mod upload;

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::sync::watch;

use crate::bucket::Bucket;
use upload::FaultyUpload;

/// What happens to puts, or to reads, whose path contains a given text. A multipart upload counts as one put for each of its
/// calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// They wait until the fault is cleared, and then go on.
    Hang,
    /// They fail without effect.
    Refuse,
    /// As many of them as this fail without effect, and then no more.
    RefuseSome(u32),
    /// They take this much longer.
    Delay(Duration),
    /// They take effect, and then fail. Reads only fail.
    FailAfterSuccess,
}

/// A guarantee that an object store may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// A put that should only create replaces as well.
    CreateReplaces,
    /// A read finds nothing.
    ReadsFindNothing,
    /// A list finds nothing.
    ListsFindNothing,
    /// A put that should only create looks whether the object exists, and writes later.
    CreateLooksFirst,
    /// A put that should only replace a certain version replaces any.
    UpdateReplaces,
    /// Objects have no metadata.
    MetadataIsLost,
}

/// An object store with faults. Clones share them.
#[derive(Debug, Clone)]
pub struct FaultyObjects {
    inner: Arc<dyn ObjectStore>,
    state: Arc<Mutex<State>>,
    changes: Arc<watch::Sender<u64>>,
    puts: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct State {
    puts: Option<(String, Fault)>,
    reads: Option<(String, Fault)>,
    lie: Option<Lie>,
}

impl FaultyObjects {
    /// A store that does what `inner` does until it is told otherwise.
    pub fn new(inner: Arc<dyn ObjectStore>) -> Self {
        let (changes, _) = watch::channel(0);
        Self { inner, state: Arc::default(), changes: Arc::new(changes), puts: Arc::default() }
    }

    /// A store over a bucket.
    ///
    /// # Errors
    /// [`Error::Bucket`](crate::Error::Bucket) when its endpoint cannot be used.
    pub fn in_bucket(bucket: &Bucket) -> crate::Result<Self> {
        bucket.objects().map(Self::new)
    }

    /// From now on `fault` meets every put whose path contains `part`.
    pub fn inject(&self, part: &str, fault: Fault) {
        self.lock().puts = Some((part.to_owned(), fault));
        self.changes.send_modify(|change| *change += 1);
    }

    /// From now on `fault` meets every read whose path contains `part`.
    pub fn inject_reads(&self, part: &str, fault: Fault) {
        self.lock().reads = Some((part.to_owned(), fault));
        self.changes.send_modify(|change| *change += 1);
    }

    /// No fault any more; what waits goes on.
    pub fn clear(&self) {
        let mut state = self.lock();
        (state.puts, state.reads) = (None, None);
        drop(state);
        self.changes.send_modify(|change| *change += 1);
    }

    /// From now on the store lies.
    pub fn tell(&self, lie: Lie) {
        self.lock().lie = Some(lie);
    }

    /// Cuts this handle off, as the end of a process would: every put from now on, and every put that hangs, fails
    /// without effect. Returns a new handle, without faults, to the objects that are there.
    #[must_use]
    pub fn cut_off(&self) -> Self {
        self.inject("", Fault::Refuse);
        Self::new(Arc::clone(&self.inner))
    }

    /// The store without faults.
    #[must_use]
    pub fn beneath(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.inner)
    }

    /// The number of puts that reached the store beneath.
    #[must_use]
    pub fn puts(&self) -> u64 {
        self.puts.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lies(&self, lie: Lie) -> bool {
        self.lock().lie == Some(lie)
    }

    fn fault_at(&self, location: &Path, access: Access) -> Option<Fault> {
        let mut state = self.lock();
        let faults = match access {
            Access::Put => &mut state.puts,
            Access::Read => &mut state.reads,
        };
        let (part, fault) = faults.as_mut()?;
        if !location.as_ref().contains(part.as_str()) {
            return None;
        }
        let Fault::RefuseSome(left) = fault else { return Some(*fault) };
        *left = left.checked_sub(1)?;
        Some(Fault::Refuse)
    }

    /// Meets the fault of a put, but for what follows success.
    async fn before_put(&self, location: &Path) -> Result<Option<Fault>> {
        let fault = self.meet(location, Access::Put).await;
        match fault {
            Some(Fault::Refuse) => return Err(injected()),
            Some(Fault::Delay(time)) => tokio::time::sleep(time).await,
            _ => {}
        }
        Ok(fault)
    }

    async fn before_read(&self, location: &Path) -> Result<()> {
        match self.meet(location, Access::Read).await {
            Some(Fault::Delay(time)) => tokio::time::sleep(time).await,
            Some(_) => return Err(injected()),
            None => {}
        }
        Ok(())
    }

    /// Does to a put what an unsuitable store would.
    async fn lie_about(&self, location: &Path, options: &mut PutOptions) {
        match &options.mode {
            PutMode::Create if self.lies(Lie::CreateReplaces) => options.mode = PutMode::Overwrite,
            PutMode::Create if self.lies(Lie::CreateLooksFirst) => {
                if self.inner.head(location).await.is_err() {
                    options.mode = PutMode::Overwrite;
                }
                tokio::task::yield_now().await;
            }
            PutMode::Update(_) if self.lies(Lie::UpdateReplaces) => options.mode = PutMode::Overwrite,
            _ => {}
        }
        if self.lies(Lie::MetadataIsLost) {
            options.attributes = Attributes::new();
        }
    }

    /// Waits while accesses at `location` hang; returns the fault that meets this one.
    async fn meet(&self, location: &Path, access: Access) -> Option<Fault> {
        let mut changes = self.changes.subscribe();
        loop {
            match self.fault_at(location, access) {
                Some(Fault::Hang) => {}
                other => return other,
            }
            if changes.changed().await.is_err() {
                return None;
            }
        }
    }
}

/// What an object store is asked to do.
#[derive(Clone, Copy)]
enum Access {
    Put,
    Read,
}

fn injected() -> object_store::Error {
    object_store::Error::Generic { store: "FaultyObjects", source: "an injected fault".into() }
}

impl fmt::Display for FaultyObjects {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "FaultyObjects({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for FaultyObjects {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        mut options: PutOptions,
    ) -> Result<PutResult> {
        let fault = self.before_put(location).await?;
        self.lie_about(location, &mut options).await;
        self.puts.fetch_add(1, Ordering::Relaxed);
        let result = self.inner.put_opts(location, payload, options).await?;
        if fault == Some(Fault::FailAfterSuccess) { Err(injected()) } else { Ok(result) }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.before_put(location).await?;
        let inner = self.inner.put_multipart_opts(location, options).await?;
        Ok(Box::new(FaultyUpload::new(inner, self.clone(), location.clone())))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if self.lies(Lie::ReadsFindNothing) {
            let path = location.to_string();
            return Err(object_store::Error::NotFound { path, source: "an injected lie".into() });
        }
        self.before_read(location).await?;
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.before_read(location).await?;
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        if self.lies(Lie::ListsFindNothing) {
            return futures::stream::empty().boxed();
        }
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
}
