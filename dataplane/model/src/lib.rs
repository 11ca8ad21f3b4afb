//! The DynamoDB item model: attribute values, 38-digit numbers, items, sizes, keys, names, schemas, capacity
//! units, limits.
//!
//! ```text
//! names ── schema ── descriptor          what a table is
//!            │
//! number ── value ── item ── size        what an item is
//!            │        │
//!            key      └── codec          how keys sort and how items lie on disk
//! ```
//!
//! | module | what it says |
//! | --- | --- |
//! | [`value`] | the ten types of values, items |
//! | [`number`] | exact decimals: reading, writing, sums, order; their ordered bytes |
//! | [`size`] | bytes as DynamoDB counts them |
//! | [`key`] | primary keys, their ordered bytes, the partition hash |
//! | [`codec`] | the stored form of items |
//! | [`schema`], [`descriptor`], [`name`] | what a table is |
//! | [`capacity`], [`limits`], [`clock`] | capacity units, documented limits, where time comes from |
//! | `arbitrary` | generators for property tests, with the feature of that name |
//!
//! This crate is synchronous, does no I/O, and depends on nothing else of Partita. It deliberately knows
//! neither the JSON protocol (`partita-protocol`), nor expressions (`partita-expression`), nor where rows lie
//! (`partita-table`).
//!
//! Invariants:
//! - A [`Number`] is always in normal form, so equality and hashing are by numeric value.
//! - The byte order of an encoded sort key ([`key`]) is DynamoDB's order of the values.
//! - The stored form ([`codec`]) and the partition-key hash ([`key::partition_hash`]) never change meaning; a
//!   new form gets a new version byte.
//!
//! Start reading at [`value::AttributeValue`].

#[cfg(any(test, feature = "arbitrary"))]
pub mod arbitrary;
pub mod capacity;
pub mod clock;
pub mod codec;
pub mod descriptor;
mod fuzz;
pub mod key;
pub mod limits;
pub mod name;
pub mod number;
pub mod schema;
pub mod size;
pub mod value;

pub use capacity::CapacityUnits;
pub use descriptor::{TableDescriptor, TableId};
#[doc(hidden)]
pub use fuzz::fuzz_stored_item;
pub use name::{Arn, IndexName, TableName};
pub use number::{Number, NumberError};
pub use schema::{KeySchema, KeyType, Projection, ScalarType};
pub use value::{AttributeValue, Item};
