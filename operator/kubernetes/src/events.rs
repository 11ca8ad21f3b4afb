//! Kubernetes Events: what `kubectl describe` shows below an object.
//!
//! Whoever has something to tell never waits for the API server: events are queued, and what does not fit is counted
//! and lost. They explain the present; what matters stands in conditions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use partita_controllers::events::Severity;
use tokio::sync::mpsc;

/// Who reports.
const REPORTER: &str = "partita-operator";
/// Events waiting to be written: as many as a few hundred tables cause at once; more would be old once written.
const QUEUE_MAX: usize = 256;
/// How long one event may take. One that takes longer is lost, so that those behind it are not late.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest note that the API server takes, in bytes.
const NOTE_BYTES_MAX: usize = 1024;

/// Where controllers put events. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Events {
    queue: mpsc::Sender<Told>,
    lost: Arc<AtomicU64>,
}

/// Writes what was put into [`Events`], as long as it runs.
pub struct Publisher {
    recorder: Recorder,
    queue: mpsc::Receiver<Told>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Told {
    regarding: ObjectReference,
    severity: Severity,
    reason: String,
    message: String,
}

/// A queue of events, and what writes them. The same event of one object within a few minutes is written once and
/// counted.
pub fn events(client: kube::Client) -> (Events, Publisher) {
    let (sender, receiver) = mpsc::channel(QUEUE_MAX);
    let lost = Arc::<AtomicU64>::default();
    let recorder = Recorder::new(client, Reporter::from(REPORTER));
    let publisher = Publisher { recorder, queue: receiver, lost: Arc::clone(&lost) };
    (Events { queue: sender, lost }, publisher)
}

impl Events {
    /// Tells of something that happened to an object. Never waits.
    pub fn tell(&self, regarding: ObjectReference, severity: Severity, reason: &str, message: &str) {
        let told = Told { regarding, severity, reason: reason.to_owned(), message: cut(message) };
        if self.queue.try_send(told).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Events that were never written.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Publisher {
    /// Works until nobody is left who could tell of anything.
    pub async fn run(mut self) {
        while let Some(told) = self.queue.recv().await {
            if let Err(why) = self.publish(&told).await {
                let lost = self.lost.fetch_add(1, Ordering::Relaxed) + 1;
                let (reason, object) = (&told.reason, told.regarding.name.as_deref().unwrap_or_default());
                tracing::warn!(object, reason, lost, "an event was not written: {why}");
            }
        }
    }

    async fn publish(&self, told: &Told) -> Result<(), String> {
        let event = Event {
            type_: match told.severity {
                Severity::Normal => EventType::Normal,
                Severity::Warning => EventType::Warning,
            },
            reason: told.reason.clone(),
            note: (!told.message.is_empty()).then(|| told.message.clone()),
            action: "Reconcile".to_owned(),
            secondary: None,
        };
        match tokio::time::timeout(PUBLISH_TIMEOUT, self.recorder.publish(&event, &told.regarding)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("the API server took longer than {PUBLISH_TIMEOUT:?}")),
        }
    }
}

/// As much of a message as an event holds, ending between two characters.
fn cut(message: &str) -> String {
    let mut bytes = 0;
    let fits = |character: &char| {
        bytes += character.len_utf8();
        bytes <= NOTE_BYTES_MAX
    };
    message.chars().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::ApiServer;

    fn orders() -> ObjectReference {
        let named = |text: &str| Some(text.to_owned());
        ObjectReference {
            kind: named("Table"),
            name: named("orders"),
            namespace: named("shop"),
            ..Default::default()
        }
    }

    #[tokio::test]
    async fn an_event_is_written_beside_its_object_and_repeated_ones_are_counted() {
        let server = ApiServer::new();
        let (events, publisher) = events(server.client());
        events.tell(orders(), Severity::Normal, "Creating", "the table is being created");
        events.tell(orders(), Severity::Warning, "StepFailed", "m");
        events.tell(orders(), Severity::Warning, "StepFailed", "m");
        drop(events);
        publisher.run().await;
        let mut written = server.objects("Event");
        written.sort_by_key(|event| event["reason"].to_string());
        let shown: Vec<_> = written
            .iter()
            .map(|event| {
                let (kind, reporter) = (&event["type"], &event["reportingController"]);
                json!([
                    event["metadata"]["namespace"],
                    kind,
                    event["reason"],
                    event["series"]["count"],
                    reporter
                ])
            })
            .collect();
        let expected = [
            json!(["shop", "Normal", "Creating", null, "partita-operator"]),
            json!(["shop", "Warning", "StepFailed", 2, "partita-operator"]),
        ];
        assert_eq!(shown, expected);
    }

    #[tokio::test]
    async fn what_does_not_fit_and_what_is_refused_is_counted() {
        let server = ApiServer::new();
        let (events, publisher) = events(server.client());
        for number in 0..=QUEUE_MAX {
            events.tell(orders(), Severity::Normal, &format!("Reason{number}"), "m");
        }
        assert_eq!(events.lost(), 1);
        server.fail("create", "events", 403, 2);
        let lost = Arc::clone(&events.lost);
        drop(events);
        publisher.run().await;
        assert_eq!((lost.load(Ordering::Relaxed), server.objects("Event").len()), (3, QUEUE_MAX - 2));
    }

    #[test]
    fn a_long_message_ends_between_two_characters() {
        let text = cut(&"é".repeat(NOTE_BYTES_MAX));
        assert_eq!((text.len(), text.chars().all(|c| c == 'é')), (NOTE_BYTES_MAX, true));
        assert_eq!(cut("short"), "short");
    }
}
