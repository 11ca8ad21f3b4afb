//! Where requests go, and what browsers are told.

use std::sync::Mutex;

use async_trait::async_trait;

use super::*;
use crate::ExtraRoutes;
use crate::encoding::Coding;

/// Serves `/apis/…`, except what ends in `none`, and `/open` to everybody.
#[derive(Debug, Default)]
struct Apis {
    seen: Mutex<Vec<Bytes>>,
}

#[async_trait]
impl ExtraRoutes for Apis {
    fn service(&self, path: &str) -> Option<&'static str> {
        path.starts_with("/apis/").then_some("partita")
    }

    fn is_open(&self, path: &str) -> bool {
        path == "/open"
    }

    async fn handle(&self, request: RawRequest) -> Option<RawResponse> {
        assert!(request.header("content-encoding").is_none());
        self.seen.lock().expect("no panic").push(request.body.clone());
        let found = !request.path.ends_with("none");
        found.then(|| RawResponse::new(StatusCode::CREATED, "application/json", "{\"made\":true}"))
    }
}

fn with_apis() -> (Arc<Apis>, Options) {
    let apis = Arc::new(Apis::default());
    (Arc::clone(&apis), Options { extra_routes: Some(apis), ..options() })
}

#[tokio::test]
async fn an_open_route_needs_no_signature_and_opens_no_other() {
    let (_, options) = with_apis();
    let world = World::guarded(options).await;
    for (path, status) in [("/open", 201), ("/open/", 404), ("/apis/x", 400)] {
        let answer = world.gateway.handle(bare(Method::GET, path)).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
    }
}

#[tokio::test]
async fn a_load_balancer_hears_that_the_server_is_healthy() {
    let world = World::guarded(options()).await;
    let answer = world.gateway.handle(bare(Method::GET, "/")).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.body, "healthy: localhost:8000 ");
}

#[tokio::test]
async fn anything_else_is_unknown() {
    let world = World::open(options()).await;
    let typed = |content_type: &str| with(&call("DescribeLimits", "{}"), "content-type", content_type);
    let mut untyped = call("DescribeLimits", "{}");
    untyped.headers.remove("content-type");
    let mut elsewhere = call("DescribeLimits", "{}");
    elsewhere.path = "/other".to_owned();
    for request in [
        bare(Method::GET, "/other"),
        bare(Method::PUT, "/"),
        bare(Method::DELETE, "/"),
        bare(Method::OPTIONS, "/"),
        typed("application/x-amz-json-1.1"),
        typed("text/plain"),
        typed(""),
        untyped,
        elsewhere,
    ] {
        let shown = format!("{request:?}");
        let answer = world.gateway.handle(request).await;
        assert_eq!(answer.status.as_u16(), 404, "{shown}");
        assert_eq!(answer.body, "<UnknownOperationException/>\n");
        assert_eq!(header(&answer, "x-amz-crc32"), Some("3552371480"));
    }
}

#[tokio::test]
async fn the_answer_has_the_content_type_of_the_request() {
    let world = World::open(options()).await;
    for (asked, answered) in [
        ("application/x-amz-json-1.0", "application/x-amz-json-1.0"),
        ("application/json", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("Application/JSON ;charset=utf-8", "application/json"),
    ] {
        for operation in ["DescribeLimits", "Nonsense"] {
            let request = with(&call(operation, "{}"), "content-type", asked);
            let answer = world.gateway.handle(request).await;
            assert_eq!(header(&answer, "content-type"), Some(answered), "{operation} {asked}");
        }
    }
}

#[tokio::test]
async fn a_browser_may_send_what_it_asks_for() {
    let world = World::guarded(options()).await;
    let asked = with(&bare(Method::OPTIONS, "/"), "origin", "https://example.com");
    let asked = with(&asked, "access-control-request-headers", "x-amz-target, authorization");
    let asked = with(&asked, "access-control-request-method", "POST");
    let answer = world.gateway.handle(asked).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-max-age", "172800"),
        ("access-control-allow-headers", "x-amz-target, authorization"),
        ("access-control-allow-methods", "POST"),
    ] {
        assert_eq!(header(&answer, name), Some(value));
    }
}

#[tokio::test]
async fn a_page_may_read_the_answer_and_others_are_told_nothing_of_it() {
    let world = World::open(options()).await;
    let request = call("DescribeLimits", "{}");
    let answer = world.gateway.handle(with(&request, "origin", "https://example.com")).await;
    assert_eq!(header(&answer, "access-control-allow-origin"), Some("*"));
    let exposed = header(&answer, "access-control-expose-headers").expect("exposed headers");
    assert!(exposed.contains("x-amzn-RequestId") && exposed.contains("x-amz-crc32"));
    let answer = world.gateway.handle(request).await;
    assert_eq!(header(&answer, "access-control-allow-origin"), None);
}

#[tokio::test]
async fn extra_routes_serve_their_own_paths_and_no_other() {
    let (apis, options) = with_apis();
    let world = World::open(options).await;
    let answer = world.gateway.handle(bare(Method::PUT, "/apis/tables").with_body("{}")).await;
    assert_eq!(answer.status.as_u16(), 201);
    assert_eq!(header(&answer, "content-type"), Some("application/json"));
    assert_eq!(header(&answer, "x-amz-crc32"), Some(crc32fast::hash(&answer.body).to_string().as_str()));
    for path in ["/apis/none", "/other"] {
        assert_eq!(world.gateway.handle(bare(Method::GET, path)).await.status.as_u16(), 404, "{path}");
    }
    let compressed = with(&bare(Method::PUT, "/apis/tables"), "content-encoding", "gzip");
    world.gateway.handle(compressed.with_body(Coding::Gzip.encode(b"plain"))).await;
    assert_eq!(*apis.seen.lock().expect("no panic"), ["{}", "", "plain"]);
}

#[tokio::test]
async fn extra_routes_are_signed_for_their_own_service() {
    let (apis, options) = with_apis();
    let world = World::guarded(options).await;
    let request = bare(Method::PUT, "/apis/tables").with_body("{}");
    assert_eq!(
        error_of(&world.gateway.handle(request.clone()).await, 400),
        "MissingAuthenticationTokenException"
    );
    let bodiless = bare(Method::GET, "/apis/tables");
    assert_eq!(error_of(&world.gateway.handle(bodiless).await, 400), "MissingAuthenticationTokenException");
    let answer = world.gateway.handle(signed(request.clone(), "dynamodb")).await;
    assert_eq!(error_of(&answer, 400), "InvalidSignatureException");
    assert!(json_of(&answer)["message"].as_str().expect("a message").contains("correct service: 'partita'"));
    assert!(apis.seen.lock().expect("no panic").is_empty());
    assert_eq!(world.gateway.handle(signed(request, "partita")).await.status.as_u16(), 201);
}
