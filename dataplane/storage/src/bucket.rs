//! A bucket of an S3-compatible object store: how it is reached, and how long it is waited for.
//!
//! # A put that was done although it was answered with an error
//! Whether a put took effect is unknown after a lost answer, and the store must neither lose a write nor take its own
//! write for somebody else's. This is who repeats what, as read in `object_store` 0.14 and in the engine:
//! - `object_store` repeats *every* put, conditional ones included, after a 5xx answer, a refused connection, and a
//!   connection that was closed before the answer (hyper's "incomplete message"); `repeat` adds one that was reset.
//!   After a timeout the engine repeats it. So a `PutMode::Create` whose first attempt had taken effect is answered
//!   with `AlreadyExists`, and nothing in that answer says whose object it is.
//! - The engine therefore marks every conditional put (log objects, manifests, boundaries) with a random id in the
//!   object's metadata. After `AlreadyExists` or `Precondition` it reads the metadata: its own id means success, any
//!   other id means another owner. When that read fails too, it assumes another owner; the shard ends with
//!   [`Error::Fenced`], which is safe: the waiting writes have an unknown outcome, and the shard is opened again.
//!   A bucket that drops metadata ends the shard the same way, and the probe refuses it beforehand.
//! - The two puts of ours tell by content: the claim is compared, and the probe's names are random.
//! - S3 answers 409 when it is busy with another conditional put of the same name, which after a timeout can only be
//!   our own earlier attempt. `object_store` calls that `AlreadyExists`; `repeat` makes it repeat the put instead.
//!
//! # How long the bucket is waited for
//! One call takes at most `RETRY_TIME` + `BACKOFF_MAX` + `REQUEST_TIMEOUT`, and the engine makes three of them
//! before it gives up: the shard fails, with every write that waits, after about 20 s of refusals and about 30 s of
//! silence, and never later than 50 s. It is for the owner of the process to open it again.

mod repeat;
mod trouble;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

use crate::error::{Error, Result};
pub use trouble::Trouble;

/// How long a connection may take, a TLS handshake included. What a lost packet or two cost, as S3's guide to latency
/// recommends; a bucket that needs longer is not in reach.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

/// How long one request may take, its body included. The largest body is a part of a data file, some MiB, for which
/// this asks for less than 1 MB/s; a log object takes milliseconds.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a call is begun anew after failures. Bursts of 503 while a bucket grows, and the restart of a small
/// server, are over by then; the engine then tries the whole call again.
const RETRY_TIME: Duration = Duration::from_secs(5);

/// The first and the longest pause between attempts. Not longer, because a write is waiting.
const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(1);

/// Attempts that fit into [`RETRY_TIME`] even when every pause is the shortest: time alone decides.
const RETRIES_MAX: usize = 100;

/// What says who this process is, when it was given no access key: the environment that AWS SDKs read. Nothing else
/// is taken from there, so that the bucket and its endpoint are the ones that were configured.
const IDENTITY: [AmazonS3ConfigKey; 12] = [
    AmazonS3ConfigKey::AccessKeyId,
    AmazonS3ConfigKey::SecretAccessKey,
    AmazonS3ConfigKey::Token,
    AmazonS3ConfigKey::WebIdentityTokenFile,
    AmazonS3ConfigKey::RoleArn,
    AmazonS3ConfigKey::RoleSessionName,
    AmazonS3ConfigKey::StsEndpoint,
    AmazonS3ConfigKey::ContainerCredentialsRelativeUri,
    AmazonS3ConfigKey::ContainerCredentialsFullUri,
    AmazonS3ConfigKey::ContainerAuthorizationTokenFile,
    AmazonS3ConfigKey::MetadataEndpoint,
    AmazonS3ConfigKey::Region,
];

/// A bucket, or a part of it, of an S3-compatible object store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// The bucket's name.
    pub bucket: String,
    /// Where in the bucket everything is kept: names separated by `/`. None: at its top.
    pub prefix: Option<String>,
    /// The server's URL without the bucket, such as `https://s3.example.com:9000`. None: AWS, in `region`.
    pub endpoint: Option<String>,
    /// The region that requests are signed for. None: the environment's, or else `us-east-1`.
    pub region: Option<String>,
    /// True when the bucket is named in the path (`https://host/bucket`), as most servers outside AWS want it, and not
    /// in the host (`https://bucket.host`).
    pub path_style: bool,
    /// Allows an endpoint without TLS. What is stored then crosses the network readable; access keys do not.
    pub allow_http: bool,
    /// The access key. None: the identity of the process, as AWS SDKs find it: an access key or a web identity in the
    /// environment, the container's, or else the machine's role.
    pub credentials: Option<BucketCredentials>,
}

