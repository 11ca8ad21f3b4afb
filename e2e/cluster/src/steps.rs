//! What a long test has done so far, with times, for whoever watches it.

use std::io::Write as _;
use std::time::Instant;

/// Prints each step of a test when it is done, with the seconds it took and those since the beginning.
#[derive(Debug)]
pub struct Steps {
    begin: Instant,
    last: Instant,
}

impl Steps {
    /// The clock starts now.
    #[must_use]
    pub fn begin() -> Self {
        let now = now();
        Self { begin: now, last: now }
    }

    /// Prints that a step is done: after what asserts it.
    pub fn done(&mut self, step: &str) {
        let now = now();
        let (whole, took) = (now - self.begin, now - self.last);
        self.last = now;
        // Nobody watches if it cannot be printed.
        drop(writeln!(
            std::io::stdout(),
            "{:7.1} s {:+7.1} s  {step}",
            whole.as_secs_f64(),
            took.as_secs_f64()
        ));
    }
}

#[expect(clippy::disallowed_methods, reason = "this is what measures time")]
fn now() -> Instant {
    Instant::now()
}
