//! Lambda's API for event source mappings, on its way to the control plane.

use std::sync::Arc;

use async_trait::async_trait;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{Method, StatusCode};
use partita_gateway::{ExtraRoutes, RawRequest, RawResponse};
use partita_mapping::{ERROR_TYPE_HEADER, Place, Refusal, SERVICE, respell};

use super::control::{CALL_TIMEOUT, Control, Unfit};
use super::spoken_to;
use crate::sign::{Answer, Request};

const JSON: &str = "application/json";
const ERROR_TYPE: HeaderName = HeaderName::from_static(ERROR_TYPE_HEADER);

/// Takes requests about event source mappings to the control plane, which keeps them. While that does not answer, they fail with
/// the service's `ServiceException`, which SDKs retry.
#[derive(Debug)]
pub(crate) struct MappingForwarder {
    pub(crate) control: Option<Arc<Control>>,
}

#[async_trait]
impl ExtraRoutes for MappingForwarder {
    fn service(&self, path: &str) -> Option<&'static str> {
        Place::of(path).map(|_| SERVICE)
    }

    async fn handle(&self, request: RawRequest) -> Option<RawResponse> {
        if Place::of(&request.path)? == Place::Nowhere {
            // What is not there anyhow is nobody's business behind this node.
            return Some(refused(&Refusal::NotFound));
        }
        Some(self.ask(request).await.unwrap_or_else(away))
    }
}

impl MappingForwarder {
    async fn ask(&self, request: RawRequest) -> Option<RawResponse> {
        let control = self.control.as_ref()?;
        let RawRequest { method, path, query, body, .. } = request;
        let (mut url, query) = (format!("{}{path}", control.endpoint), respell(&query));
        if !query.is_empty() {
            url = format!("{url}?{query}");
        }
        let what = format!("{method} {path}");
        let headers: &[_] = if method == Method::GET { &[] } else { &[(CONTENT_TYPE.as_str(), JSON)] };
        let request = Request { service: SERVICE, method, url: &url, headers, body };
        control.ask(&what, request, CALL_TIMEOUT, relayed).await
    }
}

/// The answer to pass on, or why it is none of the control plane's to the caller.
fn relayed(answer: Answer) -> Result<RawResponse, Unfit> {
    let answer = spoken_to(answer)?;
    if answer.status == StatusCode::METHOD_NOT_ALLOWED {
        return Ok(RawResponse::empty(answer.status));
    }
    if answer.content_type() != Some(JSON) {
        // Without a type, it may have no Region yet, or be of an earlier version: it knows no such path.
        return Err(Unfit::strange("it does not take requests about event source mappings"));
    }
    let mut response = RawResponse::new(answer.status, JSON, answer.body);
    if let Some(error) = answer.headers.get(ERROR_TYPE) {
        response.headers.insert(ERROR_TYPE, error.clone());
    }
    Ok(response)
}

fn away() -> RawResponse {
    refused(&Refusal::Internal)
}

fn refused(refusal: &Refusal) -> RawResponse {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    RawResponse::new(status, JSON, refusal.body()).with_header(ERROR_TYPE, refusal.name())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;
    use partita_mapping::PATH;

    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &'static str) -> Answer {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.collect::<HeaderMap>(),
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    #[test]
    fn mappings_and_nothing_else_are_passed_on() {
        let forwarder = MappingForwarder { control: None };
        for (path, service) in [
            ("/2015-03-31/event-source-mappings", Some("lambda")),
            ("/2015-03-31/event-source-mappings/", Some("lambda")),
            ("/2015-03-31/event-source-mappings/14e0db71", Some("lambda")),
            ("/2015-03-31/event-source-mappingsx", None),
            ("/2015-03-31/functions/f/invocations", None),
            ("/", None),
        ] {
            assert_eq!(forwarder.service(path), service, "{path}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_there_is_not_asked_for() {
        // It would be a 500: there is nobody to ask.
        let forwarder = MappingForwarder { control: None };
        for (rest, status, error) in [
            ("/14e0db71", 404, "ResourceNotFoundException"),
            ("/../tables", 404, "ResourceNotFoundException"),
            ("/14e0db71-5d35-4eb5-b481-8945cf9d10c2/", 404, "ResourceNotFoundException"),
            ("/14e0db71-5d35-4eb5-b481-8945cf9d10c2", 500, "ServiceException"),
            ("/", 500, "ServiceException"),
        ] {
            let (path, query) = (format!("{PATH}{rest}"), String::new());
            let (headers, body) = (HeaderMap::new(), Bytes::new());
            let request = RawRequest { method: Method::GET, path, query, headers, body };
            let told = forwarder.handle(request).await.unwrap();
            assert_eq!(
                (told.status.as_u16(), &told.headers[ERROR_TYPE]),
                (status, &error.parse().unwrap()),
                "{rest}"
            );
        }
    }

    #[test]
    fn answers_are_passed_on_with_the_name_of_their_error() {
        let headers = [("content-type", JSON), (ERROR_TYPE_HEADER, "ResourceNotFoundException"), ("x", "y")];
        let passed = relayed(answer(404, &headers, "{}")).unwrap();
        assert_eq!((passed.status.as_u16(), passed.body.as_ref()), (404, &b"{}"[..]));
        assert_eq!(passed.headers[ERROR_TYPE], "ResourceNotFoundException");
        assert!(!passed.headers.contains_key("x"));
        assert_eq!(relayed(answer(405, &[], "")).unwrap().status, 405);
    }

    #[test]
    fn what_is_not_of_the_control_planes_lambda_api_is_not_passed_on() {
        const AMZ_JSON: &str = "application/x-amz-json-1.0";
        let unfit = |status, kind, body| {
            let headers = [("content-type", kind)];
            relayed(answer(status, &headers, body)).unwrap_err()
        };
        let refusal = r#"{"__type":"com.amazon.coral.service#InvalidSignatureException"}"#;
        for (status, kind, body) in [(400, AMZ_JSON, refusal), (503, AMZ_JSON, "{}"), (503, JSON, "{}")] {
            assert!(matches!(unfit(status, kind, body), Unfit::Silence(_)), "{status} {kind}");
        }
        for (status, kind, body) in [(400, AMZ_JSON, "{}"), (200, "text/html", "{}"), (404, "text/plain", "")]
        {
            assert!(matches!(unfit(status, kind, body), Unfit::Strange(_)), "{status} {kind}");
        }
        let knows_no_path = relayed(answer(404, &[], ""));
        assert!(matches!(knows_no_path, Err(Unfit::Strange(_))), "it is there, and cannot do it yet");
    }

    #[test]
    fn without_a_control_plane_the_service_is_at_fault() {
        let told = away();
        assert_eq!(
            (told.status.as_u16(), &told.headers[ERROR_TYPE]),
            (500, &"ServiceException".parse().unwrap())
        );
        let body: serde_json::Value = serde_json::from_slice(&told.body).unwrap();
        assert_eq!(body["Type"], "Service");
    }
}
