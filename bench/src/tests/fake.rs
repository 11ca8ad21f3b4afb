//! A service in this process: just enough of the protocol for a benchmark, and every signature is checked.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::{Value, json};

/// Decides over an operation before the service does: its number among those of its name, and what to refuse it with.
pub(super) type Refuse = fn(operation: &str, number: u64) -> Option<(u16, &'static str)>;

/// The service. Its threads end with the test's process.
#[derive(Clone)]
pub(super) struct Fake {
    pub(super) endpoint: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Items by table and key.
    tables: HashMap<String, BTreeMap<String, Value>>,
    calls: HashMap<String, u64>,
    /// Every item that was put, as a stream of one shard for all tables.
    puts: Vec<Value>,
}

impl Fake {
    pub(super) fn start(refuse: Refuse) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let fake = Self { endpoint, state: Arc::default() };
        let served = fake.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (fake, stream) = (served.clone(), stream.unwrap());
                std::thread::spawn(move || fake.serve(stream, refuse));
            }
        });
        fake
    }

    pub(super) fn calls(&self, operation: &str) -> u64 {
        self.state.lock().unwrap().calls.get(operation).copied().unwrap_or_default()
    }

    pub(super) fn tables(&self) -> Vec<String> {
        self.state.lock().unwrap().tables.keys().cloned().collect()
    }

    pub(super) fn items(&self, table: &str) -> usize {
        self.state.lock().unwrap().tables[table].len()
    }

    /// A table that was not made by a benchmark.
    pub(super) fn add_table(&self, table: &str) {
        self.state.lock().unwrap().tables.insert(table.to_owned(), BTreeMap::new());
    }

    fn serve(&self, stream: TcpStream, refuse: Refuse) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut stream = stream;
        while let Some((headers, body)) = request(&mut reader) {
            assert_eq!(headers["authorization"], signature(&headers, &body), "signed as the library does");
            let (_, operation) = headers["x-amz-target"].split_once('.').unwrap();
            let (status, answer) = self.answer(operation, &serde_json::from_slice(&body).unwrap(), refuse);
            let answer = answer.to_string();
            let length = answer.len();
            write!(stream, "HTTP/1.1 {status} Some\r\ncontent-length: {length}\r\n\r\n{answer}").unwrap();
        }
    }

    fn answer(&self, operation: &str, body: &Value, refuse: Refuse) -> (u16, Value) {
        let mut state = self.state.lock().unwrap();
        let calls = state.calls.entry(operation.to_owned()).or_default();
        *calls += 1;
        if let Some((status, kind)) = refuse(operation, *calls) {
            return (
                status,
                json!({"__type": format!("com.amazonaws#{kind}"), "message": "as the test wants"}),
            );
        }
        match state.act(operation, body) {
            Some(answer) => (200, answer),
            None => (400, json!({"__type": "x#ResourceNotFoundException", "message": "no such table"})),
        }
    }
}

impl State {
    fn act(&mut self, operation: &str, body: &Value) -> Option<Value> {
        let name = body["TableName"].as_str().unwrap_or_default();
        let key = |attributes: &Value| {
            format!(
                "{} {}",
                attributes["id"]["S"].as_str().unwrap(),
                attributes["part"]["S"].as_str().unwrap_or("")
            )
        };
        match operation {
            "CreateTable" => drop(self.tables.insert(name.to_owned(), BTreeMap::new())),
            "DeleteTable" => drop(self.tables.remove(name)?),
            "DescribeTable" => {
                self.tables.get(name)?;
                return Some(json!({"Table": {"TableStatus": "ACTIVE", "LatestStreamArn": "stream"}}));
            }
            "PutItem" => {
                self.tables.get_mut(name)?.insert(key(&body["Item"]), body["Item"].clone());
                self.puts.push(body["Item"].clone());
            }
            "DescribeStream" => {
                return Some(json!({"StreamDescription": {"Shards": [{"ShardId": "shard"}]}}));
            }
            "GetShardIterator" => return Some(json!({"ShardIterator": self.puts.len().to_string()})),
            "GetRecords" => {
                let from: usize = body["ShardIterator"].as_str().unwrap().parse().unwrap();
                let next = self.puts.len().to_string();
                return Some(json!({"Records": self.puts[from..], "NextShardIterator": next}));
            }
            "GetItem" => {
                let item = self.tables.get(name)?.get(&key(&body["Key"]));
                return Some(item.map_or(json!({}), |item| json!({"Item": item})));
            }
            "UpdateItem" => assert!(self.tables.get(name)?.contains_key(&key(&body["Key"]))),
            "BatchWriteItem" => {
                for (table, writes) in body["RequestItems"].as_object().unwrap() {
                    for write in writes.as_array().unwrap() {
                        let item = &write["PutRequest"]["Item"];
                        self.tables.get_mut(table)?.insert(key(item), item.clone());
                    }
                }
                return Some(json!({"UnprocessedItems": {}}));
            }
            "Query" => {
                let values = &body["ExpressionAttributeValues"];
                let (name_of, value) = match values[":g"]["S"].as_str() {
                    Some(group) => ("group", group),
                    None => ("id", values[":id"]["S"].as_str().unwrap()),
                };
                let items = self.tables.get(name)?.values();
                let found: Vec<_> = items.filter(|item| item[name_of]["S"] == value).collect();
                return Some(json!({"Items": found, "Count": found.len()}));
            }
            "Scan" => {
                let items: Vec<_> = self.tables.get(name)?.values().collect();
                return Some(json!({"Items": items, "Count": items.len()}));
            }
            other => panic!("{other} is not known"),
        }
        Some(json!({}))
    }
}

type Headers = HashMap<String, String>;

/// The next request; `None` at the end of the connection.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(Headers, Vec<u8>)> {
    let mut headers = Headers::new();
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 2 {
        if let Some((name, value)) = line.trim_end().split_once(": ") {
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        line.clear();
    }
    let mut body = vec![0; headers.get("content-length")?.parse().unwrap()];
    reader.read_exact(&mut body).ok()?;
    Some((headers, body))
}

/// The Authorization header that the library gives the same request.
fn signature(headers: &Headers, body: &[u8]) -> String {
    let time: jiff::civil::DateTime =
        jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &headers["x-amz-date"]).unwrap();
    let seconds = time.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
    let identity = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("dynamodb")
        .time(UNIX_EPOCH + Duration::from_secs(seconds.try_into().unwrap()))
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let url = format!("http://{}/", headers["host"]);
    let signed = ["content-type", "x-amz-target"].map(|name| (name, headers[name].as_str()));
    let request = SignableRequest::new("POST", &url, signed.into_iter(), SignableBody::Bytes(body)).unwrap();
    let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
    let authorization = instructions.headers().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    authorization.unwrap().1.to_owned()
}
