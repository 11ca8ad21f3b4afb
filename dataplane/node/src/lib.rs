//! The data-plane process of a cluster: one shard, the gateway before it, and the wire between it and the control plane.
//!
//! ```text
//!        SDKs :8000                       control plane, kubelet :8081
//!            │                                     │
//!      Gateway, with users' keys          Gateway, with the internal key
//!         │          │                             │
//!         │      Forwarder ── control plane     NodeApi          on the control plane's side: NodeClient
//!         │   (else LocalTables)                   │
//!         └──────────┴── TableEngine, Dispatcher ──┘          Dispatcher: event source mappings, calls targets
//!                                  │
//!                                Shard
//! ```
//!
//! The control plane may be down: items are served, event source mappings go on, and the node answers from its own descriptors
//! what only shows. Nothing here reads the catalog; a node needs its store, its access keys and nothing else to start.
//!
//! Deliberately absent: Kubernetes (the operator knows it), more than one shard, and TLS (a mesh's work).
//!
//! Invariants:
//! - Every request but the two health checks is signed: users' keys open the DynamoDB API, the internal key the node API, and
//!   neither opens the other.
//! - A stopping node says that it is not ready, then still serves for a while, then ends what runs, deliveries last, then makes
//!   everything durable; only then does it let go of the store.
//! - When the store fails or is taken over, the node ends with an error; it never serves what it cannot know.
//!
//! Start reading at [`run`].

mod api;
mod client;
mod error;
mod forward;
pub mod housekeeping;
mod keys;
mod local_tables;
mod node;
mod open;
mod options;
mod parts;
mod sign;
mod state;
pub mod wire;

pub use client::{CALL_TIMEOUT, CONNECT_TIMEOUT, ClientError, NodeClient};
pub use error::NodeError;
pub use node::{Node, run};
pub use options::{
    AccessKey, CACHE_BYTES, CONTROL_DOWN_MEMORY, CREDENTIALS_POLL, ENDPOINTS_SETTLE, NodeOptions, SHARD,
    STORE_RETRY, STORE_WAIT_MAX, Timing,
};
pub use sign::ExchangeError;
pub use wire::{NodeStatus, Phase};
