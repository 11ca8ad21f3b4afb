//! What the server lets one caller, or all of them, take.

use std::time::Duration;

use partita_model::limits::REQUEST_BYTES_MAX;

/// Largest body, before and after decompression: DynamoDB's.
pub const BODY_BYTES_MAX: usize = REQUEST_BYTES_MAX;

/// Largest request line and headers together. SDKs send 2 KiB, with a long session token 8 KiB; 32 KiB leave room for what
/// proxies add.
pub const HEADER_BYTES_MAX: usize = 32 * 1024;

/// Read buffer of a connection: what a stalled or idle peer can make the server hold. Twice the headers, so that they fit.
pub const READ_BUFFER_BYTES: usize = 2 * HEADER_BYTES_MAX;

/// Connections open at once; for a further one, that which has been idle longest is closed. SDKs pool up to 50 each, so this serves
/// two hundred busy clients, at 64 KiB of buffers each at worst.
pub const CONNECTIONS_MAX: usize = 10_000;

/// Requests being answered at once; further ones get a 503, which SDKs retry with a growing pause. A request that waits for
/// a log write of 5 ms leaves room for 400,000 a second, so only an overloaded server ever gets here.
pub const REQUESTS_MAX: usize = 2_048;

/// Bytes of request bodies held at once; a request that does not fit gets a 503. Sixteen of the largest requests, or 64,000
/// of 4 KiB: parsed, a body takes a few times its size.
pub const BODY_BYTES_IN_FLIGHT_MAX: usize = 16 * BODY_BYTES_MAX;

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
            header_read_timeout: HEADER_READ_TIMEOUT,
            body_read_timeout: BODY_READ_TIMEOUT,
            drain_time: DRAIN_TIME,
        }
    }
}
