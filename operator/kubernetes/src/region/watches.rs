//! The watches of the Region controller: what they saw last, and a signal for each change.

use std::fmt::Debug;
use std::future::ready;
use std::hash::Hash;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, future};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Secret, Service};
use kube::api::Api;
use kube::core::{DeserializeGuard, NamespaceResourceScope};
use kube::runtime::reflector::{Lookup, ObjectRef, Store, store};
use kube::runtime::watcher::Event;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, Resource, ResourceExt};
use partita_api::Region;
use partita_api::conditions::reasons;
use partita_controllers::events::Severity;
use serde::de::DeserializeOwned;
use tokio::sync::Notify;

use super::names;
use super::observe::{BucketKey, Snapshot};
use crate::events::Events;

/// What our own objects in the namespace have in common.
const OWN: &str = "app.kubernetes.io/managed-by=partita-operator";

/// All that is watched.
pub(crate) struct Watches {
    namespace: String,
    regions: Store<Region>,
    pods: Store<Pod>,
    services: Store<Service>,
    volumes: Store<PersistentVolumeClaim>,
    secrets: Store<Secret>,
    access_keys: Store<Secret>,
}

/// The work of watching. It never ends by itself: a watch that breaks is taken up again, later each time.
pub(crate) type Watching = BoxFuture<'static, ()>;

impl Watches {
    /// Watches Regions, and in the namespace what is ours and what is labelled as an access key; signals each change. Nothing
    /// is seen until the second value is polled.
    pub(crate) fn start(
        client: &Client,
        namespace: &str,
        changed: &Arc<Notify>,
        events: &Events,
    ) -> (Self, Watching) {
        let watching = |config| Watch { config, changed: Arc::clone(changed), events: events.clone() };
        let own = || watching(watcher::Config::default().labels(OWN));
        let labelled = watcher::Config::default().labels(&format!("{}=true", names::ACCESS_KEY_LABEL));
        let (regions, one) = watching(watcher::Config::default()).start(Api::all(client.clone()));
        let (pods, two) = own().start(within(client, namespace));
        let (services, three) = own().start(within(client, namespace));
        let (volumes, four) = own().start(within(client, namespace));
        let (secrets, five) = own().start(within(client, namespace));
        let (access_keys, six) = watching(labelled).start(within(client, namespace));
        let watching = future::join_all([one, two, three, four, five, six]).map(|_| ()).boxed();
        let namespace = namespace.to_owned();
        (Self { namespace, regions, pods, services, volumes, secrets, access_keys }, watching)
    }

    /// Returns once every watch has seen what there was when it began.
    pub(crate) async fn seen(&self) {
        let all = [
            filled(&self.regions),
            filled(&self.pods),
            filled(&self.services),
            filled(&self.volumes),
            filled(&self.secrets),
            filled(&self.access_keys),
        ];
        future::join_all(all).await;
    }

    /// The Regions, the oldest first.
    pub(crate) fn regions(&self) -> Vec<Arc<Region>> {
        let mut regions = self.regions.state();
        regions.sort_by_key(|region| {
            (region.metadata.creation_timestamp.as_ref().map(|time| time.0), region.name_any())
        });
        regions
    }

    /// What is there of a Region's objects, with the bucket's key as it was asked for.
    pub(crate) fn snapshot(&self, region: &str, bucket: BucketKey) -> Snapshot {
        let access_key = names::access_key(region);
        let mut others = self.access_keys.state();
        others.retain(|secret| secret.name_any() != access_key);
        Snapshot {
            pod: self.find(&self.pods, &names::node(region)),
            service: self.find(&self.services, &names::service(region)),
            volume: self.find(&self.volumes, &names::node(region)),
            internal: self.find(&self.secrets, &names::internal(region)),
            access_key: self.find(&self.secrets, &access_key),
            credentials: self.find(&self.secrets, &names::credentials(region)),
            others,
            bucket,
        }
    }

    fn find<K>(&self, store: &Store<K>, name: &str) -> Option<Arc<K>>
    where
        K: Lookup<DynamicType = ()> + Clone + 'static,
    {
        store.get(&ObjectRef::new(name).within(&self.namespace))
    }
}

fn within<K>(client: &Client, namespace: &str) -> Api<DeserializeGuard<K>>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
{
    Api::namespaced(client.clone(), namespace)
}

/// One watch that is about to begin.
struct Watch {
    config: watcher::Config,
    changed: Arc<Notify>,
    events: Events,
}

impl Watch {
    fn start<K>(self, api: Api<DeserializeGuard<K>>) -> (Store<K>, Watching)
    where
        K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    {
        let Self { config, changed, events } = self;
        let (reader, writer) = store();
        let watching = watcher(api, config)
            .default_backoff()
            .filter_map(move |event| ready(event.map(|event| readable(event, &events)).transpose()))
            .reflect(writer)
            .for_each(move |event: Result<Event<K>, _>| {
                match event {
                    // The store shows a list only when it is whole.
                    Ok(Event::Init | Event::InitApply(_)) => {}
                    Ok(_) => changed.notify_one(),
                    Err(error) => {
                        tracing::warn!(kind = %K::kind(&()), %error, "a watch broke and is taken up again");
                    }
                }
                ready(())
            });
        (reader, watching.boxed())
    }
}

fn readable<K>(event: Event<DeserializeGuard<K>>, events: &Events) -> Option<Event<K>>
where
    K: Resource<DynamicType = ()>,
{
    Some(match event {
        Event::Apply(object) => Event::Apply(read(object, events)?),
        Event::Delete(object) => Event::Delete(read(object, events)?),
        Event::InitApply(object) => Event::InitApply(read(object, events)?),
        Event::Init => Event::Init,
        Event::InitDone => Event::InitDone,
    })
}

/// The object without what nobody here reads. One that this release cannot read is told of and left alone: it does not keep
/// the others from being seen.
fn read<K>(object: DeserializeGuard<K>, events: &Events) -> Option<K>
where
    K: Resource<DynamicType = ()>,
{
    match object.0 {
        Ok(mut object) => {
            object.meta_mut().managed_fields = None;
            Some(object)
        }
        Err(ref invalid) => {
            let message =
                format!("this release cannot read the object and leaves it alone: {}", invalid.error);
            tracing::warn!(kind = %K::kind(&()), name = object.name_any(), "{message}");
            events.tell(object.object_ref(&()), Severity::Warning, reasons::INVALID_SPEC, &message);
            None
        }
    }
}

/// Returns once a store is filled, or never will be as its watch is gone.
fn filled<K>(store: &Store<K>) -> BoxFuture<'_, ()>
where
    K: Lookup + Clone + Send + Sync + 'static,
    K::DynamicType: Eq + Hash + Clone + Send + Sync,
{
    store.wait_until_ready().map(|_| ()).boxed()
}
