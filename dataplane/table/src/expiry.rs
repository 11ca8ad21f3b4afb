//! Time to live: items that go when their time has come.
//!
//! ```text
//!  write ─▶ commit     moves the item's expiry row, in the write's own batch                   row
//!  apply               begins and ends a setting while no write of the table is committed      setting
//!  build               makes the rows of items that were there before the setting              build, state
//!  sweep               due rows ─▶ latch item ─▶ still due? ─▶ delete, as any write does       sweep
//!  keep_expiring       builds and sweeps from time to time                                     task
//! ```
//!
//! An expiry row stands where its item's time has come, so that a sweep reads what is due and nothing else. It is only a hint: what
//! counts is the item, read under its latch. A row whose item is gone or says another time is removed.
//!
//! Rows follow items in the commit and not in [`Effect`](crate::write::Effect), because a write may have found its table under an
//! older descriptor; the commit holds the stripes without which a setting cannot change, so it knows the one that holds.
//!
//! Invariants:
//! - Once its setting is built, every item that says a time that can come has its row. There may be more rows: a build
//!   that races with a write leaves one that the sweep finds and removes when its time comes.
//! - Only items are deleted whose attribute, as last written, says a time that has passed; none under a setting that was ended.
//! - A deletion has a change record that says why, and is durable when it is counted.

mod build;
mod row;
mod setting;
mod state;
mod sweep;
mod task;

pub use sweep::Expired;
pub use task::SWEEP_EVERY;

pub(crate) use row::{ExpiryRow, follow};
pub(crate) use setting::{Expiring, Setting, build_of};
