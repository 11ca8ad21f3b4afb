//! A node in this process, with its real neighbours: a control plane behind its own gateway, and clients that sign like SDKs.

mod access;
mod control;
mod stop;
mod store;
mod support;
