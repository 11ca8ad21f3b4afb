//! Reading a request's body within its limits.
//!
//! Bodies share one budget, which is open to strangers: a signature covers the whole body. A body that comes in pieces
//! therefore gives way, when memory is wanted and there is none, if it gets on least of all. Whoever sends at a fair speed, a
//! small request above all, finds memory however many others stall.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use super::budget::{Budget, Place, Room};
use crate::limits::{BODY_BYTES_MAX, LINGER_BYTES_MAX, LINGER_TIME_MAX, PROGRESS_BYTES};

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It is larger than any request may be.
    TooLarge,
    /// There is no memory for it now, or others got on better with what there is.
    Busy,
    /// It did not arrive in time.
    Slow,
    /// The connection broke, or its framing is wrong.
    Broken,
}

/// A body of which some has come.
struct Arriving<'b> {
    budget: &'b Budget,
    room: Room,
    whole: BytesMut,
    place: Place,
    /// What has come since it took its place.
    since: usize,
}

/// Reads a whole body. The room stands for its memory and is to be kept as long as the body.
pub(super) async fn read(
    budget: &Budget,
    headers: &HeaderMap,
    body: &mut Incoming,
    timeout: Duration,
) -> Result<(Bytes, Room), BodyError> {
    let announced = announced_bytes(headers);
    if announced.is_some_and(|bytes| bytes > BODY_BYTES_MAX) {
        return Err(BodyError::TooLarge);
    }
    let collected = collect(budget, body, announced.unwrap_or_default());
    let (body, mut room) = tokio::time::timeout(timeout, collected).await.map_err(|_| BodyError::Slow)??;
    if headers.contains_key(CONTENT_ENCODING) {
        // Decompressed, it may become as large as any.
        room.merge(take(budget, BODY_BYTES_MAX).await?);
    }
    Ok((body, room))
}

/// Memory is taken as bytes arrive, not as they are announced, so that announcing costs the peer as much as sending.
async fn collect(budget: &Budget, body: &mut Incoming, announced: usize) -> Result<(Bytes, Room), BodyError> {
    let Some(first) = next_chunk(body).await? else { return Ok((Bytes::new(), take(budget, 0).await?)) };
    let room = take(budget, first.len()).await?;
    if first.len() == announced {
        // Most requests arrive in one piece, which then is not copied. hyper holds peers to what they announce.
        return Ok((first, room));
    }
    let place = budget.line_up(first.len());
    let mut arriving = Arriving { budget, room, whole: BytesMut::from(first), place, since: 0 };
    while let Some(chunk) = unless_asked(&mut arriving.place, next_chunk(body)).await? {
        arriving.add(&chunk).await?;
    }
    Ok((arriving.whole.freeze(), arriving.room))
}

impl Arriving<'_> {
    async fn add(&mut self, chunk: &[u8]) -> Result<(), BodyError> {
        if self.whole.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(BodyError::TooLarge);
        }
        self.since += chunk.len();
        if self.since >= PROGRESS_BYTES {
            self.place.move_on(self.whole.len());
            self.since = 0;
        }
        self.room.merge(unless_asked(&mut self.place, take(self.budget, chunk.len())).await?);
        self.whole.extend_from_slice(chunk);
        Ok(())
    }
}

async fn take(budget: &Budget, bytes: usize) -> Result<Room, BodyError> {
    budget.take(bytes).await.ok_or(BodyError::Busy)
}

/// What a body waits for, unless it is to give way.
async fn unless_asked<T>(
    place: &mut Place,
    awaited: impl Future<Output = Result<T, BodyError>>,
) -> Result<T, BodyError> {
    tokio::select! {
        biased;
        () = place.asked() => Err(BodyError::Busy),
        came = awaited => came,
    }
}

/// Reads on and throws away, for a while. A connection that is closed while its peer still sends is reset, and the peer then
/// never sees the answer that said why.
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
