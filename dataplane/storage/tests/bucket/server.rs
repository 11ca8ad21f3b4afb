//! An S3 server on loopback, with one bucket in a temporary folder.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use partita_storage::{Bucket, BucketCredentials, Location, ShardStore, StoreOptions, WriteBatch};
use tempfile::TempDir;

pub(crate) const BUCKET: &str = "items";
pub(crate) const REGION: &str = "eu-west-1";
const ACCESS_KEY_ID: &str = "partita";
const SECRET_ACCESS_KEY: &str = "not a secret";

/// Somebody whom the server knows and who may do nothing.
pub(crate) const STRANGER: (&str, &str) = ("stranger", "not a secret either");

/// How often another port is tried when somebody else has taken the free one meanwhile.
const STARTS_MAX: u32 = 5;

/// A running server. Ends with this value.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    folder: TempDir,
}

#[expect(clippy::disallowed_methods, reason = "the environment says where the tools of tests are")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn program() -> String {
    variable("PARTITA_VERSITYGW").expect(
        "these tests need an S3 server: set PARTITA_VERSITYGW to a versitygw binary, as made by \
         `go install github.com/versity/versitygw/cmd/versitygw@v1.8.0`, or run them through `cargo xtask`",
    )
}

impl Server {
    pub(crate) fn start() -> Self {
        for _ in 0..STARTS_MAX {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(folder.path().join("data").join(BUCKET)).unwrap();
            std::fs::create_dir(folder.path().join("accounts")).unwrap();
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let mut process = Command::new(program())
                .args(["--port", &address.to_string(), "--region", REGION])
                .args(["--access", ACCESS_KEY_ID, "--secret", SECRET_ACCESS_KEY])
                .arg("--iam-dir")
                .arg(folder.path().join("accounts"))
                .arg("posix")
                .arg(folder.path().join("data"))
                .stdout(Stdio::piped())
                .stdin(Stdio::null())
                .spawn()
                .expect("PARTITA_VERSITYGW names a program");
            let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
            let listens = lines.by_ref().any(|line| line.is_ok_and(|line| line.contains("http://")));
            // What it says later is read too, so that it never waits for a reader.
            std::thread::spawn(move || lines.for_each(drop));
            let server = Self { process, address, folder };
            if listens {
                return server;
            }
        }
        panic!("the S3 server did not start in {STARTS_MAX} attempts");
    }

    /// The server's bucket, reached at `address`: the server's own, or what stands before it.
    pub(crate) fn bucket_at(address: SocketAddr) -> Bucket {
        Bucket {
            bucket: BUCKET.to_owned(),
            prefix: Some("region/one".to_owned()),
            endpoint: Some(format!("http://{address}")),
            region: Some(REGION.to_owned()),
            path_style: true,
            allow_http: true,
            credentials: Some(credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)),
        }
    }

    pub(crate) fn bucket(&self) -> Bucket {
        Self::bucket_at(self.address)
    }

    /// The names beneath `folder` of the bucket, without what the server keeps there for itself.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let path = self.folder.path().join("data").join(BUCKET).join(folder);
        let entries = std::fs::read_dir(path).map(|entries| entries.map(|entry| entry.unwrap()).collect());
        let entries: Vec<_> = entries.unwrap_or_default();
        let names = entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| !name.starts_with('.')).collect()
    }

    /// Makes [`STRANGER`] known.
    pub(crate) fn know_the_stranger(&self) {
        let (access_key_id, secret) = STRANGER;
        let status = Command::new(program())
            .args(["admin", "--access", ACCESS_KEY_ID, "--secret", SECRET_ACCESS_KEY, "--region", REGION])
            .args(["--endpoint-url", &format!("http://{}", self.address), "create-user"])
            .args(["--access", access_key_id, "--secret", secret, "--role", "user"])
            .stdout(Stdio::null())
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().expect("a child can be killed");
        self.process.wait().expect("a killed child ends");
    }
}

pub(crate) fn credentials(access_key_id: &str, secret: &str) -> BucketCredentials {
    BucketCredentials { access_key_id: access_key_id.to_owned(), secret_access_key: secret.to_owned() }
}

pub(crate) async fn try_open(bucket: Bucket) -> partita_storage::Result<Arc<dyn ShardStore>> {
    partita_storage::open(StoreOptions::new(Location::Bucket(bucket), "shards/1")).await
}

pub(crate) async fn open(bucket: Bucket) -> Arc<dyn ShardStore> {
    try_open(bucket).await.unwrap()
}

/// Writes a row and waits until it is durable.
pub(crate) async fn write(store: &dyn ShardStore, key: &str) -> partita_storage::Result<()> {
    let mut batch = WriteBatch::new();
    batch.put(key.to_owned(), "value");
    store.write(batch).await?.durable().await
}
