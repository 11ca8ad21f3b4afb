//! The operator's side of Kubernetes: it watches the kinds of `partita.dev` and makes a cluster what they say.
//!
//! ```text
//! API server ──watch──> controller.rs ───> table.rs, mapping.rs: reconcilers (controllers) ──> control plane
//!      ^                                       └── status, finalizer, events ──> API server
//!      └──────watch───> region.rs ──plan (pure)──> Pod, Service, volume, Secrets
//!                           └── RegionView: where the node is, how to speak to it
//! leader.rs: all of it runs in one process at a time
//! ```
//!
//! What this crate is not: it holds no rule about tables and mappings (those are in `partita-controllers`, and `partita local`
//! follows the same ones), it does not speak to nodes, and it reads neither the environment nor the machine's clock.
//!
//! # Invariants
//!
//! - Every write is a server-side apply with one field manager per controller; only own children and statuses are forced.
//!   Two writes name the resource version they replace instead: the Lease, since that makes it a lock, and a finalizer of
//!   ours that somebody else owns too, since applying cannot take that away. A Secret with a random key is created, since
//!   applying would overwrite a key that is there and not seen yet.
//! - A user's spec is never written, and a settled object causes no write.
//! - A finalizer stands only on objects whose table or mapping is to be seen to, and only ours is ever taken away.
//! - Nothing that is watched is kept with its `managedFields`.
//! - What the operator may do is listed in [`PERMISSIONS`], and it does nothing else.
//!
//! Start reading at [`Installation`], then [`table`] and [`mapping`], then [`region`].

mod controller;
mod error;
pub mod events;
mod installation;
pub mod leader;
pub mod mapping;
mod permissions;
pub mod region;
pub mod table;
#[cfg(test)]
mod testing;

pub use controller::Control;
pub use error::Error;
pub use installation::{AccessKey, Installation, SecretSource};
pub use permissions::{PERMISSIONS, Permission, Reach};
