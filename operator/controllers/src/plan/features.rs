//! The stream, and the expiry of items. Neither changes while it is on: it goes off, and on again as it is to be.

use partita_api::TableSpec;
use partita_api::conditions::reasons;
use partita_protocol::output::{TableDescription, TimeToLiveDescription, TimeToLiveStatus};

use super::{Plan, Step, refuse};
use crate::definition;

/// What leads to the stream that the spec names.
pub(super) fn stream(spec: &TableSpec, description: &TableDescription) -> Result<Vec<Step>, Plan> {
    let Some(named) = spec.stream_specification.as_ref().filter(|named| named.stream_enabled.is_some())
    else {
        return Ok(Vec::new());
    };
    let in_force = description.stream_specification.as_ref();
    let in_force = in_force.filter(|stream| stream.stream_enabled).and_then(|stream| stream.stream_view_type);
    let asked = definition::stream(named);
    let wanted = match (asked.stream_enabled, asked.stream_view_type) {
        (true, None) => {
            let message = "streamViewType must be specified when streamEnabled is true";
            return Err(refuse(reasons::INVALID_SPEC, message));
        }
        (true, view) => view,
        (false, _) => None,
    };
    Ok(exchange(in_force, wanted, |_| Step::DisableStream, Step::EnableStream))
}

/// What leads to the expiry that the spec names. One that is on its way in is in force.
pub(super) fn time_to_live(spec: &TableSpec, there: &TimeToLiveDescription) -> Result<Vec<Step>, Plan> {
    let named = spec.time_to_live.as_ref().and_then(|named| Some((named.enabled?, &named.attribute_name)));
    let in_force = match there.time_to_live_status {
        TimeToLiveStatus::Enabling | TimeToLiveStatus::Enabled => there.attribute_name.clone(),
        TimeToLiveStatus::Disabling | TimeToLiveStatus::Disabled => None,
    };
    let wanted = match named {
        None => return Ok(Vec::new()),
        Some((true, None)) => {
            let message = "attributeName must be specified when enabled is true";
            return Err(refuse(reasons::INVALID_SPEC, message));
        }
        Some((true, attribute)) => attribute.clone(),
        Some((false, _)) => None,
    };
    Ok(exchange(in_force, wanted, Step::DisableTimeToLive, Step::EnableTimeToLive))
}

/// From what is in force to what is wanted.
fn exchange<T: PartialEq>(
    in_force: Option<T>,
    wanted: Option<T>,
    off: impl FnOnce(T) -> Step,
    on: impl FnOnce(T) -> Step,
) -> Vec<Step> {
    if in_force == wanted {
        return Vec::new();
    }
    in_force.map(off).into_iter().chain(wanted.map(on)).collect()
}
