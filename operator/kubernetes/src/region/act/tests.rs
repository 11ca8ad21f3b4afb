use serde_json::json;

use super::*;
use crate::testing::{ApiServer, CountedKeys, NAMESPACE};

fn pod() -> Box<Pod> {
    Box::new(serde_json::from_value(json!({"metadata": {"name": "p", "namespace": NAMESPACE}})).unwrap())
}

async fn act(server: &std::sync::Arc<ApiServer>, steps: &[Step]) -> Vec<Failure> {
    let secrets = CountedKeys::default();
    Actor { client: &server.client(), namespace: NAMESPACE, secrets: &secrets }.act(steps).await
}

#[tokio::test]
async fn a_refused_pod_is_told_from_a_server_that_fails() {
    let replace = [Step::ReplaceNode { uid: "u".to_owned(), next: pod() }];
    for (status, kind) in [
        (422, FailureKind::PodRefused),
        (400, FailureKind::PodRefused),
        (403, FailureKind::Other),
        (500, FailureKind::Other),
    ] {
        let server = ApiServer::new();
        server.fail("create", "pods", status, 1);
        let failures = act(&server, &replace).await;
        assert_eq!(
            failures.iter().map(|failure| failure.kind).collect::<Vec<_>>(),
            [kind],
            "{status}: {failures:?}"
        );
    }
}

#[tokio::test]
async fn a_step_that_fails_does_not_keep_the_others_from_being_tried() {
    let server = ApiServer::new();
    server.fail("patch", "services", 500, 1);
    let mut service = Service::default();
    service.metadata.name = Some("s".to_owned());
    let failures = act(&server, &[Step::ApplyService(Box::new(service)), Step::StartNode(pod())]).await;
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].step, "ApplyService s");
    assert!(server.object("Pod", NAMESPACE, "p").is_some());
}

#[tokio::test]
async fn a_key_is_never_overwritten() {
    let server = ApiServer::new();
    let mut secret = Secret::default();
    secret.metadata.name = Some("k".to_owned());
    let make = [Step::MakeKey(Box::new(secret))];
    assert_eq!(act(&server, &make).await, []);
    let made = server.object("Secret", NAMESPACE, "k").unwrap();
    assert!(made["data"]["secretAccessKey"].is_string());
    assert_eq!(act(&server, &make).await, []);
    assert_eq!(server.object("Secret", NAMESPACE, "k").unwrap()["data"], made["data"]);
}

#[tokio::test]
async fn only_the_pod_that_was_meant_is_deleted_or_annotated() {
    let server = ApiServer::new();
    assert_eq!(act(&server, &[Step::StartNode(pod())]).await, []);
    let other = || ("p".to_owned(), "another".to_owned());
    let (name, uid) = other();
    let remove = Step::RemoveNode { name, uid };
    let (name, uid) = other();
    let annotate = Step::AnnotateNode { name, uid, sum: "s".to_owned() };
    assert_eq!(act(&server, &[remove, annotate.clone()]).await, []);
    let there = server.object("Pod", NAMESPACE, "p").unwrap();
    assert!(there["metadata"]["annotations"].is_null());
    let uid = there["metadata"]["uid"].as_str().unwrap().to_owned();
    let annotate = Step::AnnotateNode { name: "p".to_owned(), uid: uid.clone(), sum: "s".to_owned() };
    assert_eq!(act(&server, std::slice::from_ref(&annotate)).await, []);
    let there = server.object("Pod", NAMESPACE, "p").unwrap();
    assert_eq!(there["metadata"]["annotations"]["partita.dev/credentials-checksum"], "s");
    assert_eq!(act(&server, &[Step::RemoveNode { name: "p".to_owned(), uid }, annotate]).await, []);
    assert_eq!(server.object("Pod", NAMESPACE, "p"), None, "and an annotation makes no pod");
}
