//! Answers on their way out: what they hold until the peer has taken them, and how long it may take.
//!
//! hyper neither copies nor splits an answer's body: it keeps the [`Payload`] until the last byte is with the kernel, works on
//! no further request of that connection before, and drops it with the connection. So the payload is where the memory is, and
//! owns the room for it. What the kernel holds in the sockets' buffers has a limit of its own (`tcp_mem`).

use std::convert::Infallible;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::budget::{Budget, Place, Room};
use crate::limits::{PROGRESS_BYTES, PROGRESS_TIME};

/// An answer's body, in one piece.
pub(super) struct AnswerBody(Option<Payload>);

/// Bytes, and the room for them where they need one.
pub(super) struct Payload {
    bytes: Bytes,
    _room: Option<Room>,
}

impl AnswerBody {
    pub(super) fn new(bytes: Bytes, room: Option<Room>) -> Self {
        Self((!bytes.is_empty()).then_some(Payload { bytes, _room: room }))
    }
}

impl Body for AnswerBody {
    type Data = Payload;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Payload>, Infallible>>> {
        Poll::Ready(self.0.take().map(|payload| Ok(Frame::data(payload))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let bytes = self.0.as_ref().map_or(0, |payload| payload.bytes.len());
        SizeHint::with_exact(u64::try_from(bytes).unwrap_or(u64::MAX))
    }
}

impl Buf for Payload {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
    }
}

/// A connection whose peer has to take what it asked for.
pub(super) struct Outlet<'c> {
    stream: TokioIo<TcpStream>,
    patience: Duration,
    answers: &'c Budget,
    /// Bytes of room that the present answer holds.
    held: &'c AtomicUsize,
    stall: Option<Box<Stall>>,
}

/// What is known of a peer that did not take an answer at once.
struct Stall {
    /// When its time is up.
    end: Pin<Box<Sleep>>,
    /// When it is looked at whether it gets on.
    look: Pin<Box<Sleep>>,
    /// What it took since the last look.
    taken: usize,
    /// Its place among those who do not get on.
    place: Option<Place>,
}

impl<'c> Outlet<'c> {
    /// Over a stream, whose peer may take so long for an answer that holds `held` bytes of `answers`.
    pub(super) fn new(
        stream: TcpStream,
        patience: Duration,
        answers: &'c Budget,
        held: &'c AtomicUsize,
    ) -> Self {
        Self { stream: TokioIo::new(stream), patience, answers, held, stall: None }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TokioIo<TcpStream>> {
        Pin::new(&mut self.get_mut().stream)
    }

    /// What came of a write, or the end of a peer that is waited for in vain.
    fn judged(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Pending => return self.wait(cx).map(Err),
            Poll::Ready(Ok(bytes)) => {
                if let Some(stall) = &mut self.stall {
                    stall.taken = stall.taken.saturating_add(*bytes);
                }
            }
            Poll::Ready(Err(_)) => {}
        }
        written
    }

    /// Completes when the peer is not to be waited for any longer.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let patience = self.patience;
        let stall = self.stall.get_or_insert_with(|| Box::new(Stall::begin(patience)));
        if stall.end.as_mut().poll(cx).is_ready() {
            return Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "the peer does not take its answer"));
        }
        while stall.look.as_mut().poll(cx).is_ready() {
            let held = self.held.load(Ordering::Relaxed);
            if stall.taken >= PROGRESS_BYTES {
                stall.place = None;
            } else if stall.place.is_none() && held > 0 {
                stall.place = Some(self.answers.line_up(held));
            }
            stall.taken = 0;
            stall.look = Box::pin(sleep(PROGRESS_TIME));
        }
        let Some(place) = &mut stall.place else { return Poll::Pending };
        place.poll_asked(cx).map(|()| {
            io::Error::new(io::ErrorKind::ConnectionAborted, "others need the memory of its answer")
        })
    }
}

impl Stall {
    fn begin(patience: Duration) -> Self {
        let (end, look) = (Box::pin(sleep(patience)), Box::pin(sleep(PROGRESS_TIME)));
        Self { end, look, taken: 0, place: None }
    }
}

impl Read for Outlet<'_> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, into)
    }
}

impl Write for Outlet<'_> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.as_mut().stream().poll_write(cx, from);
        self.judged(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.as_mut().stream().poll_write_vectored(cx, from);
        self.judged(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes once it has written all there is.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stall = None;
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}
