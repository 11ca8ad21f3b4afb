//! Sentences about capacity.

use partita_model::Arn;
use serde::Serialize;

use super::{ErrorKind, Extras, ServiceError};

/// Which limit throttled a request, and whose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ThrottlingReason {
    /// For example `TableReadProvisionedThroughputExceeded`.
    pub reason: String,
    /// The table or index.
    pub resource: Arn,
}

impl ServiceError {
    /// A provisioned table has no units left.
    pub fn provisioned_throughput_exceeded(reasons: Vec<ThrottlingReason>) -> Self {
        Self::fixed(
            ErrorKind::ProvisionedThroughputExceeded,
            "The level of configured provisioned throughput for the table was exceeded. Consider increasing your \
             provisioning level with the UpdateTable API.",
        )
        .throttled_by(reasons)
    }

    /// The global indexes of a provisioned table are too far behind it.
    pub fn index_throughput_exceeded(reasons: Vec<ThrottlingReason>) -> Self {
        Self::fixed(
            ErrorKind::ProvisionedThroughputExceeded,
            "The level of configured provisioned throughput for one or more global secondary indexes of the table was \
             exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes \
             with the UpdateTable API",
        )
        .throttled_by(reasons)
    }

    /// An on-demand table or one of its partitions is at its present ceiling.
    pub fn throttling(reasons: Vec<ThrottlingReason>) -> Self {
        Self::fixed(
            ErrorKind::Throttling,
            "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your \
             table or index so please try again shortly. If exceptions persist, check if you have a hot key: \
             https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html",
        )
        .throttled_by(reasons)
    }

    fn throttled_by(mut self, reasons: Vec<ThrottlingReason>) -> Self {
        if !reasons.is_empty() {
            self.extras = Some(Box::new(Extras::Throttling(reasons)));
        }
        self
    }
}
