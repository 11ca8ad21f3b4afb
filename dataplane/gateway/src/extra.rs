//! Further routes on the same address, such as the one by which tools apply manifests.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::message::{RawRequest, RawResponse};

/// Routes beside the DynamoDB API, which keeps the path `/` to itself.
#[async_trait]
pub trait ExtraRoutes: Debug + Send + Sync {
    /// The service that requests to `path` must be signed for; `None` if the path is not one of these routes.
    fn service(&self, path: &str) -> Option<&'static str>;

    /// Whether requests to `path` need no signature, even when the gateway verifies signatures: health checks, and nothing that
    /// tells or changes what is anybody's. Such a request comes with its body as it was sent.
    fn is_open(&self, _path: &str) -> bool {
        false
    }

    /// Answers a request whose path is one of these routes. Its signature is verified if the gateway verifies any, and its body
    /// is decompressed. `None` is answered with 404. The gateway adds request id, checksum, date and compression.
    async fn handle(&self, request: RawRequest) -> Option<RawResponse>;
}

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody.
    Open,
    /// Whoever signs for this service.
    Signed(&'static str),
}

impl dyn ExtraRoutes {
    /// Who may call `path`; `None` if it is not one of these routes.
    pub(crate) fn access(&self, path: &str) -> Option<Access> {
        if self.is_open(path) { Some(Access::Open) } else { self.service(path).map(Access::Signed) }
    }
}
