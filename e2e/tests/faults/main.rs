//! What users, disks and machines do to a running service: each test asserts a bound, and that everybody else goes on.
//!
//! - Bad clients: [`slow`], [`large`], [`crowd`], [`content`].
//! - Bad machines: [`descriptors`], [`folders`], [`room`], [`damage`], [`log`].
//! - Folders of other versions: [`upgrade`].

mod content;
mod crowd;
mod damage;
mod descriptors;
mod folders;
mod large;
mod log;
mod process;
mod room;
mod slow;
mod upgrade;
mod wire;
mod witness;
