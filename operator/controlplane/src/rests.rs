//! How long to wait before tables that are not where they are going are looked at again.

use std::time::Duration;

/// A small table is built within this, and whoever made an index on it waits for that.
const REST_MIN: Duration = Duration::from_millis(100);
/// A large one takes minutes: nobody minds a few seconds more, and each look reads the catalog.
const REST_MAX: Duration = Duration::from_secs(5);

/// Rests between looks, each twice as long as the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rests {
    next: Duration,
}

impl Default for Rests {
    fn default() -> Self {
        Self { next: REST_MIN }
    }
}

impl Rests {
    /// The rest after a look that left something unfinished.
    pub fn unfinished(&mut self) -> Duration {
        let rest = self.next;
        self.next = (rest * 2).min(REST_MAX);
        rest
    }

    /// Begins anew with short ones: everything is where it was going, or something new is on its way.
    pub fn again(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_up_to_a_limit_and_begin_anew() {
        let mut rests = Rests::default();
        let ms: Vec<u128> = (0..8).map(|_| rests.unfinished().as_millis()).collect();
        assert_eq!(ms, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
        rests.again();
        assert_eq!(rests.unfinished(), REST_MIN);
    }
}
