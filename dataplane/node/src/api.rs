//! The node API: health for kubelet, and what the control plane tells and asks. Its forms are in [`crate::wire`].

use std::sync::Arc;

use async_trait::async_trait;
use http::{Method, StatusCode};
use partita_gateway::{ExtraRoutes, RawRequest, RawResponse};
use partita_mapping::MappingId;
use partita_table::TableEngine;
use partita_trigger::Dispatcher;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::chain;
use crate::state::NodeState;
use crate::wire::{
    self, Apply, ApplyMapping, Done, Failure, MappingRequest, MappingResults, MappingsRequest, Phase,
    TableRequest, TableSizes,
};

const JSON: &str = "application/json";

/// What takes a signature.
const SIGNED: [&str; 7] = [
    wire::APPLY,
    wire::DROP,
    wire::STATISTICS,
    wire::APPLY_MAPPING,
    wire::DROP_MAPPING,
    wire::MAPPING_RESULTS,
    wire::STATUS,
];

/// Answers the requests of the node API.
#[derive(Debug)]
pub(crate) struct NodeApi {
    state: Arc<NodeState>,
}

/// A request that is not answered with what it asked for.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    failure: Failure,
}

impl NodeApi {
    pub(crate) fn new(state: Arc<NodeState>) -> Self {
        Self { state }
    }

    fn health(&self) -> RawResponse {
        let phase = self.state.phase();
        told(phase, phase != Phase::Failed)
    }

    fn readiness(&self) -> RawResponse {
        let phase = self.state.phase();
        told(phase, phase == Phase::Serving)
    }

    async fn apply(&self, body: &[u8]) -> Result<RawResponse, Refusal> {
        let Apply { descriptor } = message(body)?;
        let (id, name, generation) = (descriptor.id, descriptor.name.clone(), descriptor.generation);
        self.engine()?.apply(descriptor).await?;
        tracing::info!(table = %name, %id, generation = generation.0, "descriptor applied");
        Ok(answered(StatusCode::OK, &Done {}))
    }

    async fn drop_table(&self, body: &[u8]) -> Result<RawResponse, Refusal> {
        let TableRequest { id } = message(body)?;
        self.engine()?.drop_table(id).await?;
        tracing::info!(table = %id, "table dropped");
        Ok(answered(StatusCode::OK, &Done {}))
    }

    async fn statistics(&self, body: &[u8]) -> Result<RawResponse, Refusal> {
        let TableRequest { id } = message(body)?;
        let sizes: TableSizes = self.engine()?.statistics(id).await?.into();
        Ok(answered(StatusCode::OK, &sizes))
    }

    async fn apply_mapping(&self, body: &[u8]) -> Result<RawResponse, Refusal> {
        let ApplyMapping { mapping } = message(body)?;
        let (id, generation) = (checked(&mapping.id)?, mapping.generation);
        self.dispatcher()?.apply(mapping).await?;
        tracing::info!(mapping = %id, generation, "event source mapping applied");
        Ok(answered(StatusCode::OK, &Done {}))
    }

    async fn drop_mapping(&self, body: &[u8]) -> Result<RawResponse, Refusal> {
        let MappingRequest { id } = message(body)?;
        let id = checked(&id)?;
        self.dispatcher()?.remove(&id).await?;
        tracing::info!(mapping = %id, "event source mapping dropped");
        Ok(answered(StatusCode::OK, &Done {}))
    }

    fn mapping_results(&self, body: &[u8]) -> Result<RawResponse, Refusal> {
        let MappingsRequest { ids } = message(body)?;
        let dispatcher = self.dispatcher()?;
        let result = |id: MappingId| {
            let result = dispatcher.status(&id)?.last_result?;
            Some((id, result.chars().take(wire::RESULT_CHARS_MAX).collect()))
        };
        let results = ids.into_iter().filter_map(result).collect();
        Ok(answered(StatusCode::OK, &MappingResults { results }))
    }

    fn engine(&self) -> Result<&TableEngine, Refusal> {
        self.state.engine().map(AsRef::as_ref).ok_or_else(not_open)
    }

    fn dispatcher(&self) -> Result<&Dispatcher, Refusal> {
        self.state.dispatcher().map(AsRef::as_ref).ok_or_else(not_open)
    }

