//! What was decided about a table, as conditions.

use partita_api::conditions::{reasons, types};
use partita_api::{Condition, ConditionStatus};
use partita_model::clock::UnixMillis;

use crate::plan::Cause;

/// What a reconciliation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The table is as declared. The cause is `Settled`, `Adopted` or `Recreated`.
    Settled(Cause),
    /// Something is under way and goes on by itself.
    Progressing(Cause),
    /// It goes on as soon as somebody else does something, and that is looked for.
    Blocked(Cause),
    /// Nothing more is tried until the object or the table is changed.
    Stalled(Cause),
    /// A step failed and is tried again.
    Failing(Cause),
    /// There is something to do, and the object says not to.
    Suspended(Cause),
}

impl Verdict {
    /// The cause.
    pub fn cause(&self) -> &Cause {
        match self {
            Self::Settled(cause)
            | Self::Progressing(cause)
            | Self::Blocked(cause)
            | Self::Stalled(cause)
            | Self::Failing(cause)
            | Self::Suspended(cause) => cause,
        }
    }

    /// Whether somebody should look.
    pub fn is_warning(&self) -> bool {
        match self {
            Self::Stalled(_) | Self::Failing(_) | Self::Blocked(_) => true,
            Self::Settled(cause) | Self::Progressing(cause) => cause.reason == reasons::RECREATED,
            Self::Suspended(_) => false,
        }
    }

    fn ready(&self) -> bool {
        matches!(self, Self::Settled(_) | Self::Blocked(_))
    }

    fn reconciling(&self) -> bool {
        matches!(self, Self::Progressing(_) | Self::Blocked(_) | Self::Failing(_))
    }

    fn stalled(&self) -> bool {
        matches!(self, Self::Stalled(_))
    }
}

/// What to tell besides the verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// Fields of the spec that are kept but not acted upon.
    pub unsupported: Vec<&'static str>,
    /// Annotations that are ignored, with the reason.
    pub ignored_annotations: Vec<(String, String)>,
    /// References of the spec that point at nothing; `None` if the spec has no references.
    pub unresolved: Option<Vec<&'static str>>,
}

/// The conditions of a status, in the order of [`types::ALL`]. `previous` tells since when a status holds.
pub fn conditions(
    verdict: &Verdict,
    advice: &Advice,
    generation: Option<i64>,
    previous: &[Condition],
    now: UnixMillis,
) -> Vec<Condition> {
    let Cause { reason, message } = verdict.cause();
    let mut list = Vec::new();
    let mut add = |type_: &str, holds: bool, reason: &str, message: &str| {
        list.push(Condition {
            type_: type_.to_owned(),
            status: if holds { ConditionStatus::True } else { ConditionStatus::False },
            last_transition_time: None,
            reason: Some(reason.to_owned()),
            message: (!message.is_empty()).then(|| message.to_owned()),
            observed_generation: generation,
        });
    };
    add(types::READY, verdict.ready(), reason, message);
    add(types::RECONCILING, verdict.reconciling(), reason, message);
    add(types::STALLED, verdict.stalled(), reason, message);
    if !advice.unsupported.is_empty() {
        add(types::UNSUPPORTED, true, reasons::FIELDS_NOT_ACTED_UPON, &unsupported(advice));
    }
    add(types::ACK_RESOURCE_SYNCED, verdict.ready(), reason, message);
    if verdict.stalled() {
        add(types::ACK_TERMINAL, true, reason, message);
    }
    if matches!(verdict, Verdict::Failing(_)) {
        add(types::ACK_RECOVERABLE, true, reason, message);
    }
    if let Some((reason, message)) = advisory(advice) {
        add(types::ACK_ADVISORY, true, reason, &message);
    }
    if let Some(unresolved) = &advice.unresolved {
        let message = if unresolved.is_empty() {
            String::new()
        } else {
            format!("not found: {}", unresolved.join(", "))
        };
        let reason = if unresolved.is_empty() { reasons::SETTLED } else { reasons::REFERENCE_NOT_FOUND };
        add(types::ACK_REFERENCES_RESOLVED, unresolved.is_empty(), reason, &message);
    }
    date(&mut list, previous, now);
    list
}

fn unsupported(advice: &Advice) -> String {
    format!("kept, but not acted upon yet: {}", advice.unsupported.join(", "))
}

