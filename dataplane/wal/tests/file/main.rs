//! The file log with a real engine on it, on simulated and real disks.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panics, as tests do")]

mod conformance;
mod damage;
mod full;
mod host;
mod repair;
mod rules;
