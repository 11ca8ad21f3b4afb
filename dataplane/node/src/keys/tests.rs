use partita_model::clock::{Clock, SystemClock};
use partita_model::name::Scope;
use partita_storage::Location;

use super::*;
use crate::options::AccessKey;

/// A node's key file, with what follows it by hand.
struct World {
    folder: tempfile::TempDir,
    path: PathBuf,
    file: KeyFile,
    verifier: Arc<Verifier>,
}

fn options(path: PathBuf) -> NodeOptions {
    let scope = Scope { region: "eu-central-1".to_owned(), account_id: "123456789012".to_owned() };
    let internal = AccessKey { id: "i".to_owned(), secret: "s".to_owned() };
    NodeOptions::new(scope, Location::Memory, path, internal)
}

impl World {
    async fn with(text: &str) -> Result<Self, NodeError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials");
        std::fs::write(&path, text).unwrap();
        let (file, verifier) = KeyFile::read(&options(path.clone())).await?;
        Ok(Self { folder, path, file, verifier })
    }

    async fn becomes(&mut self, text: &str) {
        std::fs::write(&self.path, text).unwrap();
        self.file.look(&self.path, &self.verifier).await;
    }

    /// Whether the verifier knows an access key: it then finds something else to be wrong with a made-up signature.
    fn knows(&self, id: &str) -> bool {
        let now = partita_identity::basic_time(SystemClock.now());
        let day: String = now.chars().take(8).collect();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={id}/{day}/eu-central-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, \
             Signature={}",
            "0".repeat(64)
        );
        let headers = [("host", "h"), ("x-amz-date", &now), ("authorization", &authorization)];
        let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let headers = http::HeaderMap::from_iter(headers);
        let request = partita_identity::SignedRequest {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            body: b"",
        };
        match self.verifier.verify(&request, "dynamodb") {
            Err(partita_identity::Error::UnknownKey) => false,
            Err(partita_identity::Error::Mismatch) => true,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_changed_file_replaces_the_keys() {
    let mut world = World::with("A secret\n").await.unwrap();
    assert!(world.knows("A") && !world.knows("B"));
    world.becomes("B secret\n").await;
    assert!(!world.knows("A") && world.knows("B"));
}

#[tokio::test]
async fn a_malformed_file_keeps_the_last_good_one() {
    let mut world = World::with("A secret\nB secret\n").await.unwrap();
    for malformed in ["A\n", "[a]\naws_access_key_id = A\n", "A secret\nA other\n"] {
        world.becomes(malformed).await;
        assert!(world.knows("A") && world.knows("B"), "{malformed}");
    }
    world.becomes("B secret\n").await;
    assert!(!world.knows("A") && world.knows("B"), "a good one counts again");
}

#[tokio::test]
async fn a_file_that_is_gone_or_too_large_keeps_the_last_good_one() {
    let mut world = World::with("A secret\n").await.unwrap();
    std::fs::remove_file(&world.path).unwrap();
    world.file.look(&world.path, &world.verifier).await;
    assert!(world.knows("A"));
    let too_large = format!("B secret\n{}", "#".repeat(1024 * 1024));
    world.becomes(&too_large).await;
    assert!(world.knows("A") && !world.knows("B"));
    drop(world.folder);
}

#[tokio::test]
async fn a_file_without_keys_revokes_all_of_them() {
    let mut world = World::with("A secret\n").await.unwrap();
    world.becomes("# none\n").await;
    assert!(!world.knows("A"));
    assert!(!World::with("").await.unwrap().knows("A"), "a node may start before there are keys");
}

#[tokio::test]
async fn a_node_needs_a_readable_file_to_start() {
    let error = World::with("A\n").await.err().expect("malformed");
    assert!(matches!(error, NodeError::Credentials { .. }), "{error}");
}