    async fn answer(&self, request: &RawRequest) -> Result<RawResponse, Refusal> {
        match (&request.method, request.path.as_str()) {
            (&Method::GET | &Method::HEAD, wire::HEALTH) => Ok(self.health()),
            (&Method::GET | &Method::HEAD, wire::READY) => Ok(self.readiness()),
            (&Method::GET, wire::STATUS) => Ok(answered(StatusCode::OK, &self.state.status().await)),
            (&Method::POST, wire::APPLY) => self.apply(&request.body).await,
            (&Method::POST, wire::DROP) => self.drop_table(&request.body).await,
            (&Method::POST, wire::STATISTICS) => self.statistics(&request.body).await,
            (&Method::POST, wire::APPLY_MAPPING) => self.apply_mapping(&request.body).await,
            (&Method::POST, wire::DROP_MAPPING) => self.drop_mapping(&request.body).await,
            (&Method::POST, wire::MAPPING_RESULTS) => self.mapping_results(&request.body),
            _ => {
                let message = "this path does not take this method";
                Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message, false))
            }
        }
    }
}

#[async_trait]
impl ExtraRoutes for NodeApi {
    fn service(&self, path: &str) -> Option<&'static str> {
        SIGNED.contains(&path).then_some(wire::SERVICE)
    }

    fn is_open(&self, path: &str) -> bool {
        [wire::HEALTH, wire::READY].contains(&path)
    }

    async fn handle(&self, request: RawRequest) -> Option<RawResponse> {
        let answer = self.answer(&request).await;
        Some(answer.unwrap_or_else(|refusal| answered(refusal.status, &refusal.failure)))
    }
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>, retryable: bool) -> Self {
        Self { status, failure: Failure { message: message.into(), retryable } }
    }
}

impl From<partita_table::Error> for Refusal {
    fn from(error: partita_table::Error) -> Self {
        use partita_table::Error;
        let (retryable, status) = match &error {
            Error::Refused(_) => (error.retryable(), StatusCode::NOT_FOUND),
            Error::NameTaken { .. }
            | Error::FixedPartChanged { .. }
            | Error::Storage(partita_storage::Error::TableDropped { .. }) => (false, StatusCode::CONFLICT),
            _ if error.retryable() => (true, StatusCode::SERVICE_UNAVAILABLE),
            _ => (false, StatusCode::INTERNAL_SERVER_ERROR),
        };
        let source = &error as &dyn std::error::Error;
        tracing::warn!(error = source, "the control plane asked for what cannot be done");
        Self::new(status, chain(source), retryable)
    }
}

impl From<partita_trigger::Error> for Refusal {
    fn from(error: partita_trigger::Error) -> Self {
        use partita_trigger::Error;
        let (retryable, status) = match &error {
            Error::TooMany { .. } => (false, StatusCode::CONFLICT),
            Error::Storage(source) if source.retryable() => (true, StatusCode::SERVICE_UNAVAILABLE),
            _ => (false, StatusCode::INTERNAL_SERVER_ERROR),
        };
        let source = &error as &dyn std::error::Error;
        tracing::warn!(error = source, "the control plane asked for what cannot be done");
        Self::new(status, chain(source), retryable)
    }
}

/// Ids name rows, and come as texts.
fn checked(id: &MappingId) -> Result<MappingId, Refusal> {
    let id = MappingId::parse(id.as_str());
    id.ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "the id of a mapping is a UUID", false))
}

fn not_open() -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the shard is not open yet; try again", true)
}

fn message<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    if body.len() > wire::MESSAGE_BYTES_MAX {
        let text = format!("a message has at most {} bytes", wire::MESSAGE_BYTES_MAX);
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, text, false));
    }
    serde_json::from_slice(body).map_err(|error| {
        Refusal::new(StatusCode::BAD_REQUEST, format!("the message cannot be read: {error}"), false)
    })
}

fn told(phase: Phase, well: bool) -> RawResponse {
    answered(if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &phase)
}

fn answered(status: StatusCode, message: &impl Serialize) -> RawResponse {
    let body = serde_json::to_vec(message).expect("messages hold only what JSON can");
    RawResponse::new(status, JSON, body)
}
