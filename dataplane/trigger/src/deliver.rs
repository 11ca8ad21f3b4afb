//! Carrying out one batch: what the state machine says is done, one thing after the other.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use partita_mapping::Mapping;
use partita_model::clock::Clock;
use partita_model::name::Scope;
use partita_protocol::stream::{SequenceNumber, ShardId};
use tokio::sync::Notify;

use crate::batch::{Batch, Condition, Policy, Step};
use crate::endpoint::{Delivery, DeliveryKind, Endpoint, Reply};
use crate::event::{Event, payload};
use crate::failure::GivenUp;
use crate::lanes::Ready;
use crate::status::Status;

/// How often a destination is tried. It is told so that the mapping can go on: one that is down must not stop it for ever.
const DESTINATION_ATTEMPTS: u32 = 5;
/// The pause between two tries; the longest is sixteen times that.
const DESTINATION_PAUSE: Duration = Duration::from_millis(500);

/// What all deliveries of a mapping's shard share.
#[derive(Debug)]
pub(crate) struct Courier {
    pub(crate) mapping: Arc<Mapping>,
    pub(crate) scope: Arc<Scope>,
    pub(crate) shard: ShardId,
    pub(crate) policy: Policy,
    pub(crate) target: Arc<dyn Endpoint>,
    pub(crate) destination: Option<Arc<dyn Endpoint>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) status: Status,
    /// Told when a batch under way has come further.
    pub(crate) progressed: Notify,
}

impl Courier {
    /// Delivers a batch until nothing of it is left, and returns its lane.
    ///
    /// # Cancellation
    /// What was under way may have been delivered; the batch's progress says what certainly was.
    pub(crate) async fn carry(&self, ready: Ready) -> usize {
        let Ready { lane, events, progress } = ready;
        let mut batch = Batch::new(events, self.policy);
        loop {
            match batch.next(self.clock.now()) {
                Step::Finished => {
                    progress.set(None);
                    return lane;
                }
                Step::Deliver { events, after } if after.is_zero() => self.deliver(&mut batch, &events).await,
                Step::Deliver { events, after } => {
                    tokio::time::sleep(after).await;
                    // Some may have grown too old meanwhile.
                    if batch.next(self.clock.now()) == (Step::Deliver { events: events.clone(), after }) {
                        self.deliver(&mut batch, &events).await;
                    }
                }
                Step::GiveUp { events, condition } => {
                    self.give_up(&batch, &events, condition).await;
                    batch.gave_up(&events);
                }
            }
            if progress.set(batch.unfinished()) {
                self.progressed.notify_one();
            }
        }
    }

    async fn deliver(&self, batch: &mut Batch, events: &Range<usize>) {
        let before = batch.left();
        let events = batch.events.get(events.clone()).unwrap_or_default();
        let delivery = self.delivery(DeliveryKind::Records, events, payload(events));
        let reply = self.target.deliver(delivery).await;
        batch.delivered(&reply);
        self.status.delivered(before - batch.left());
        self.status.replied(&reply);
        if !matches!(reply, Reply::Answered { .. }) {
            let (mapping, shard, attempts) =
                (self.mapping.id.as_str(), self.shard.as_str(), batch.attempts());
            tracing::debug!(mapping, shard, attempts, ?reply, "a delivery failed");
        }
    }

    /// Tells the destination, if there is one.
    async fn give_up(&self, batch: &Batch, range: &Range<usize>, condition: Condition) {
        let events = batch.events.get(range.clone()).unwrap_or_default();
        self.status.gave_up(events.len());
        let id = self.id(events);
        let (mapping, shard) = (self.mapping.id.as_str(), self.shard.as_str());
        tracing::warn!(mapping, shard, records = events.len(), ?condition, "records were given up");
        let Some(destination) = &self.destination else { return };
        let given_up = GivenUp {
            mapping: &self.mapping,
            scope: &self.scope,
            shard: &self.shard,
            events,
            condition,
            attempts: batch.attempts(),
            last: &batch.last_failure,
            now: self.clock.now(),
            request_id: &id,
        };
        let delivery = self.delivery(DeliveryKind::GivenUp, events, given_up.to_json());
        for attempt in 0..DESTINATION_ATTEMPTS {
            match destination.deliver(delivery.clone()).await {
                Reply::Answered { .. } => return,
                reply => tracing::debug!(mapping, shard, attempt, ?reply, "the destination failed"),
            }
            tokio::time::sleep(DESTINATION_PAUSE * (1 << attempt)).await;
        }
        tracing::error!(
            mapping,
            shard,
            records = events.len(),
            "nobody could be told of records that were given up"
        );
    }

    fn delivery(&self, kind: DeliveryKind, events: &[Event], body: bytes::Bytes) -> Delivery {
        let at = events.last().map(|event| event.at).unwrap_or_default();
        Delivery { id: self.id(events), kind, source: self.mapping.source.clone(), at, body }
    }

    /// `<mapping>/<first sequence number>-<last>/<records>`: with several lanes, batches interleave.
    fn id(&self, events: &[Event]) -> String {
        let number = |event: Option<&Event>| SequenceNumber::of(event.map_or(0, |event| event.position));
        format!("{}/{}-{}/{}", self.mapping.id, number(events.first()), number(events.last()), events.len())
    }
}
