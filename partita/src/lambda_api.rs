//! Lambda's API for event source mappings, over HTTP: paths, methods and statuses. What it does is the control plane's.
//!
//! Requests are signed for the service `lambda` when signatures are checked. Without, everything on this machine may call: so a
//! request that a browser made for some page (it has an `Origin`) is refused.

use std::sync::Arc;

use async_trait::async_trait;
use http::header::{HeaderName, ORIGIN};
use http::{Method, StatusCode};
use partita_controlplane::EventSourceMappings;
use partita_gateway::{ExtraRoutes, RawRequest, RawResponse};
use partita_mapping::{Create, ERROR_TYPE_HEADER, List, Place, Refusal, SERVICE, Update, parameters};
use serde_json::Value;

const JSON: &str = "application/json";
const ERROR_TYPE: HeaderName = HeaderName::from_static(ERROR_TYPE_HEADER);

/// Answers the requests of Lambda's API.
#[derive(Debug)]
pub(crate) struct LambdaApi {
    mappings: Arc<EventSourceMappings>,
}

impl LambdaApi {
    pub(crate) fn new(mappings: Arc<EventSourceMappings>) -> Self {
        Self { mappings }
    }

    async fn answer(&self, request: &RawRequest, place: &Place) -> Result<RawResponse, Refusal> {
        if request.headers.contains_key(ORIGIN) {
            return Err(Refusal::InvalidParameter("Event source mappings are not for browsers.".to_owned()));
        }
        let (mappings, body) = (&self.mappings, &request.body);
        match (&request.method, place) {
            (&Method::POST, Place::All) => mappings.create(Create::read(body)?).await.map(accepted),
            (&Method::GET, Place::All) => {
                let parameters = parameters(&request.query);
                let parameters = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                mappings.list(List::read(parameters)?).await.map(told)
            }
            (_, Place::Nowhere) => Err(Refusal::NotFound),
            (&Method::GET, Place::One(id)) => mappings.get(id.as_str()).await.map(told),
            (&Method::PUT, Place::One(id)) => {
                mappings.update(id.as_str(), Update::read(body)?).await.map(accepted)
            }
            (&Method::DELETE, Place::One(id)) => mappings.delete(id.as_str()).await.map(accepted),
            _ => Ok(RawResponse::empty(StatusCode::METHOD_NOT_ALLOWED)),
        }
    }
}

#[async_trait]
impl ExtraRoutes for LambdaApi {
    fn service(&self, path: &str) -> Option<&'static str> {
        Place::of(path).map(|_| SERVICE)
    }

    async fn handle(&self, request: RawRequest) -> Option<RawResponse> {
        let place = Place::of(&request.path)?;
        Some(self.answer(&request, &place).await.unwrap_or_else(|refusal| refused(&refusal)))
    }
}

/// Changes are accepted before everybody knows of them.
fn accepted(body: Value) -> RawResponse {
    RawResponse::new(StatusCode::ACCEPTED, JSON, body.to_string())
}

fn told(body: Value) -> RawResponse {
    RawResponse::new(StatusCode::OK, JSON, body.to_string())
}

fn refused(refusal: &Refusal) -> RawResponse {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    RawResponse::new(status, JSON, refusal.body()).with_header(ERROR_TYPE, refusal.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_in_lambdas_form() {
        let response = refused(&Refusal::NotFound);
        assert_eq!(response.status, 404);
        assert_eq!(response.headers[ERROR_TYPE], "ResourceNotFoundException");
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(
            body,
            serde_json::json!({"Type": "User", "Message": "The resource you requested does not exist."})
        );
    }
}
