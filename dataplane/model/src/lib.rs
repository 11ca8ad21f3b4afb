//! The DynamoDB item model: attribute values, 38-digit numbers, items, sizes, keys, names, schemas, capacity units, limits.
//!
//! ```text
//! names ── schema ── descriptor          what a table is
//!            │
//! number ── value ── item ── size        what an item is
//!            │        │
//!            key      └── codec          how keys sort and how items lie on disk
//! ```
//!
//! This crate is synchronous, does no I/O, and depends on nothing else of Partita. It deliberately knows neither the JSON
//! protocol (`partita-protocol`), nor expressions (`partita-expression`), nor where rows lie (`partita-table`).
//!
//! Invariants:
//! - A [`Number`] is always in normal form, so equality and hashing are by numeric value.
//! - The byte order of an encoded sort key ([`key`]) is DynamoDB's order of the values.
//! - The stored form ([`codec`]) and the partition-key hash ([`key::partition_hash`]) never change meaning; a new form gets a
//!   new version byte.
//!
//! Start reading at [`value::AttributeValue`].

#[cfg(any(test, feature = "arbitrary"))]
pub mod arbitrary;
pub mod capacity;
pub mod clock;
pub mod codec;
pub mod descriptor;
pub mod key;
pub mod limits;
pub mod name;
pub mod number;
pub mod schema;
pub mod size;
pub mod value;

pub use capacity::CapacityUnits;
pub use descriptor::{TableDescriptor, TableId};
pub use name::{Arn, IndexName, TableName};
pub use number::{Number, NumberError};
pub use schema::{KeySchema, KeyType, Projection, ScalarType};
pub use value::{AttributeValue, Item};
