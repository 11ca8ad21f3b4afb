//! A multipart upload that meets the faults of its object store.

use async_trait::async_trait;
use futures::FutureExt;
use object_store::path::Path;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use super::{Fault, FaultyObjects, injected};

#[derive(Debug)]
pub(super) struct FaultyUpload {
    inner: Box<dyn MultipartUpload>,
    objects: FaultyObjects,
    location: Path,
}

impl FaultyUpload {
    pub(super) fn new(inner: Box<dyn MultipartUpload>, objects: FaultyObjects, location: Path) -> Self {
        Self { inner, objects, location }
    }
}

#[async_trait]
impl MultipartUpload for FaultyUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let part = self.inner.put_part(data);
        let (objects, location) = (self.objects.clone(), self.location.clone());
        async move {
            let fault = objects.before_put(&location).await?;
            part.await?;
            if fault == Some(Fault::FailAfterSuccess) { Err(injected()) } else { Ok(()) }
        }
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let fault = self.objects.before_put(&self.location).await?;
        let result = self.inner.complete().await?;
        if fault == Some(Fault::FailAfterSuccess) { Err(injected()) } else { Ok(result) }
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}
