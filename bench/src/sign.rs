//! Signatures of requests: AWS Signature Version 4 with the key of the day kept.
//!
//! The same bytes as `aws-sigv4` makes (a test compares them), at a tenth of the cost: all requests of a benchmark have the same method,
//! path and headers, so that only the time and the hash of the body are new.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::plan::AccessKey;

/// The service's name in signatures.
const SERVICE: &str = "dynamodb";
/// What all bodies are.
pub(crate) const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
/// Names of the signed headers, as SDKs sign them.
const SIGNED_HEADERS: &str = "content-type;host;x-amz-date;x-amz-target";
const SECONDS_A_DAY: u64 = 86_400;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// Signs requests of one operation at one endpoint.
#[derive(Debug)]
pub(crate) struct Signer {
    key: AccessKey,
    region: String,
    host: String,
    target: String,
    second: Second,
}

/// What stays the same within a second.
struct Second {
    unix_seconds: u64,
    /// As `20150830T123600Z`.
    time: String,
    /// The canonical request up to the hash of the body.
    canonical: Sha256,
    /// The string to sign up to the hash of the canonical request.
    to_sign: Hmac<Sha256>,
    /// The Authorization header's value up to the signature.
    authorization: String,
}

impl std::fmt::Debug for Second {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Second").field("time", &self.time).finish_non_exhaustive()
    }
}

/// A signature, borrowed until the next.
#[derive(Debug)]
pub(crate) struct Signature<'a> {
    /// Value of X-Amz-Date.
    pub(crate) time: &'a str,
    /// Value of Authorization, up to the signature.
    pub(crate) authorization: &'a str,
    /// The signature in hexadecimal digits.
    pub(crate) signature: [u8; 64],
}

impl Signer {
    /// `host` is the Host header's value, `target` the X-Amz-Target header's.
    pub(crate) fn new(key: AccessKey, region: String, host: String, target: String) -> Self {
        let second = Second::new(&key, &region, &host, &target, 0);
        Self { key, region, host, target, second }
    }

    /// Signs a body at a time.
    pub(crate) fn sign(&mut self, body: &[u8], unix_seconds: u64) -> Signature<'_> {
        if self.second.unix_seconds != unix_seconds {
            self.second = Second::new(&self.key, &self.region, &self.host, &self.target, unix_seconds);
        }
        let mut canonical = self.second.canonical.clone();
        canonical.update(hex(&Sha256::digest(body)));
        let mut to_sign = self.second.to_sign.clone();
        to_sign.update(&hex(&canonical.finalize()));
        Signature {
            time: &self.second.time,
            authorization: &self.second.authorization,
            signature: hex(&to_sign.finalize().into_bytes()),
        }
    }
}

impl Second {
    fn new(key: &AccessKey, region: &str, host: &str, target: &str, unix_seconds: u64) -> Self {
        let (date, time) = (date(unix_seconds), time(unix_seconds));
        let canonical = format!(
            "POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\nx-amz-date:{time}\nx-amz-target:{target}\n\n{SIGNED_HEADERS}\n"
        );
        let scope = format!("{date}/{region}/{SERVICE}/aws4_request");
        let mut to_sign = mac(&signing_key(&key.secret, &date, region));
        to_sign.update(format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n").as_bytes());
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={SIGNED_HEADERS}, Signature=",
            key.id
        );
        Self { unix_seconds, time, canonical: Sha256::new().chain_update(canonical), to_sign, authorization }
    }
}

/// The key of a day, a region and the service.
fn signing_key(secret: &str, date: &str, region: &str) -> [u8; 32] {
    let of_date = once(format!("AWS4{secret}").as_bytes(), date);
    [region, SERVICE, "aws4_request"].iter().fold(of_date, |key, part| once(&key, part))
}

fn once(key: &[u8], message: &str) -> [u8; 32] {
    let mut mac = mac(key);
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().into()
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn date(unix_seconds: u64) -> String {
    strftime(unix_seconds / SECONDS_A_DAY * SECONDS_A_DAY, "%Y%m%d")
}

fn time(unix_seconds: u64) -> String {
    strftime(unix_seconds, "%Y%m%dT%H%M%SZ")
}

fn strftime(unix_seconds: u64, form: &str) -> String {
    let seconds = i64::try_from(unix_seconds).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX).strftime(form).to_string()
}

fn hex(hash: &[u8]) -> [u8; 64] {
    let mut digits = [b'0'; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(hash) {
        pair[0] = HEX[usize::from(byte >> 4)];
        pair[1] = HEX[usize::from(byte & 15)];
    }
    digits
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use aws_credential_types::Credentials;
    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    use aws_sigv4::sign::v4;
    use proptest::prelude::*;

    use super::*;

    /// The example key of AWS's documentation.
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    #[test]
    fn the_key_of_a_day_is_the_documentations() {
        let mut of_date = once(format!("AWS4{SECRET}").as_bytes(), "20150830");
        for part in ["us-east-1", "iam", "aws4_request"] {
            of_date = once(&of_date, part);
        }
        let published = "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9";
        assert_eq!(std::str::from_utf8(&hex(&of_date)).unwrap(), published);
    }

    #[test]
    fn times_are_written_as_signatures_carry_them() {
        assert_eq!(
            (date(1_440_938_160), time(1_440_938_160)),
            ("20150830".into(), "20150830T123600Z".into())
        );
    }

    /// The same request signed by the library.
    fn by_library(body: &[u8], seconds: u64, host: &str, target: &str) -> (String, String) {
        let identity = Credentials::new("AKIDEXAMPLE", SECRET, None, None, "test").into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region("eu-west-1")
            .name(SERVICE)
            .time(UNIX_EPOCH + Duration::from_secs(seconds))
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let headers = [("content-type", CONTENT_TYPE), ("x-amz-target", target)];
        let url = format!("http://{host}/");
        let request =
            SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(body)).unwrap();
        let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
        let header = |wanted: &str| {
            let mut headers = instructions.headers();
            headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).unwrap().1.to_owned()
        };
        (header("x-amz-date"), header("authorization"))
    }

    proptest! {
        #[test]
        fn signs_as_the_library_does(
            body in proptest::collection::vec(any::<u8>(), 0..300),
            times in proptest::collection::vec(0_u64..4_000_000_000, 1..4),
        ) {
            let (host, target) = ("127.0.0.1:8000", "DynamoDB_20120810.PutItem");
            let key = AccessKey { id: "AKIDEXAMPLE".into(), secret: SECRET.into() };
            let mut signer = Signer::new(key, "eu-west-1".into(), host.into(), target.into());
            for seconds in times {
                let ours = signer.sign(&body, seconds);
                let signature = std::str::from_utf8(&ours.signature).unwrap();
                let ours = (ours.time.to_owned(), format!("{}{signature}", ours.authorization));
                prop_assert_eq!(ours, by_library(&body, seconds, host, target));
            }
        }
    }
}
