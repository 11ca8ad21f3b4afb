//! Fields that are accepted and kept, but not acted upon yet.

use super::{ContributorInsightsAction, GlobalSecondaryIndex, TableSpec};

/// The paths, within `spec`, of fields that ask for something this release does not do, in the order of the spec.
///
/// A field that asks for what is the case anyway (recovery that is off, an empty list of replicas) is not reported.
pub fn unsupported_fields(spec: &TableSpec) -> Vec<&'static str> {
    let filled = |list: Option<usize>| list.is_some_and(|length| length > 0);
    let index =
        |asks: fn(&GlobalSecondaryIndex) -> bool| spec.global_secondary_indexes.iter().flatten().any(asks);
    let stream = spec.stream_specification.as_ref();
    let fields = [
        ("onDemandThroughput", spec.on_demand_throughput.is_some()),
        ("warmThroughput", spec.warm_throughput.is_some()),
        ("autoScaling", spec.auto_scaling.is_some()),
        ("globalSecondaryIndexes.onDemandThroughput", index(|index| index.on_demand_throughput.is_some())),
        ("globalSecondaryIndexes.warmThroughput", index(|index| index.warm_throughput.is_some())),
        ("globalSecondaryIndexes.autoScaling", index(|index| index.auto_scaling.is_some())),
        ("streamSpecification.resourcePolicy", stream.is_some_and(|s| s.resource_policy.is_some())),
        ("kinesisStreamingDestination", spec.kinesis_streaming_destination.is_some()),
        (
            "continuousBackups",
            spec.continuous_backups.is_some_and(|b| b.point_in_time_recovery_enabled == Some(true)),
        ),
        ("contributorInsights", spec.contributor_insights == Some(ContributorInsightsAction::Enable)),
        ("resourcePolicy", spec.resource_policy.is_some()),
        ("sseSpecification", spec.sse_specification.as_ref().is_some_and(|s| s.enabled == Some(true))),
        ("tableReplicas", filled(spec.table_replicas.as_ref().map(Vec::len))),
        ("multiRegionConsistency", spec.multi_region_consistency.is_some()),
        ("globalTableWitness", spec.global_table_witness.is_some()),
        ("restore", spec.restore.is_some()),
        ("import", spec.import.is_some()),
    ];
    fields.into_iter().filter_map(|(field, asked)| asked.then_some(field)).collect()
}
