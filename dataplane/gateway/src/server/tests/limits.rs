//! What one caller may take.

use super::*;
use crate::limits::HEADER_BYTES_MAX;

const SOON: Duration = Duration::from_millis(50);

#[tokio::test]
async fn the_largest_body_is_served_and_a_larger_one_is_refused_before_it_is_sent() {
    let server = start(Limits::default()).await;
    let mut peer = server.connect().await;
    let largest = format!("{{{}}}", " ".repeat(BODY_BYTES_MAX - 2));
    assert_eq!(peer.call(whole("DescribeLimits", &largest)).await.status, 200);
    let larger = format!("content-length: {}\r\n", BODY_BYTES_MAX + 1);
    let answer = peer.call(head("DescribeLimits", &larger)).await;
    assert_eq!((answer.status, answer.body.len()), (413, 0));
    assert_eq!(answer.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_caller_that_sends_too_much_at_once_sees_why_it_is_refused() {
    let server = start(Limits::default()).await;
    let mut peer = server.connect().await;
    let body = " ".repeat(BODY_BYTES_MAX * 3 / 2);
    assert_eq!(peer.call(whole("DescribeLimits", &body)).await.status, 413);
    assert!(peer.answer().await.is_none());
}

#[tokio::test]
async fn a_body_in_chunks_is_refused_once_it_is_too_large() {
    let server = start(Limits::default()).await;
    let mut peer = server.connect().await;
    peer.send(head("DescribeLimits", "transfer-encoding: chunked\r\n")).await;
    let mib = 1024 * 1024;
    for _ in 0..BODY_BYTES_MAX / mib {
        peer.send(format!("{mib:x}\r\n{}\r\n", " ".repeat(mib))).await;
    }
    // One byte too many; the end of the body never comes.
    peer.send("1\r\n \r\n").await;
    assert_eq!(peer.answer().await.expect("an answer").status, 413);
}

#[tokio::test]
async fn a_body_in_chunks_is_put_together() {
    let server = start(Limits::default()).await;
    let mut peer = server.connect().await;
    peer.send(head("DescribeLimits", "transfer-encoding: chunked\r\n")).await;
    assert_eq!(peer.call("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n").await.status, 200);
    assert_eq!(peer.call(whole("DescribeLimits", "{}")).await.status, 200);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = start(Limits { body_read_timeout: SOON, ..Limits::default() }).await;
    let mut peer = server.connect().await;
    let answer = peer.call(head("DescribeLimits", "content-length: 2\r\n") + "{").await;
    assert_eq!(answer.status, 408);
    assert!(peer.answer().await.is_none());
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let server = start(Limits { header_read_timeout: SOON, ..Limits::default() }).await;
    let mut peer = server.connect().await;
    peer.send("POST / HTTP/1.1\r\nhost: ").await;
    assert!(peer.answer().await.is_none());
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = start(Limits::default()).await;
    let mut peer = server.connect().await;
    let padding = format!("x-padding: {}\r\n", "x".repeat(HEADER_BYTES_MAX));
    assert_eq!(peer.call(head("DescribeLimits", &padding)).await.status, 431);
}

#[tokio::test]
async fn requests_beyond_the_limit_are_sent_away() {
    let server = start(Limits { requests: 1, ..Limits::default() }).await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    first.send(waiting()).await;
    one(&server.control.arrived).await;
    let refused = second.call(whole("DescribeLimits", "{}")).await;
    assert_eq!(refused.status, 503);
    assert!(String::from_utf8_lossy(&refused.body).contains("ServiceUnavailable"));
    server.control.gate.add_permits(1);
    assert_eq!(first.answer().await.expect("an answer").status, 200);
    // The refusal has left the connection usable.
    assert_eq!(second.call(whole("DescribeLimits", "{}")).await.status, 200);
}

#[tokio::test]
async fn slow_callers_hold_up_nobody_but_themselves() {
    let server = start(Limits { requests: 1, ..Limits::default() }).await;
    let (mut slow, mut other) = (server.connect().await, server.connect().await);
    slow.send(head("DescribeLimits", "content-length: 2\r\nexpect: 100-continue\r\n")).await;
    // The interim answer says that the server has begun to read the body.
    assert_eq!(slow.answer().await.expect("an interim answer").status, 100);
    assert_eq!(other.call(whole("DescribeLimits", "{}")).await.status, 200);
    assert_eq!(slow.call("{}").await.status, 200);
}

#[tokio::test]
async fn bodies_beyond_the_memory_for_them_are_sent_away() {
    let server = start(Limits { body_bytes_in_flight: 100, ..Limits::default() }).await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    first.send(waiting()).await;
    one(&server.control.arrived).await;
    let refused = second.call(whole("DescribeLimits", &format!("{{{}}}", " ".repeat(50)))).await;
    assert_eq!(refused.status, 503);
    server.control.gate.add_permits(1);
    assert_eq!(first.answer().await.expect("an answer").status, 200);
}

#[tokio::test]
async fn the_connection_that_idles_longest_makes_room_for_a_further_one() {
    let server = start(Limits { connections: 3, ..Limits::default() }).await;
    let (mut silent, mut used, mut slow) =
        (server.connect().await, server.connect().await, server.connect().await);
    for peer in [&mut silent, &mut used] {
        assert_eq!(peer.call(whole("DescribeLimits", "{}")).await.status, 200);
    }
    slow.send("POST / HTTP/1.1\r\nhost: ").await;
    // Whoever comes is served although all places are taken, and keeps the place.
    let mut further = Vec::new();
    for _ in 0..2 {
        assert_eq!(used.call(whole("DescribeLimits", "{}")).await.status, 200);
        let mut newcomer = server.connect().await;
        assert_eq!(newcomer.call(whole("DescribeLimits", "{}")).await.status, 200);
        further.push(newcomer);
    }
    assert!(silent.answer().await.is_none() && slow.answer().await.is_none(), "the idle ones have left");
    assert_eq!(used.call(whole("DescribeLimits", "{}")).await.status, 200);
}

#[tokio::test]
async fn a_connection_that_works_does_not_leave_before_its_answer() {
    let server = start(Limits { connections: 1, ..Limits::default() }).await;
    let mut first = server.connect().await;
    first.send(waiting()).await;
    one(&server.control.arrived).await;
    let mut second = server.connect().await;
    second.send(whole("DescribeLimits", "{}")).await;
    server.control.gate.add_permits(1);
    assert_eq!(first.answer().await.expect("an answer").status, 200);
    assert_eq!(second.answer().await.expect("an answer").status, 200);
    assert!(first.answer().await.is_none(), "its place was needed");
}
