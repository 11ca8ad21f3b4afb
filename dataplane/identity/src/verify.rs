//! Verification of a signed request.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use hmac::Mac;
use http::header::{AUTHORIZATION, DATE, HeaderName};
use http::{HeaderMap, HeaderValue};
use partita_model::clock::{Clock, UnixMillis};

use crate::authorization::{Authorization, Credential};
use crate::canonical::{self, HexHash};
use crate::credentials::{AccessKeyId, Credentials};
use crate::error::{Error, Parameter, ScopeProblem};
use crate::signing_key::{Purpose, SigningKeys};
use crate::signing_time::{self, Written};

/// How far a client's clock may be off, either way. AWS's documented window; wide enough for machines without NTP for weeks,
/// narrow enough that a recorded request is soon worthless.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_secs(5 * 60);

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";
const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
const X_AMZ_TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const X_AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
/// The parameters of a query-string signature, in the order in which missing ones are reported.
const QUERY_PARAMETERS: [&str; 5] =
    ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"];

/// A request as it came over the wire: path and query still encoded, the body still compressed if it came so.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// In upper case.
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
    /// Without the question mark; empty when there is none.
    pub query: &'a str,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The body as received.
    pub body: &'a [u8],
}

/// Who made a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The access key it was signed with.
    pub access_key_id: AccessKeyId,
}

/// Verifies requests for one region against a set of access keys, which may be replaced at any time.
pub struct Verifier {
    known: RwLock<Arc<Known>>,
    region: String,
    clock: Arc<dyn Clock>,
}

/// The access keys, and what was derived from their secrets: a key that gets another secret must not go on with the old one.
struct Known {
    credentials: Credentials,
    keys: SigningKeys,
}

impl Known {
    fn new(credentials: Credentials) -> Arc<Self> {
        Arc::new(Self { credentials, keys: SigningKeys::default() })
    }
}

impl Verifier {
    /// A verifier that knows `credentials` and takes signatures for `region`.
    pub fn new(credentials: Credentials, region: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self { known: RwLock::new(Known::new(credentials)), region: region.into(), clock }
    }

    /// Knows `credentials` instead from now on: a request whose verification begins after the return is held against them.
    pub fn replace(&self, credentials: Credentials) {
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Known::new(credentials);
    }

