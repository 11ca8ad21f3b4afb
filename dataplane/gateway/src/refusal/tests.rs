use partita_model::clock::UnixMillis;
use partita_protocol::Wording;

use super::*;

const NOON: UnixMillis = UnixMillis(1_767_268_800_000);

fn told(refusal: &Error) -> (&'static str, String) {
    let error = service_error(refusal);
    assert_eq!(error.http_status(), 400);
    (error.name(), error.message(Wording::default()).expect("a sentence").into_owned())
}

#[test]
fn every_refusal_is_told_in_the_services_words() {
    let later = UnixMillis(NOON.0 + 1000);
    let scope = Error::Scope {
        problems: vec![
            ScopeProblem::Region,
            ScopeProblem::Service { expected: "dynamodb".to_owned() },
            ScopeProblem::Terminator { found: "x".to_owned() },
            ScopeProblem::Date { scope: "20260102".to_owned(), signed_at: NOON },
        ],
    };
    let incomplete = Error::Incomplete {
        missing: vec![Parameter::Credential, Parameter::Signature, Parameter::SignedHeaders, Parameter::Date],
        authorization: "AWS4-".to_owned(),
    };
    for (refusal, name, text) in [
        (Error::Missing, "MissingAuthenticationTokenException", "Request is missing Authentication Token"),
        (
            incomplete,
            "IncompleteSignatureException",
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' \
             parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of \
             either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-",
        ),
        (
            Error::IncompleteQuery { missing: vec!["X-Amz-Algorithm", "X-Amz-Date"] },
            "IncompleteSignatureException",
            "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include \
             'X-Amz-Date'. Re-examine the query-string parameters.",
        ),
        (
            Error::QueryForm,
            "InvalidSignatureException",
            "Signatures in the query string are not supported. Sign the request with the 'Authorization' header.",
        ),
        (
            Error::BothForms,
            "InvalidSignatureException",
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
        ),
        (
            Error::UnsupportedAlgorithm { algorithm: "AWS4-X".to_owned() },
            "IncompleteSignatureException",
            "Unsupported AWS 'algorithm': 'AWS4-X'.",
        ),
        (
            Error::MalformedCredential { credential: "a/b".to_owned() },
            "IncompleteSignatureException",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b'",
        ),
        (
            Error::MalformedDate { date: "now".to_owned() },
            "IncompleteSignatureException",
            "Date must be in ISO-8601 'basic format'. Got 'now'. See http://en.wikipedia.org/wiki/ISO_8601",
        ),
        (
            scope,
            "InvalidSignatureException",
            "Credential should be scoped to a valid region. Credential should be scoped to correct service: 'dynamodb'. \
             Credential should be scoped with a valid terminator: 'aws4_request', not 'x'. Date in Credential scope does \
             not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260102' != '20260101', from \
             '20260101T120000Z'. ",
        ),
        (
            Error::UnsignedHeader { header: "host" },
            "InvalidSignatureException",
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        (
            Error::UnknownKey,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        (
            Error::Expired { signed_at: NOON, earliest: later, now: later },
            "InvalidSignatureException",
            "Signature expired: 20260101T120000Z is now earlier than 20260101T120001Z (20260101T120001Z - 5 min.)",
        ),
        (
            Error::NotYetValid { signed_at: later, latest: NOON, now: NOON },
            "InvalidSignatureException",
            "Signature not yet current: 20260101T120001Z is still later than 20260101T120000Z (20260101T120000Z + 5 \
             min.)",
        ),
        (
            Error::Mismatch,
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        ),
    ] {
        assert_eq!(told(&refusal), (name, text.to_owned()));
    }
}
