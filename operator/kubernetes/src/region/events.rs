//! What of a Region's changes is told as events: one for each transition.

use partita_api::conditions::{reasons, types};
use partita_api::{Condition, ConditionStatus, RegionStatus};
use partita_controllers::events::Severity;

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transition {
    /// Whether somebody should look.
    pub(crate) severity: Severity,
    /// The reason of the condition that changed.
    pub(crate) reason: String,
    /// For people.
    pub(crate) message: String,
}

/// What is worth an event between two statuses.
pub(crate) fn transitions(old: &RegionStatus, new: &RegionStatus) -> Vec<Transition> {
    let mut told: Vec<Transition> = Vec::new();
    for type_ in [types::READY, types::ACK_RECOVERABLE, types::ACK_ADVISORY] {
        let Some(condition) = find(new, type_) else { continue };
        if find(old, type_).is_some_and(|old| same(old, condition)) {
            continue;
        }
        let reason = condition.reason.clone().unwrap_or_default();
        let message = condition.message.clone().unwrap_or_default();
        if told.iter().all(|told| told.reason != reason) {
            told.push(Transition { severity: severity(condition), reason, message });
        }
    }
    told.extend(keys_changed(old, new));
    told
}

fn find<'a>(status: &'a RegionStatus, type_: &str) -> Option<&'a Condition> {
    status.conditions.iter().find(|condition| condition.type_ == type_)
}

/// An advisory names what it is about, so another message is another event; of all else the reason counts.
fn same(old: &Condition, new: &Condition) -> bool {
    let message_counts = new.type_ == types::ACK_ADVISORY;
    old.status == new.status && old.reason == new.reason && (!message_counts || old.message == new.message)
}

fn severity(condition: &Condition) -> Severity {
    let expected = [reasons::CREATING, reasons::NODE_STARTING, reasons::ROLLING, reasons::UPDATING];
    let reason = condition.reason.as_deref().unwrap_or_default();
    let holds = condition.status == ConditionStatus::True;
    if condition.type_ == types::READY && (holds || expected.contains(&reason)) {
        Severity::Normal
    } else {
        Severity::Warning
    }
}

fn keys_changed(old: &RegionStatus, new: &RegionStatus) -> Option<Transition> {
    let (before, after) = (old.access_keys?, new.access_keys?);
    (before != after).then(|| Transition {
        severity: Severity::Normal,
        reason: reasons::CREDENTIALS_UPDATED.to_owned(),
        message: format!("{after} access keys are accepted, {before} were"),
    })
}

#[cfg(test)]
mod tests;
