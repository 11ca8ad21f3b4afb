//! The routes by which commands act on declared objects; their forms are in [`crate::wire`].
//!
//! Requests are signed for their own service name when signatures are checked. Without, everything on this machine may call:
//! so a request that a browser made for some page (it has an `Origin`) is refused.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use partita_api::FieldError;
use partita_controllers::events::{Event, Severity};
use partita_controllers::{Applied, Change, Controller, Error, ObjectKey};
use partita_gateway::{ExtraRoutes, RawRequest, RawResponse};
use serde::Serialize;
use serde_json::Value;

use crate::wire::{self, Cause, Detail, Happened, List, ObjectPath, Outcome, SIGNING_SERVICE, Status};

const JSON: &str = "application/json";

/// Declared objects over HTTP.
pub(super) struct ObjectsApi {
    controller: Arc<Controller>,
}

impl ObjectsApi {
    pub(super) fn new(controller: Arc<Controller>) -> Self {
        Self { controller }
    }

    async fn answer(&self, request: &RawRequest, path: &ObjectPath) -> Result<RawResponse, Status> {
        if request.header("origin").is_some() {
            return Err(status(
                403,
                "Forbidden",
                "objects are not for browsers: use `partita` on the command line",
            ));
        }
        match (request.method.as_str(), &path.name) {
            ("GET", None) => self.list(path).await,
            ("GET", Some(name)) => self.get(&key(path, name)).await,
            ("PUT", Some(name)) => self.apply(&key(path, name), &request.body).await,
            ("DELETE", Some(name)) => self.delete(&key(path, name)).await,
            _ => Err(status(405, "MethodNotAllowed", "this path does not take this method")),
        }
    }

    async fn list(&self, path: &ObjectPath) -> Result<RawResponse, Status> {
        let mut items = self.controller.list().await.map_err(failed)?;
        items.retain(|object| {
            let key = ObjectKey::of(object);
            key.is_some_and(|key| key.kind == path.kind.name() && key.namespace == path.namespace)
        });
        Ok(answered(200, &List { items }))
    }

    async fn get(&self, key: &ObjectKey) -> Result<RawResponse, Status> {
        let object = self.controller.get(key).await.map_err(failed)?;
        let object = object.ok_or_else(|| failed(Error::NotFound(key.clone())))?;
        let events = self.controller.events(key).into_iter().map(happened).collect();
        Ok(answered(200, &Detail { object, events }))
    }

    async fn apply(&self, key: &ObjectKey, body: &[u8]) -> Result<RawResponse, Status> {
        let manifest: Value = serde_json::from_slice(body)
            .map_err(|error| status(400, "BadRequest", &format!("the body is not JSON: {error}")))?;
        if ObjectKey::of(&manifest).as_ref() != Some(key) {
            return Err(status(400, "BadRequest", "the object's kind, namespace or name is not the path's"));
        }
        match self.controller.apply(&manifest).await.map_err(failed)? {
            Applied::Rejected(errors) => Err(invalid(key, errors)),
            Applied::Accepted(object, change) => {
                let (code, outcome) = match change {
                    Change::Created => (201, Outcome::Created),
                    Change::Configured => (200, Outcome::Configured),
                    Change::Unchanged => (200, Outcome::Unchanged),
                };
                Ok(answered(code, &wire::Applied { outcome, object }))
            }
        }
    }

    async fn delete(&self, key: &ObjectKey) -> Result<RawResponse, Status> {
        let object = self.controller.delete(key).await.map_err(failed)?;
        Ok(answered(200, &object))
    }
}

#[async_trait]
impl ExtraRoutes for ObjectsApi {
    fn service(&self, path: &str) -> Option<&'static str> {
        ObjectPath::parse(path).map(|_| SIGNING_SERVICE)
    }

    async fn handle(&self, request: RawRequest) -> Option<RawResponse> {
        let path = ObjectPath::parse(&request.path)?;
        let answer = self.answer(&request, &path).await;
        Some(answer.unwrap_or_else(|status| answered(status.code, &status)))
    }
}

impl fmt::Debug for ObjectsApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectsApi").finish_non_exhaustive()
    }
}

fn key(path: &ObjectPath, name: &str) -> ObjectKey {
    ObjectKey { kind: path.kind.name().to_owned(), namespace: path.namespace.clone(), name: name.to_owned() }
}

fn happened(event: Event) -> Happened {
    let Event { severity, reason, message, last, count } = event;
    Happened { warning: severity == Severity::Warning, reason, message, last_ms: last.0, count }
}

fn status(code: u16, reason: &str, message: &str) -> Status {
    Status { reason: reason.to_owned(), message: message.to_owned(), causes: Vec::new(), code }
}

fn invalid(key: &ObjectKey, errors: Vec<FieldError>) -> Status {
    let causes =
        errors.into_iter().map(|error| Cause { field: error.path, message: error.message }).collect();
    Status { causes, ..status(422, "Invalid", &format!("{key} is invalid")) }
}

fn failed(error: Error) -> Status {
    match error {
        Error::NotFound(key) => status(404, "NotFound", &format!("{key} not found")),
        error => {
            tracing::error!(error = &error as &dyn std::error::Error, "a request for objects failed");
            status(500, "InternalError", "the service could not read or write its objects; its log says why")
        }
    }
}

fn answered(code: u16, body: &impl Serialize) -> RawResponse {
    let body = serde_json::to_vec(body).expect("these forms hold only what JSON can hold");
    let code = code.try_into().expect("the codes of this module are HTTP's");
    RawResponse::new(code, JSON, body)
}
