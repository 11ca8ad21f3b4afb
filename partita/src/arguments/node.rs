//! Options of `partita node`. The operator writes them into the pod it makes; people meet them in `kubectl describe pod`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::{Functions, Identity, Log, size};

/// Options of `partita node`.
#[derive(Debug, Args)]
pub(crate) struct NodeOptions {
    /// Address of the DynamoDB API
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8000")]
    pub(crate) listen: SocketAddr,
    /// Address of the node API: health, readiness, and what the operator says
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8081")]
    pub(crate) node_listen: SocketAddr,
    #[command(flatten)]
    pub(crate) identity: Identity,
    /// File of the access keys that are taken, an AWS shared credentials file; read again whenever it changes
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: PathBuf,
    /// Folder with the key between operator and nodes, in the files `accessKeyID` and `secretAccessKey`
    #[arg(long, value_name = "DIR")]
    pub(crate) internal_key: PathBuf,
    /// Where operations that change tables are passed on to; without it they fail
    #[arg(long, value_name = "URL")]
    pub(crate) control_endpoint: Option<String>,
    #[command(flatten)]
    pub(crate) functions: Functions,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    #[command(flatten)]
    pub(crate) log: Log,
}

/// Where the items are.
#[derive(Debug, Args)]
pub(crate) struct StoreOptions {
    /// Folder that holds everything; created if absent
    #[arg(long, value_name = "DIR", required_unless_present = "bucket", conflicts_with = "bucket")]
    pub(crate) data: Option<PathBuf>,
    /// Most memory for items and files that were read before; the default suits the memory that the operator asks for unless
    /// the Region says otherwise
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size::cache_size)]
    pub(crate) cache_size: usize,
    #[command(flatten)]
    pub(crate) bucket: BucketOptions,
}

/// A bucket of an S3-compatible object store. Ids are not the fields' names, which the command has too.
#[derive(Debug, Args)]
pub(crate) struct BucketOptions {
    /// Bucket that holds everything, instead of a folder
    #[arg(long = "bucket", id = "bucket", value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// What the names of all objects begin with
    #[arg(
        long = "bucket-prefix",
        id = "bucket-prefix",
        value_name = "PREFIX",
        requires = "bucket",
        conflicts_with = "data"
    )]
    pub(crate) prefix: Option<String>,
    /// The object store's address; AWS's for the region unless given
    #[arg(
        long = "bucket-endpoint",
        id = "bucket-endpoint",
        value_name = "URL",
        requires = "bucket",
        conflicts_with = "data"
    )]
    pub(crate) endpoint: Option<String>,
    /// The bucket's region
    #[arg(
        long = "bucket-region",
        id = "bucket-region",
        value_name = "NAME",
        requires = "bucket",
        conflicts_with = "data"
    )]
    pub(crate) region: Option<String>,
    /// Name the bucket in the path, not in the host
    #[arg(
        long = "bucket-path-style",
        id = "bucket-path-style",
        requires = "bucket",
        conflicts_with = "data"
    )]
    pub(crate) path_style: bool,
    /// Allow an endpoint without TLS
    #[arg(
        long = "bucket-allow-http",
        id = "bucket-allow-http",
        requires = "bucket",
        conflicts_with = "data"
    )]
    pub(crate) allow_http: bool,
    /// Folder with the bucket's access key, in the files `accessKeyID` and `secretAccessKey`; without it, the identity that the machine
    /// or the pod has is used
    #[arg(
        long = "bucket-key",
        id = "bucket-key",
        value_name = "DIR",
        requires = "bucket",
        conflicts_with = "data"
    )]
    pub(crate) key: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::arguments::{Arguments, Command};

    fn parse(more: &[&str]) -> Result<NodeOptions, clap::Error> {
        let always = [
            "partita",
            "node",
            "--listen",
            "0.0.0.0:8000",
            "--node-listen",
            "0.0.0.0:8081",
            "--region",
            "eu-west-1",
            "--account-id",
            "111122223333",
            "--credentials",
            "/etc/partita/credentials/credentials",
            "--internal-key",
            "/etc/partita/internal",
            "--control-endpoint",
            "http://partita-operator.db.svc:8081",
        ];
        let arguments = Arguments::try_parse_from(always.iter().chain(more))?;
        match arguments.command {
            Command::Node(options) => Ok(options),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn takes_a_folder() {
        let options = parse(&["--data", "/var/lib/partita"]).unwrap();
        assert_eq!(options.store.data, Some("/var/lib/partita".into()));
        assert_eq!(options.store.cache_size, partita_node::CACHE_BYTES, "unless told otherwise");
        assert_eq!(options.identity.scope().account_id, "111122223333");
    }

    #[test]
    fn takes_a_server_of_functions() {
        let given = ["--data", "/d", "--lambda-endpoint", "http://functions.default.svc:9001"];
        let endpoint = parse(&given).unwrap().functions.lambda_endpoint.unwrap();
        assert_eq!(endpoint.as_str(), "http://functions.default.svc:9001");
        assert!(parse(&["--data", "/d"]).unwrap().functions.lambda_endpoint.is_none());
        assert!(parse(&["--data", "/d", "--lambda-endpoint", "functions:9001"]).is_err());
    }

    #[test]
    fn takes_a_bucket_with_everything_an_object_store_may_need() {
        let options = parse(&[
            "--bucket",
            "items",
            "--bucket-prefix",
            "a/b",
            "--bucket-endpoint",
            "http://store:7070",
            "--bucket-region",
            "us-east-1",
            "--bucket-path-style",
            "--bucket-allow-http",
            "--bucket-key",
            "/etc/partita/bucket",
        ]);
        let bucket = options.unwrap().store.bucket;
        assert_eq!((bucket.name.as_deref(), bucket.prefix.as_deref()), (Some("items"), Some("a/b")));
        assert!(bucket.path_style && bucket.allow_http && bucket.key.is_some());
    }

    #[test]
    fn needs_exactly_one_place_for_items() {
        assert!(parse(&[]).is_err());
        assert!(parse(&["--data", "/d", "--bucket", "b"]).is_err());
        assert!(parse(&["--data", "/d", "--bucket-path-style"]).is_err());
    }
}
