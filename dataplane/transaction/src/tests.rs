//! Several shards in one process, each on a store in memory.

mod checker;
mod checker_tests;
mod history;
mod kill;
mod protocol;
mod support;
