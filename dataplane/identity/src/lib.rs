//! Who calls: verification of AWS Signature Version 4, and the credentials it is verified against.
//!
//! ```text
//! Authorization header ── authorization ─┐
//! X-Amz-Date or Date ──── signing_time ──┤
//! method, path, query, ── canonical ─────┼── verify ── Caller
//!   headers, body                        │
//! credentials ─────────── signing_key ───┘
//! ```
//!
//! Only the header form is verified. A request that carries its signature in the query string is refused, since such
//! addresses end up in logs and no DynamoDB client makes them.
//!
//! This crate deliberately does not decide what a caller may do, keeps no sessions (a session token is covered by the
//! signature when the client signs it, and otherwise ignored), and does not make the texts that clients see: an [`Error`]
//! carries the facts, and the gateway turns it into the protocol's words.
//!
//! Invariants:
//! - A signature is compared in constant time, and no `Debug`, `Display` or error ever shows a secret.
//! - A request is accepted only if its method, path, query, body, host, date and target are covered by the signature.
//! - Time comes from [`partita_model::clock::Clock`]; nothing here reads files or the environment.
//!
//! Start reading at [`Verifier::verify`].

mod authorization;
mod canonical;
pub mod credentials;
mod error;
mod signing_key;
mod signing_time;
mod verify;

pub use authorization::fuzz_authorization;
pub use credentials::{AccessKeyId, Credentials, SecretKey};
pub use error::{Error, Parameter, ScopeProblem};
pub use signing_time::basic as basic_time;
pub use verify::{CLOCK_SKEW_MAX, Caller, SignedRequest, Verifier};
