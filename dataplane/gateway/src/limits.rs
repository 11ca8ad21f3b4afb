//! What the server lets one caller, or all of them, take.

use std::time::Duration;

use partita_model::limits::REQUEST_BYTES_MAX;

/// Largest body, before and after decompression: DynamoDB's.
pub const BODY_BYTES_MAX: usize = REQUEST_BYTES_MAX;

/// Largest request line and headers together. SDKs send 2 KiB, with a long session token 8 KiB; 32 KiB leave room for what
/// proxies add.
pub const HEADER_BYTES_MAX: usize = 32 * 1024;

/// Read buffer of a connection, once a peer fills it: as large as the largest head, so that it fits. A peer that has sent
/// little makes the server hold a quarter of it. As hyper lets buffers grow, half as much again may be reserved, without being
/// touched.
pub const READ_BUFFER_BYTES: usize = HEADER_BYTES_MAX;

/// Connections open at once; for a further one, that which has been idle longest is closed. SDKs pool up to 50 each, so this
/// serves two hundred busy clients. An idle connection costs 17 KiB as measured, 8 KiB each for reading and writing above all:
/// 170 MiB for all of them. If every one sends a head of 32 KiB but for its end, it is 45 KiB each and 440 MiB, until
/// [`HEADER_READ_TIMEOUT`] ends that.
pub const CONNECTIONS_MAX: usize = 10_000;

/// Requests being answered at once; further ones get a 503, which SDKs retry with a growing pause. A request that waits for
/// a log write of 5 ms leaves room for 400,000 a second, so only an overloaded server ever gets here.
pub const REQUESTS_MAX: usize = 2_048;

/// Bytes of request bodies held at once: sixteen of the largest requests, or 64,000 of 4 KiB. For one that does not fit, those
/// give way that are still arriving and get on least; it gets a 503 if that is not enough. A body in pieces may have twice its
/// size reserved as it grows.
///
/// What a signed body is read into comes on top. Ordinary items take about as much as their text. An attribute value takes 48
/// bytes, and its name 24, so items made for it, maps of nothing but short names and empty values, take a dozen times their
/// text: 3 GiB, if all of the budget is sent as such. A body that is not read in the quick way becomes a tree of JSON before, of
/// 32 bytes a value and more while a list grows; at worst, for a list of empty strings in 3 bytes of text each, twenty times its
/// size. A tree lives while one thread reads one body, without a pause, so there is at most one for each thread of the runtime.
pub const BODY_BYTES_IN_FLIGHT_MAX: usize = 16 * BODY_BYTES_MAX;

/// Bytes of answers held at once, from when they are made until their peers have taken them. Sixteen of the largest, or 256
/// full pages. For one that does not fit, those connections are closed that have taken less than 64 KiB within a second; if that
/// is not enough, the request fails with a 500, which SDKs retry.
pub const ANSWER_BYTES_IN_FLIGHT_MAX: usize = 16 * BODY_BYTES_MAX;

/// Answers up to this size need no room in [`ANSWER_BYTES_IN_FLIGHT_MAX`]. A connection has one answer at a time, so all of
/// them hold at most 10,000 times this, 160 MiB; and however many peers are deaf, whoever reads or writes single items of the
/// usual size is served.
pub const ANSWER_BYTES_FREE: usize = 16 * 1024;

/// How long a peer may take for an answer: the largest over a line of 3 Mbit/s, as with bodies. Then the connection is closed.
pub const ANSWER_WRITE_TIMEOUT: Duration = Duration::from_secs(45);

/// What a peer has to send or to take, to count as getting on: two reads of a body, a sixteenth of a page.
pub(crate) const PROGRESS_BYTES: usize = 64 * 1024;

/// The time in which a peer has to take that much of an answer, lest its connection be closed when memory runs out: a line of
/// 0.5 Mbit/s.
pub(crate) const PROGRESS_TIME: Duration = Duration::from_secs(1);

/// How long those who have been asked to give memory back may take: they only need a turn of the runtime.
pub(crate) const GIVE_WAY_TIME_MAX: Duration = Duration::from_secs(1);

/// How long a connection may be without a whole request head, idle ones included. A quarter more than the 60 s after which
/// the AWS SDK for Java drops an idle connection, so that it is the client that closes, not the server under a request.
pub const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(75);

/// How long a body may take to arrive: the largest over a line of 3 Mbit/s. SDKs give up sooner.
pub const BODY_READ_TIMEOUT: Duration = Duration::from_secs(45);

/// How long a stopping server lets requests finish. Kubernetes kills after 30 s; this leaves 10 s for closing the storage.
pub const DRAIN_TIME: Duration = Duration::from_secs(20);

/// How much of a refused body is still read, and thrown away, so that the peer gets to see the refusal. A client that sends a
/// little too much has finished by then.
pub(crate) const LINGER_BYTES_MAX: usize = 4 * BODY_BYTES_MAX;

/// How long a refused body is still read.
pub(crate) const LINGER_TIME_MAX: Duration = Duration::from_secs(5);

/// Refused bodies that are read on at once; the callers of further ones may see a reset connection. Such requests are mistakes of
/// a program, which come singly.
pub(crate) const LINGERING_MAX: usize = 64;

/// Pause after a failed accept: the process is out of file descriptors, and only a connection that closes helps.
pub(crate) const ACCEPT_RETRY_PAUSE: Duration = Duration::from_millis(100);

/// The limits that an installation may change. The default is the constants of this module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// [`CONNECTIONS_MAX`].
    pub connections: usize,
    /// [`REQUESTS_MAX`].
    pub requests: usize,
    /// [`BODY_BYTES_IN_FLIGHT_MAX`]; at least [`BODY_BYTES_MAX`], or the largest requests are never served.
    pub body_bytes_in_flight: usize,
    /// [`ANSWER_BYTES_IN_FLIGHT_MAX`].
    pub answer_bytes_in_flight: usize,
    /// [`ANSWER_WRITE_TIMEOUT`].
    pub answer_write_timeout: Duration,
    /// [`HEADER_READ_TIMEOUT`].
    pub header_read_timeout: Duration,
    /// [`BODY_READ_TIMEOUT`].
    pub body_read_timeout: Duration,
    /// [`DRAIN_TIME`].
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS_MAX,
            requests: REQUESTS_MAX,
            body_bytes_in_flight: BODY_BYTES_IN_FLIGHT_MAX,
            answer_bytes_in_flight: ANSWER_BYTES_IN_FLIGHT_MAX,
            answer_write_timeout: ANSWER_WRITE_TIMEOUT,
            header_read_timeout: HEADER_READ_TIMEOUT,
            body_read_timeout: BODY_READ_TIMEOUT,
            drain_time: DRAIN_TIME,
        }
    }
}
