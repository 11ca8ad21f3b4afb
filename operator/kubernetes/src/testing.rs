//! An API server in memory, for tests: objects, watches, server-side apply, finalizers, and a count of every write.
//!
//! It refuses what [`crate::PERMISSIONS`] does not allow, so that a test also shows that the list is complete. It knows
//! no schemas, runs no other controllers and collects no garbage.

mod apply;
mod mappings;
mod request;
mod store;
mod tables;

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use kube::client::Body;
use partita_model::clock::{Clock, UnixMillis};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{AccessKey, Installation, PERMISSIONS, Reach, SecretSource};
pub(crate) use mappings::{FakeMappings, no_mappings};
use request::{Call, Verb};
use store::{Failure, Store};
pub(crate) use tables::{FakeTables, scope};

/// The operator's namespace.
pub(crate) const NAMESPACE: &str = "partita";
/// Far longer than anything here takes, and not waited for unless it does not happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A request that was to change something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Write {
    /// `create`, `update`, `patch` or `delete`.
    pub(crate) verb: &'static str,
    /// For example `tables/status`.
    pub(crate) resource: String,
    /// Name of the object; empty if it has none yet.
    pub(crate) name: String,
    /// Field manager, of patches that name one.
    pub(crate) manager: Option<String>,
}

/// A fault to come.
struct Fault {
    verb: Verb,
    resource: &'static str,
    status: u16,
    times: usize,
}

/// The API server. Its own methods are a user's: no permission is asked, and nothing is counted.
pub(crate) struct ApiServer {
    store: Mutex<Store>,
    writes: Mutex<Vec<Write>>,
    faults: Mutex<Vec<Fault>>,
    /// The version of the latest change.
    version: watch::Sender<u64>,
}

impl ApiServer {
    pub(crate) fn new() -> Arc<Self> {
        let (store, writes, faults) = (Mutex::default(), Mutex::default(), Mutex::default());
        Arc::new(Self { store, writes, faults, version: watch::Sender::new(0) })
    }

    /// A client whose default namespace is the operator's.
    pub(crate) fn client(self: &Arc<Self>) -> kube::Client {
        let server = Arc::clone(self);
        let service = tower::service_fn(move |request: Request<Body>| {
            let server = Arc::clone(&server);
            async move { Ok::<_, Infallible>(server.serve(request).await) }
        });
        kube::Client::new(service, NAMESPACE)
    }

    /// Makes the object what `manifest` says, as `kubectl apply --server-side` does.
    pub(crate) fn apply(&self, manifest: &Value) -> Value {
        self.change(|store| store.apply(&Call::of_object(manifest), manifest, "kubectl", true))
    }

    /// Changes an object's status, or anything else, without any rule.
    pub(crate) fn edit(&self, kind: &str, namespace: &str, name: &str, edit: impl FnOnce(&mut Value)) {
        self.change(|store| store.edit(&Call::of_kind(kind, namespace, name), edit));
    }

    /// Asks for an object to go; with finalizers it waits for them.
    pub(crate) fn delete(&self, kind: &str, namespace: &str, name: &str) {
        self.change(|store| store.delete(&Call::of_kind(kind, namespace, name), None));
    }

    /// An object as it is now. Cluster-scoped ones have the namespace `""`.
    pub(crate) fn object(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        self.store().get(&Call::of_kind(kind, namespace, name)).ok()
    }

    /// All objects of a kind.
    pub(crate) fn objects(&self, kind: &str) -> Vec<Value> {
        self.store().list(&Call::of_kind(kind, "", "")).0
    }

    /// Waits until the object is so, and gives it.
    pub(crate) async fn until(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
        is: impl Fn(&Value) -> bool,
    ) -> Value {
        let found = || self.object(kind, namespace, name).filter(|object| is(object));
        self.wait(found, || format!("{:?}", self.object(kind, namespace, name))).await
    }

    /// Waits until the object is gone.
    pub(crate) async fn until_gone(&self, kind: &str, namespace: &str, name: &str) {
        let object = || self.object(kind, namespace, name);
        self.wait(|| object().is_none().then_some(()), || format!("{:?}", object())).await;
    }

    /// Waits until some object of a kind is so.
    pub(crate) async fn until_any(&self, kind: &str, is: impl Fn(&Value) -> bool) {
        let found = || self.objects(kind).iter().any(&is).then_some(());
        self.wait(found, || format!("{:?}", self.objects(kind))).await;
    }

