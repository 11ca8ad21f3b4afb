//! A gateway over a store in memory, beside a control plane that a test directs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use aws_credential_types::Credentials as AwsCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use partita_identity::{Credentials, Verifier};
use partita_model::clock::{Clock, UnixMillis};
use partita_model::descriptor::{BillingMode, Generation, Statistics, TableSettings};
use partita_model::name::Scope;
use partita_model::schema::KeyAttribute;
use partita_model::{KeySchema, ScalarType, TableDescriptor, TableId, TableName};
use partita_protocol::operation::{
    CreateTable, DeleteTable, DescribeContinuousBackups, DescribeContributorInsights,
    DescribeKinesisStreamingDestination, DescribeLimits, DescribeTable, DescribeTimeToLive,
    GetResourcePolicy, ListTables, ListTagsOfResource, TagResource, UntagResource, UpdateTable,
    UpdateTimeToLive,
};
use partita_protocol::output::{
    self, NoContinuousBackups, NoContributorInsights, NoKinesisDestination, TableDescription, TableStatus,
    ThroughputDescription, TimeToLiveDescription, TimeToLiveStatus,
};
use partita_protocol::{OperationName, ServiceError, Wording};
use partita_storage::{MemoryStore, Shard};
use partita_stream::{StreamOptions, Streams};
use partita_table::{EngineOptions, TableEngine};
use tokio::sync::Semaphore;

use crate::{ControlPlane, Gateway, Limits, Options, RawRequest, RequestId, RequestIds};

/// 2026-01-01T12:00:00Z.
pub(crate) const NOON: UnixMillis = UnixMillis(1_767_268_800_000);
pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const ID: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A clock that stands still.
#[derive(Debug)]
pub(crate) struct Noon;

impl Clock for Noon {
    fn now(&self) -> UnixMillis {
        NOON
    }
}

/// Counts: the first id is all ones.
#[derive(Debug, Default)]
pub(crate) struct CountedIds(AtomicU8);

impl RequestIds for CountedIds {
    fn next(&self) -> RequestId {
        RequestId::from_choices([self.0.fetch_add(1, Ordering::Relaxed).wrapping_add(1); 52])
    }
}

/// Answers simply, except that ListTagsOfResource waits at a gate and UntagResource panics.
#[derive(Debug)]
pub(crate) struct FakeControl {
    /// A permit for each call that has come to the gate.
    pub(crate) arrived: Semaphore,
    /// A permit for each call that may pass the gate.
    pub(crate) gate: Semaphore,
    /// A permit for each call that has passed.
    pub(crate) passed: Semaphore,
}

fn description(table: &str, table_status: TableStatus) -> TableDescription {
    let scope = Scope { region: REGION.to_owned(), account_id: "123456789012".to_owned() };
    TableDescription {
        attribute_definitions: Vec::new(),
        table_name: TableName::new(table),
        key_schema: Vec::new(),
        table_status,
        creation_date_time: Some(NOON),
        provisioned_throughput: ThroughputDescription::default(),
        statistics: Statistics::default(),
        table_arn: scope.table_arn(&TableName::new(table)),
        table_id: "id".to_owned(),
        billing_mode_summary: None,
        local_secondary_indexes: Vec::new(),
        global_secondary_indexes: Vec::new(),
        table_class_summary: None,
        deletion_protection_enabled: false,
        warm_throughput: None,
        on_demand_throughput: None,
        stream_specification: None,
        latest_stream_label: None,
        latest_stream_arn: None,
    }
}

#[async_trait]
impl ControlPlane for FakeControl {
    async fn create_table(&self, _: CreateTable) -> Result<TableDescription, ServiceError> {
        Ok(description("music", TableStatus::Creating))
    }

    async fn describe_table(&self, operation: DescribeTable) -> Result<TableDescription, ServiceError> {
        Ok(description(operation.table.as_given(), TableStatus::Active))
    }

