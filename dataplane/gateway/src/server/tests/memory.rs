//! Memory that callers hold by being slow, and how others get it back.

use super::*;

const SOON: Duration = Duration::from_millis(50);
/// Items of a large answer: together more than the kernel takes for a peer that does not read.
const ITEMS: usize = 38;
const ITEM_BYTES: usize = 390_000;
const LARGE_ANSWER_BYTES: usize = ITEMS * ITEM_BYTES;

async fn fill(peer: &mut Peer) {
    let filler = "x".repeat(ITEM_BYTES);
    for number in 0..ITEMS {
        let put =
            format!(r#"{{"TableName":"music","Item":{{"p":{{"S":"{number}"}},"f":{{"S":"{filler}"}}}}}}"#);
        assert_eq!(peer.call(whole("PutItem", &put)).await.status, 200);
    }
}

fn large() -> String {
    let keys: Vec<_> = (0..ITEMS).map(|number| format!(r#"{{"p":{{"S":"{number}"}}}}"#)).collect();
    whole("BatchGetItem", &format!(r#"{{"RequestItems":{{"music":{{"Keys":[{}]}}}}}}"#, keys.join(",")))
}

/// Asks for a large answer and takes no more than its beginning.
async fn deaf(server: &Running) -> Peer {
    let mut peer = server.connect().await;
    peer.send(large()).await;
    let mut status = [0; 12];
    peer.0.get_mut().read_exact(&mut status).await.expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 200");
    peer
}

/// Whether the answer breaks off.
async fn breaks_off(peer: &mut Peer) -> bool {
    let mut taken = Vec::new();
    let ended = tokio::time::timeout(FAR, peer.0.read_to_end(&mut taken)).await.expect("it ends");
    ended.is_err() || taken.len() < LARGE_ANSWER_BYTES
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_not_kept() {
    let limits = Limits { answer_write_timeout: SOON, drain_time: 2 * FAR, ..Limits::default() };
    let server = start(limits).await;
    fill(&mut server.connect().await).await;
    let mut peer = deaf(&server).await;
    // It waits until all connections have ended.
    server.stop().await;
    assert!(breaks_off(&mut peer).await);
}

#[tokio::test]
async fn whoever_does_not_take_its_answer_makes_room_for_another() {
    let limits = Limits { answer_bytes_in_flight: LARGE_ANSWER_BYTES * 3 / 2, ..Limits::default() };
    let server = start(limits).await;
    let mut other = server.connect().await;
    fill(&mut other).await;
    let mut peer = deaf(&server).await;
    let answer = loop {
        let answer = other.call(large()).await;
        assert_eq!(
            answer.header("x-amz-crc32"),
            Some(crc32fast::hash(&answer.body).to_string().as_str()),
            "also when it says that there was no room"
        );
        if answer.status == 200 {
            break answer;
        }
        assert_eq!(answer.status, 500);
        assert!(String::from_utf8_lossy(&answer.body).contains("InternalServerError"));
        // Short answers need no room.
        assert_eq!(other.call(whole("DescribeLimits", "{}")).await.status, 200);
    };
    assert!(answer.body.len() > LARGE_ANSWER_BYTES);
    assert!(breaks_off(&mut peer).await);
    assert_eq!(other.call(large()).await.status, 200, "what was taken is free again");
}

#[tokio::test]
async fn a_body_that_stalls_makes_room_for_another() {
    const BODY_BYTES: usize = 400_000;
    let server = start(Limits { body_bytes_in_flight: 500_000, ..Limits::default() }).await;
    let body = |bytes| format!("{{{}}}", " ".repeat(bytes));
    let mut stalled = Vec::new();
    for _ in 0..3 {
        let mut peer = server.connect().await;
        let call = whole("DescribeLimits", &body(BODY_BYTES));
        peer.send(call.get(..BODY_BYTES).expect("more than its beginning")).await;
        let mut other = server.connect().await;
        for bytes in [2, 100_000, BODY_BYTES] {
            assert_eq!(other.call(whole("DescribeLimits", &body(bytes))).await.status, 200);
        }
        stalled.push(peer);
    }
    for mut peer in stalled {
        assert_eq!(peer.answer().await.expect("an answer").status, 503);
        assert!(peer.answer().await.is_none());
    }
}
