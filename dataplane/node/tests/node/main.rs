//! A node in this process, with its real neighbours: a control plane behind its own gateway, and clients that sign like SDKs.

#![expect(clippy::unwrap_used, reason = "a helper fails its test as the test itself does")]

mod access;
mod control;
mod mappings;
mod plane;
mod stop;
mod store;
mod support;