    async fn list_tables(&self, operation: ListTables) -> Result<output::ListTables, ServiceError> {
        let table_names =
            (0..operation.limit).map(|at| TableName::new(format!("a-table-of-many-{at}"))).collect();
        Ok(output::ListTables { table_names, last_evaluated_table_name: None })
    }

    async fn update_table(&self, _: UpdateTable) -> Result<TableDescription, ServiceError> {
        Ok(description("music", TableStatus::Updating))
    }

    async fn delete_table(&self, _: DeleteTable) -> Result<TableDescription, ServiceError> {
        Ok(description("music", TableStatus::Deleting))
    }

    async fn tag_resource(&self, _: TagResource) -> Result<(), ServiceError> {
        Ok(())
    }

    async fn untag_resource(&self, _: UntagResource) -> Result<(), ServiceError> {
        panic!("as the test wants")
    }

    async fn list_tags_of_resource(
        &self,
        _: ListTagsOfResource,
    ) -> Result<output::ListTagsOfResource, ServiceError> {
        self.arrived.add_permits(1);
        self.gate.acquire().await.expect("the gate is never closed").forget();
        self.passed.add_permits(1);
        Ok(output::ListTagsOfResource { tags: Vec::new() })
    }

    async fn describe_limits(&self, _: DescribeLimits) -> Result<output::DescribeLimits, ServiceError> {
        Ok(output::DescribeLimits {
            account_max_read_capacity_units: 1,
            account_max_write_capacity_units: 2,
            table_max_read_capacity_units: 3,
            table_max_write_capacity_units: 4,
        })
    }

    async fn update_time_to_live(
        &self,
        operation: UpdateTimeToLive,
    ) -> Result<output::UpdateTimeToLive, ServiceError> {
        Ok(output::UpdateTimeToLive { time_to_live_specification: operation.specification })
    }

    async fn describe_time_to_live(
        &self,
        _: DescribeTimeToLive,
    ) -> Result<output::DescribeTimeToLive, ServiceError> {
        let time_to_live_status = TimeToLiveStatus::Disabled;
        let time_to_live_description = TimeToLiveDescription { time_to_live_status, attribute_name: None };
        Ok(output::DescribeTimeToLive { time_to_live_description })
    }

    async fn describe_continuous_backups(
        &self,
        _: DescribeContinuousBackups,
    ) -> Result<NoContinuousBackups, ServiceError> {
        Ok(NoContinuousBackups)
    }

    async fn describe_contributor_insights(
        &self,
        operation: DescribeContributorInsights,
    ) -> Result<NoContributorInsights, ServiceError> {
        let table = TableName::new(operation.table.as_given());
        Ok(NoContributorInsights { table, index: operation.index })
    }

    async fn describe_kinesis_streaming_destination(
        &self,
        operation: DescribeKinesisStreamingDestination,
    ) -> Result<NoKinesisDestination, ServiceError> {
        Ok(NoKinesisDestination { table: TableName::new(operation.table.as_given()) })
    }

    async fn get_resource_policy(&self, operation: GetResourcePolicy) -> ServiceError {
        ServiceError::policy_not_found(&operation.arn)
    }
}

/// A gateway and what is behind it.
pub(crate) struct World {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) engine: Arc<TableEngine>,
    pub(crate) control: Arc<FakeControl>,
    pub(crate) store: MemoryStore,
}

/// Options with a clock and ids that tests can foresee.
pub(crate) fn options() -> Options {
    Options {
        wording: Wording::default(),
        clock: Arc::new(Noon),
        request_ids: Arc::new(CountedIds::default()),
        extra_routes: None,
        limits: Limits::default(),
    }
}

impl World {
    /// Serves the table `music`, whose key is `p` (S), to everybody.
    pub(crate) async fn open(options: Options) -> Self {
        Self::build(None, options).await
    }

    /// Serves it to the owner of one access key.
    pub(crate) async fn guarded(options: Options) -> Self {
        let credentials = Credentials::single(ID, SECRET).expect("a good pair");
        Self::build(Some(Verifier::new(credentials, REGION, Arc::new(Noon))), options).await
    }

