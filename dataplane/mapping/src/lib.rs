//! Event source mappings as data: what one is, what may be asked for, and which records it is about.
//!
//! ```text
//!  Lambda's API ──request──▶ Changes ──▶ Settings ─┐
//!  a manifest   ─────────────▲                     ├─▶ Mapping ──answer──▶ Lambda's API
//!                    source, Target ───────────────┘      │
//!                                                         └─▶ Filter      which records a target is to have
//! ```
//!
//! The control plane keeps mappings and the data plane carries them out; both speak of them in these types, so that one place says
//! what is valid. Sentences that clients of Lambda's API read are made here ([`Refusal`]): DynamoDB's error tree is another
//! service's.
//!
//! Deliberately absent: reading streams, delivering anything, keeping mappings, HTTP. The crate is synchronous and does no I/O.
//!
//! Invariants:
//! - A [`Settings`] holds only what the real service would accept.
//! - A stored [`Mapping`] is read by every later version: members are only ever added, with a default.
//! - No input makes parsing or matching panic; both take time by the size of pattern and record.
//!
//! Start reading at [`Mapping`], then [`Changes`].

mod answer;
mod filter;
mod function;
mod mapping;
mod place;
mod query;
mod refusal;
mod request;
mod settings;

pub use answer::{Configuration, LIST_BYTES_MAX, Page, RESULT_CHARACTERS_MAX, State};
pub use filter::{Filter, Filters, PatternError};
pub use function::FunctionName;
pub use mapping::{Mapping, MappingId, Target, Url};
pub use place::{PATH, Place};
pub use query::{parameters, respell};
pub use refusal::Refusal;
pub use request::{Create, ERROR_TYPE_HEADER, List, SERVICE, Update};
pub use settings::{
    Changes, Destination, DestinationConfig, FilterCriteria, FilterMember, Settings, StartingPosition, limits,
};
