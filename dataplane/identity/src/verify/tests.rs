//! Requests are signed by AWS's own signer, so that agreement with it is what is tested.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials as AwsCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use http::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;

const NOW: UnixMillis = UnixMillis(1_767_225_600_000 + 12 * 3_600_000);
const ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const REGION: &str = "eu-central-1";
const SERVICE: &str = "dynamodb";

#[derive(Debug)]
struct FixedClock(UnixMillis);

impl Clock for FixedClock {
    fn now(&self) -> UnixMillis {
        self.0
    }
}

/// A request that can be changed after it was signed.
#[derive(Clone)]
struct Owned {
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Owned {
    fn unsigned() -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "localhost:8000"),
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", "DynamoDB_20120810.GetItem"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Self {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            headers,
            body: br#"{"TableName":"Music","Key":{"Artist":{"S":"x"}}}"#.to_vec(),
        }
    }

    fn view(&self) -> SignedRequest<'_> {
        SignedRequest {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            body: &self.body,
        }
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.headers
            .insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header value"));
    }

    fn authorization(&self) -> &str {
        self.headers["authorization"].to_str().expect("ASCII")
    }

    fn replace_in_authorization(&mut self, from: &str, to: &str) {
        let changed = self.authorization().replace(from, to);
        assert_ne!(changed, self.authorization(), "{from} is not in the header");
        self.set("authorization", &changed);
    }
}

type Change = fn(&mut Owned);

/// How a request is signed.
struct Signer {
    id: &'static str,
    secret: &'static str,
    token: Option<&'static str>,
    region: &'static str,
    service: &'static str,
    time: UnixMillis,
    settings: SigningSettings,
}

impl Default for Signer {
    fn default() -> Self {
        Self {
            id: ID,
            secret: SECRET,
            token: None,
            region: REGION,
            service: SERVICE,
            time: NOW,
            settings: SigningSettings::default(),
        }
    }
}

impl Signer {
    fn sign(self, mut request: Owned) -> Owned {
        let identity =
            AwsCredentials::new(self.id, self.secret, self.token.map(str::to_owned), None, "tests").into();
        let time: SystemTime = UNIX_EPOCH + Duration::from_millis(self.time.0);
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(time)
            .settings(self.settings)
            .build()
            .expect("all parameters are given")
            .into();
        let question = if request.query.is_empty() { "" } else { "?" };
        let uri = format!("http://localhost:8000{}{question}{}", request.path, request.query);
        let headers = request.headers.clone();
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("ASCII")));
        let signable =
            SignableRequest::new(&request.method, uri, headers, SignableBody::Bytes(&request.body))
                .expect("a request that can be signed");
        let (instructions, _) = sign(signable, &params).expect("signing succeeds").into_parts();
        let (headers, parameters) = instructions.into_parts();
        for header in headers {
            request
                .headers
                .insert(header.name(), HeaderValue::from_str(header.value()).expect("a header value"));
        }
        for (name, value) in parameters {
            let separator = if request.query.is_empty() { "" } else { "&" };
            let value = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC);
            request.query = format!("{}{separator}{name}={value}", request.query);
        }
        request
    }
}

fn signed() -> Owned {
    Signer::default().sign(Owned::unsigned())
}

fn verifier_at(now: UnixMillis) -> Verifier {
    let credentials = Credentials::single(ID, SECRET).expect("a good pair");
    Verifier::new(credentials, REGION, Arc::new(FixedClock(now)))
}

fn verify(request: &Owned) -> Result<Caller, Error> {
    verifier_at(NOW).verify(&request.view(), SERVICE)
}

fn with_change(change: impl FnOnce(&mut Owned)) -> Result<Caller, Error> {
    let mut request = signed();
    change(&mut request);
    verify(&request)
}

#[test]
fn a_request_signed_by_the_official_signer_is_accepted() {
    let caller = verify(&signed()).expect("a good signature");
    assert_eq!(caller.access_key_id.as_str(), ID);
}

#[test]
fn the_second_request_of_a_day_is_accepted_from_the_cached_key() {
    let verifier = verifier_at(NOW);
    for _ in 0..2 {
        verifier.verify(&signed().view(), SERVICE).expect("a good signature");
    }
}

