//! Tests that need a process of their own: to be killed, or to be watched.
//!
//! A test starts this binary again, with the role of the new process in an environment variable; the test
//! [`child::child_process`] then plays that role instead of testing anything.

#[cfg(test)]
mod child;
#[cfg(test)]
mod crash;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod footprint;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod sync;
