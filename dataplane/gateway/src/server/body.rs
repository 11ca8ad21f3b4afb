//! Reading a request's body within its limits.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::{BODY_BYTES_MAX, LINGER_BYTES_MAX, LINGER_TIME_MAX};

/// The memory that all bodies together may take.
pub(super) struct Budget {
    bytes: Arc<Semaphore>,
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It is larger than any request may be.
    TooLarge,
    /// There is no memory for it now.
    Busy,
    /// It did not arrive in time.
    Slow,
    /// The connection broke, or its framing is wrong.
    Broken,
}

impl Budget {
    /// A budget of so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self { bytes: Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))) }
    }

    /// Reads a whole body. The permit stands for its memory and is to be kept as long as the body.
    pub(super) async fn read(
        &self,
        headers: &HeaderMap,
        body: &mut Incoming,
        timeout: Duration,
    ) -> Result<(Bytes, OwnedSemaphorePermit), BodyError> {
        let announced = announced_bytes(headers);
        if announced.is_some_and(|bytes| bytes > BODY_BYTES_MAX) {
            return Err(BodyError::TooLarge);
        }
        let collected = self.collect(body, announced.unwrap_or_default());
        let (body, mut room) =
            tokio::time::timeout(timeout, collected).await.map_err(|_| BodyError::Slow)??;
        if headers.contains_key(CONTENT_ENCODING) {
            // Decompressed, it may become as large as any.
            room.merge(self.take(BODY_BYTES_MAX)?);
        }
        Ok((body, room))
    }

    /// Memory is taken as bytes arrive, not as they are announced, so that announcing costs the peer as much as sending.
    async fn collect(
        &self,
        body: &mut Incoming,
        announced: usize,
    ) -> Result<(Bytes, OwnedSemaphorePermit), BodyError> {
        let mut room = self.take(0)?;
        let mut whole = BytesMut::new();
        while let Some(chunk) = next_chunk(body).await? {
            if whole.len() + chunk.len() > BODY_BYTES_MAX {
                return Err(BodyError::TooLarge);
            }
            room.merge(self.take(chunk.len())?);
            if chunk.len() == announced {
                // Most requests arrive in one piece, which then is not copied. hyper holds peers to what they announce.
                return Ok((chunk, room));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok((whole.freeze(), room))
    }

    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, BodyError> {
        let permits = u32::try_from(bytes).map_err(|_| BodyError::TooLarge)?;
        Arc::clone(&self.bytes).try_acquire_many_owned(permits).map_err(|_| BodyError::Busy)
    }
}

/// Reads on and throws away, for a while. A connection that is closed while its peer still sends is reset, and the peer then never
/// sees the answer that said why.
pub(super) async fn linger(mut body: Incoming) {
    let mut left = LINGER_BYTES_MAX;
    let discard = async {
        while let Ok(Some(chunk)) = next_chunk(&mut body).await
            && chunk.len() <= left
        {
            left -= chunk.len();
        }
    };
    // Whether the peer came to an end does not matter: the connection is closed either way.
    drop(tokio::time::timeout(LINGER_TIME_MAX, discard).await);
}

/// The next piece of a body; `None` at its end. Trailers are of no interest.
async fn next_chunk(body: &mut Incoming) -> Result<Option<Bytes>, BodyError> {
    if body.is_end_stream() {
        return Ok(None);
    }
    while let Some(frame) = body.frame().await {
        if let Ok(chunk) = frame.map_err(|_| BodyError::Broken)?.into_data() {
            return Ok(Some(chunk));
        }
    }
    Ok(None)
}

/// The length of a body; `None` when it is sent in chunks. hyper has refused contradicting lengths before.
fn announced_bytes(headers: &HeaderMap) -> Option<usize> {
    if headers.contains_key(http::header::TRANSFER_ENCODING) {
        return None;
    }
    let Some(length) = headers.get(CONTENT_LENGTH) else { return Some(0) };
    Some(length.to_str().ok().and_then(|text| text.trim().parse().ok()).unwrap_or(usize::MAX))
}
