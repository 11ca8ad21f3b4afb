//! Compressed bodies.

use super::*;

fn limits_call(body: impl Into<Bytes>, coding: &str) -> RawRequest {
    with(&call("DescribeLimits", body), "content-encoding", coding)
}

/// A JSON object of exactly so many bytes.
fn padded_object(bytes: usize) -> Vec<u8> {
    let mut body = vec![b' '; bytes];
    body[0] = b'{';
    body[bytes - 1] = b'}';
    body
}

#[tokio::test]
async fn compressed_requests_are_read() {
    let world = World::open(options()).await;
    let halves = [Coding::Gzip.encode(b"{"), Coding::Gzip.encode(b"}")].concat();
    for (coding, body) in [
        ("gzip", Coding::Gzip.encode(b"{}")),
        ("gzip", halves),
        ("deflate", Coding::Deflate.encode(b"{}")),
        ("identity", b"{}".to_vec()),
    ] {
        let answer = world.gateway.handle(limits_call(body, coding)).await;
        assert_eq!(answer.status.as_u16(), 200, "{coding}: {:?}", answer.body);
    }
}

#[tokio::test]
async fn what_cannot_be_decompressed_is_an_internal_error() {
    let world = World::open(options()).await;
    for (coding, body) in [("gzip", "{}"), ("deflate", "{}"), ("br", "{}"), ("gzip, gzip", "{}")] {
        let answer = world.gateway.handle(limits_call(body, coding)).await;
        assert_eq!(error_of(&answer, 500), "InternalServerError", "{coding}");
    }
}

#[tokio::test]
async fn the_size_limit_counts_after_decompression() {
    let world = World::open(options()).await;
    let largest = Coding::Gzip.encode(&padded_object(BODY_BYTES_MAX));
    assert_eq!(world.gateway.handle(limits_call(largest, "gzip")).await.status.as_u16(), 200);
    let larger = Coding::Gzip.encode(&padded_object(BODY_BYTES_MAX + 1));
    let answer = world.gateway.handle(limits_call(larger, "gzip")).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (413, 0));
}

#[tokio::test]
async fn large_answers_are_compressed_for_those_who_take_it() {
    let world = World::open(options()).await;
    let list = |limit: usize| call("ListTables", json!({ "Limit": limit }).to_string());
    let plain = world.gateway.handle(list(100)).await;
    assert!(plain.body.len() > COMPRESS_ABOVE_BYTES);
    assert_eq!(header(&plain, "content-encoding"), None);
    for (accepted, coding) in
        [("gzip", Coding::Gzip), ("deflate", Coding::Deflate), ("br, gzip", Coding::Gzip)]
    {
        let answer = world.gateway.handle(with(&list(100), "accept-encoding", accepted)).await;
        assert_eq!(header(&answer, "content-encoding"), Some(coding.name()));
        assert_eq!(coding.decode(&answer.body, BODY_BYTES_MAX).as_deref(), Ok(&plain.body[..]));
        let crc = crc32fast::hash(&answer.body).to_string();
        assert_eq!(header(&answer, "x-amz-crc32"), Some(crc.as_str()));
        assert_eq!(header(&answer, "content-length"), Some(answer.body.len().to_string().as_str()));
    }
    let small = world.gateway.handle(with(&list(1), "accept-encoding", "gzip")).await;
    assert_eq!(header(&small, "content-encoding"), None);
}