    async fn build(verifier: Option<Verifier>, options: Options) -> Self {
        let store = MemoryStore::new();
        let shard = Shard::open(Arc::new(store.clone())).await.expect("memory does not fail");
        let scope = Scope { region: REGION.to_owned(), account_id: "123456789012".to_owned() };
        let engine =
            TableEngine::open(shard, scope.clone(), EngineOptions::default()).await.expect("an empty shard");
        engine.apply(music()).await.expect("a good descriptor");
        let control = Arc::new(FakeControl {
            arrived: Semaphore::new(0),
            gate: Semaphore::new(0),
            passed: Semaphore::new(0),
        });
        let engine = Arc::new(engine);
        let stream_options = StreamOptions { clock: Arc::new(Noon), ..StreamOptions::default() };
        let streams = Streams::open(Arc::clone(&engine), scope, stream_options).await.expect("no streams");
        let gateway =
            Gateway::new(Arc::clone(&engine), Arc::<FakeControl>::clone(&control), verifier, options);
        let gateway = gateway.with_streams(Arc::new(streams));
        Self { gateway: Arc::new(gateway), engine, control, store }
    }
}

fn music() -> TableDescriptor {
    let hash = KeyAttribute { name: "p".to_owned(), scalar: ScalarType::S };
    TableDescriptor {
        id: TableId(1),
        name: TableName::new("music"),
        generation: Generation(1),
        attributes: vec![hash.clone()],
        key: KeySchema { hash, range: None },
        local_indexes: Vec::new(),
        global_indexes: Vec::new(),
        billing: BillingMode::PayPerRequest,
        throughput: None,
        stream: None,
        time_to_live: None,
        settings: TableSettings::default(),
    }
}

/// A request without headers but `host`.
pub(crate) fn bare(method: Method, path: &str) -> RawRequest {
    let headers = HeaderMap::from_iter([(http::header::HOST, HeaderValue::from_static("localhost:8000"))]);
    RawRequest { method, path: path.to_owned(), query: String::new(), headers, body: Bytes::new() }
}

/// A call as an SDK makes it, but not signed. `operation` may also be none of the operations.
pub(crate) fn call(operation: &str, body: impl Into<Bytes>) -> RawRequest {
    let known = OperationName::ALL.into_iter().find(|name| name.as_str() == operation);
    let target = known.map_or_else(|| format!("DynamoDB_20120810.{operation}"), OperationName::target);
    with(
        &with(&bare(Method::POST, "/"), "content-type", "application/x-amz-json-1.0"),
        "x-amz-target",
        &target,
    )
    .with_body(body)
}

/// The request with another header.
pub(crate) fn with(request: &RawRequest, name: &'static str, value: &str) -> RawRequest {
    let mut request = request.clone();
    let value = HeaderValue::from_str(value).expect("a header value");
    request.headers.insert(HeaderName::from_static(name), value);
    request
}

impl RawRequest {
    pub(crate) fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

/// The request signed as AWS's own signer does it.
pub(crate) fn signed(mut request: RawRequest, service: &str) -> RawRequest {
    let identity = AwsCredentials::new(ID, SECRET, None, None, "tests").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name(service)
        .time(UNIX_EPOCH + Duration::from_millis(NOON.0))
        .settings(SigningSettings::default())
        .build()
        .expect("all parameters are given")
        .into();
    let headers = request.headers.clone();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("ASCII")));
    let uri = format!("http://localhost:8000{}", request.path);
    let signable =
        SignableRequest::new(request.method.as_str(), uri, headers, SignableBody::Bytes(&request.body))
            .expect("a request that can be signed");
    let (instructions, _) = sign(signable, &params).expect("signing succeeds").into_parts();
    for header in instructions.into_parts().0 {
        let value = HeaderValue::from_str(header.value()).expect("a header value");
        request.headers.insert(header.name(), value);
    }
    request
}
