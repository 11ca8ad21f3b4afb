//! What this installation does not do yet.

use partita_model::descriptor::BillingMode;

use super::{INITIAL_READ_UNITS, INITIAL_WRITE_UNITS, OnDemandThroughput, TableDefinition, WarmThroughput};
use crate::ServiceError;

impl TableDefinition {
    /// Refuses what the API would otherwise accept and ignore. Comes after [`TableDefinition::check`], so that the service's
    /// own errors come first. Members that ask for nothing (a disabled stream, no ceilings, the warm throughput that a table
    /// has anyway) pass.
    pub fn refuse_unsupported(&self) -> Result<(), ServiceError> {
        match self.unsupported_member() {
            Some(member) => Err(ServiceError::unsupported(member)),
            None => Ok(()),
        }
    }

    fn unsupported_member(&self) -> Option<&'static str> {
        let stream = self.stream_specification.as_ref().is_some_and(|stream| stream.stream_enabled);
        let encrypted = self.sse_specification.as_ref().is_some_and(|sse| sse.enabled == Some(true));
        let asked = [
            ("GlobalSecondaryIndexes", self.global_secondary_indexes.is_some()),
            ("StreamSpecification with StreamEnabled true", stream),
            ("SSESpecification with Enabled true", encrypted),
            ("OnDemandThroughput", self.on_demand_throughput.is_some_and(OnDemandThroughput::has_ceiling)),
            ("WarmThroughput above the initial throughput", self.wants_warming()),
            ("ResourcePolicy", self.resource_policy.is_some()),
        ];
        asked.into_iter().find_map(|(member, asked)| asked.then_some(member))
    }

    fn wants_warming(&self) -> bool {
        let Some(WarmThroughput { read_units_per_second, write_units_per_second }) = self.warm_throughput
        else {
            return false;
        };
        let (read, write) = match (self.billing(), self.provisioned_throughput) {
            (BillingMode::Provisioned, Some(units)) => {
                (units.read_capacity_units, units.write_capacity_units)
            }
            _ => (INITIAL_READ_UNITS, INITIAL_WRITE_UNITS),
        };
        read_units_per_second.is_some_and(|asked| asked > read)
            || write_units_per_second.is_some_and(|asked| asked > write)
    }
}

impl OnDemandThroughput {
    /// Whether a ceiling is asked for; −1 asks for none.
    pub fn has_ceiling(self) -> bool {
        let Self { max_read_request_units, max_write_request_units } = self;
        [max_read_request_units, max_write_request_units].into_iter().flatten().any(|units| units != -1)
    }
}
