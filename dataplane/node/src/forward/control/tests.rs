use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Method, StatusCode};
use partita_model::name::Scope;
use partita_storage::Location;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::options::AccessKey;

/// Says the same to everybody, and counts who asked.
struct Parrot {
    control: Arc<Control>,
    asked: Arc<AtomicUsize>,
}

impl Parrot {
    async fn saying(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await.unwrap() > 0 {}
                // Whoever has read enough may hang up.
                drop(stream.write_all(&answer).await);
            }
        });
        let scope = Scope { region: "eu-central-1".to_owned(), account_id: "123456789012".to_owned() };
        let key = AccessKey { id: "AKIAINTERNAL".to_owned(), secret: "internal-secret".to_owned() };
        let mut options = NodeOptions::new(scope, Location::Memory, "credentials".into(), key);
        options.control_endpoint = Some(endpoint);
        options.timing.control_down_memory = Duration::from_secs(3600);
        Self { control: Control::of(&options).unwrap().unwrap(), asked }
    }

    /// What comes of a request whose answer is taken so.
    async fn ask(&self, relayed: impl FnOnce(Answer) -> Result<Bytes, Unfit>) -> Option<Bytes> {
        let url = format!("{}/", self.control.endpoint);
        let request =
            Request { service: "dynamodb", method: Method::GET, url: &url, headers: &[], body: Bytes::new() };
        self.control.ask("a test", request, CALL_TIMEOUT, relayed).await
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn answer(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").into_bytes()
}

fn whole(answer: Answer) -> Result<Bytes, Unfit> {
    assert_eq!(answer.status, StatusCode::OK);
    Ok(answer.body)
}

#[tokio::test]
async fn answers_are_passed_on() {
    let parrot = Parrot::saying(answer("yes")).await;
    assert_eq!(parrot.ask(whole).await.unwrap(), "yes");
}

#[tokio::test]
async fn silence_is_remembered() {
    let parrot = Parrot::saying(answer("busy")).await;
    assert_eq!(parrot.ask(|_| Err(Unfit::silence("it has no time"))).await, None);
    assert_eq!(parrot.ask(whole).await, None);
    assert_eq!(parrot.asked(), 1, "the second was not even sent");
    let gone = Parrot::saying(Vec::new()).await;
    assert_eq!((gone.ask(whole).await, gone.ask(whole).await), (None, None));
    assert!(!gone.control.memory.may_ask());
}

#[tokio::test]
async fn strange_answers_are_not_remembered() {
    let parrot = Parrot::saying(answer("what?")).await;
    assert_eq!(parrot.ask(|_| Err(Unfit::strange("of no use"))).await, None);
    assert_eq!(parrot.ask(whole).await.unwrap(), "what?");
    let long = Parrot::saying(answer(&"x".repeat(ANSWER_BYTES_MAX + 1))).await;
    for asked in 1..3 {
        assert_eq!(long.ask(whole).await, None);
        assert_eq!(long.asked(), asked);
    }
}

#[tokio::test]
async fn a_strange_answer_ends_a_silence() {
    let parrot = Parrot::saying(answer("there again")).await;
    assert!(parrot.control.memory.may_ask());
    let strange = |_| {
        // As if another call had met the silence meanwhile.
        parrot.control.memory.silent();
        Err(Unfit::strange("of no use"))
    };
    assert_eq!(parrot.ask(strange).await, None);
    assert_eq!(parrot.ask(whole).await.unwrap(), "there again");
}

#[tokio::test]
async fn what_cannot_be_sent_says_nothing_of_the_control_plane() {
    let parrot = Parrot::saying(answer("yes")).await;
    let request = Request {
        service: "dynamodb",
        method: Method::GET,
        url: "no address",
        headers: &[],
        body: Bytes::new(),
    };
    assert_eq!(parrot.control.ask("a test", request, CALL_TIMEOUT, whole).await, None);
    assert_eq!(parrot.asked(), 0);
    assert_eq!(parrot.ask(whole).await.unwrap(), "yes");
}
