//! PartiQL as DynamoDB has it: a statement becomes one native operation, or several in a row.
//!
//! ```text
//! text ─ token ─ parse ─ lower ──▶ Statement ─┐          ┌ Reading      Query after Query, or Scan
//!                            TableDescriptor ─┴─ plan ──▶├ Write        PutItem, UpdateItem or DeleteItem
//!                                                        ├ BatchPart    GetItem or a write
//!                                                        └ Transaction  TransactGetItems or TransactWriteItems
//! ```
//!
//! There is no second engine: conditions, updates, projections and key conditions are those of `partita-expression`, made of
//! parts, and what a statement does is what the native operation does. The crate is pure and synchronous and does no I/O: a
//! [`Plan`] says which operation is next and takes in what it answered. It deliberately knows no requests and no JSON, which are
//! the protocol's, and makes no sentences: [`StatementFault`](partita_protocol::error::StatementFault) has them all.
//!
//! Invariants:
//! - No text, no parameters and no token panic or overflow the stack; what a statement may become is bounded.
//! - The items of a SELECT are those that its `WHERE` holds for, each once, whichever reads it becomes.
//! - A `NextToken` is taken only with the statement and the parameters that it was given for. Its form carries a version.
//!
//! Start reading at [`Statement::parse`], then [`Plan::new`].

mod continuation;
mod fuzz;
mod lower;
mod parse;
mod plan;
mod predicate;
mod statement;
mod syntax;
#[cfg(test)]
mod testing;
mod token;

#[doc(hidden)]
pub use fuzz::fuzz_statement;
pub use plan::{BatchPart, Lookup, Options, Plan, Read, Reading, Rows, TransactPart, Transaction, Write};
pub use statement::{Delete, Insert, Select, Statement, Update};
