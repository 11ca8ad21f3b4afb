//! The DynamoDB JSON protocol: operations in, answers and errors out.
//!
//! ```text
//!  body bytes ──json──▶ members ──operation::*──▶ Operation        (types, constraints, request rules)
//!           └──json::pull──▶ ┘                                     (the same, faster, of what is unremarkable)
//!  answer     ──output::*──▶ body bytes                            (one struct for each answer)
//!  failure    ──error::*──▶ ServiceError ──Wording──▶ body bytes   (one place makes each text)
//! ```
//!
//! [`Operation::parse`] does everything that can be said about a request without looking at a table, in the service's order:
//! JSON types (`SerializationException`), then the constraints of the service model, then the rules of the request in a fixed
//! order. What needs a table's schema or an item is checked by the crates above; the texts for those failures are made here all
//! the same, so that every sentence a client can read has one home: [`error`] (sentences about the inside of an expression are
//! made by `partita-expression`).
//!
//! Deliberately absent: HTTP (headers, checksums, compression), signatures, and any table. The crate is synchronous and does
//! no I/O.
//!
//! Invariants:
//! - What the fast reader reads, the exact one reads alike; all that is to be refused is read by the exact one.
//! - No input makes parsing panic, and the work is bounded by the size of the body.
//! - An [`Operation`] holds only what has been checked: no later layer looks at JSON again.
//! - Error names and the order of checks do not depend on [`Wording`]; only sentences do.
//!
//! Start reading at [`Operation`], then [`operation::PutItem`] as the simplest whole example.

pub mod definition;
pub mod error;
mod fuzz;
mod json;
pub mod operation;
pub mod output;
pub mod stream;

pub use error::{ServiceError, Wording};
#[doc(hidden)]
pub use fuzz::fuzz_operation;
pub use operation::{Operation, OperationName};
