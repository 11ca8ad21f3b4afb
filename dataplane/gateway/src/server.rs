//! The edge: sockets in, sockets out. hyper drives the connections and takes requests apart; `docs/rfcs/0002` says why no framework
//! stands between it and the handler.

mod body;
mod budget;
mod crowd;
mod outlet;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::CONNECTION;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use partita_table::Uncut;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinError, JoinSet};

use crate::handler::Gateway;
use crate::limits::{self, ACCEPT_RETRY_PAUSE, ANSWER_BYTES_FREE, LINGERING_MAX};
use crate::message::{RawRequest, RawResponse};
use body::BodyError;
use budget::{Budget, Room};
use crowd::{Crowd, Turns};
use outlet::{AnswerBody, Outlet};

/// How far a stop has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    /// No new requests; those that run may finish.
    Draining,
    /// Time is up.
    Aborting,
}

/// What the connections of one server share.
struct Server {
    gateway: Arc<Gateway>,
    /// One permit for each request that may run.
    requests: Arc<Semaphore>,
    /// One permit for each refused body that may still be read.
    lingering: Arc<Semaphore>,
    /// Memory of requests, from the first byte of a body until the operation has ended.
    bodies: Budget,
    /// Memory of answers, until the peer has taken them.
    answers: Budget,
    crowd: Crowd,
    phase: watch::Receiver<Phase>,
}

impl Gateway {
    /// Serves HTTP/1.1 on `listener` until `shutdown` completes; then takes no more connections and requests, lets the running
    /// requests finish within the drain time, and returns when none is left.
    ///
    /// Dropping the future aborts everything at once, operations included; let `shutdown` complete instead.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, shutdown: impl Future<Output = ()> + Send) {
        let limits = self.limits();
        let (phase, watched) = watch::channel(Phase::Serving);
        let server = Arc::new(Server {
            requests: Arc::new(Semaphore::new(limits.requests)),
            lingering: Arc::new(Semaphore::new(LINGERING_MAX)),
            bodies: Budget::new(limits.body_bytes_in_flight),
            answers: Budget::new(limits.answer_bytes_in_flight),
            crowd: Crowd::default(),
            phase: watched,
            gateway: self,
        });
        let mut connections = JoinSet::new();
        server.accept_until(listener, shutdown, &mut connections).await;
        phase.send_replace(Phase::Draining);
        tracing::info!(connections = connections.len(), "draining");
        if tokio::time::timeout(limits.drain_time, server.ended(&mut connections)).await.is_err() {
            tracing::warn!(connections = connections.len(), "drain time is over, aborting what still runs");
            phase.send_replace(Phase::Aborting);
            connections.shutdown().await;
            server.ended(&mut connections).await;
        }
    }
}

