//! Every object of a kind in the cluster, as the API server tells of it.

use std::future::ready;

use futures::{Stream, StreamExt};
use kube::core::DeserializeGuard;
use kube::runtime::reflector::store::Writer;
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, reflector};
use kube::{Api, Resource};
use partita_api::conditions::reasons;
use partita_controllers::events::Severity;

use super::{Kind, key_in};
use crate::events::Events;

/// The annotation in which `kubectl apply` keeps a copy of the whole manifest.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Changes of objects, kept in the store of `writer` before they are told. Broken watches are taken up again, later each
/// time. An object that this release cannot read is told of in `events`, and stays what it was.
pub(super) fn watch<K: Kind>(
    api: Api<DeserializeGuard<K>>,
    writer: Writer<K>,
    events: Events,
) -> impl Stream<Item = Result<Event<K>, watcher::Error>> + Send {
    let watched = watcher::watcher(api, watcher::Config::default()).default_backoff();
    let readable =
        watched.filter_map(move |event| ready(event.map(|event| readable(event, &events)).transpose()));
    reflector::reflector(writer, readable)
}

fn readable<K: Kind>(event: Event<DeserializeGuard<K>>, events: &Events) -> Option<Event<K>> {
    Some(match event {
        Event::Apply(object) => Event::Apply(read(object, events)?),
        Event::Delete(object) => {
            Event::Delete(object.0.unwrap_or_else(|invalid| K::remains(invalid.metadata)))
        }
        Event::InitApply(object) => Event::InitApply(read(object, events)?),
        Event::Init => Event::Init,
        Event::InitDone => Event::InitDone,
    })
}

fn read<K: Kind>(object: DeserializeGuard<K>, events: &Events) -> Option<K> {
    match object.0 {
        Ok(mut object) => {
            strip(&mut object);
            Some(object)
        }
        Err(ref invalid) => {
            let message =
                format!("this release cannot read the object and leaves it alone: {}", invalid.error);
            tracing::warn!(object = %key_in::<K>(object.meta()), "{message}");
            events.tell(object.object_ref(&()), Severity::Warning, reasons::INVALID_SPEC, &message);
            None
        }
    }
}

/// Takes away what nobody here reads, and what is often larger than all the rest.
pub(super) fn strip<K: Kind>(object: &mut K) {
    let metadata = object.metadata_mut();
    metadata.managed_fields = None;
    if let Some(annotations) = &mut metadata.annotations {
        annotations.remove(LAST_APPLIED);
    }
}

#[cfg(test)]
mod tests {
    use kube::runtime::reflector;
    use partita_api::Table;
    use serde_json::json;

    use super::*;
    use crate::events::events;
    use crate::testing::ApiServer;

    #[tokio::test]
    async fn what_is_kept_in_memory_is_stripped() {
        let server = ApiServer::new();
        let annotations = json!({
            "kubectl.kubernetes.io/last-applied-configuration": "{}", "services.k8s.aws/read-only": "false",
        });
        let metadata = json!({"name": "orders", "namespace": "shop", "annotations": annotations});
        let spec = json!({"tableName": "orders", "attributeDefinitions": [], "keySchema": []});
        let version = "partita.dev/v1";
        server.apply(&json!({"apiVersion": version, "kind": "Table", "metadata": metadata, "spec": spec}));
        let (store, writer) = reflector::store::<Table>();
        let (events, _publisher) = events(server.client());
        let mut watched = Box::pin(watch(Api::all(server.client()), writer, events));
        while !matches!(watched.next().await, Some(Ok(Event::InitDone))) {}
        let kept = store.state();
        assert_eq!(kept[0].metadata.managed_fields, None);
        let annotations: Vec<&String> = kept[0].metadata.annotations.as_ref().unwrap().keys().collect();
        assert_eq!(annotations, ["services.k8s.aws/read-only"]);
    }
}
