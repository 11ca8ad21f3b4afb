//! What kind of request it is, by method, path and content type alone.

use http::Method;
use http::header::{CONTENT_TYPE, ORIGIN};

use crate::extra::Access;
use crate::message::RawRequest;

/// The JSON that SDKs send, and answers carry unless asked otherwise.
const AMZ_JSON: &str = "application/x-amz-json-1.0";
/// Plain JSON, which is taken too and then echoed.
const PLAIN_JSON: &str = "application/json";

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// A load balancer asks whether the server is alive.
    Health,
    /// A browser asks what a page may send.
    Preflight,
    /// The DynamoDB API.
    Api {
        /// The content type of the answer.
        content_type: &'static str,
    },
    /// One of the extra routes.
    Extra(Access),
    /// Nobody's.
    Unknown,
}

impl Route {
    /// The route of a request; `extra` says which other paths are served.
    pub(crate) fn of(request: &RawRequest, extra: impl FnOnce(&str) -> Option<Access>) -> Self {
        if request.method == Method::OPTIONS && request.headers.contains_key(ORIGIN) {
            return Self::Preflight;
        }
        if request.path != "/" {
            return extra(&request.path).map_or(Self::Unknown, Self::Extra);
        }
        match request.method {
            Method::GET => Self::Health,
            Method::POST => {
                answer_type(request).map_or(Self::Unknown, |content_type| Self::Api { content_type })
            }
            _ => Self::Unknown,
        }
    }
}

fn answer_type(request: &RawRequest) -> Option<&'static str> {
    let media = request.header(CONTENT_TYPE)?.split(';').next()?.trim();
    [AMZ_JSON, PLAIN_JSON].into_iter().find(|known| known.eq_ignore_ascii_case(media))
}
