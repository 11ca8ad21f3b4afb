//! Streams over a table engine in memory.

mod life;
mod operations;
mod random;
pub(crate) mod support;