#[test]
fn each_access_key_verifies_its_own_requests_only() {
    let mut credentials = Credentials::single(ID, SECRET).expect("a good pair");
    let other =
        (AccessKeyId::new("OTHER").expect("an id"), crate::SecretKey::new("other").expect("a secret"));
    credentials.insert(other.0, other.1).expect("a new id");
    let verifier = Verifier::new(credentials, REGION, Arc::new(FixedClock(NOW)));
    let request = Signer { id: "OTHER", secret: "other", ..Signer::default() }.sign(Owned::unsigned());
    assert_eq!(verifier.verify(&request.view(), SERVICE).expect("good").access_key_id.as_str(), "OTHER");
    let request = Signer { id: "OTHER", ..Signer::default() }.sign(Owned::unsigned());
    assert_eq!(verifier.verify(&request.view(), SERVICE), Err(Error::Mismatch));
}

#[test]
fn replaced_credentials_count_at_once_and_a_new_secret_of_an_old_key_too() {
    let verifier = verifier_at(NOW);
    let accepts = |request: &Owned| verifier.verify(&request.view(), SERVICE);
    let rotated = Signer { secret: "another", ..Signer::default() }.sign(Owned::unsigned());
    accepts(&signed()).expect("the first secret");
    verifier.replace(Credentials::single(ID, "another").expect("a good pair"));
    assert_eq!(accepts(&signed()), Err(Error::Mismatch), "the key derived from the old secret is forgotten");
    accepts(&rotated).expect("the new secret");
    verifier.replace(Credentials::default());
    assert_eq!(accepts(&rotated), Err(Error::UnknownKey));
}

#[test]
fn paths_queries_and_spaces_are_made_canonical_as_the_signer_does() {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Double;
    let mut request = Owned::unsigned();
    request.method = "GET".to_owned();
    request.path = "/apis/partita.dev/./v1//tables/a%20b:c/../d/".to_owned();
    request.query = "z=1&a=x%20y&a=b%2Fc&empty=&flag&t=%7E+".to_owned();
    request.set("x-spaced", "  one   two  ");
    request.headers.append("x-twice", HeaderValue::from_static("b"));
    request.headers.append("x-twice", HeaderValue::from_static("a"));
    let request = Signer { settings, ..Signer::default() }.sign(request);
    verify(&request).expect("a good signature");
}

#[test]
fn a_session_token_is_covered_by_the_signature_and_otherwise_ignored() {
    let mut request = Signer { token: Some("token"), ..Signer::default() }.sign(Owned::unsigned());
    verify(&request).expect("a good signature");
    request.set("x-amz-security-token", "another");
    assert_eq!(verify(&request), Err(Error::Mismatch));
}

#[test]
fn tampering_with_any_part_is_noticed() {
    let changes: [(&str, Change); 12] = [
        ("method", |r| r.method = "PUT".to_owned()),
        ("path", |r| r.path = "/other".to_owned()),
        ("query", |r| r.query = "a=b".to_owned()),
        ("body", |r| r.body[10] ^= 1),
        ("shorter body", |r| r.body.clear()),
        ("host", |r| r.set("host", "elsewhere:8000")),
        ("target", |r| r.set("x-amz-target", "DynamoDB_20120810.PutItem")),
        ("content type", |r| r.set("content-type", "application/json")),
        ("date", |r| r.set("x-amz-date", "20260101T120001Z")),
        ("second value", |r| {
            r.headers.append("x-amz-target", HeaderValue::from_static("DynamoDB_20120810.PutItem"));
        }),
        ("signed headers", |r| r.replace_in_authorization("content-type;", "")),
        ("order of signed headers", |r| r.replace_in_authorization("content-type;host", "host;content-type")),
    ];
    for (part, change) in changes {
        assert_eq!(with_change(change), Err(Error::Mismatch), "{part}");
    }
}

#[test]
fn any_other_signature_is_refused() {
    let signature = signed().authorization().rsplit('=').next().expect("a last part").to_owned();
    let flipped: String = signature.chars().map(|digit| if digit == '0' { '1' } else { '0' }).collect();
    for other in [&flipped, &signature.to_uppercase(), "0", "zz", &"g".repeat(64), &format!("{signature}00")]
    {
        let result = with_change(|r| r.replace_in_authorization(&signature, other));
        assert_eq!(result, Err(Error::Mismatch), "{other}");
    }
}