    async fn wait<T>(&self, found: impl Fn() -> Option<T>, shown: impl Fn() -> String) -> T {
        let mut version = self.version.subscribe();
        let wait = async {
            loop {
                match found() {
                    Some(found) => return found,
                    None => version.changed().await.unwrap(),
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never: {}", shown()))
    }

    /// The writes since this was asked last.
    pub(crate) fn writes(&self) -> Vec<Write> {
        std::mem::take(&mut *self.writes.lock().unwrap())
    }

    /// The next `times` requests of that verb for that resource are answered with that status. The verb is as in a
    /// role; the resource with its subresource.
    pub(crate) fn fail(&self, verb: &str, resource: &'static str, status: u16, times: usize) {
        let verb = Verb::ALL.into_iter().find(|known| known.as_str() == verb).unwrap();
        self.faults.lock().unwrap().push(Fault { verb, resource, status, times });
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Store) -> Result<T, Failure>) -> T {
        let done = change(&mut self.store()).unwrap();
        self.tell();
        done
    }

    fn tell(&self) {
        let version = self.store().version();
        self.version.send_replace(version);
    }

    async fn serve(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = body.collect_bytes().await.unwrap();
        let body: Value = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        let call = Call::of_request(&parts);
        let answer = match self.refusal(&call) {
            Some(failure) => Err(failure),
            None => self.answer(&call, &body).await,
        };
        let (status, text) = match answer {
            Ok(text) => (StatusCode::OK, text),
            Err(failure) => (StatusCode::from_u16(failure.code).unwrap(), failure.status().to_string()),
        };
        Response::builder().status(status).body(Body::from(text.into_bytes())).unwrap()
    }

    /// Why a call is refused before anybody looks at it.
    fn refusal(&self, call: &Call) -> Option<Failure> {
        let resource = call.full_resource();
        let allowed = PERMISSIONS.iter().any(|permission| {
            permission.group == call.group
                && permission.resource == resource
                && permission.verbs.contains(&call.verb.as_str())
                && (permission.reach == Reach::Cluster || call.namespace == NAMESPACE)
        });
        if !allowed {
            let message = format!("{} {} in {:?}", call.verb.as_str(), resource, call.namespace);
            return Some(Failure::new(403, "Forbidden", message));
        }
        let mut faults = self.faults.lock().unwrap();
        let fault = faults
            .iter_mut()
            .find(|fault| fault.times > 0 && fault.verb == call.verb && fault.resource == resource)?;
        fault.times -= 1;
        Some(Failure::new(fault.status, "Fault", "a fault was asked for"))
    }

    async fn answer(&self, call: &Call, body: &Value) -> Result<String, Failure> {
        match call.verb {
            Verb::Get => self.store().get(call).map(|object| object.to_string()),
            Verb::List => {
                let (items, version) = self.store().list(call);
                let metadata = json!({"resourceVersion": version.to_string()});
                Ok(json!({"kind": "List", "apiVersion": "v1", "metadata": metadata, "items": items})
                    .to_string())
            }
            Verb::Watch => Ok(self.watch(call).await),
            Verb::Create if call.query("dryRun") == Some("All") => Ok(body.to_string()),
            Verb::Create | Verb::Update | Verb::Patch | Verb::Delete => {
                let written = self.store().write(call, body);
                self.writes.lock().unwrap().push(Write {
                    verb: call.verb.as_str(),
                    resource: call.full_resource(),
                    name: call.name.clone(),
                    manager: call.query("fieldManager").map(str::to_owned),
                });
                self.tell();
                written.map(|object| object.to_string())
            }
        }
    }

    /// The changes after a version, once there are any. The client comes back for the next ones.
    async fn watch(&self, call: &Call) -> String {
        let after = call.query("resourceVersion").and_then(|version| version.parse().ok()).unwrap_or(0);
        let mut version = self.version.subscribe();
        loop {
            let changes = self.store().changes(call, after);
            if !changes.is_empty() {
                return changes.iter().map(|change| format!("{change}\n")).collect();
            }
            version.changed().await.unwrap();
        }
    }
}

/// A clock that stands until it is set.
#[derive(Debug, Default)]
pub(crate) struct SetClock(AtomicU64);

impl SetClock {
    pub(crate) fn set(&self, millis: u64) {
        self.0.store(millis, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::Relaxed))
    }
}

/// Access keys `AK1`, `AK2` and so on.
#[derive(Debug, Default)]
pub(crate) struct CountedKeys(AtomicU64);

impl SecretSource for CountedKeys {
    fn access_key(&self) -> AccessKey {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        AccessKey::new(format!("AK{number}"), format!("secret-{number}"))
    }
}

/// An operator on that API server.
pub(crate) fn installation(server: &Arc<ApiServer>) -> Arc<Installation> {
    Arc::new(Installation {
        client: server.client(),
        namespace: NAMESPACE.to_owned(),
        image: "registry.example/partita:1".to_owned(),
        control_endpoint: format!("http://partita-operator.{NAMESPACE}.svc:8081"),
        clock: Arc::<SetClock>::default(),
        secrets: Arc::<CountedKeys>::default(),
    })
}

#[cfg(test)]
mod tests;
