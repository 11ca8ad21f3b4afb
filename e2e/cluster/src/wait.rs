//! Waiting for what other processes do.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How often a condition is looked at: far below what a person or a test notices.
const POLL: Duration = Duration::from_millis(20);

/// Returns what `ready` finds, or an error that names `what` after `limit`. An error of `ready` ends the wait.
pub(crate) fn until<T>(
    limit: Duration,
    what: &str,
    mut ready: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let start = now();
    loop {
        if let Some(found) = ready()? {
            return Ok(found);
        }
        if start.elapsed() > limit {
            bail!("waited {} s in vain for {what}", limit.as_secs());
        }
        std::thread::sleep(POLL);
    }
}

#[expect(clippy::disallowed_methods, reason = "other processes run by the machine's clock")]
fn now() -> Instant {
    Instant::now()
}
