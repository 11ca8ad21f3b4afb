//! Why a request is refused.

use std::fmt;

use partita_model::clock::UnixMillis;

use crate::signing_time;

/// Why a request's signature was not accepted. Every variant is the caller's fault, and repeating the same request does not
/// help. The `Display` is for operators; what clients read is made from the facts by the protocol layer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request carries no AWS signature at all.
    #[error("the request is not signed")]
    Missing,
    /// The `Authorization` header lacks parts, or the request lacks a date.
    #[error("the authorization header is incomplete")]
    Incomplete {
        /// What is missing, in the order it is reported.
        missing: Vec<Parameter>,
        /// The header as received.
        authorization: String,
    },
    /// The signature stands in the query string, and parts of it are missing.
    #[error("the query-string signature is incomplete")]
    IncompleteQuery {
        /// Names of the missing query parameters, in the order they are reported.
        missing: Vec<&'static str>,
    },
    /// The signature stands in the query string, which is not supported.
    #[error("the signature stands in the query string")]
    QueryForm,
    /// The signature stands in the query string and in the header.
    #[error("the request is signed twice")]
    BothForms,
    /// An algorithm other than `AWS4-HMAC-SHA256`.
    #[error("unsupported signing algorithm {algorithm:?}")]
    UnsupportedAlgorithm {
        /// As received.
        algorithm: String,
    },
    /// The credential is not `<access key id>/<date>/<region>/<service>/aws4_request`.
    #[error("the credential {credential:?} has not five parts")]
    MalformedCredential {
        /// As received.
        credential: String,
    },
    /// The request's date cannot be read.
    #[error("the date {date:?} cannot be read")]
    MalformedDate {
        /// As received.
        date: String,
    },
    /// The signature is for another place or day.
    #[error("the credential is scoped elsewhere")]
    Scope {
        /// All that is wrong with the scope, in the order it is reported.
        problems: Vec<ScopeProblem>,
    },
    /// A header that must be covered by the signature is not.
    #[error("the header {header:?} is not signed")]
    UnsignedHeader {
        /// Lower-case name of the header.
        header: &'static str,
    },
    /// Nobody has this access key.
    #[error("unknown access key")]
    UnknownKey,
    /// The request was signed too long ago.
    #[error("signed at {signed_at}, which is before {earliest}", signed_at = Basic(signed_at), earliest = Basic(earliest))]
    Expired {
        /// When the request says it was signed.
        signed_at: UnixMillis,
        /// The oldest acceptable time.
        earliest: UnixMillis,
        /// The server's time.
        now: UnixMillis,
    },
    /// The request was signed in the future.
    #[error("signed at {signed_at}, which is after {latest}", signed_at = Basic(signed_at), latest = Basic(latest))]
    NotYetValid {
        /// When the request says it was signed.
        signed_at: UnixMillis,
        /// The newest acceptable time.
        latest: UnixMillis,
        /// The server's time.
        now: UnixMillis,
    },
    /// The signature is not that of this request and this access key.
    #[error("the signature does not match")]
    Mismatch,
}

/// A part of the header form of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// `Credential=`.
    Credential,
    /// `Signature=`.
    Signature,
    /// `SignedHeaders=`.
    SignedHeaders,
    /// The `X-Amz-Date` or `Date` header.
    Date,
}

/// What is wrong with a credential's scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeProblem {
    /// The day of the scope is not the day of the request.
    Date {
        /// `YYYYMMDD` of the scope.
        scope: String,
        /// When the request says it was signed.
        signed_at: UnixMillis,
    },
    /// Not this installation's region.
    Region,
    /// Not the service the request is for.
    Service {
        /// The service it is for.
        expected: String,
    },
    /// The last part is not `aws4_request`.
    Terminator {
        /// As received.
        found: String,
    },
}

/// Shows a time as signatures write it.
struct Basic<'a>(&'a UnixMillis);

impl fmt::Display for Basic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&signing_time::basic(*self.0))
    }
}