/// An access key for a bucket.
#[derive(Clone, PartialEq, Eq)]
pub struct BucketCredentials {
    /// The key's public part.
    pub access_key_id: String,
    /// The key's secret part. Never shown.
    pub secret_access_key: String,
}

impl fmt::Debug for BucketCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BucketCredentials")
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &"(not shown)")
            .finish()
    }
}

/// The bucket's name and where it is, as people are told.
impl fmt::Display for Bucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.bucket)?;
        match (&self.endpoint, &self.region) {
            (Some(endpoint), _) => write!(formatter, " at {endpoint}"),
            (None, Some(region)) => write!(formatter, " in {region}"),
            (None, None) => Ok(()),
        }
    }
}

impl Bucket {
    /// The bucket as an object store. Nothing is sent yet.
    pub(crate) fn objects(&self) -> Result<Arc<dyn ObjectStore>> {
        let mut builder = self.identified().with_bucket_name(&self.bucket);
        if let Some(region) = &self.region {
            builder = builder.with_region(region);
        }
        if let Some(endpoint) = self.endpoint_url()? {
            builder = builder.with_endpoint(endpoint);
        }
        let objects = builder
            .with_virtual_hosted_style_request(!self.path_style)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            // The engine deletes one by one, and not every server knows the other way.
            .with_disable_bulk_delete(true)
            .with_client_options(self.client_options())
            .with_http_connector(repeat::Connector)
            .with_retry(retries())
            .build()
            .map_err(|error| Error::unavailable("set up the client of the bucket", error))?;
        Ok(Arc::new(objects))
    }

    /// The path in the bucket of the shard at `path`.
    pub(crate) fn place(&self, path: &Path) -> Result<Path> {
        let prefix = self.prefix.as_deref().unwrap_or_default();
        let prefix = Path::parse(prefix).map_err(|error| Error::unavailable("use the prefix", error))?;
        Ok(prefix.parts().chain(path.parts()).collect())
    }

    /// Says of an error at the start what about the bucket is wrong, if that can be told.
    pub(crate) fn explain(&self, error: Error) -> Error {
        match error {
            Error::Unavailable { operation, source } => match trouble::recognise(source.as_ref()) {
                Some(trouble) => Error::Bucket { bucket: self.to_string(), trouble, source: Some(source) },
                None => Error::Unavailable { operation, source },
            },
            other => other,
        }
    }

    fn identified(&self) -> AmazonS3Builder {
        if let Some(credentials) = &self.credentials {
            return AmazonS3Builder::new()
                .with_access_key_id(&credentials.access_key_id)
                .with_secret_access_key(&credentials.secret_access_key);
        }
        let environment = AmazonS3Builder::from_env();
        let known = IDENTITY.into_iter().filter_map(|key| Some((key, environment.get_config_value(&key)?)));
        known.fold(AmazonS3Builder::new(), |builder, (key, value)| builder.with_config(key, value))
    }

    /// The URL that requests go to: the client wants the bucket in the host already when it belongs there.
    fn endpoint_url(&self) -> Result<Option<String>> {
        let Some(endpoint) = &self.endpoint else { return Ok(None) };
        let refuse = |trouble| Error::Bucket { bucket: self.to_string(), trouble, source: None };
        let (scheme, host) = match endpoint.split_once("://") {
            Some((scheme @ ("http" | "https"), host)) => (scheme, host.trim_end_matches('/')),
            _ => return Err(refuse(Trouble::InvalidEndpoint)),
        };
        if host.is_empty() || host.contains(['/', '?', '#', '@']) {
            return Err(refuse(Trouble::InvalidEndpoint));
        }
        if scheme == "http" && !self.allow_http {
            return Err(refuse(Trouble::InsecureEndpoint));
        }
        Ok(Some(if self.path_style {
            format!("{scheme}://{host}")
        } else {
            format!("{scheme}://{}.{host}", self.bucket)
        }))
    }

    fn client_options(&self) -> ClientOptions {
        // A client without TLS in view must not fail for want of certificates, which a minimal image lacks.
        let never_tls = self.credentials.is_some()
            && self.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        ClientOptions::new()
            .with_allow_http(self.allow_http)
            .with_no_system_certificates(never_tls)
            .with_connect_timeout(CONNECT_TIMEOUT)
            .with_timeout(REQUEST_TIMEOUT)
    }
}

fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig { init_backoff: BACKOFF_MIN, max_backoff: BACKOFF_MAX, base: 2.0 },
        max_retries: RETRIES_MAX,
        retry_timeout: RETRY_TIME,
    }
}

#[cfg(test)]
mod tests;
