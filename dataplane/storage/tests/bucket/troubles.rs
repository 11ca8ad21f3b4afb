//! What a shard does when its bucket is out of reach for a while, for long, or from the start.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use partita_storage::{Bucket, Error, ShardStore, Trouble, Visibility};

use crate::server::{BUCKET, STRANGER, Server, credentials, open, try_open, write};
use crate::weather::{Between, Weather};

/// The documented end of patience; see `src/bucket.rs`.
const PATIENCE_MAX: Duration = Duration::from_secs(50);

/// A burst that is shorter than one call's retries.
const BURST: Duration = Duration::from_secs(2);

async fn start() -> (Server, Between, Arc<dyn ShardStore>) {
    let server = Server::start();
    let between = Between::start(server.address).await;
    let store = open(Server::bucket_at(between.address)).await;
    write(store.as_ref(), "before").await.unwrap();
    (server, between, store)
}

async fn has(store: &dyn ShardStore, key: &str) -> bool {
    store.get(key.as_bytes(), Visibility::Durable).await.unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_refusals_goes_unnoticed() {
    let (_server, between, store) = start().await;
    between.turn(Weather::Busy);
    let writing = tokio::spawn({
        let store = Arc::clone(&store);
        async move { write(store.as_ref(), "a").await }
    });
    tokio::time::sleep(BURST).await;
    assert!(!writing.is_finished());
    between.turn(Weather::Fair);
    writing.await.unwrap().unwrap();
    assert!(has(store.as_ref(), "a").await);
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_and_contention_go_unnoticed() {
    let parts = ["/wal/", "/manifest/", "/claim", "/probe/", "/"];
    for weather in parts.map(Weather::Lossy).into_iter().chain([Weather::Contended]) {
        let server = Server::start();
        let between = Between::start(server.address).await;
        between.turn(weather.clone());
        let store = open(Server::bucket_at(between.address)).await;
        for key in ["a", "b", "c"] {
            write(store.as_ref(), key).await.unwrap();
        }
        store.close().await.unwrap();
        let next = open(server.bucket()).await;
        assert!(has(next.as_ref(), "a").await && has(next.as_ref(), "c").await, "{weather:?}");
        assert!(!between.met().is_empty(), "no put met {weather:?}");
    }
}

/// Turns the weather for good; every waiting write must be told, and nothing that was acknowledged may be missing.
async fn fails_in(weather: Weather) {
    let (server, between, store) = start().await;
    between.turn(weather);
    let told = tokio::time::timeout(PATIENCE_MAX, async {
        let (first, second) = tokio::join!(write(store.as_ref(), "a"), write(store.as_ref(), "b"));
        [first.unwrap_err(), second.unwrap_err()]
    });
    for error in told.await.expect("patience has an end") {
        assert!(matches!(error, Error::Failed { .. }) && error.outcome_unknown(), "{error}");
    }
    between.turn(Weather::Fair);
    assert!(matches!(write(store.as_ref(), "c").await, Err(Error::Failed { .. })), "it must be opened again");
    let next = open(server.bucket()).await;
    assert!(has(next.as_ref(), "before").await && !has(next.as_ref(), "c").await);
    write(next.as_ref(), "c").await.unwrap();
    next.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_refuses_for_long_fails_the_shard() {
    fails_in(Weather::Busy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_falls_silent_fails_the_shard() {
    fails_in(Weather::Silent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_cannot_be_used_is_told_apart() {
    let server = Server::start();
    server.know_the_stranger();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let good = server.bucket();
    let key = |id: &str, secret: &str| Some(credentials(id, secret));
    let known = good.credentials.clone().unwrap().access_key_id;
    for (bucket, expected) in [
        (Bucket { bucket: "absent".to_owned(), ..good.clone() }, Trouble::Missing),
        (Bucket { credentials: key(STRANGER.0, STRANGER.1), ..good.clone() }, Trouble::Denied),
        (Bucket { credentials: key("nobody", "nothing"), ..good.clone() }, Trouble::UnknownKey),
        (Bucket { credentials: key(&known, "wrong"), ..good.clone() }, Trouble::WrongSecret),
        (Bucket { region: Some("us-west-2".to_owned()), ..good.clone() }, Trouble::WrongRegion),
        (Bucket { allow_http: false, ..good.clone() }, Trouble::InsecureEndpoint),
        (Bucket { endpoint: Some(format!("https://{}", server.address)), ..good.clone() }, Trouble::NoTls),
        (Bucket { endpoint: Some(format!("http://{nobody}")), ..good.clone() }, Trouble::Unreachable),
    ] {
        let refused = try_open(bucket).await.err().unwrap();
        match &refused {
            Error::Bucket { trouble, .. } if *trouble == expected => {}
            other => panic!("{expected:?} was expected: {other:?}"),
        }
    }
    assert_eq!(server.names(""), [""; 0], "nothing was written by any of them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_is_beneath_its_prefix_and_the_probe_leaves_nothing() {
    let server = Server::start();
    let store = open(server.bucket()).await;
    write(store.as_ref(), "a").await.unwrap();
    assert_eq!(server.names(""), ["region"], "bucket {BUCKET}");
    let shard = server.names("region/one/shards/1");
    assert!(shard.contains(&"claim".to_owned()) && shard.contains(&"wal".to_owned()), "{shard:?}");
    assert_eq!(server.names("region/one/shards/1/probe"), [""; 0]);
    store.close().await.unwrap();
}
