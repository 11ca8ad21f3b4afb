//! DescribeEndpoints.

use crate::ServiceError;
use crate::json::Members;

/// DescribeEndpoints: it asks nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescribeEndpoints;

impl DescribeEndpoints {
    pub(crate) fn read(_members: Members) -> Result<Self, ServiceError> {
        Ok(Self)
    }
}
