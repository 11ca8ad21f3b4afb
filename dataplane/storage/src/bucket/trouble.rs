//! What is wrong with a bucket, found in an error of the client.
//!
//! The client's error types are private, so that the S3 code is read from the text that holds the server's answer.

use std::error::Error as StdError;
use std::fmt;
use std::iter::successors;

use object_store::client::{HttpError, HttpErrorKind};

/// Why a bucket cannot be used. Its text says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There is no such bucket.
    Missing,
    /// The access key is known, and may not do what was tried.
    Denied,
    /// The access key is unknown.
    UnknownKey,
    /// The secret does not belong to the access key.
    WrongSecret,
    /// Temporary credentials have expired.
    ExpiredKey,
    /// No access key was given, and neither environment nor machine has one.
    NoIdentity,
    /// The bucket is in another region.
    WrongRegion,
    /// The server does not do conditional puts.
    Unconditional,
    /// The server's clock and ours differ too much for signatures.
    Clock,
    /// The endpoint is not a URL of a server.
    InvalidEndpoint,
    /// The endpoint is without TLS, which is not allowed.
    InsecureEndpoint,
    /// There is nothing at the endpoint, or it does not answer.
    Unreachable,
    /// The server does not answer in TLS.
    NoTls,
    /// The server's certificate is not trusted.
    Certificate,
}

impl Trouble {
    /// True when others may repair it while this process goes on as it was configured.
    pub(crate) fn may_pass(self) -> bool {
        !matches!(self, Self::InvalidEndpoint | Self::InsecureEndpoint | Self::NoTls | Self::Unconditional)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "it does not exist; create it, or correct its name or endpoint",
            Self::Denied => {
                "access is denied; allow the access key to get, put and delete objects and to list the bucket"
            }
            Self::UnknownKey => "its server does not know the access key; correct the access key ID",
            Self::WrongSecret => {
                "the signature is wrong; correct the secret access key, which does not belong to the access key ID"
            }
            Self::ExpiredKey => "the credentials have expired; provide new ones",
            Self::NoIdentity => {
                "no credentials were found; provide an access key, or give the process a role of its own"
            }
            Self::WrongRegion => "it is in another region; set the region to the bucket's own",
            Self::Unconditional => {
                "its server does not know conditional puts, without which writes would be lost; use another server"
            }
            Self::Clock => "the clocks differ too much for signatures; set the clock of this machine",
            Self::InvalidEndpoint => {
                "the endpoint is not a server's URL; write it as https://host or https://host:port"
            }
            Self::InsecureEndpoint => {
                "the endpoint is without TLS; use https://, or allow HTTP if the network may see the data"
            }
            Self::Unreachable => "its server does not answer; correct the endpoint, or let the network through",
            Self::NoTls => "its server does not speak TLS there; correct the endpoint's port or write http://",
            Self::Certificate => {
                "its server's certificate is not trusted; add the certificate authority to the system's"
            }
        })
    }
}

/// Codes of S3 answers, and what they mean here.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
const CODES: [(&str, Trouble); 15] = [
    ("NoSuchBucket", Trouble::Missing),
    ("AccessDenied", Trouble::Denied),
    ("AllAccessDisabled", Trouble::Denied),
    ("AccountProblem", Trouble::Denied),
    ("InvalidAccessKeyId", Trouble::UnknownKey),
    ("SignatureDoesNotMatch", Trouble::WrongSecret),
    ("ExpiredToken", Trouble::ExpiredKey),
    ("InvalidToken", Trouble::ExpiredKey),
    ("TokenRefreshRequired", Trouble::ExpiredKey),
    ("PermanentRedirect", Trouble::WrongRegion),
    ("TemporaryRedirect", Trouble::WrongRegion),
    ("AuthorizationHeaderMalformed", Trouble::WrongRegion),
    ("IllegalLocationConstraintException", Trouble::WrongRegion),
    ("RequestTimeTooSkewed", Trouble::Clock),
    ("NotImplemented", Trouble::Unconditional),
];

/// What the client says of an answer that names another place without an address.
const BARE_REDIRECT: &str = "redirect without LOCATION";

/// Paths of the machine's own credentials; the client asks there last.
const MACHINE_CREDENTIALS: [&str; 2] = ["/latest/api/token", "/latest/meta-data/"];

/// What TLS says of a certificate, and of an answer that is not TLS.
const CERTIFICATE: &str = "certificate";
const NOT_TLS: &str = "InvalidContentType";

/// Finds the trouble in an error and its causes.
pub(super) fn recognise(error: &(dyn StdError + 'static)) -> Option<Trouble> {
    let causes = || successors(Some(error), |&cause| cause.source());
    let texts: Vec<String> = causes().map(ToString::to_string).collect();
    let says = |part: &str| texts.iter().any(|text| text.contains(part));
    let http = causes().find_map(|cause| cause.downcast_ref::<HttpError>());
    let unreachable = || match http?.kind() {
        _ if says(CERTIFICATE) => Some(Trouble::Certificate),
        _ if says(NOT_TLS) => Some(Trouble::NoTls),
        HttpErrorKind::Connect | HttpErrorKind::Timeout => Some(Trouble::Unreachable),
        _ => None,
    };
    if MACHINE_CREDENTIALS.iter().any(|path| says(path)) {
        return Some(Trouble::NoIdentity);
    }
    texts.iter().find_map(|text| of_code(text)).or_else(unreachable).or_else(|| {
        let elsewhere = says(BARE_REDIRECT).then_some(Trouble::WrongRegion);
        let denied = || of_kind(causes().find_map(|cause| cause.downcast_ref::<object_store::Error>())?);
        elsewhere.or_else(denied)
    })
}

/// The trouble of the S3 code in an answer: `<Error><Code>NoSuchBucket</Code>…`.
fn of_code(text: &str) -> Option<Trouble> {
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    CODES.iter().find_map(|&(known, trouble)| (known == code).then_some(trouble))
}

/// The trouble of an answer without a code that is known.
fn of_kind(error: &object_store::Error) -> Option<Trouble> {
    match error {
        object_store::Error::NotFound { .. } => Some(Trouble::Missing),
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            Some(Trouble::Denied)
        }
        _ => None,
    }
}
