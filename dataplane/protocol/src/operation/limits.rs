//! DescribeLimits.

use crate::ServiceError;
use crate::json::Members;

/// DescribeLimits: it asks nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescribeLimits;

impl DescribeLimits {
    pub(crate) fn read(_members: Members) -> Result<Self, ServiceError> {
        Ok(Self)
    }
}
