//! Events: what happened to an object, one for each transition.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use partita_model::clock::UnixMillis;

use crate::objects::ObjectKey;

/// Events kept for one object; older ones make room.
const EVENTS_PER_OBJECT_MAX: usize = 16;

/// Whether an event is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It is.
    Normal,
    /// Somebody should look.
    Warning,
}

/// Something that happened to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whether it is expected.
    pub severity: Severity,
    /// One of the reasons of conditions.
    pub reason: String,
    /// For people.
    pub message: String,
    /// When it happened last.
    pub last: UnixMillis,
    /// How often in a row.
    pub count: u32,
}

/// Who else is told of events.
pub trait EventSink: Debug + Send + Sync {
    /// Takes one event, at once: whoever cannot keep up loses events, never the reconciler's time.
    fn take(&self, key: &ObjectKey, severity: Severity, reason: &str, message: &str);
}

/// The latest events of each object, in memory: they explain the present and are not a record.
#[derive(Debug, Default)]
pub struct EventLog {
    events: Mutex<BTreeMap<ObjectKey, VecDeque<Event>>>,
    sink: Option<Arc<dyn EventSink>>,
}

impl EventLog {
    /// A log that passes each event on to `sink` too.
    pub fn with_sink(sink: Arc<dyn EventSink>) -> Self {
        Self { sink: Some(sink), ..Self::default() }
    }

    /// Records an event and logs it. The same event in a row is counted, not repeated.
    pub fn record(&self, key: &ObjectKey, severity: Severity, reason: &str, message: &str, now: UnixMillis) {
        match severity {
            Severity::Normal => tracing::info!(object = %key, reason, "{message}"),
            Severity::Warning => tracing::warn!(object = %key, reason, "{message}"),
        }
        if let Some(sink) = &self.sink {
            sink.take(key, severity, reason, message);
        }
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let events = events.entry(key.clone()).or_default();
        if let Some(event) =
            events.back_mut().filter(|event| event.reason == reason && event.message == message)
        {
            event.count = event.count.saturating_add(1);
            event.last = now;
            return;
        }
        if events.len() == EVENTS_PER_OBJECT_MAX {
            events.pop_front();
        }
        let (reason, message) = (reason.to_owned(), message.to_owned());
        events.push_back(Event { severity, reason, message, last: now, count: 1 });
    }

    /// An object's events, oldest first.
    pub fn of(&self, key: &ObjectKey) -> Vec<Event> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.get(key).into_iter().flatten().cloned().collect()
    }

    /// Forgets an object's events.
    pub fn forget(&self, key: &ObjectKey) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default)]
    struct Taken(Mutex<Vec<String>>);

    impl EventSink for Taken {
        fn take(&self, key: &ObjectKey, severity: Severity, reason: &str, message: &str) {
            self.0.lock().unwrap().push(format!("{key} {severity:?} {reason} {message}"));
        }
    }

    #[test]
    fn the_sink_is_told_of_each_event() {
        let sink = Arc::<Taken>::default();
        let log = EventLog::with_sink(Arc::<Taken>::clone(&sink));
        let key = ObjectKey { kind: "Table".into(), namespace: "default".into(), name: "t".into() };
        log.record(&key, Severity::Warning, "StepFailed", "m", UnixMillis(1));
        assert_eq!(*sink.0.lock().unwrap(), ["Table default/t Warning StepFailed m"]);
    }

    #[test]
    fn the_same_event_in_a_row_is_counted_and_old_ones_make_room() {
        let log = EventLog::default();
        let key = ObjectKey { kind: "Table".into(), namespace: "default".into(), name: "t".into() };
        log.record(&key, Severity::Normal, "Creating", "m", UnixMillis(1));
        log.record(&key, Severity::Normal, "Creating", "m", UnixMillis(2));
        assert_eq!(log.of(&key).iter().map(|e| (e.count, e.last)).collect::<Vec<_>>(), [(2, UnixMillis(2))]);
        for n in 0..40_u32 {
            log.record(&key, Severity::Warning, "StepFailed", &n.to_string(), UnixMillis(3));
        }
        let kept = log.of(&key);
        assert_eq!(kept.len(), EVENTS_PER_OBJECT_MAX);
        assert_eq!(kept.last().map(|e| e.message.as_str()), Some("39"));
    }
}
