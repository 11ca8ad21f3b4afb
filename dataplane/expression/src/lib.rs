//! DynamoDB's expressions and the legacy parameters they replaced: parse, check, evaluate, apply.
//!
//! ```text
//! text ── token ── parse ── syntax ── check ──┬── Condition ──── evaluate(item) -> bool
//!                              substitution ──┤   Update ─────── apply(item) -> item
//!                                  reserved ──┤   Projection ─── apply(item) -> item
//! Expected, QueryFilter, … ── legacy ─────────┘   KeyCondition ─ bind(key schema) -> one range of one partition
//! ```
//!
//! Callers that read another language make the same types of parts: [`Condition::compare`] and its like, [`Update::of_changes`],
//! [`KeyCondition::of_partition`].
//!
//! This crate is synchronous, does no I/O and reads no JSON. It deliberately does not know tables (a [`KeyCondition`] is told the
//! key attributes it must fit), nor requests: which parameters exclude each other, and the prefix newer answers put before a
//! sentence, are the protocol's.
//!
//! Invariants:
//! - Every sentence a client is told about expressions is made in [`error`], and nowhere else.
//! - A checked condition or update cannot fail for its form: [`Condition::evaluate`] is total, and [`Update::apply`] fails only
//!   for what the item holds.
//! - No input panics or overflows the stack; the limits are those of [`partita_model::limits`].
//! - What is said of an item is the same for its stored form ([`Document`]).
//! - A condition or update from a legacy parameter is the same type as one from an expression, so that nobody above can tell them
//!   apart.
//!
//! Start reading at [`Condition::parse`].

mod ast;
mod check;
mod condition;
mod document;
pub mod error;
mod evaluate;
mod fuzz;
mod key_condition;
mod kind;
mod legacy;
mod parse;
mod path;
mod projection;
mod reserved;
mod substitution;
mod syntax;
#[cfg(test)]
mod testing;
mod token;
mod tree;
mod update;

pub use ast::{Comparator, Function, Term};
pub use condition::Condition;
pub use document::Document;
pub use error::{Error, KeyConditionError, UpdateError};
#[doc(hidden)]
pub use fuzz::fuzz_parse;
pub use key_condition::{BoundKeyCondition, KeyCondition, KeyConditionSyntax, RangeCondition};
pub use kind::Kind;
pub use legacy::{
    AttributeAction, AttributeUpdate, ComparisonOperator, ConditionalOperator, Expected, LegacyCondition,
};
pub use path::{Path, Step};
pub use projection::Projection;
pub use substitution::{Substitutions, check_maps_have_expressions, check_names, check_value_keys};
pub use update::{Change, SetValue, Update};
