//! Stopping.

use super::*;

#[tokio::test]
async fn a_stopping_server_finishes_what_it_has_begun() {
    let server = start(Limits::default()).await;
    let (mut busy, mut idle) = (server.connect().await, server.connect().await);
    assert_eq!(idle.call(whole("DescribeLimits", "{}")).await.status, 200);
    busy.send(waiting()).await;
    one(&server.control.arrived).await;
    server.stop.send(()).expect("a running server");
    // The idle connection ends first: from then on the server is known to be draining.
    assert!(idle.answer().await.is_none());
    assert!(TcpStream::connect(server.address).await.is_err());
    assert!(!server.served.is_finished());
    server.control.gate.add_permits(1);
    let answer = busy.answer().await.expect("an answer");
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    tokio::time::timeout(FAR, server.served).await.expect("it stops").expect("it does not panic");
}

#[tokio::test]
async fn a_stopping_server_waits_for_requests_whose_caller_is_gone() {
    let server = start(Limits::default()).await;
    let mut peer = server.connect().await;
    peer.send(waiting()).await;
    one(&server.control.arrived).await;
    drop(peer);
    server.control.gate.add_permits(1);
    let control = Arc::clone(&server.control);
    server.stop().await;
    assert_eq!(control.passed.available_permits(), 1);
}

#[tokio::test]
async fn a_stopping_server_does_not_wait_for_ever() {
    let server = start(Limits { drain_time: Duration::ZERO, ..Limits::default() }).await;
    let mut peer = server.connect().await;
    peer.send(waiting()).await;
    one(&server.control.arrived).await;
    let control = Arc::clone(&server.control);
    server.stop().await;
    assert!(peer.answer().await.is_none_or(|answer| answer.status == 500));
    assert_eq!(control.passed.available_permits(), 0);
}

#[tokio::test]
async fn an_idle_server_stops_at_once() {
    let server = start(Limits::default()).await;
    server.stop().await;
}
