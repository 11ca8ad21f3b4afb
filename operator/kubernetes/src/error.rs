//! What can go wrong between the operator and the API server.

/// A failure of this crate. Faults of objects are not among them: they are told in the object's status.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server refused or did not answer. Retryable: the pass is repeated, later each time.
    #[error("the API server did not {what}; see that it is reachable and that the operator's role allows it")]
    Api {
        /// What was asked of it, as a phrase that follows "did not", with the object's name.
        what: String,
        /// What it said.
        #[source]
        source: kube::Error,
    },
    /// The Lease could not be renewed in time: another operator may lead. Not retryable in this process; start again.
    #[error("leadership was lost: the Lease was not renewed in time, or somebody else took it")]
    LeadershipLost,
}

impl Error {
    /// For `map_err` after a call to the API server. `what` follows "the API server did not".
    pub fn api(what: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let what = what.into();
        move |source| Self::Api { what, source }
    }
}
