//! Makes the client repeat a conditional put that got no verdict.
//!
//! S3 answers 409 `ConditionalRequestConflict` when another conditional put of the same name is under way, and asks
//! for the put to be sent again. `object_store` does so for updates, but takes 409 for "the object exists" when the put
//! was to create it. Here such an answer becomes a 503, which it repeats.
//!
//! A connection that was closed before the answer is repeated by `object_store`, one that was reset is not. The
//! difference is a matter of chance, and whoever puts under a condition here copes with either.

use async_trait::async_trait;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
    HttpService, ReqwestConnector,
};

/// The code in the answer's body. Other servers may answer 409 to say that the object exists, which stands.
const CODE: &str = "ConditionalRequestConflict";

const CONFLICT: u16 = 409;
const UNAVAILABLE: u16 = 503;

/// Connects as `object_store` does by itself, with this module in between.
#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Service(ReqwestConnector::default().connect(options)?)))
    }
}

#[derive(Debug)]
struct Service(HttpClient);

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let puts = |condition| request.method() == "PUT" && request.headers().contains_key(condition);
        let (creates, updates) = (puts("if-none-match"), puts("if-match"));
        match self.0.execute(request).await {
            Err(error) if (creates || updates) && error.kind() == HttpErrorKind::Interrupted => {
                Err(HttpError::new(HttpErrorKind::Request, error))
            }
            Ok(response) if creates && response.status() == CONFLICT => judged(response).await,
            other => other,
        }
    }
}

/// The answer of a server that says that the object exists, or else one that asks for the put again.
async fn judged(response: HttpResponse) -> Result<HttpResponse, HttpError> {
    let (mut head, body) = response.into_parts();
    let body = body.bytes().await?;
    if String::from_utf8_lossy(&body).contains(CODE) {
        head.status = UNAVAILABLE.try_into().expect("503 is a status");
    }
    Ok(HttpResponse::from_parts(head, HttpResponseBody::from(body)))
}
