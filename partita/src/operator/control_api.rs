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

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, Method};
    use partita_controlplane::catalog::{Catalog, SqliteCatalog};
    use partita_controlplane::{
        ControlPlane, EventSourceMappings, MappingOptions, Options as PlaneOptions, RandomUuids,
    };
    use partita_kubernetes::AccessKey;
    use partita_mapping::PATH;
    use partita_model::clock::SystemClock;
    use partita_model::name::Scope;
    use partita_node::NodeClient;

    use super::*;
    use crate::adapters::NodeDataPlane;
    use crate::credentials;
    use crate::signing::{Signable, Signer};

    const HOST: &str = "partita-operator:8081";
    const KEY: (&str, &str) = ("PARTITATESTKEY000001", "a-secret-of-forty-characters-1234567890ab");

    /// A control plane with nothing in it, whose node is away.
    async fn serving() -> Serving {
        let scope = Scope { region: "eu-west-1".to_owned(), account_id: "000000000000".to_owned() };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let key = partita_node::AccessKey { id: KEY.0.to_owned(), secret: KEY.1.to_owned() };
        let node = NodeClient::new(watch::channel(None).1, "eu-west-1", key, Arc::clone(&clock)).unwrap();
        let plane = Arc::new(NodeDataPlane(Arc::new(node)));
        let catalog = Arc::new(SqliteCatalog::in_memory().await.unwrap());
        let tables: Arc<dyn Catalog> = Arc::<SqliteCatalog>::clone(&catalog);
        let options = PlaneOptions::from(scope.clone());
        let control =
            ControlPlane::at_rest(Arc::clone(&tables), Arc::clone(&plane) as _, Arc::clone(&clock), options);
        let functions = watch::channel(true).1;
        let options = MappingOptions { scope, uuids: Arc::new(RandomUuids), functions };
        let mappings = EventSourceMappings::new(catalog, tables, plane, clock, options);
        let (control, mappings) = (Arc::new(control), Arc::new(mappings));
        Serving { control, mappings, key: AccessKey::new(KEY.0, KEY.1), touched: Arc::new(|_| {}) }
    }

    /// The status and body of a GET of this path, signed for the service if one is given.
    async fn get(gateway: &Gateway, path: &str, service: Option<&str>) -> (u16, String) {
        let mut headers = HeaderMap::from_iter([(http::header::HOST, HOST.parse().unwrap())]);
        if let Some(service) = service {
            let key = credentials::AccessKey { id: KEY.0.to_owned(), secret: KEY.1.to_owned() };
            let url = format!("http://{HOST}{path}");
            let request = Signable { method: "GET", url: &url, headers: &[], body: "" };
            let signer = Signer { key: &key, region: "eu-west-1", service };
            for (name, value) in signer.sign(&request).unwrap() {
                headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
            }
        }
        let (path, query, body) = (path.to_owned(), String::new(), "".into());
        let answer = gateway.handle(RawRequest { method: Method::GET, path, query, headers, body }).await;
        (answer.status.as_u16(), String::from_utf8(answer.body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn nodes_ask_for_mappings_once_there_is_a_control_plane() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let api = ControlApi { listener, serving: watch::channel(None).1, clock: Arc::new(SystemClock) };
        let before = api.gateway(None).unwrap();
        assert_eq!(get(&before, "/readyz", None).await.0, 200);
        assert_eq!(get(&before, PATH, Some("lambda")).await.0, 404);

        let gateway = api.gateway(Some(&serving().await)).unwrap();
        assert_eq!(get(&gateway, "/readyz", None).await.0, 200);
        let (status, answer) = get(&gateway, PATH, Some("lambda")).await;
        assert_eq!((status, answer.as_str()), (200, r#"{"EventSourceMappings":[]}"#));
        for service in [None, Some("dynamodb")] {
            assert_eq!(get(&gateway, PATH, service).await.0, 400, "{service:?}");
        }
    }
}
