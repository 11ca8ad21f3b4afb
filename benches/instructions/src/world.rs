//! A gateway before an engine over a store in memory, and the client's side of it.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Result, anyhow};
use async_trait::async_trait;
use aws_credential_types::Credentials as AwsCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use partita_gateway::{Forward, ForwardedAnswer, ForwardedCall, Gateway, Options, RawRequest};
use partita_identity::{Credentials, Verifier};
use partita_model::clock::{Clock, SystemClock};
use partita_model::descriptor::{BillingMode, Generation, TableSettings};
use partita_model::name::Scope;
use partita_model::schema::KeyAttribute;
use partita_model::{KeySchema, ScalarType, TableDescriptor, TableId, TableName};
use partita_protocol::ServiceError;
use partita_storage::{Location, Shard, StoreOptions};
use partita_table::{EngineOptions, TableEngine};

use crate::workload::Call;

const REGION: &str = "eu-central-1";
const ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "an example's secret key";

/// The server, and how to call it.
pub(crate) struct World {
    pub(crate) gateway: Gateway,
}

/// There is no control plane: tables are made by descriptor.
#[derive(Debug)]
struct NoControl;

#[async_trait]
impl Forward for NoControl {
    async fn forward(&self, _: ForwardedCall) -> Result<ForwardedAnswer, ServiceError> {
        Err(ServiceError::unavailable())
    }
}

impl World {
    /// Serves the tables `items` (key `p`) and `ordered` (keys `p` and `s`).
    pub(crate) async fn open() -> Result<Self> {
        let store = partita_storage::open(StoreOptions::new(Location::Memory, "shards/1")).await?;
        let scope = Scope { region: REGION.to_owned(), account_id: "123456789012".to_owned() };
        let engine = TableEngine::open(Shard::open(store).await?, scope, EngineOptions::default()).await?;
        engine.apply(descriptor(1, "items", None)).await?;
        engine.apply(descriptor(2, "ordered", Some(("s", ScalarType::N)))).await?;
        let verifier = Verifier::new(Credentials::single(ID, SECRET)?, REGION, Arc::new(SystemClock));
        let gateway = Gateway::forwarding(
            Arc::new(engine),
            Arc::new(NoControl),
            Arc::new(verifier),
            Options::default(),
        );
        Ok(Self { gateway })
    }

    /// A call as an SDK makes and signs it.
    pub(crate) fn request(call: &Call) -> Result<RawRequest> {
        let target = format!("DynamoDB_20120810.{}", call.operation);
        let mut headers = HeaderMap::from_iter([
            (HOST, HeaderValue::from_static("localhost:8000")),
            (CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0")),
            (HeaderName::from_static("x-amz-target"), HeaderValue::from_str(&target)?),
        ]);
        sign_headers(&mut headers, call.body.as_bytes())?;
        headers
            .insert(HeaderName::from_static("user-agent"), HeaderValue::from_static("aws-sdk/1.0 app/1.0"));
        headers.insert(CONTENT_LENGTH, call.body.len().into());
        Ok(RawRequest {
            method: Method::POST,
            path: "/".to_owned(),
            query: String::new(),
            headers,
            body: Bytes::from(call.body.clone()),
        })
    }
}

fn sign_headers(headers: &mut HeaderMap, body: &[u8]) -> Result<()> {
    let identity = AwsCredentials::new(ID, SECRET, None, None, "instructions").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name("dynamodb")
        .time(UNIX_EPOCH + Duration::from_millis(SystemClock.now().0))
        .settings(SigningSettings::default())
        .build()?
        .into();
    let signed = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
    let signable = SignableRequest::new("POST", "http://localhost:8000/", signed, SignableBody::Bytes(body))?;
    let (instructions, _) = sign(signable, &params).map_err(|error| anyhow!(error))?.into_parts();
    for header in instructions.into_parts().0 {
        headers.insert(HeaderName::from_static(header.name()), HeaderValue::from_str(header.value())?);
    }
    Ok(())
}

fn descriptor(id: u64, name: &str, range: Option<(&str, ScalarType)>) -> TableDescriptor {
    let attribute = |name: &str, scalar| KeyAttribute { name: name.to_owned(), scalar };
    let hash = attribute("p", ScalarType::S);
    let range = range.map(|(name, scalar)| attribute(name, scalar));
    TableDescriptor {
        id: TableId(id),
        name: TableName::new(name),
        generation: Generation(1),
        attributes: [Some(hash.clone()), range.clone()].into_iter().flatten().collect(),
        key: KeySchema { hash, range },
        local_indexes: Vec::new(),
        global_indexes: Vec::new(),
        billing: BillingMode::PayPerRequest,
        throughput: None,
        stream: None,
        time_to_live: None,
        settings: TableSettings::default(),
    }
}
