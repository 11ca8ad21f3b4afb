//! One request from its shape to its answer. No sockets: everything here runs in a test as it runs in a server.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, SERVER};
use http::{HeaderValue, StatusCode};
use partita_identity::Verifier;
use partita_model::clock::{Clock, SystemClock};
use partita_protocol::{Operation, OperationName, ServiceError, Wording};
use partita_stream::Streams;
use partita_table::TableEngine;
use serde::de::IgnoredAny;

use crate::control::ControlPlane;
use crate::date::HttpDate;
use crate::dispatch::{Control, Dispatcher};
use crate::encoding::{COMPRESS_ABOVE_BYTES, Coding, DecodeError, UnknownCoding};
use crate::extra::{Access, ExtraRoutes};
use crate::forward::{Forward, ForwardedCall};
use crate::limits::{BODY_BYTES_MAX, Limits};
use crate::message::{RawRequest, RawResponse};
use crate::request_id::{RandomRequestIds, RequestIds};
use crate::route::Route;
use crate::{cors, refusal};

/// The name that requests to the DynamoDB API are signed for.
const SERVICE: &str = "dynamodb";
const TARGET: &str = "x-amz-target";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const CRC32: HeaderName = HeaderName::from_static("x-amz-crc32");
/// The body of every 404, as the service sends it.
const NOT_FOUND: &str = "<UnknownOperationException/>\n";

/// How a gateway behaves. The default is right for a server; tests bring their own time and ids.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whose sentences errors use.
    pub wording: Wording,
    /// Dates answers.
    pub clock: Arc<dyn Clock>,
    /// Names requests.
    pub request_ids: Arc<dyn RequestIds>,
    /// Routes beside the DynamoDB API.
    pub extra_routes: Option<Arc<dyn ExtraRoutes>>,
    /// What callers may take.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            wording: Wording::default(),
            clock: Arc::new(SystemClock),
            request_ids: Arc::new(RandomRequestIds),
            extra_routes: None,
            limits: Limits::default(),
        }
    }
}

/// Answers requests.
#[derive(Debug)]
pub struct Gateway {
    dispatcher: Dispatcher,
    verifier: Option<Arc<Verifier>>,
    date: HttpDate,
    options: Options,
}

/// Why a request is not answered with what it asked for.
#[derive(Debug)]
enum Failure {
    /// With an error of the protocol.
    Service(ServiceError),
    /// With a bare 413.
    TooLarge,
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

/// What claims to be compressed and is not, or in an unknown way, is the service's own fault in its eyes.
impl From<UnknownCoding> for Failure {
    fn from(UnknownCoding: UnknownCoding) -> Self {
        Self::Service(ServiceError::internal())
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::TooLarge => Self::TooLarge,
            DecodeError::Malformed => Self::Service(ServiceError::internal()),
        }
    }
}

impl Gateway {
    /// A gateway before an engine and a control plane. Without a verifier anybody may do anything: see
    /// [`may_listen`](crate::may_listen).
    pub fn new(
        engine: Arc<TableEngine>,
        control: Arc<dyn ControlPlane>,
        verifier: Option<Verifier>,
        options: Options,
    ) -> Self {
        let dispatcher = Dispatcher {
            engine: Some(engine),
            control: Some(Control::Local(control)),
            ..Dispatcher::default()
        };
        Self::over(dispatcher, verifier.map(Arc::new), options)
    }

    /// A gateway before an engine, that takes control operations to a control plane elsewhere.
    pub fn forwarding(
        engine: Arc<TableEngine>,
        control: Arc<dyn Forward>,
        verifier: Arc<Verifier>,
        options: Options,
    ) -> Self {
        let dispatcher = Dispatcher {
            engine: Some(engine),
            control: Some(Control::Forwarded(control)),
            ..Dispatcher::default()
        };
        Self::over(dispatcher, Some(verifier), options)
    }

    /// A gateway before a control plane only: where [`Gateway::forwarding`] takes control operations to. Operations on items
    /// are unknown to it (`UnknownOperationException`), as they are to the service's endpoint for streams.
    pub fn control_only(control: Arc<dyn ControlPlane>, verifier: Arc<Verifier>, options: Options) -> Self {
        let dispatcher = Dispatcher { control: Some(Control::Local(control)), ..Dispatcher::default() };
        Self::over(dispatcher, Some(verifier), options)
    }

