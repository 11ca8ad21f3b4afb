//! The file log with a real engine on it, on simulated and real disks.

mod conformance;
mod damage;
mod full;
mod host;
mod repair;
mod rules;
