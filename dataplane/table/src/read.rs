//! Reading: items by key, and pages of items in key order.
//!
//! ```text
//!  request ─▶ source (table or index) ─▶ key range ─▶ page over one snapshot ─▶ answer
//! ```
//!
//! Every read sees durable rows only: what is told cannot be taken back by a crash. That makes strongly and eventually
//! consistent reads see the same here; they differ in what they cost.

mod batch;
mod get;
mod page;
mod query;
mod range;
mod scan;
mod source;

pub(crate) use page::Walk;
