//! Several extra routes of a gateway as one.

use std::sync::Arc;

use async_trait::async_trait;
use partita_gateway::{ExtraRoutes, RawRequest, RawResponse};

/// The first of these that knows a path answers it.
#[derive(Debug)]
pub(crate) struct Routes(pub(crate) Vec<Arc<dyn ExtraRoutes>>);

impl Routes {
    fn of(&self, path: &str) -> Option<&Arc<dyn ExtraRoutes>> {
        self.0.iter().find(|routes| routes.is_open(path) || routes.service(path).is_some())
    }
}

#[async_trait]
impl ExtraRoutes for Routes {
    fn service(&self, path: &str) -> Option<&'static str> {
        self.of(path)?.service(path)
    }

    fn is_open(&self, path: &str) -> bool {
        self.of(path).is_some_and(|routes| routes.is_open(path))
    }

    async fn handle(&self, request: RawRequest) -> Option<RawResponse> {
        self.of(&request.path)?.handle(request).await
    }
}
