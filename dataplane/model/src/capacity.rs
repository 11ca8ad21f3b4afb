//! Capacity units, kept as whole half-units so that sums are exact.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul};

use crate::limits;

/// Read or write capacity units. The smallest step is one half: an eventually consistent read of up to 4 KB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CapacityUnits {
    halves: u64,
}

/// Whether a read must see every write acknowledged before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Consistency {
    /// May lag; costs half.
    #[default]
    Eventual,
    /// `ConsistentRead: true`.
    Strong,
}

impl CapacityUnits {
    /// No units.
    pub const ZERO: Self = Self { halves: 0 };

    /// Whole units.
    pub fn whole(units: u64) -> Self {
        Self { halves: units.saturating_mul(2) }
    }

    /// The read units for `size_bytes` read at once: one for each started 4 KB, at least one; half when eventual.
    pub fn read(size_bytes: u64, consistency: Consistency) -> Self {
        let blocks = size_bytes.div_ceil(limits::READ_UNIT_BYTES).max(1);
        match consistency {
            Consistency::Eventual => Self { halves: blocks },
            Consistency::Strong => Self::whole(blocks),
        }
    }

    /// The write units for an item or index entry of `size_bytes`: one for each started 1 KB, at least one.
    pub fn write(size_bytes: u64) -> Self {
        Self::whole(size_bytes.div_ceil(limits::WRITE_UNIT_BYTES).max(1))
    }

    /// As answers show it: a float in steps of 0.5.
    pub fn as_f64(self) -> f64 {
        // Exact up to 2^52 whole units, far beyond what one answer can hold.
        self.halves as f64 / 2.0
    }

    /// Whether there are no units.
    pub fn is_zero(self) -> bool {
        self.halves == 0
    }
}

impl Add for CapacityUnits {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { halves: self.halves.saturating_add(other.halves) }
    }
}

impl AddAssign for CapacityUnits {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Mul<u64> for CapacityUnits {
    type Output = Self;
    fn mul(self, factor: u64) -> Self {
        Self { halves: self.halves.saturating_mul(factor) }
    }
}

impl Sum for CapacityUnits {
    fn sum<I: Iterator<Item = Self>>(units: I) -> Self {
        units.fold(Self::ZERO, Add::add)
    }
}
