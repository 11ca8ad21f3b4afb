//! From a manifest's spec to what the control plane is asked for.

use partita_api as api;
use partita_api::conditions::reasons;
use partita_api::mapping::{FunctionResponseType, MappingTarget};
use partita_mapping::limits::REPORT_BATCH_ITEM_FAILURES;
use partita_mapping::{
    Changes, Destination, DestinationConfig, FilterCriteria, FilterMember, FunctionName, StartingPosition,
    Target, Url,
};

use super::plan::Plan;

/// Who gets the records, for an object in `namespace`.
pub(super) fn target(target: &MappingTarget, namespace: &str, in_cluster: bool) -> Result<Target, Plan> {
    match target {
        MappingTarget { function: Some(function), .. } => Ok(Target::Lambda {
            function: FunctionName::parse(&function.name).ok_or_else(|| invalid("target.function.name"))?,
            endpoint: function
                .endpoint
                .as_deref()
                .map(|text| url(text, "target.function.endpoint"))
                .transpose()?,
        }),
        MappingTarget { url: Some(text), .. } => http(url(text, "target.url")?),
        MappingTarget { service: Some(service), .. } if in_cluster => {
            http(url(&service.url(namespace), "target.service")?)
        }
        MappingTarget { service: Some(_), .. } => Err(Plan::refuse(
            reasons::FIELDS_NOT_ACTED_UPON,
            "target.service is a Service of a Kubernetes cluster, and this is none: name an address with target.url",
        )),
        MappingTarget { .. } => Err(invalid("target")),
    }
}

fn http(url: Url) -> Result<Target, Plan> {
    Ok(Target::Http { url, headers: [].into() })
}

fn url(text: &str, field: &str) -> Result<Url, Plan> {
    Url::parse(text).ok_or_else(|| invalid(field))
}

/// The API server's rules let no such field through.
fn invalid(field: &str) -> Plan {
    Plan::refuse(reasons::INVALID_SPEC, format!("{field} is malformed"))
}

/// Where a new mapping begins.
pub(super) fn starting_position(position: api::mapping::StartingPosition) -> StartingPosition {
    match position {
        api::mapping::StartingPosition::TrimHorizon => StartingPosition::TrimHorizon,
        api::mapping::StartingPosition::Latest => StartingPosition::Latest,
    }
}

/// What the spec says of the settings; what it does not name stays as it is.
pub(super) fn changes(spec: &api::EventSourceMappingSpec) -> Changes {
    let response_type = |kind: &FunctionResponseType| match kind {
        FunctionResponseType::ReportBatchItemFailures => REPORT_BATCH_ITEM_FAILURES.to_owned(),
    };
    Changes {
        enabled: spec.enabled,
        batch_size: spec.batch_size,
        maximum_batching_window_in_seconds: spec.maximum_batching_window_in_seconds,
        parallelization_factor: spec.parallelization_factor,
        maximum_retry_attempts: spec.maximum_retry_attempts,
        maximum_record_age_in_seconds: spec.maximum_record_age_in_seconds,
        bisect_batch_on_function_error: spec.bisect_batch_on_function_error,
        tumbling_window_in_seconds: None,
        function_response_types: spec
            .function_response_types
            .as_ref()
            .map(|types| types.iter().map(response_type).collect()),
        filter_criteria: spec.filter_criteria.as_ref().map(filters),
        destination_config: spec.destination_config.as_ref().map(destination),
    }
}

fn filters(criteria: &api::mapping::FilterCriteria) -> FilterCriteria {
    let member = |filter: &api::mapping::MappingFilter| FilterMember { pattern: filter.pattern.clone() };
    FilterCriteria { filters: criteria.filters.as_ref().map(|filters| filters.iter().map(member).collect()) }
}

fn destination(config: &api::mapping::DestinationConfig) -> DestinationConfig {
    let told =
        |on_failure: &api::mapping::OnFailure| Destination { destination: on_failure.destination.clone() };
    DestinationConfig { on_success: None, on_failure: config.on_failure.as_ref().map(told) }
}
