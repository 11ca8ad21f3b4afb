//! How a pass ends.

use partita_api::conditions::reasons;
use partita_protocol::error::ErrorKind;
use partita_protocol::{ServiceError, Wording};

use super::{Claim, Next};
use crate::plan::{Cause, Observed};
use crate::status::Verdict;

/// How a pass ended.
pub(super) struct End {
    pub(super) verdict: Verdict,
    /// The object's table. A table that the object does not manage is not the object's to show.
    pub(super) observed: Option<Observed>,
    pub(super) step: Option<partita_api::Step>,
    pub(super) next: Next,
}

impl End {
    pub(super) fn resync(verdict: Verdict, observed: Option<Observed>) -> Self {
        Self { verdict, observed, step: None, next: Next::Resync }
    }

    pub(super) fn stalled(cause: Cause, observed: Option<Observed>) -> Self {
        Self::resync(Verdict::Stalled(cause), observed)
    }

    pub(super) fn progressing(cause: Cause, observed: Option<Observed>) -> Self {
        Self { verdict: Verdict::Progressing(cause), observed, step: None, next: Next::Poll }
    }

    /// The end of a pass while there is nothing to make tables with. The controller comes back as soon as there is.
    pub(super) fn placeless(message: &str) -> Self {
        Self::resync(Verdict::Progressing(Cause::new(reasons::REGION_NOT_READY, message)), None)
    }

    pub(super) fn gone() -> Self {
        let verdict = Verdict::Progressing(Cause::new(reasons::DELETING, "nothing keeps the object"));
        Self { verdict, observed: None, step: None, next: Next::Gone }
    }

    /// What the rules refuse is tried again only with the next resync; all else at once, later each time.
    pub(super) fn failed(step: &str, error: &ServiceError, observed: Option<Observed>) -> Self {
        let text = error.message(Wording::Classic).unwrap_or_default();
        let message = format!("{step}: {}: {text}", error.name());
        if error.kind() == ErrorKind::Validation {
            return Self::stalled(Cause::new(reasons::INVALID_SPEC, message), observed);
        }
        let verdict = Verdict::Failing(Cause::new(reasons::STEP_FAILED, message));
        Self { verdict, observed, step: None, next: Next::Retry }
    }

    /// The end of a pass over an object that manages no table; `None` if it does.
    pub(super) fn unmanaged(claim: &Claim, deleting: bool) -> Option<Self> {
        match claim {
            Claim::Owner => None,
            Claim::Rival(_) if deleting => Some(Self::gone()),
            Claim::Rival(owner) => {
                Some(Self::stalled(Cause::new(reasons::CONFLICT, format!("{owner} manages the table")), None))
            }
        }
    }
}
