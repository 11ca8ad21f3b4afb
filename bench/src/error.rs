//! Why a benchmark could not be run. Failures of single requests while it runs are counted, not raised.

use std::fmt;

/// What ended a benchmark before it had a result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The endpoint cannot be used.
    #[error("`{endpoint}` is not an endpoint to measure: {why}")]
    Endpoint {
        /// As it was given.
        endpoint: String,
        /// What to change.
        why: &'static str,
    },
    /// Options that contradict each other or a limit.
    #[error("{0}")]
    Plan(String),
    /// No connection, or one that broke during preparation.
    #[error("{operation} got no answer from {endpoint}")]
    Unreachable {
        /// Where it was sent.
        endpoint: String,
        /// The operation.
        operation: &'static str,
        /// What happened.
        source: Lost,
    },
    /// The service refused an operation of the preparation.
    #[error("{operation} was refused: {refusal}")]
    Refused {
        /// The operation.
        operation: &'static str,
        /// The service's own word.
        refusal: Refusal,
    },
    /// The service does not know the operation that was to be measured.
    #[error("the service does not know {operation}: choose another workload")]
    Unsupported {
        /// The operation.
        operation: &'static str,
    },
    /// An answer that is not what the operation answers.
    #[error("{operation} was answered with something else: {what}")]
    Unexpected {
        /// The operation.
        operation: &'static str,
        /// What is odd about the answer.
        what: String,
    },
    /// The table holds something else.
    #[error(
        "table {table} exists and was not made by a benchmark: name another with --table; this one is left as it is"
    )]
    ForeignTable {
        /// Its name.
        table: String,
    },
    /// The preparation went on for too long.
    #[error("{what} did not come within {seconds} s")]
    Late {
        /// What was waited for.
        what: String,
        /// For how long.
        seconds: u64,
    },
    /// Figures of the server's process cannot be read.
    #[error("cannot read what process {pid} uses (on Linux it is in /proc)")]
    Process {
        /// Its id.
        pid: u32,
        /// What happened.
        source: std::io::Error,
    },
    /// A thread of the client could not be started.
    #[error("cannot start a client thread")]
    Thread(#[source] std::io::Error),
    /// A thread of the client panicked.
    #[error("a client thread panicked: this is a defect of the benchmark")]
    Panicked,
}

/// How the service refused a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Name of the exception, without the namespace; empty if the body had none.
    pub kind: String,
    /// Its text.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.kind, self.message)
    }
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// The connection could not be made.
    #[error("cannot connect")]
    Connect(#[source] std::io::Error),
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[source] std::io::Error),
    /// The service closed the connection before its answer was complete.
    #[error("the connection was closed before the answer was complete")]
    Closed,
    /// No answer in time.
    #[error("no answer within {} s", crate::connection::ANSWER_TIMEOUT.as_secs())]
    TimedOut,
    /// The answer is not HTTP, or of a form that services of this kind do not send.
    #[error("the answer is not the HTTP that is expected: {0}")]
    Malformed(&'static str),
}

impl Lost {
    /// The word under which it is counted.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Connect(_) => "cannot connect",
            Self::Broken(_) => "connection broke",
            Self::Closed => "connection closed",
            Self::TimedOut => "timeout",
            Self::Malformed(_) => "not HTTP",
        }
    }
}
