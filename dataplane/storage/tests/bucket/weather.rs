//! Stands between a shard and its bucket, and does to their connection what networks and busy servers do.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What happens to requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Weather {
    /// They are passed on.
    Fair,
    /// They are refused with 503.
    Busy,
    /// They are read and never answered.
    Silent,
    /// They are passed on, but the connection is closed instead of answering the first attempt of each put of a path
    /// with this in it.
    Lossy(&'static str),
    /// The first attempt of each put is answered as if another put of the same name were under way.
    Contended,
}

const BUSY: &[u8] = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 40\r\n\r\n\
    <Error><Code>SlowDown</Code></Error>    ";

const CONTENDED: &[u8] = b"HTTP/1.1 409 Conflict\r\nContent-Length: 56\r\n\r\n\
    <Error><Code>ConditionalRequestConflict</Code></Error>  ";

/// The place between: what connects to `address` reaches the server in the weather of the moment.
pub(crate) struct Between {
    pub(crate) address: SocketAddr,
    weather: watch::Sender<Weather>,
    met: Arc<Mutex<Vec<String>>>,
}

impl Between {
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (weather, now) = watch::channel(Weather::Fair);
        let met = Arc::default();
        let between = Self { address, weather, met: Arc::clone(&met) };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let link = Link { now: now.clone(), met: Arc::clone(&met) };
                tokio::spawn(async move {
                    // Either side may close its connection at any time.
                    drop(link.carry(client, server).await);
                });
            }
        });
        between
    }

    pub(crate) fn turn(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// The puts whose first attempt met the weather.
    pub(crate) fn met(&self) -> Vec<String> {
        self.met.lock().unwrap().clone()
    }
}

struct Link {
    now: watch::Receiver<Weather>,
    met: Arc<Mutex<Vec<String>>>,
}

impl Link {
    /// Carries requests one after the other, as the client sends them.
    async fn carry(&self, mut client: TcpStream, server: SocketAddr) -> io::Result<()> {
        let mut upstream = TcpStream::connect(server).await?;
        let mut answer = vec![0; 64 * 1024];
        loop {
            let Some((request, line)) = read_request(&mut client, &mut upstream).await? else {
                return Ok(());
            };
            let now = self.now.borrow().clone();
            match now {
                Weather::Busy => client.write_all(BUSY).await?,
                Weather::Silent => {
                    // Until the client gives up.
                    while client.read(&mut answer).await? > 0 {}
                    return Ok(());
                }
                Weather::Contended if line.starts_with("PUT ") && self.is_first(&line) => {
                    client.write_all(CONTENDED).await?;
                }
                Weather::Fair | Weather::Contended => upstream.write_all(&request).await?,
                Weather::Lossy(part) => {
                    upstream.write_all(&request).await?;
                    if line.starts_with("PUT ") && line.contains(part) && self.is_first(&line) {
                        // The server has done what was asked when it answers.
                        upstream.read_exact(answer.get_mut(..1).unwrap_or_default()).await?;
                        return Ok(());
                    }
                }
            }
        }
    }

    /// True at the first attempt of a put.
    fn is_first(&self, line: &str) -> bool {
        let mut met = self.met.lock().unwrap();
        let first = !met.iter().any(|known| known == line);
        if first {
            met.push(line.to_owned());
        }
        first
    }
}

/// Reads one request, while answers to the one before it may still arrive. Returns it with its first line, or nothing
/// at the end.
async fn read_request(
    client: &mut TcpStream,
    upstream: &mut TcpStream,
) -> io::Result<Option<(Vec<u8>, String)>> {
    let mut request = Vec::new();
    let (mut sent, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            count = client.read(&mut sent) => match count? {
                0 => return Ok(None),
                count => request.extend(sent.iter().take(count)),
            },
            count = upstream.read(&mut answered) => match count? {
                0 => return Ok(None),
                count => client.write_all(answered.get(..count).unwrap_or_default()).await?,
            },
        }
        if let Some(line) = whole(&request) {
            return Ok(Some((request, line)));
        }
    }
}

/// The first line of the request, once all of it is there.
fn whole(request: &[u8]) -> Option<String> {
    let end = request.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(request.get(..end)?).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let first = String::from_utf8_lossy(request.get(..end)?).lines().next().map(str::to_owned);
    first.filter(|_| request.len() >= end + length.unwrap_or(0))
}
