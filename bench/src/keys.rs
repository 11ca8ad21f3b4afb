//! Which items are asked for.

use rand::RngExt as _;
use rand::rngs::SmallRng;
use rand_distr::{Distribution as _, Zipf};

use crate::plan::Distribution;

/// A prime above [`crate::plan::KEYS_MAX`], so that it shares no factor with any number of keys and multiplication by it is one to one.
const SCATTER: u128 = 1_000_000_000_039;

/// Chooses numbers of keys below a count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    count: u64,
    /// Ranks from 1 on; `None` chooses uniformly.
    ranks: Option<Zipf<f64>>,
}

impl Keys {
    pub(crate) fn new(count: u64, distribution: Distribution) -> Self {
        let ranks = match distribution {
            Distribution::Uniform => None,
            #[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
            Distribution::Zipfian { exponent } => Some(
                Zipf::new(count as f64, exponent)
                    .expect("the plan was checked: some keys, a positive exponent"),
            ),
        };
        Self { count, ranks }
    }

    /// The number of one key.
    pub(crate) fn choose(&self, random: &mut SmallRng) -> u64 {
        match self.ranks {
            None => random.random_range(0..self.count),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a rank is a whole number between 1 and the count"
            )]
            Some(ranks) => self.scatter(ranks.sample(random) as u64 - 1),
        }
    }

    /// So many different keys, spread over the table, which has at least as many.
    pub(crate) fn choose_distinct(
        &self,
        many: u64,
        random: &mut SmallRng,
    ) -> impl Iterator<Item = u64> + use<> {
        let (count, first) = (self.count, self.choose(random));
        (0..many).map(move |step| (first + step * (count / many)) % count)
    }

    /// Frequent keys lie all over the table, as they do in life, and not side by side.
    fn scatter(&self, rank: u64) -> u64 {
        let scattered = u128::from(rank) * SCATTER % u128::from(self.count);
        u64::try_from(scattered).expect("it is below the count")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::SeedableRng as _;

    use super::*;

    fn counts(keys: Keys, draws: usize) -> Vec<u32> {
        let mut random = SmallRng::seed_from_u64(1);
        let mut counts = vec![0; usize::try_from(keys.count).unwrap()];
        for _ in 0..draws {
            counts[usize::try_from(keys.choose(&mut random)).unwrap()] += 1;
        }
        counts
    }

    #[test]
    fn uniform_keys_are_about_equally_frequent() {
        let counts = counts(Keys::new(100, Distribution::Uniform), 100_000);
        assert!(counts.iter().all(|&count| (800..1_200).contains(&count)), "{counts:?}");
    }

    #[test]
    fn zipfian_keys_follow_the_law() {
        let keys = Keys::new(1_000, Distribution::Zipfian { exponent: 0.99 });
        let mut counts = counts(keys, 1_000_000);
        let first = counts[usize::try_from(keys.scatter(0)).unwrap()];
        let tenth = counts[usize::try_from(keys.scatter(9)).unwrap()];
        // The weights are 1 and 10^-0.99, and their sum over 1,000 ranks is 7.73.
        let (expected_first, expected_tenth) = (129_400.0, 13_240.0);
        assert!((f64::from(first) / expected_first - 1.0).abs() < 0.03, "{first}");
        assert!((f64::from(tenth) / expected_tenth - 1.0).abs() < 0.05, "{tenth}");
        counts.sort_unstable();
        assert!(counts[0] > 0, "every key has its turn");
    }

    #[test]
    fn scattering_is_one_to_one() {
        for count in [100, 1_000, 4_096, 99_991] {
            let keys = Keys::new(count, Distribution::Zipfian { exponent: 1.0 });
            let places: HashSet<u64> = (0..count).map(|rank| keys.scatter(rank)).collect();
            assert_eq!(u64::try_from(places.len()).unwrap(), count);
        }
    }

    #[test]
    fn distinct_keys_are_distinct() {
        let mut random = SmallRng::seed_from_u64(7);
        for count in [100, 101, 1_000] {
            let keys = Keys::new(count, Distribution::Uniform);
            for _ in 0..1_000 {
                let chosen: HashSet<u64> = keys.choose_distinct(25, &mut random).collect();
                assert!(chosen.len() == 25 && chosen.iter().all(|&key| key < count));
            }
        }
    }
}
