//! Torture: a real process on a real folder, killed again and again under load, and every promise looked at afterwards.
//!
//! ```text
//!   plan ──> run ──> life      one process after the other on one folder: started, paused, ended
//!             |
//!             ├───> clients    signed requests over plain sockets; each attempt is one entry of the history
//!             ├───> inspect    between two loads: the whole table, its indexes and its figures
//!             └───> checker    the history of each item collection, decided by porcupine (e2e/linearizability)
//! ```
//!
//! What is checked:
//! - Each item collection's history has an order that explains every answer (`history`). An attempt without an answer may have
//!   taken effect until its process had ended, and never later: nothing comes back from the dead.
//! - A local index holds what the table says, for every key; the figures of DescribeTable are those of the rows (`inspect`).
//! - An item is whole: its padding is made from its value (`item`).
//! - Collections that nobody writes to any more stay as they were (`collection`).
//! - Counters are at least what was acknowledged, and at most that and what is unknown (`counters`).
//! - A process ends only when it is told to, always starts again, answers no HTTP 5xx unless it stops, and logs no error and no panic.
//!
//! Everything random is drawn from one seed, so a run can be repeated as far as a real process and a real scheduler repeat. Power loss
//! is not covered: what a killed process had written is in the page cache still.
//!
//! Start reading at [`run`](fn@run).

mod checker;
mod clients;
mod collection;
mod counters;
mod history;
mod inspect;
mod item;
mod life;
mod plan;
mod requests;
mod run;
mod summary;
mod wire;

pub use checker::Checker;
pub use plan::Mode;
pub use run::{Options, run};
pub use summary::Summary;
