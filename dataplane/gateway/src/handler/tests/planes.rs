//! Gateways that have one of the planes elsewhere, or none at all.

use std::sync::Mutex;

use async_trait::async_trait;
use partita_identity::Credentials;

use super::*;
use crate::fake::{ID, Noon, REGION, SECRET};

fn verifier() -> Arc<Verifier> {
    let credentials = Credentials::single(ID, SECRET).expect("a good pair");
    Arc::new(Verifier::new(credentials, REGION, Arc::new(Noon)))
}

fn signed_call(operation: &str, body: &str) -> RawRequest {
    signed(call(operation, body.to_owned()), "dynamodb")
}

/// A control plane elsewhere that answers whatever the test says.
#[derive(Debug)]
struct Elsewhere {
    answer: Result<(u16, &'static str), ()>,
    asked: Mutex<Vec<(OperationName, Bytes)>>,
}

#[async_trait]
impl Forward for Elsewhere {
    async fn forward(&self, call: ForwardedCall) -> Result<crate::ForwardedAnswer, ServiceError> {
        self.asked.lock().expect("no panic").push((call.name, call.body));
        let (status, body) = self.answer.map_err(|()| ServiceError::internal())?;
        let status = StatusCode::from_u16(status).expect("a status");
        Ok(crate::ForwardedAnswer { status, body: Bytes::from_static(body.as_bytes()) })
    }
}

async fn forwarding(answer: Result<(u16, &'static str), ()>) -> (Gateway, Arc<Elsewhere>) {
    let elsewhere = Arc::new(Elsewhere { answer, asked: Mutex::default() });
    let World { engine, .. } = World::open(options()).await;
    let forward = Arc::<Elsewhere>::clone(&elsewhere);
    (Gateway::forwarding(engine, forward, verifier(), options()), elsewhere)
}

#[tokio::test]
async fn control_operations_go_on_as_they_were_written_and_come_back_as_they_were_answered() {
    let body = "{ \"TableName\" : \"music\" }";
    let compressed = with(&call("DescribeTable", ""), "content-encoding", "gzip");
    let compressed = signed(compressed.with_body(Coding::Gzip.encode(body.as_bytes())), "dynamodb");
    for request in [signed_call("DescribeTable", body), compressed] {
        for (status, text) in [(200, "{\"Table\":1}"), (400, "{\"__type\":\"x#Y\"}"), (500, "{}")] {
            let (gateway, elsewhere) = forwarding(Ok((status, text))).await;
            let answer = gateway.handle(request.clone()).await;
            assert_eq!((answer.status.as_u16(), &*answer.body), (status, text.as_bytes()));
            assert_eq!(header(&answer, "content-type"), Some("application/x-amz-json-1.0"));
            let asked = elsewhere.asked.lock().expect("no panic").clone();
            assert_eq!(asked, [(OperationName::DescribeTable, Bytes::from(body))]);
        }
    }
}

#[tokio::test]
async fn nothing_is_taken_elsewhere_that_can_be_answered_here() {
    let (gateway, elsewhere) = forwarding(Err(())).await;
    let key = r#"{"TableName":"music","Key":{"p":{"S":"a"}}}"#;
    for (request, status) in [
        (signed_call("GetItem", key), 200),
        (signed_call("DescribeEndpoints", "{}"), 200),
        (signed_call("DescribeTable", "{}"), 400),
        (signed_call("CreateTable", "nonsense"), 400),
        (signed_call("Nonsense", "{}"), 400),
        (call("ListTables", "{}"), 400),
    ] {
        assert_eq!(gateway.handle(request).await.status.as_u16(), status);
    }
    assert!(elsewhere.asked.lock().expect("no panic").is_empty());
    let answer = gateway.handle(signed_call("ListTables", "{}")).await;
    assert_eq!(error_of(&answer, 500), "InternalServerError");
}

#[tokio::test]
async fn without_an_engine_operations_on_items_are_unknown() {
    let World { control, .. } = World::open(options()).await;
    let gateway = Gateway::control_only(control, verifier(), options());
    let answer = gateway.handle(signed_call("DescribeTable", r#"{"TableName":"music"}"#)).await;
    assert_eq!((answer.status.as_u16(), &json_of(&answer)["Table"]["TableName"]), (200, &json!("music")));
    for operation in ["PutItem", "Query", "BatchGetItem"] {
        let answer = gateway.handle(signed_call(operation, "{}")).await;
        assert_eq!(error_of(&answer, 400), "UnknownOperationException", "{operation}");
    }
    let answer = gateway.handle(call("ListTables", "{}")).await;
    assert_eq!(error_of(&answer, 400), "MissingAuthenticationTokenException");
}

#[tokio::test]
async fn a_gateway_of_routes_knows_no_operation() {
    let gateway = Gateway::routes_only(verifier(), options());
    for name in OperationName::ALL {
        let answer = gateway.handle(signed_call(name.as_str(), "{}")).await;
        assert_eq!(error_of(&answer, 400), "UnknownOperationException", "{name:?}");
    }
}

#[tokio::test]
async fn reads_of_single_features_are_the_control_planes() {
    let world = World::open(options()).await;
    let specification = json!({ "Enabled": true, "AttributeName": "until" });
    let table = json!({ "TableName": "music", "TimeToLiveSpecification": specification });
    let expected = [
        ("UpdateTimeToLive", json!({ "TimeToLiveSpecification": specification })),
        ("DescribeTimeToLive", json!({ "TimeToLiveDescription": { "TimeToLiveStatus": "DISABLED" } })),
        (
            "DescribeContinuousBackups",
            json!({ "ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": { "PointInTimeRecoveryStatus": "DISABLED" },
            }}),
        ),
        (
            "DescribeContributorInsights",
            json!({ "TableName": "music", "ContributorInsightsStatus": "DISABLED" }),
        ),
        (
            "DescribeKinesisStreamingDestination",
            json!({ "TableName": "music", "KinesisDataStreamDestinations": [] }),
        ),
    ];
    for (operation, body) in expected {
        let answer = world.gateway.handle(call(operation, table.to_string())).await;
        assert_eq!((answer.status.as_u16(), json_of(&answer)), (200, body), "{operation}");
    }
    let policy = call("GetResourcePolicy", r#"{"ResourceArn":"arn:aws:dynamodb"}"#);
    assert_eq!(error_of(&world.gateway.handle(policy).await, 400), "PolicyNotFoundException");
}

#[tokio::test]
async fn operations_on_streams_have_targets_of_their_own() {
    let world = World::open(options()).await;
    let request = call("GetRecords", "{}");
    assert_eq!(request.header("x-amz-target"), Some("DynamoDBStreams_20120810.GetRecords"));
    assert_eq!(error_of(&world.gateway.handle(request.clone()).await, 400), "ValidationException");
    let elsewhere = with(&request, "x-amz-target", "DynamoDB_20120810.GetRecords");
    assert_eq!(error_of(&world.gateway.handle(elsewhere).await, 400), "UnknownOperationException");
}