#[test]
fn another_secret_is_a_mismatch_and_another_id_is_unknown() {
    let request = Signer { secret: "wrong", ..Signer::default() }.sign(Owned::unsigned());
    assert_eq!(verify(&request), Err(Error::Mismatch));
    let request = Signer { id: "NOBODY", ..Signer::default() }.sign(Owned::unsigned());
    assert_eq!(verify(&request), Err(Error::UnknownKey));
}

#[test]
fn an_unsigned_request_is_missing_its_signature() {
    assert_eq!(verify(&Owned::unsigned()), Err(Error::Missing));
    assert_eq!(with_change(|r| r.set("authorization", "Bearer token")), Err(Error::Missing));
}

#[test]
fn what_is_missing_is_listed_in_order() {
    let mut request = Owned::unsigned();
    request.set("authorization", "AWS4-HMAC-SHA256 ");
    let missing =
        vec![Parameter::Credential, Parameter::Signature, Parameter::SignedHeaders, Parameter::Date];
    let authorization = "AWS4-HMAC-SHA256 ".to_owned();
    assert_eq!(verify(&request), Err(Error::Incomplete { missing, authorization }));
    let result = with_change(|r| r.replace_in_authorization("SignedHeaders=", "Other="));
    assert!(
        matches!(result, Err(Error::Incomplete { missing, .. }) if missing == [Parameter::SignedHeaders])
    );
}

#[test]
fn other_algorithms_and_malformed_parts_are_named() {
    let result = with_change(|r| r.replace_in_authorization("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"));
    assert_eq!(result, Err(Error::UnsupportedAlgorithm { algorithm: "AWS4-ECDSA-P256-SHA256".to_owned() }));
    let result = with_change(|r| r.replace_in_authorization("/aws4_request", ""));
    assert!(matches!(result, Err(Error::MalformedCredential { credential }) if credential.starts_with(ID)));
    let result = with_change(|r| r.set("x-amz-date", "yesterday"));
    assert_eq!(result, Err(Error::MalformedDate { date: "yesterday".to_owned() }));
}

#[test]
fn a_scope_of_elsewhere_is_refused_with_all_its_problems() {
    let request = Signer { region: "us-east-1", service: "sqs", ..Signer::default() }.sign(Owned::unsigned());
    let service = ScopeProblem::Service { expected: SERVICE.to_owned() };
    assert_eq!(verify(&request), Err(Error::Scope { problems: vec![ScopeProblem::Region, service.clone()] }));
    assert_eq!(
        verifier_at(NOW).verify(&signed().view(), "partita"),
        Err(Error::Scope { problems: vec![ScopeProblem::Service { expected: "partita".to_owned() }] })
    );
    assert_eq!(
        with_change(|r| r.replace_in_authorization("aws4_request", "aws5_request")),
        Err(Error::Scope { problems: vec![ScopeProblem::Terminator { found: "aws5_request".to_owned() }] })
    );
    assert_eq!(
        with_change(|r| r.replace_in_authorization("/20260101/", "/20260102/")),
        Err(Error::Scope {
            problems: vec![ScopeProblem::Date { scope: "20260102".to_owned(), signed_at: NOW }]
        })
    );
}

#[test]
fn headers_the_server_acts_on_must_be_signed() {
    for (header, text) in
        [("host", "host;"), ("x-amz-date", "x-amz-date;"), ("x-amz-target", ";x-amz-target")]
    {
        let result = with_change(|r| r.replace_in_authorization(text, ""));
        assert_eq!(result, Err(Error::UnsignedHeader { header }));
    }
}

#[test]
fn a_header_that_was_not_signed_may_be_added_on_the_way() {
    with_change(|r| r.set("x-forwarded-for", "192.0.2.1")).expect("a good signature");
}