impl Server {
    async fn accept_until(
        self: &Arc<Self>,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
        connections: &mut JoinSet<()>,
    ) {
        let mut door = Door {
            listener,
            slots: Arc::new(Semaphore::new(self.gateway.limits().connections)),
            waiting: None,
        };
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => return,
                Some(ended) = connections.join_next() => note_end(ended),
                accepted = door.accept(&self.crowd) => match accepted {
                    Ok((stream, slot)) => {
                        connections.spawn(Arc::clone(self).conversation(stream, slot));
                    }
                    Err(error) => note_failed_accept(&error).await,
                },
            }
        }
    }

    /// Serves one connection to its end.
    // Not an async function: the body of one is compiled where it is polled, and with this one come all operations.
    #[inline(never)]
    fn conversation(
        self: Arc<Self>,
        stream: TcpStream,
        slot: OwnedSemaphorePermit,
    ) -> BoxFuture<'static, ()> {
        Box::pin(self.converse(stream, slot))
    }

    async fn converse(self: Arc<Self>, stream: TcpStream, slot: OwnedSemaphorePermit) {
        // Without it an answer in two writes waits for the peer's delayed acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let limits = self.gateway.limits();
        let (turns, held) = (Turns::default(), AtomicUsize::new(0));
        let service = service_fn(|request| {
            let (server, turns, held) = (Arc::clone(&self), &turns, &held);
            async move {
                let (answer, room) = server.answer(request, turns).await;
                held.store(room.as_ref().map_or(0, Room::num_permits), Ordering::Relaxed);
                Ok::<_, Infallible>(ready(answer, room))
            }
        });
        let outlet = Outlet::new(stream, limits.answer_write_timeout, &self.answers, &held);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_read_timeout)
            .max_header_size(limits::HEADER_BYTES_MAX)
            .max_buf_size(limits::READ_BUFFER_BYTES)
            .serve_connection(outlet, service);
        let mut connection = pin!(connection);
        let result = tokio::select! {
            biased;
            result = connection.as_mut() => result,
            () = self.reached(Phase::Draining) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = self.crowd.asked_to_leave(&turns) => Ok(()),
        };
        if let Err(error) = result {
            tracing::debug!(%error, "connection ended early");
        }
        drop(slot);
    }

    /// Answers one request. The room is for the answer, and goes with it.
    async fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        turns: &Turns,
    ) -> (RawResponse, Option<Room>) {
        let (head, mut body) = request.into_parts();
        let mut request = RawRequest {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body: Bytes::new(),
        };
        let timeout = self.gateway.limits().body_read_timeout;
        let refusal = match body::read(&self.bodies, &request.headers, &mut body, timeout).await {
            Ok((body, room)) => {
                request.body = body;
                let turn = turns.begin();
                let answer = self.run(request, room).await;
                let answer = self.housed(answer).await;
                drop(turn);
                return answer;
            }
            Err(BodyError::Busy) => self.gateway.unavailable(&request).with_header(CONNECTION, "close"),
            Err(BodyError::TooLarge) => {
                self.linger(body);
                self.gateway.hang_up(&request, StatusCode::PAYLOAD_TOO_LARGE)
            }
            Err(BodyError::Slow) => self.gateway.hang_up(&request, StatusCode::REQUEST_TIMEOUT),
            Err(BodyError::Broken) => self.gateway.hang_up(&request, StatusCode::BAD_REQUEST),
        };
        (refusal, None)
    }

    /// An answer with the room that it needs until its peer has taken it; a short one in its place if there is none.
    async fn housed(&self, answer: RawResponse) -> (RawResponse, Option<Room>) {
        let bytes = answer.body.len();
        if bytes <= ANSWER_BYTES_FREE {
            return (answer, None);
        }
        match self.answers.take(bytes).await {
            Some(room) => (answer, Some(room)),
            None => (self.gateway.withheld(answer), None),
        }
    }

    /// Reads on in a refused body while its answer is sent, unless too many do already.
    fn linger(&self, body: Incoming) {
        if let Ok(permit) = Arc::clone(&self.lingering).try_acquire_owned() {
            tokio::spawn(async move {
                body::linger(body).await;
                drop(permit);
            });
        }
    }

    /// Hands a request on, to its end: a caller that hangs up must not cut an operation off, only a stop whose time is up may. The permit goes with the operation,
    /// and a stopping server waits for all permits. Only whole requests need one, so that slow callers hold up nobody but
    /// themselves.
    async fn run(self: &Arc<Self>, request: RawRequest, room: Room) -> RawResponse {
        let Ok(permit) = Arc::clone(&self.requests).try_acquire_owned() else {
            return self.gateway.unavailable(&request);
        };
        let gateway = Arc::clone(&self.gateway);
        let operation = async move {
            let answer = gateway.handle(request).await;
            drop((permit, room));
            answer
        };
        Uncut::unless(operation, reached(self.phase.clone(), Phase::Aborting)).await
    }

    /// Completes when the server's stop has got so far.
    async fn reached(&self, phase: Phase) {
        reached(self.phase.clone(), phase).await;
    }

    /// Completes when every connection, every request and every refused body has ended.
    async fn ended(&self, connections: &mut JoinSet<()>) {
        while let Some(ended) = connections.join_next().await {
            note_end(ended);
        }
        for (semaphore, all) in
            [(&self.requests, self.gateway.limits().requests), (&self.lingering, LINGERING_MAX)]
        {
            let all = u32::try_from(all).unwrap_or(u32::MAX);
            drop(semaphore.acquire_many(all).await.expect("the semaphore is never closed"));
        }
    }
}

/// Completes when the server's stop has got so far.
async fn reached(mut now: watch::Receiver<Phase>, phase: Phase) {
    // An error says that the server is gone altogether.
    drop(now.wait_for(|now| *now >= phase).await);
}

/// The answer as hyper sends it.
fn ready(answer: RawResponse, room: Option<Room>) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::new(answer.body, room));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

/// Where connections come in.
struct Door {
    listener: TcpListener,
    /// One permit for each connection that may be open.
    slots: Arc<Semaphore>,
    /// A connection that has come, and has no slot yet.
    waiting: Option<TcpStream>,
}

impl Door {
    /// The next connection, once there is room for it. Cancel safe.
    async fn accept(&mut self, crowd: &Crowd) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
        if self.waiting.is_none() {
            self.waiting = Some(self.listener.accept().await?.0);
        }
        let slot = match Arc::clone(&self.slots).try_acquire_owned() {
            Ok(slot) => slot,
            Err(_) => {
                crowd.make_room();
                Arc::clone(&self.slots).acquire_owned().await.expect("the semaphore is never closed")
            }
        };
        Ok((self.waiting.take().expect("it has come"), slot))
    }
}

async fn note_failed_accept(error: &io::Error) {
    let callers =
        [io::ErrorKind::ConnectionRefused, io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset];
    if !callers.contains(&error.kind()) {
        tracing::warn!(%error, "cannot accept connections");
        tokio::time::sleep(ACCEPT_RETRY_PAUSE).await;
    }
}

fn note_end(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection panicked");
    }
}

#[cfg(test)]
mod tests;
