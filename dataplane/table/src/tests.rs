//! The engine as its callers see it. Requests are written in JSON, as clients send them.

mod change_log;
mod concurrency;
mod durability;
mod expiry;
mod gate;
mod index;
mod limits;
mod model;
mod paging;
mod random;
mod schema;
mod single;
mod streams;
pub(crate) mod support;
mod tables;
mod transact;