    /// A gateway that serves the extra routes of `options` only: every operation of the DynamoDB API is unknown to it.
    pub fn routes_only(verifier: Arc<Verifier>, options: Options) -> Self {
        Self::over(Dispatcher::default(), Some(verifier), options)
    }

    /// Serves the streams of the engine's tables as well.
    #[must_use]
    pub fn with_streams(mut self, streams: Arc<Streams>) -> Self {
        self.dispatcher.streams = Some(streams);
        self
    }

    fn over(dispatcher: Dispatcher, verifier: Option<Arc<Verifier>>, options: Options) -> Self {
        Self { dispatcher, verifier, date: HttpDate::default(), options }
    }

    /// Answers a request, whatever it is.
    ///
    /// Cancelling leaves open whether a write happened; [`Gateway::serve`] never does before its drain time is over.
    pub async fn handle(&self, request: RawRequest) -> RawResponse {
        // Nothing is left half changed that a later request could see: what a request shares with others is behind the
        // engine's and the control plane's own locks.
        let answered = AssertUnwindSafe(self.respond(&request)).catch_unwind().await;
        let answer = answered.unwrap_or_else(|_| {
            // The panic hook has said where.
            tracing::error!(path = request.path, target = request.header(TARGET), "a request panicked");
            self.failure(&Failure::Service(ServiceError::internal()))
        });
        self.finish(&request, compressed(&request, answer))
    }

    /// The answer to a request for which there is no room now.
    pub(crate) fn unavailable(&self, request: &RawRequest) -> RawResponse {
        self.finish(request, self.failure(&Failure::Service(ServiceError::unavailable())))
    }

    /// An answer after which the connection is of no use, since the rest of the request's body is still on it.
    pub(crate) fn hang_up(&self, request: &RawRequest, status: StatusCode) -> RawResponse {
        self.finish(request, RawResponse::empty(status).with_header(CONNECTION, "close"))
    }

    /// The answer in place of one for which there is no room. The operation has happened, so the caller must not read that it has
    /// not: its outcome is unknown to it.
    pub(crate) fn withheld(&self, answer: RawResponse) -> RawResponse {
        let failure = self.failure(&Failure::Service(ServiceError::internal()));
        let RawResponse { mut headers, .. } = answer;
        headers.remove(CONTENT_ENCODING);
        headers.extend(failure.headers);
        measured(RawResponse { status: failure.status, headers, body: failure.body })
    }

    pub(crate) fn limits(&self) -> Limits {
        self.options.limits
    }

    async fn respond(&self, request: &RawRequest) -> RawResponse {
        let extra_routes = self.options.extra_routes.as_ref();
        match Route::of(request, |path| extra_routes?.access(path)) {
            Route::Health => {
                RawResponse::new(StatusCode::OK, "text/plain", format!("healthy: {} ", request.host()))
            }
            Route::Preflight => cors::preflight(&request.headers),
            Route::Api { content_type } => match self.call(request).await {
                Ok((status, body)) => RawResponse::new(status, content_type, body),
                Err(failure) => self.failure(&failure).with_header(CONTENT_TYPE, content_type),
            },
            Route::Extra(access) => {
                let routes = extra_routes.expect("an extra route comes from the extra routes");
                let request = match access {
                    Access::Open => Ok(request.clone()),
                    Access::Signed(service) => {
                        self.admit(request, service).map(|body| decompressed(request, body))
                    }
                };
                match request {
                    Ok(request) => routes.handle(request).await.unwrap_or_else(not_found),
                    Err(failure) => self.failure(&failure),
                }
            }
            Route::Unknown => not_found(),
        }
    }

