//! The HTTP front: authenticates a request, parses it, hands it on and answers.
//!
//! ```text
//!            server          sockets, limits, shutdown: hyper, which nothing else in this crate knows
//!              │ RawRequest, RawResponse
//!           handler          one request from its shape to its answer, without a socket
//!              │
//!   route ── encoding ── partita_identity ── partita_protocol ── dispatch
//!                             │ refusal                             ├── partiql ── partita_partiql
//!                             └──▶ ServiceError       TableEngine, ControlPlane or Forward, ExtraRoutes
//! ```
//!
//! The order of checks is the service's: the shape of the HTTP request and its JSON, the signature, the operation's name, its
//! members, and then whatever needs a table.
//!
//! Deliberately absent: TLS (a proxy's or a service mesh's work), HTTP/2 (no DynamoDB client speaks it), rate limits for a
//! caller (the partition's leader knows its capacity), and any text that a client reads (`partita-protocol` makes them).
//!
//! Invariants:
//! - Nothing that a caller sends ends the process or a request of somebody else: a panic is answered with HTTP 500.
//! - A request that has been handed on runs to its end, also when its caller is gone; no operation is cut off half way.
//! - What one caller, and what all of them together, can make the server hold is bounded by [`limits`].
//! - `x-amz-crc32` is of the bytes as sent.
//!
//! Start reading at [`Gateway::handle`].

mod control;
mod cors;
mod date;
mod dispatch;
mod encoding;
mod extra;
#[cfg(test)]
mod fake;
mod forward;
mod handler;
pub mod limits;
mod listen;
mod message;
mod partiql;
mod refusal;
mod request_id;
mod route;
mod server;

pub use control::ControlPlane;
pub use extra::ExtraRoutes;
pub use forward::{Forward, ForwardedAnswer, ForwardedCall};
pub use handler::{Gateway, Options};
pub use limits::Limits;
pub use listen::{ListenError, may_listen};
pub use message::{RawRequest, RawResponse};
pub use request_id::{RandomRequestIds, RequestId, RequestIds};
