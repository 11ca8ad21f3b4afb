//! Signatures, and when they are looked at.

use super::*;

#[tokio::test]
async fn signed_requests_are_served() {
    let world = World::guarded(options()).await;
    let plain = call("DescribeLimits", "{}");
    let compressed = with(&plain, "content-encoding", "gzip").with_body(Coding::Gzip.encode(b"{}"));
    for request in [plain, compressed] {
        let answer = world.gateway.handle(signed(request, "dynamodb")).await;
        assert_eq!(answer.status.as_u16(), 200, "{:?}", answer.body);
    }
}

#[tokio::test]
async fn a_signature_is_for_the_body_as_sent() {
    let world = World::guarded(options()).await;
    let request = signed(call("DescribeLimits", "{}"), "dynamodb").with_body("{ }");
    let answer = world.gateway.handle(request).await;
    assert_eq!(error_of(&answer, 400), "InvalidSignatureException");
}

#[tokio::test]
async fn the_json_is_looked_at_before_the_signature_and_the_signature_before_the_operation() {
    let world = World::guarded(options()).await;
    for (operation, body, error) in [
        ("DescribeLimits", "nonsense", "SerializationException"),
        ("DescribeLimits", "[]", "SerializationException"),
        ("DescribeLimits", "{}", "MissingAuthenticationTokenException"),
        ("Nonsense", "{}", "MissingAuthenticationTokenException"),
        ("GetItem", "{}", "MissingAuthenticationTokenException"),
    ] {
        let answer = world.gateway.handle(call(operation, body)).await;
        assert_eq!(error_of(&answer, 400), error, "{operation} {body}");
    }
    let answer = world.gateway.handle(signed(call("Nonsense", "{}"), "dynamodb")).await;
    assert_eq!(error_of(&answer, 400), "UnknownOperationException");
}

#[tokio::test]
async fn nothing_is_decompressed_for_a_stranger() {
    let world = World::guarded(options()).await;
    let request = with(&call("DescribeLimits", "not compressed"), "content-encoding", "gzip");
    let answer = world.gateway.handle(request).await;
    assert_eq!(error_of(&answer, 400), "MissingAuthenticationTokenException");
}
