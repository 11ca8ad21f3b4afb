//! Every Table of the cluster, as the API server tells of it.

use std::future::ready;

use futures::{Stream, StreamExt};
use kube::core::DeserializeGuard;
use kube::core::error_boundary::InvalidObject;
use kube::runtime::reflector::store::Writer;
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, reflector};
use kube::{Api, Resource};
use partita_api::conditions::reasons;
use partita_api::{Table, TableSpec};
use partita_controllers::events::Severity;

use super::key_of;
use crate::events::Events;

/// The annotation in which `kubectl apply` keeps a copy of the whole manifest.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Changes of Tables, kept in the store of `writer` before they are told. Broken watches are taken up again, later each
/// time. An object that is no Table to this release is told of in `events`, and stays what it was.
pub(super) fn watch(
    api: Api<DeserializeGuard<Table>>,
    writer: Writer<Table>,
    events: Events,
) -> impl Stream<Item = Result<Event<Table>, watcher::Error>> + Send {
    let watched = watcher::watcher(api, watcher::Config::default()).default_backoff();
    let readable =
        watched.filter_map(move |event| ready(event.map(|event| readable(event, &events)).transpose()));
    reflector::reflector(writer, readable)
}

fn readable(event: Event<DeserializeGuard<Table>>, events: &Events) -> Option<Event<Table>> {
    Some(match event {
        Event::Apply(object) => Event::Apply(table(object, events)?),
        Event::Delete(object) => Event::Delete(object.0.unwrap_or_else(remains)),
        Event::InitApply(object) => Event::InitApply(table(object, events)?),
        Event::Init => Event::Init,
        Event::InitDone => Event::InitDone,
    })
}

fn table(object: DeserializeGuard<Table>, events: &Events) -> Option<Table> {
    match object.0 {
        Ok(mut table) => {
            strip(&mut table);
            Some(table)
        }
        Err(ref invalid) => {
            let message =
                format!("this release cannot read the object and leaves it alone: {}", invalid.error);
            tracing::warn!(object = %key_of(&object), "{message}");
            events.tell(object.object_ref(&()), Severity::Warning, reasons::INVALID_SPEC, &message);
            None
        }
    }
}

/// What can be read of an object that is gone: enough to forget it.
fn remains(invalid: InvalidObject) -> Table {
    Table { metadata: invalid.metadata, spec: TableSpec::default(), status: None }
}

/// Takes away what nobody here reads, and what is often larger than all the rest.
pub(super) fn strip(table: &mut Table) {
    table.metadata.managed_fields = None;
    if let Some(annotations) = &mut table.metadata.annotations {
        annotations.remove(LAST_APPLIED);
    }
}
