//! What a node is started with.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use partita_gateway::Limits;
use partita_mapping::Url;
use partita_model::clock::{Clock, SystemClock};
use partita_model::name::Scope;
use partita_protocol::Wording;
use partita_storage::Location;

/// The shard of a node, unless told otherwise. A path is never used for another shard.
pub const SHARD: &str = "shards/1";

/// The caches of a node, in bytes, unless told otherwise: a quarter of the memory that a pod asks for unless its Region
/// says otherwise. As much again is taken by rows that are not yet in files, and by compaction.
pub const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// How long a node that was asked to stop still serves while it says that it is not ready: the time in which the endpoints of
/// its Service follow on every machine. Kubernetes gives no sign that they have; a second is usual, two are safe.
pub const ENDPOINTS_SETTLE: Duration = Duration::from_secs(2);

/// Pause between two looks at a store that another process still holds.
pub const STORE_RETRY: Duration = Duration::from_millis(200);

/// How long a node waits for another process to let go of its store. A pod may start while its predecessor flushes, which
/// takes no longer than that one's termination grace period.
pub const STORE_WAIT_MAX: Duration = Duration::from_secs(120);

/// Pause between two looks at the credentials file: how long a revoked access key may go on once the file has changed.
pub const CREDENTIALS_POLL: Duration = Duration::from_secs(1);

/// How long the control plane is left alone after it did not answer, so that calls meanwhile are answered at once.
pub const CONTROL_DOWN_MEMORY: Duration = Duration::from_secs(1);

/// An access key with its secret, for signing. `Debug` shows the id only.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Names the key; not a secret.
    pub id: String,
    /// Never shown.
    pub secret: String,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a node is started with.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// Where the DynamoDB API is served.
    pub listen: SocketAddr,
    /// Where the node API is served: health for kubelet, descriptors and statistics for the control plane.
    pub node_listen: SocketAddr,
    /// The region that requests are signed for, and the account of all tables.
    pub scope: Scope,
    /// Where the shard's objects are kept.
    pub store: Location,
    /// The shard's path there.
    pub shard: String,
    /// The most memory for items and files that were read before, in bytes.
    pub cache_bytes: usize,
    /// The access keys that may use the DynamoDB API, in either form of [`partita_identity::Credentials::parse`]. Read again
    /// when it changes.
    pub credentials_file: PathBuf,
    /// The key that the control plane and its nodes sign with among themselves.
    pub internal: AccessKey,
    /// Base address of the control plane, such as `http://partita-operator.partita.svc:8081`. Without one, the node describes
    /// its tables itself and cannot change them.
    pub control_endpoint: Option<String>,
    /// The server of Lambda's Invoke API for event source mappings of functions that are named without one.
    pub lambda_endpoint: Option<Url>,
    /// Whose sentences errors use.
    pub wording: Wording,
    /// Dates answers, checks and makes signatures, stamps change records.
    pub clock: Arc<dyn Clock>,
    /// What callers of the DynamoDB API may take.
    pub limits: Limits,
    /// How patient the node is.
    pub timing: Timing,
}

impl NodeOptions {
    /// The options of a node of `scope` that keeps its shard in `store`; the rest as the operator starts nodes.
    pub fn new(scope: Scope, store: Location, credentials_file: PathBuf, internal: AccessKey) -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 8000)),
            node_listen: SocketAddr::from(([0, 0, 0, 0], 8081)),
            scope,
            store,
            shard: SHARD.to_owned(),
            cache_bytes: CACHE_BYTES,
            credentials_file,
            internal,
            control_endpoint: None,
            lambda_endpoint: None,
            wording: Wording::default(),
            clock: Arc::new(SystemClock),
            limits: Limits::default(),
            timing: Timing::default(),
        }
    }
}

/// Pauses and patience. The default is the constants of this module; tests are less patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// [`ENDPOINTS_SETTLE`].
    pub endpoints_settle: Duration,
    /// [`STORE_RETRY`].
    pub store_retry: Duration,
    /// [`STORE_WAIT_MAX`].
    pub store_wait_max: Duration,
    /// [`CREDENTIALS_POLL`].
    pub credentials_poll: Duration,
    /// [`CONTROL_DOWN_MEMORY`].
    pub control_down_memory: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            endpoints_settle: ENDPOINTS_SETTLE,
            store_retry: STORE_RETRY,
            store_wait_max: STORE_WAIT_MAX,
            credentials_poll: CREDENTIALS_POLL,
            control_down_memory: CONTROL_DOWN_MEMORY,
        }
    }
}
