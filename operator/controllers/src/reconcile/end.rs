//! How a pass ends.

use partita_api::conditions::reasons;
use partita_protocol::error::ErrorKind;
use partita_protocol::{ServiceError, Wording};

use super::{Claim, Next};
use crate::plan::{Cause, Observed};
use crate::status::Verdict;

/// How a pass ended. `O` is what is seen of what the object declares.
pub(crate) struct End<O> {
    pub(crate) verdict: Verdict,
    /// What the object manages. What it does not manage is not the object's to show.
    pub(crate) observed: Option<O>,
    pub(crate) step: Option<partita_api::Step>,
    pub(crate) next: Next,
}

impl<O> End<O> {
    pub(crate) fn resync(verdict: Verdict, observed: Option<O>) -> Self {
        Self { verdict, observed, step: None, next: Next::Resync }
    }

    pub(crate) fn stalled(cause: Cause, observed: Option<O>) -> Self {
        Self::resync(Verdict::Stalled(cause), observed)
    }

    pub(crate) fn progressing(cause: Cause, observed: Option<O>) -> Self {
        Self { verdict: Verdict::Progressing(cause), observed, step: None, next: Next::Poll }
    }

    /// The end of a pass while there is nothing to work with. The controller comes back as soon as there is.
    pub(crate) fn placeless(message: &str) -> Self {
        Self::resync(Verdict::Progressing(Cause::new(reasons::REGION_NOT_READY, message)), None)
    }

    pub(crate) fn gone() -> Self {
        let verdict = Verdict::Progressing(Cause::new(reasons::DELETING, "nothing keeps the object"));
        Self { verdict, observed: None, step: None, next: Next::Gone }
    }

    /// What failed is tried again at once, later each time.
    pub(crate) fn failing(message: String, observed: Option<O>) -> Self {
        let verdict = Verdict::Failing(Cause::new(reasons::STEP_FAILED, message));
        Self { verdict, observed, step: None, next: Next::Retry }
    }
}

impl End<Observed> {
    /// What the rules refuse is tried again only with the next resync; all else at once, later each time.
    pub(super) fn failed(step: &str, error: &ServiceError, observed: Option<Observed>) -> Self {
        let text = error.message(Wording::Classic).unwrap_or_default();
        let message = format!("{step}: {}: {text}", error.name());
        if error.kind() == ErrorKind::Validation {
            return Self::stalled(Cause::new(reasons::INVALID_SPEC, message), observed);
        }
        Self::failing(message, observed)
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
