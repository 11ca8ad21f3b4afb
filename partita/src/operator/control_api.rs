//! What the operator serves: its health from the first moment, and while it has a control plane control operations, and Lambda's API
//! for event source mappings.
//!
//! One gateway follows the other on the same socket, so that no connection is refused in between.

use std::net::TcpListener;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use partita_gateway::{ExtraRoutes, Gateway, Options, RawRequest, RawResponse};
use partita_identity::{AccessKeyId, Credentials, SecretKey, Verifier};
use partita_model::TableName;
use partita_model::clock::Clock;
use tokio::sync::watch;

use super::plane::Serving;
use crate::adapters::ApiControlPlane;
use crate::lambda_api::LambdaApi;
use crate::routes::Routes;

/// Whether the process runs, and whether it can do its work. Both hold from the start: an operator that waits for its kinds or for
/// the Lease is as it should be, and what it lacks is said in its log and in the objects' status.
const OPEN_PATHS: [&str; 2] = ["/healthz", "/readyz"];

/// The operator's socket.
pub(super) struct ControlApi {
    pub(super) listener: TcpListener,
    pub(super) serving: watch::Receiver<Option<Serving>>,
    pub(super) clock: Arc<dyn Clock>,
}

impl ControlApi {
    /// Serves until `stop`, and then what still runs to its end.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) -> Result<()> {
        while !*stop.borrow() {
            let serving = self.serving.borrow_and_update().clone();
            let gateway = Arc::new(self.gateway(serving.as_ref())?);
            let listener = self.listener.try_clone().context("cannot share the socket")?;
            let listener = tokio::net::TcpListener::from_std(listener).context("cannot share the socket")?;
            let (serving, stop) = (&mut self.serving, &mut stop);
            let over = async {
                // An error says that the other side is gone, which is an end too.
                tokio::select! {
                    _ = serving.changed() => {}
                    _ = stop.wait_for(|stop| *stop) => {}
                }
            };
            gateway.serve(listener, over).await;
        }
        Ok(())
    }

    fn gateway(&self, serving: Option<&Serving>) -> Result<Gateway> {
        let mut routes = Routes(vec![Arc::new(Health)]);
        if let Some(serving) = serving {
            routes.0.push(Arc::new(LambdaApi::new(Arc::clone(&serving.mappings))));
        }
        let options = Options {
            clock: Arc::clone(&self.clock),
            extra_routes: Some(Arc::new(routes)),
            ..Options::default()
        };
        let verifier =
            |credentials, region: &str| Arc::new(Verifier::new(credentials, region, Arc::clone(&self.clock)));
        Ok(match serving {
            None => Gateway::routes_only(verifier(Credentials::default(), ""), options),
            Some(Serving { control, key, touched, .. }) => {
                let mut credentials = Credentials::default();
                let unusable =
                    "the key between operator and nodes is not usable; delete its Secret to get another";
                let id = AccessKeyId::new(key.id()).context(unusable)?;
                credentials.insert(id, SecretKey::new(key.secret()).context(unusable)?).context(unusable)?;
                let touched = Arc::clone(touched);
                let api = ApiControlPlane::new(
                    Arc::clone(control),
                    Box::new(move |table: &TableName| touched(table)),
                );
                Gateway::control_only(Arc::new(api), verifier(credentials, &control.scope().region), options)
            }
        })
    }
}

/// Says that the process runs.
#[derive(Debug)]
struct Health;

#[async_trait]
impl ExtraRoutes for Health {
    fn service(&self, _path: &str) -> Option<&'static str> {
        None
    }

    fn is_open(&self, path: &str) -> bool {
        OPEN_PATHS.contains(&path)
    }

    async fn handle(&self, _request: RawRequest) -> Option<RawResponse> {
        let ok = 200_u16.try_into().expect("200 is a status");
        Some(RawResponse::new(ok, "text/plain", "ok\n"))
    }
}
