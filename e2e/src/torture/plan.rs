//! What happens to each process, drawn from the seed.

use std::fmt;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

#[cfg(test)]
mod tests;

/// Which ends processes meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// SIGKILL only.
    Kill,
    /// SIGKILL, clean stops, clean stops cut short, and pauses.
    Mixed,
}

/// The life of one process, and the short ones before it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// Processes that are killed while they start, each after this part of the time that starting takes.
    pub(super) stillborn: Vec<f64>,
    /// Whether the table is looked at before the load; if not, clients come as soon as the port is open.
    pub(super) inspected: bool,
    /// Large items, so that memory tables are flushed many times.
    pub(super) heavy: bool,
    /// How long each pause is, and the time before it.
    pub(super) pauses: Vec<(Duration, Duration)>,
    /// The load before the end.
    pub(super) load: Duration,
    pub(super) end: End,
}

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Kill,
    /// SIGKILL when the next file appears in some folder of the data, and a little later.
    KillAtFile {
        later: Duration,
    },
    Terminate,
    /// SIGTERM, and SIGKILL before it is done.
    TerminateAndKill {
        later: Duration,
    },
}

/// A generator for one purpose of one life; what else is drawn does not change it.
pub(super) fn generator(seed: u64, life: u32, purpose: u64) -> StdRng {
    // Odd multipliers keep different (life, purpose) apart; the generator mixes the rest.
    let mixed =
        u64::from(life).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ purpose.wrapping_mul(0xD1B5_4A32_D192_ED03);
    StdRng::seed_from_u64(seed ^ mixed)
}

impl fmt::Display for Mode {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::Kill => "kill",
            Self::Mixed => "mixed",
        })
    }
}

impl Plan {
    /// The plan of a life.
    pub(super) fn draw(seed: u64, life: u32, mode: Mode) -> Self {
        let mut rng = generator(seed, life, 0);
        let rng = &mut rng;
        let stillborn = if rng.random_bool(0.3) { rng.random_range(1..=3) } else { 0 };
        let stillborn = (0..stillborn).map(|_| rng.random_range(0.0..1.2)).collect();
        let abrupt = rng.random_bool(0.15);
        // What a process does every few seconds (trimming, compaction) is to be cut short as well.
        let load = match (abrupt, rng.random_bool(0.08)) {
            (true, _) => millis(rng, 0, 40),
            (false, false) => millis(rng, 100, 1600),
            (false, true) => millis(rng, 4000, 12_000),
        };
        let pauses = match mode {
            Mode::Mixed if rng.random_bool(0.4) => {
                (0..rng.random_range(1..=2)).map(|_| (millis(rng, 5, 900), millis(rng, 0, 400))).collect()
            }
            _ => Vec::new(),
        };
        Self {
            stillborn,
            inspected: !abrupt,
            heavy: rng.random_bool(0.3),
            pauses,
            load,
            end: End::draw(rng, mode),
        }
    }
}

impl End {
    fn draw(rng: &mut StdRng, mode: Mode) -> Self {
        match (mode, rng.random_range(0..100)) {
            (_, 0..25) => Self::KillAtFile { later: Duration::from_micros(rng.random_range(0..3000)) },
            (Mode::Mixed, 25..50) => Self::Terminate,
            (Mode::Mixed, 50..65) => Self::TerminateAndKill { later: millis(rng, 0, 60) },
            _ => Self::Kill,
        }
    }
}

fn millis(rng: &mut StdRng, from: u64, to: u64) -> Duration {
    Duration::from_millis(rng.random_range(from..to))
}
