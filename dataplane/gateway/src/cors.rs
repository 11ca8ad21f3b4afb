//! Calls from web pages: what browsers ask before and read after a request to another origin. As the service, every origin may
//! call; the signature is what protects the data.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::message::RawResponse;

/// Two days, as the service says.
const MAX_AGE_SECONDS: &str = "172800";

/// The answer headers that scripts may read.
const EXPOSED: &str =
    "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,x-amz-crc32,Date";

/// The answer to `OPTIONS`: whatever the page wants to send, it may.
pub(crate) fn preflight(asked: &HeaderMap) -> RawResponse {
    let mut answer = RawResponse::empty(StatusCode::OK).with_header(ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS);
    for (question, reply) in [
        (ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_ALLOW_HEADERS),
        (ACCESS_CONTROL_REQUEST_METHOD, ACCESS_CONTROL_ALLOW_METHODS),
    ] {
        if let Some(value) = asked.get(question) {
            answer.headers.insert(reply, value.clone());
        }
    }
    answer
}

/// Opens an answer to the page that asked, if it was one.
pub(crate) fn open(asked: &HeaderMap, answer: &mut HeaderMap) {
    if asked.contains_key(ORIGIN) {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
}