    /// An operation of the DynamoDB API.
    async fn call(&self, request: &RawRequest) -> Result<(StatusCode, Bytes), Failure> {
        let body = self.admit(request, SERVICE)?;
        let name = request.header(TARGET).and_then(OperationName::from_target);
        let name = name.filter(|name| self.dispatcher.serves(*name));
        let name = name.ok_or_else(|| shape_first(&body, ServiceError::unknown_operation()))?;
        let operation = Operation::parse(name, &body)?;
        let call = ForwardedCall { name, operation, body };
        Ok(self.dispatcher.dispatch(call, request.host(), self.options.wording).await?)
    }

    /// Verifies a request's signature and decompresses its body.
    fn admit(&self, request: &RawRequest, service: &str) -> Result<Bytes, Failure> {
        let coding = Coding::of_request(&request.headers)?;
        if let Some(verifier) = &self.verifier
            && let Err(refusal) = verifier.verify(&request.as_signed(), service)
        {
            tracing::debug!(%refusal, "request refused");
            let refusal = refusal::service_error(&refusal);
            // Nothing is decompressed for a stranger, and requests to extra routes have a shape of their own.
            let shaped = coding.is_none() && service == SERVICE;
            let refusal = if shaped { shape_first(&request.body, refusal) } else { refusal };
            return Err(refusal.into());
        }
        Ok(match coding {
            Some(coding) => coding.decode(&request.body, BODY_BYTES_MAX)?.into(),
            None => request.body.clone(),
        })
    }

    fn failure(&self, failure: &Failure) -> RawResponse {
        match failure {
            Failure::TooLarge => RawResponse::empty(StatusCode::PAYLOAD_TOO_LARGE),
            Failure::Service(error) => {
                let status =
                    StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                RawResponse::new(status, "application/x-amz-json-1.0", error.to_bytes(self.options.wording))
            }
        }
    }

    /// Adds what every answer carries.
    fn finish(&self, request: &RawRequest, answer: RawResponse) -> RawResponse {
        let id = self.options.request_ids.next();
        tracing::debug!(
            request_id = id.as_str(),
            method = request.method.as_str(),
            path = request.path,
            target = request.header(TARGET),
            status = answer.status.as_u16(),
            request_bytes = request.body.len(),
            answer_bytes = answer.body.len(),
            "answered"
        );
        let mut answer = measured(answer);
        answer.headers.insert(REQUEST_ID, id.header());
        answer.headers.insert(SERVER, HeaderValue::from_static("Server"));
        if let Some(date) = self.date.at(self.options.clock.now()) {
            answer.headers.insert(DATE, date);
        }
        cors::open(&request.headers, &mut answer.headers);
        answer
    }
}

/// The answer with what its body says in headers.
fn measured(mut answer: RawResponse) -> RawResponse {
    answer.headers.insert(CRC32, crc32fast::hash(&answer.body).into());
    answer.headers.insert(CONTENT_LENGTH, answer.body.len().into());
    answer
}

/// The request as if it had never been compressed.
fn decompressed(request: &RawRequest, body: Bytes) -> RawRequest {
    let mut request = RawRequest { body, ..request.clone() };
    request.headers.remove(CONTENT_ENCODING);
    request
}

fn not_found() -> RawResponse {
    RawResponse {
        body: Bytes::from_static(NOT_FOUND.as_bytes()),
        ..RawResponse::empty(StatusCode::NOT_FOUND)
    }
}

/// The service looks at the JSON before it looks at anything else that may be wrong with a request. A good request's body is
/// read once, as an operation; only that of a bad one is read for its shape.
fn shape_first(body: &[u8], otherwise: ServiceError) -> ServiceError {
    let is_object =
        body.trim_ascii_start().starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(body).is_ok();
    if is_object { otherwise } else { ServiceError::malformed_json() }
}

/// The answer with its body compressed, if the caller takes that and it is worth it.
fn compressed(request: &RawRequest, answer: RawResponse) -> RawResponse {
    if answer.body.len() <= COMPRESS_ABOVE_BYTES || answer.headers.contains_key(CONTENT_ENCODING) {
        return answer;
    }
    let Some(coding) = Coding::accepted(&request.headers) else { return answer };
    let body = coding.encode(&answer.body);
    RawResponse { body: body.into(), ..answer }.with_header(CONTENT_ENCODING, coding.name())
}

#[cfg(test)]
mod tests;
