//! The planner of mappings: what is declared and what is there, to the next step from one to the other. Pure.

use partita_api::conditions::reasons;
use partita_api::mapping::MappingDeletionPolicy;
use partita_mapping::{Changes, Refusal, Settings, StartingPosition, State, Target};
use partita_protocol::stream::StreamArn;

use super::Observed;
use crate::plan::Cause;

/// A mapping as it should be.
#[derive(Clone, Debug)]
pub(super) struct Desired {
    /// Where records come from, or why that cannot be told.
    pub(super) source: Result<Source, Plan>,
    /// Where they go, or why that cannot be told.
    pub(super) target: Result<Target, Plan>,
    /// What the manifest says of the settings.
    pub(super) changes: Changes,
    /// Where a new mapping begins.
    pub(super) starting_position: StartingPosition,
    /// Present once the object is to be deleted: what becomes of its mapping.
    pub(super) deletion: Option<MappingDeletionPolicy>,
    /// Nothing may be changed.
    pub(super) suspended: bool,
}

/// The stream of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Source {
    pub(super) arn: StreamArn,
    /// Whether it is its table's latest: only of such a stream a mapping can be made.
    pub(super) is_latest: bool,
    /// Whether the mapping of an earlier stream becomes one of this.
    pub(super) followed: bool,
}

/// One call to the control plane.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// Makes the mapping.
    Create { source: StreamArn, target: Target, settings: Settings },
    /// Changes the mapping.
    Update { target: Target, settings: Settings },
    /// Deletes the mapping of an earlier stream, to make it again for the latest.
    Move,
    /// Deletes the mapping.
    Delete,
}

impl Step {
    /// A stable name for messages and logs: the API's.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "CreateEventSourceMapping",
            Self::Update { .. } => "UpdateEventSourceMapping",
            Self::Move | Self::Delete => "DeleteEventSourceMapping",
        }
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plan {
    /// Nothing: the mapping is as declared.
    Settled,
    /// This step; after it, plan again.
    Step(Box<Step>),
    /// Nothing now: something is under way, or not there yet.
    Wait(Cause),
    /// Nothing until the object is changed.
    Refuse(Cause),
    /// Nothing, as the object says.
    Suspended(Box<Step>),
    /// Nothing now: the call of that name failed before anything could be planned.
    Failed(&'static str, Refusal),
    /// The object is to be deleted, and nothing keeps it.
    Release,
}

impl Plan {
    /// Whether an object of that plan manages its mapping.
    pub(super) fn manages(&self) -> bool {
        matches!(self, Self::Settled | Self::Step(_))
    }

    pub(super) fn wait(reason: &'static str, message: impl Into<String>) -> Self {
        Self::Wait(Cause::new(reason, message))
    }

    pub(super) fn refuse(reason: &'static str, message: impl Into<String>) -> Self {
        Self::Refuse(Cause::new(reason, message))
    }
}

/// The step, or that none is needed; otherwise why nothing is done.
type Planned = Result<Option<Step>, Plan>;

/// Plans.
pub(super) fn plan(desired: &Desired, observed: Option<&Observed>) -> Plan {
    let planned = match (desired.deletion, observed) {
        (Some(policy), observed) => deletion(policy, observed),
        (None, None) => creation(desired),
        (None, Some(observed)) => alteration(desired, observed),
    };
    match planned {
        Ok(None) => Plan::Settled,
        Ok(Some(step)) if desired.suspended => Plan::Suspended(Box::new(step)),
        Ok(Some(step)) => Plan::Step(Box::new(step)),
        Err(end) => end,
    }
}

fn deletion(policy: MappingDeletionPolicy, observed: Option<&Observed>) -> Planned {
    match (policy, observed.map(|observed| observed.state)) {
        (MappingDeletionPolicy::Retain, _) | (_, None) => Err(Plan::Release),
        (_, Some(State::Deleting)) => Err(Plan::wait(reasons::DELETING, "the mapping is being deleted")),
        (_, Some(_)) => Ok(Some(Step::Delete)),
    }
}

fn creation(desired: &Desired) -> Planned {
    let target = desired.target.clone()?;
    let Source { arn: source, is_latest, .. } = desired.source.clone()?;
    let settings = Settings { starting_position: desired.starting_position, ..Settings::default() };
    let settings = settled(desired, settings)?;
    if !is_latest {
        let message = format!("waiting for the stream: {source} is not the latest of its table");
        return Err(Plan::wait(reasons::SOURCE_NOT_FOUND, message));
    }
    Ok(Some(Step::Create { source, target, settings }))
}

fn alteration(desired: &Desired, observed: &Observed) -> Planned {
    let target = desired.target.clone()?;
    let settings = settled(desired, observed.mapping.settings.clone())?;
    let source = desired.source.clone()?;
    let moves = source.arn != observed.mapping.source;
    if observed.state == State::Deleting {
        let (reason, what) = if moves {
            (reasons::MOVED, "the mapping of an earlier stream is being deleted")
        } else {
            (reasons::CREATING, "an earlier mapping of this stream and target is being deleted")
        };
        return Err(Plan::wait(reason, what));
    }
    if moves && !source.followed {
        let message =
            format!("the mapping is of {}, and a mapping's stream never changes", observed.mapping.source);
        return Err(Plan::refuse(reasons::IMMUTABLE_FIELD, message));
    }
    if moves {
        return Ok(Some(Step::Move));
    }
    if target != observed.mapping.target || settings != observed.mapping.settings {
        return Ok(Some(Step::Update { target, settings }));
    }
    match observed.state {
        State::Enabled | State::Disabled => Ok(None),
        State::Creating => Err(Plan::wait(reasons::CREATING, "the mapping is being created")),
        _ => Err(Plan::wait(reasons::UPDATING, "the mapping is being changed")),
    }
}

/// `settings` with what the manifest says.
fn settled(desired: &Desired, settings: Settings) -> Result<Settings, Plan> {
    let refused = |refusal: Refusal| Plan::refuse(reasons::INVALID_SPEC, refusal.to_string());
    desired.changes.clone().apply(settings).map_err(refused)
}