fn advisory(advice: &Advice) -> Option<(&'static str, String)> {
    let ignored: Vec<String> = advice
        .ignored_annotations
        .iter()
        .map(|(name, why)| format!("annotation {name} is ignored: {why}"))
        .collect();
    match (advice.unsupported.is_empty(), ignored.is_empty()) {
        (true, true) => None,
        (true, false) => Some((reasons::ANNOTATION_IGNORED, ignored.join("; "))),
        (false, true) => Some((reasons::FIELDS_NOT_ACTED_UPON, unsupported(advice))),
        (false, false) => {
            Some((reasons::FIELDS_NOT_ACTED_UPON, format!("{}; {}", unsupported(advice), ignored.join("; "))))
        }
    }
}

/// A condition keeps the time of its status as long as the status is the same.
fn date(conditions: &mut [Condition], previous: &[Condition], now: UnixMillis) {
    for condition in conditions {
        let same = previous.iter().find(|old| old.type_ == condition.type_ && old.status == condition.status);
        condition.last_transition_time =
            same.and_then(|old| old.last_transition_time.clone()).or_else(|| Some(super::time(now)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(reason: &'static str) -> Cause {
        Cause { reason, message: "m".to_owned() }
    }

    fn of(verdict: &Verdict, previous: &[Condition], now: u64) -> Vec<Condition> {
        conditions(verdict, &Advice::default(), Some(1), previous, UnixMillis(now))
    }

    fn states(conditions: &[Condition]) -> Vec<(&str, bool)> {
        conditions.iter().map(|c| (c.type_.as_str(), c.status == ConditionStatus::True)).collect()
    }

    #[test]
    fn each_verdict_has_its_conditions() {
        use types::*;
        let synced = |ready: bool, reconciling: bool, stalled: bool| {
            vec![(READY, ready), (RECONCILING, reconciling), (STALLED, stalled), (ACK_RESOURCE_SYNCED, ready)]
        };
        assert_eq!(states(&of(&Verdict::Settled(cause("Settled")), &[], 0)), synced(true, false, false));
        assert_eq!(states(&of(&Verdict::Progressing(cause("Creating")), &[], 0)), synced(false, true, false));
        let mut stalled = synced(false, false, true);
        stalled.push((ACK_TERMINAL, true));
        assert_eq!(states(&of(&Verdict::Stalled(cause("InvalidSpec")), &[], 0)), stalled);
        let mut failing = synced(false, true, false);
        failing.push((ACK_RECOVERABLE, true));
        assert_eq!(states(&of(&Verdict::Failing(cause("StepFailed")), &[], 0)), failing);
    }

    #[test]
    fn the_time_of_a_condition_moves_only_when_its_status_flips() {
        let first = of(&Verdict::Progressing(cause("Creating")), &[], 1_000);
        let second = of(&Verdict::Progressing(cause("Updating")), &first, 2_000);
        let third = of(&Verdict::Settled(cause("Settled")), &second, 3_000);
        let time_of = |list: &[Condition], type_: &str| {
            let condition = list.iter().find(|c| c.type_ == type_).unwrap();
            condition.last_transition_time.clone().unwrap().0.as_second()
        };
        assert_eq!((time_of(&second, "Ready"), second[0].reason.as_deref()), (1, Some("Updating")));
        assert_eq!((time_of(&third, "Ready"), time_of(&third, "Stalled")), (3, 1));
    }

    #[test]
    fn what_is_not_acted_upon_is_named() {
        let advice = Advice {
            unsupported: vec!["timeToLive", "restore"],
            ignored_annotations: vec![("a".to_owned(), "why".to_owned())],
            unresolved: Some(vec!["sseSpecification.kmsMasterKeyRef"]),
        };
        let list = conditions(&Verdict::Settled(cause("Settled")), &advice, None, &[], UnixMillis(0));
        let message = |type_: &str| list.iter().find(|c| c.type_ == type_).unwrap().message.clone().unwrap();
        assert_eq!(message(types::UNSUPPORTED), "kept, but not acted upon yet: timeToLive, restore");
        assert_eq!(
            message(types::ACK_ADVISORY),
            "kept, but not acted upon yet: timeToLive, restore; annotation a is ignored: why"
        );
        assert_eq!(message(types::ACK_REFERENCES_RESOLVED), "not found: sseSpecification.kmsMasterKeyRef");
    }
}
