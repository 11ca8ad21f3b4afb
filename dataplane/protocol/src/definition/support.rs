//! What this installation does not do yet.

use super::{
    INITIAL_READ_UNITS, INITIAL_WRITE_UNITS, OnDemandThroughput, ProvisionedThroughput, TableDefinition,
    WarmThroughput,
};
use crate::ServiceError;

impl TableDefinition {
    /// Refuses what the API would otherwise accept and ignore. Comes after [`TableDefinition::check`], so that the service's
    /// own errors come first. Members that ask for nothing (no ceilings, the warm throughput that a table
    /// has anyway) pass.
    pub fn refuse_unsupported(&self) -> Result<(), ServiceError> {
        match self.unsupported_member() {
            Some(member) => Err(ServiceError::unsupported(member)),
            None => Ok(()),
        }
    }

    fn unsupported_member(&self) -> Option<&'static str> {
        let encrypted = self.sse_specification.as_ref().is_some_and(|sse| sse.enabled == Some(true));
        let asked = [
            ("SSESpecification with Enabled true", encrypted),
            ("OnDemandThroughput", self.on_demand_throughput.is_some_and(OnDemandThroughput::has_ceiling)),
            (
                "WarmThroughput above the initial throughput",
                wants_warming(self.warm_throughput, self.provisioned_throughput),
            ),
            ("ResourcePolicy", self.resource_policy.is_some()),
        ];
        let of_table = asked.into_iter().find_map(|(member, asked)| asked.then_some(member));
        let mut indexes = self.global_secondary_indexes.iter().flatten();
        of_table.or_else(|| {
            indexes.find_map(|index| {
                let (warm, ceilings) = (index.warm_throughput, index.on_demand_throughput);
                unsupported_of_index(warm, ceilings, index.provisioned_throughput)
            })
        })
    }
}

/// What is asked of a global index that has `units` if it is provisioned, and is not acted on yet.
pub(super) fn unsupported_of_index(
    warm: Option<WarmThroughput>,
    ceilings: Option<OnDemandThroughput>,
    units: Option<ProvisionedThroughput>,
) -> Option<&'static str> {
    let asked = [
        ("OnDemandThroughput of a global index", ceilings.is_some_and(OnDemandThroughput::has_ceiling)),
        ("WarmThroughput of a global index above its initial throughput", wants_warming(warm, units)),
    ];
    asked.into_iter().find_map(|(member, asked)| asked.then_some(member))
}

/// What a table or an index serves at once without being asked to: reads and writes a second.
pub(super) fn initial_units(provisioned: Option<ProvisionedThroughput>) -> (u64, u64) {
    provisioned.map_or((INITIAL_READ_UNITS, INITIAL_WRITE_UNITS), |units| {
        (units.read_capacity_units, units.write_capacity_units)
    })
}

fn wants_warming(warm: Option<WarmThroughput>, provisioned: Option<ProvisionedThroughput>) -> bool {
    let WarmThroughput { read_units_per_second, write_units_per_second } = warm.unwrap_or_default();
    let (read, write) = initial_units(provisioned);
    read_units_per_second.is_some_and(|asked| asked > read)
        || write_units_per_second.is_some_and(|asked| asked > write)
}

impl OnDemandThroughput {
    /// Whether a ceiling is asked for; −1 asks for none.
    pub fn has_ceiling(self) -> bool {
        let Self { max_read_request_units, max_write_request_units } = self;
        [max_read_request_units, max_write_request_units].into_iter().flatten().any(|units| units != -1)
    }
}