    fn known(&self) -> Arc<Known> {
        // The lock is held for a copy of the pointer only, so nothing behind it can be half changed.
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Who signed `request` for `service` (DynamoDB's is `dynamodb`).
    ///
    /// The checks go from what the request itself says to what needs knowledge: its form, its scope, its access key, its
    /// time, and the signature last.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn verify(&self, request: &SignedRequest<'_>, service: &str) -> Result<Caller, Error> {
        let authorization = header_form(request)?;
        let signature = Signature::read(&authorization, request.headers)?;
        let credential = signature.credential;
        let signed_at = Written::of(signature.signed_at);
        let problems = self.scope_problems(&credential, &signature, signed_at.day(), service);
        if !problems.is_empty() {
            return Err(Error::Scope { problems });
        }
        require_signed(request.headers, signature.signed_headers, signature.date_header)?;
        let known = self.known();
        let (id, secret) = known.credentials.find(credential.access_key_id).ok_or(Error::UnknownKey)?;
        self.check_clock(signature.signed_at)?;
        let body_hash = body_hash(request)?;
        let purpose = Purpose { date: credential.date, region: &self.region, service };
        let mut expected = known.keys.key(id, secret, purpose);
        for part in [
            ALGORITHM.as_bytes(),
            b"\n",
            signed_at.basic().as_bytes(),
            b"\n",
            credential.date.as_bytes(),
            b"/",
            self.region.as_bytes(),
            b"/",
            service.as_bytes(),
            b"/",
            TERMINATOR.as_bytes(),
            b"\n",
            &canonical::request_hash(request, signature.signed_headers, &body_hash),
        ] {
            expected.update(part);
        }
        let given = from_hex(signature.signature).ok_or(Error::Mismatch)?;
        // Compares in constant time.
        expected.verify_slice(&given).map_err(|_| Error::Mismatch)?;
        Ok(Caller { access_key_id: id.clone() })
    }

    fn scope_problems(
        &self,
        credential: &Credential<'_>,
        signature: &Signature<'_>,
        day: &str,
        service: &str,
    ) -> Vec<ScopeProblem> {
        let signed_at = signature.signed_at;
        let date = (credential.date != day)
            .then(|| ScopeProblem::Date { scope: credential.date.to_owned(), signed_at });
        let region = (credential.region != self.region).then_some(ScopeProblem::Region);
        let service =
            (credential.service != service).then(|| ScopeProblem::Service { expected: service.to_owned() });
        let terminator = (credential.terminator != TERMINATOR)
            .then(|| ScopeProblem::Terminator { found: credential.terminator.to_owned() });
        [region, service, terminator, date].into_iter().flatten().collect()
    }

    fn check_clock(&self, signed_at: UnixMillis) -> Result<(), Error> {
        let now = self.clock.now();
        let skew_ms = u64::try_from(CLOCK_SKEW_MAX.as_millis()).unwrap_or(u64::MAX);
        let earliest = UnixMillis(now.0.saturating_sub(skew_ms));
        let latest = UnixMillis(now.0.saturating_add(skew_ms));
        // Signatures know whole seconds only.
        if signed_at.0 / 1000 < earliest.0 / 1000 {
            return Err(Error::Expired { signed_at, earliest, now });
        }
        if signed_at > latest {
            return Err(Error::NotYetValid { signed_at, latest, now });
        }
        Ok(())
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier")
            .field("credentials", &self.known().credentials)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// A signature with all its parts.
struct Signature<'a> {
    credential: Credential<'a>,
    signed_headers: &'a str,
    signature: &'a str,
    signed_at: UnixMillis,
    date_header: &'static str,
}

impl<'a> Signature<'a> {
    fn read(header: &'a str, headers: &HeaderMap) -> Result<Self, Error> {
        let parts = Authorization::parse(header).ok_or(Error::Missing)?;
        if parts.algorithm != ALGORITHM {
            return Err(Error::UnsupportedAlgorithm { algorithm: parts.algorithm.to_owned() });
        }
        let (date_header, date) = match headers.get(X_AMZ_DATE) {
            Some(date) => ("x-amz-date", Some(date)),
            None => ("date", headers.get(DATE)),
        };
        let date = date.map(text);
        let (Some(credential), Some(signature), Some(signed_headers), Some(date)) =
            (parts.credential, parts.signature, parts.signed_headers, &date)
        else {
            let missing = [
                (parts.credential.is_none(), Parameter::Credential),
                (parts.signature.is_none(), Parameter::Signature),
                (parts.signed_headers.is_none(), Parameter::SignedHeaders),
                (date.is_none(), Parameter::Date),
            ];
            let missing = missing.into_iter().filter_map(|(absent, part)| absent.then_some(part)).collect();
            return Err(Error::Incomplete { missing, authorization: header.to_owned() });
        };
        let credential = Credential::parse(credential)
            .ok_or_else(|| Error::MalformedCredential { credential: credential.to_owned() })?;
        let signed_at =
            signing_time::parse(date).ok_or_else(|| Error::MalformedDate { date: date.to_string() })?;
        Ok(Self { credential, signed_headers, signature, signed_at, date_header })
    }
}

/// The `Authorization` header, if it is the one place that holds a signature.
fn header_form<'a>(request: &SignedRequest<'a>) -> Result<Cow<'a, str>, Error> {
    let header = request.headers.get(AUTHORIZATION);
    let in_query =
        !request.query.is_empty() && query_values(request.query, "X-Amz-Algorithm").next().is_some();
    match (header, in_query) {
        (Some(_), true) => Err(Error::BothForms),
        (Some(header), false) => Ok(text(header)),
        (None, false) => Err(Error::Missing),
        (None, true) => {
            let absent = |name: &&str| query_values(request.query, name).all(str::is_empty);
            let missing: Vec<_> = QUERY_PARAMETERS.into_iter().filter(absent).collect();
            Err(if missing.is_empty() { Error::QueryForm } else { Error::IncompleteQuery { missing } })
        }
    }
}

/// A header's value as text; what is no text is replaced.
fn text(value: &HeaderValue) -> Cow<'_, str> {
    // The check for plain ASCII is much quicker than looking for replacements.
    match value.to_str() {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(value.as_bytes()),
    }
}

/// The values of a query parameter. Signature parameters need no decoding to be recognised.
fn query_values<'a>(query: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    query
        .split('&')
        .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
        .filter(move |(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// What the server acts on must be covered by the signature. Other headers may be left out, since proxies add theirs.
fn require_signed(headers: &HeaderMap, signed: &str, date_header: &'static str) -> Result<(), Error> {
    let is_signed = |header: &str| signed.split(';').any(|name| name == header);
    let target = headers.contains_key(X_AMZ_TARGET).then_some("x-amz-target");
    let unsigned =
        [Some("host"), Some(date_header), target].into_iter().flatten().find(|name| !is_signed(name));
    unsigned.map_or(Ok(()), |header| Err(Error::UnsignedHeader { header }))
}

/// The hash of the body as received. A client that also sends the hash as a header must have it right.
fn body_hash(request: &SignedRequest<'_>) -> Result<HexHash, Error> {
    let hash = canonical::hash(request.body);
    match request.headers.get(X_AMZ_CONTENT_SHA256) {
        Some(given) if given.as_bytes() != hash => Err(Error::Mismatch),
        _ => Ok(hash),
    }
}

/// 64 lower-case hexadecimal digits.
fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = value(*high)? << 4 | value(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
