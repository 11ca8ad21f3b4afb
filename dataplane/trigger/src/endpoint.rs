//! Who deliveries go to. Everything that needs a network is behind these traits.

mod cloud_event;
mod http;
mod lambda;

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use partita_mapping::{Target, Url};
use partita_model::clock::UnixMillis;
use partita_protocol::stream::StreamArn;

pub use http::{HttpConnect, HttpOptions};

/// One call of a target or a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The same when the same records are delivered again, and no other delivery's.
    pub id: String,
    /// What is delivered.
    pub kind: DeliveryKind,
    /// The stream.
    pub source: StreamArn,
    /// When the newest of the records happened.
    pub at: UnixMillis,
    /// JSON.
    pub body: Bytes,
}

/// What is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryKind {
    /// Records of a stream, in the form in which Lambda's functions get them.
    Records,
    /// What is known of records that were given up.
    GivenUp,
}

/// What came of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The target took it.
    Answered {
        /// The HTTP status.
        status: u16,
        /// What it says.
        body: Bytes,
    },
    /// The target was reached and failed, or may have been.
    Failed {
        /// The HTTP status; for a time-out, none that was sent.
        status: u16,
        /// What it calls its failure.
        error: Option<String>,
    },
    /// The target has not begun: it cannot be reached, is not there, or has no time. Repeated as long as the records live.
    Unreached {
        /// For whoever looks at the mapping.
        reason: String,
    },
}

/// A target or a destination.
#[async_trait]
pub trait Endpoint: Debug + Send + Sync {
    /// Delivers. Takes as long as the other side is given; being dropped leaves open whether the delivery was made.
    async fn deliver(&self, delivery: Delivery) -> Reply;
}

/// Finds endpoints.
pub trait Connect: Debug + Send + Sync {
    /// The endpoint of a target. One that is not there is found out by delivering.
    fn target(&self, target: &Target) -> Arc<dyn Endpoint>;

    /// The endpoint that is told of records that were given up.
    fn destination(&self, url: &Url) -> Arc<dyn Endpoint>;
}

#[cfg(test)]
mod tests;
