//! Further routes on the same address, such as the one by which tools apply manifests.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::message::{RawRequest, RawResponse};

/// Routes beside the DynamoDB API, which keeps the path `/` to itself.
#[async_trait]
pub trait ExtraRoutes: Debug + Send + Sync {
    /// The service that requests to `path` must be signed for; `None` if the path is not one of these routes.
    fn service(&self, path: &str) -> Option<&'static str>;

    /// Answers a request whose path is one of these routes. Its signature is verified if the gateway verifies any, and its body
    /// is decompressed. `None` is answered with 404. The gateway adds request id, checksum, date and compression.
    async fn handle(&self, request: RawRequest) -> Option<RawResponse>;
}