#[test]
fn five_minutes_of_skew_are_allowed_either_way() {
    let skew_ms = 300_000;
    for now in [NOW.0 - skew_ms, NOW.0, NOW.0 + skew_ms, NOW.0 + skew_ms + 999] {
        verifier_at(UnixMillis(now)).verify(&signed().view(), SERVICE).expect("within the window");
    }
    let late = UnixMillis(NOW.0 + skew_ms + 1000);
    assert_eq!(
        verifier_at(late).verify(&signed().view(), SERVICE),
        Err(Error::Expired { signed_at: NOW, earliest: UnixMillis(NOW.0 + 1000), now: late })
    );
    let early = UnixMillis(NOW.0 - skew_ms - 1);
    assert_eq!(
        verifier_at(early).verify(&signed().view(), SERVICE),
        Err(Error::NotYetValid { signed_at: NOW, latest: UnixMillis(NOW.0 - 1), now: early })
    );
}

#[test]
fn the_body_hash_header_must_be_right_when_present() {
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let request = Signer { settings, ..Signer::default() }.sign(Owned::unsigned());
    verify(&request).expect("a good signature");
    for wrong in ["UNSIGNED-PAYLOAD", "", &"0".repeat(64)] {
        // Not even when it is not covered by the signature.
        assert_eq!(with_change(|r| r.set("x-amz-content-sha256", wrong)), Err(Error::Mismatch), "{wrong}");
    }
}

/// `get-vanilla` of AWS's published Signature Version 4 test suite.
#[test]
fn an_http_date_may_stand_in_for_the_amz_date() {
    let mut request = Owned { method: "GET".to_owned(), body: Vec::new(), ..Owned::unsigned() };
    request.headers.clear();
    request.set("host", "host.foo.com");
    request.set("date", "Mon, 09 Sep 2011 23:36:00 GMT");
    request.set(
        "authorization",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20110909/us-east-1/host/aws4_request, SignedHeaders=date;host, \
         Signature=b27ccfbfa7df52a200ff74193ca6e32d4b48b8856fab7ebf1c595d0670a7e470",
    );
    let clock = Arc::new(FixedClock(signing_time::parse("20110909T233600Z").expect("a time")));
    let credentials = Credentials::single(ID, SECRET).expect("a good pair");
    let verifier = Verifier::new(credentials, "us-east-1", clock);
    assert_eq!(verifier.verify(&request.view(), "host").map(|_| ()), Ok(()));
    request.replace_in_authorization("date;host", "host");
    assert_eq!(verifier.verify(&request.view(), "host"), Err(Error::UnsignedHeader { header: "date" }));
}

#[test]
fn signatures_in_the_query_are_refused() {
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(60));
    let presigned = Signer { settings, ..Signer::default() }.sign(Owned::unsigned());
    assert_eq!(verify(&presigned), Err(Error::QueryForm));
    let mut both = presigned.clone();
    both.set("authorization", signed().authorization());
    assert_eq!(verify(&both), Err(Error::BothForms));
    let mut incomplete = Owned::unsigned();
    incomplete.query = "X-Amz-Algorithm&X-Amz-Date=20260101T120000Z".to_owned();
    let missing = vec!["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders"];
    assert_eq!(verify(&incomplete), Err(Error::IncompleteQuery { missing }));
}

#[test]
fn a_verifier_shows_no_secret() {
    assert!(!format!("{:?}", verifier_at(NOW)).contains("wJalr"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_signed_is_accepted_and_any_changed_byte_is_not(
        body in proptest::collection::vec(any::<u8>(), 1..200),
        path in "(/[A-Za-z0-9._~-]{0,6}){1,4}",
        query in "([a-c]{1,2}(=([a-z+~]|%20|%2F){0,3})?&){0,3}",
        at in any::<prop::sample::Index>(),
    ) {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Double;
        let unsigned = Owned { body, path, query, ..Owned::unsigned() };
        let mut request = Signer { settings, ..Signer::default() }.sign(unsigned);
        prop_assert!(verify(&request).is_ok());
        let at = at.index(request.body.len());
        request.body[at] ^= 0x20;
        prop_assert_eq!(verify(&request), Err(Error::Mismatch));
    }

    #[test]
    fn no_authorization_header_makes_the_verifier_panic(header in "(AWS4-HMAC-SHA256 )?[ -~]{0,200}") {
        let mut request = signed();
        request.set("authorization", &header);
        prop_assert!(verify(&request).is_err());
    }
}
