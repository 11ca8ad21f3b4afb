//! The commands that act on a running service.

pub(crate) mod apply;
mod connection;
pub(crate) mod delete;
pub(crate) mod describe;
pub(crate) mod get;

use connection::Connection;
