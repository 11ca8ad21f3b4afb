//! One shard of a mapping's stream: records are read, filtered, dealt to lanes and delivered, and the cursor follows.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt as _};
use partita_mapping::{Filter, Settings};
use tokio::time::{Instant, sleep_until};

use crate::Error;
use crate::deliver::Courier;
use crate::event::Event;
use crate::lanes::{Lanes, Shape};
use crate::source::{Page, Source, StreamShard};
use crate::state::{Cursor, State};

/// Works through one shard.
pub(crate) struct Worker {
    source: Source,
    shard: Arc<StreamShard>,
    state: State,
    courier: Arc<Courier>,
    filter: Option<Filter>,
    lanes: Lanes,
    /// What the shard's row says.
    saved: u64,
}

type Reading = Pin<Box<dyn Future<Output = Result<Page, Error>> + Send>>;

impl Shape {
    fn new(settings: &Settings) -> Self {
        Self {
            lanes: settings.parallelization_factor.try_into().unwrap_or(1),
            batch_size: settings.batch_size.try_into().unwrap_or(1),
            window: Duration::from_secs(settings.batching_window_s.into()),
        }
    }
}

impl Worker {
    /// A worker that goes on behind a cursor.
    pub(crate) fn new(
        source: Source,
        shard: StreamShard,
        state: State,
        courier: Courier,
        cursor: Cursor,
    ) -> Self {
        let settings = &courier.mapping.settings;
        let lanes = Lanes::new(Shape::new(settings), cursor.position);
        let filter = settings.filters.compile();
        let (shard, courier) = (Arc::new(shard), Arc::new(courier));
        Self { source, shard, state, courier, filter, lanes, saved: cursor.position }
    }

    /// Works until the shard is over and everything in it is finished.
    ///
    /// # Errors
    /// When the stream cannot be read or the store fails. Another worker may go on behind the cursor.
    ///
    /// # Cancellation
    /// As if the process ended: what was under way is delivered again.
    pub(crate) async fn run(mut self) -> Result<(), Error> {
        let mut under_way = FuturesUnordered::new();
        let mut reading: Option<Reading> = None;
        loop {
            while let Some(ready) = self.lanes.take(Instant::now()) {
                let courier = Arc::clone(&self.courier);
                under_way.push(async move { courier.carry(ready).await });
            }
            self.save().await?;
            if self.lanes.is_over() && self.lanes.is_empty() {
                return self.finish().await;
            }
            if reading.is_none() && self.lanes.has_room() {
                reading = Some(self.read());
            }
            let window = self.lanes.ready_at();
            tokio::select! {
                page = or_never(reading.as_mut()) => {
                    reading = None;
                    self.take(page?);
                }
                Some(lane) = under_way.next() => self.lanes.finished(lane),
                () = self.courier.progressed.notified() => {}
                () = at(window) => {}
            }
        }
    }

    fn read(&self) -> Reading {
        let (source, shard, after) = (self.source.clone(), Arc::clone(&self.shard), self.lanes.read());
        Box::pin(async move { source.page(&shard, after).await })
    }

    fn take(&mut self, page: Page) {
        let now = Instant::now();
        for record in page.records {
            let event = Event::new(record, &self.courier.mapping.source);
            if self.is_wanted(&event) {
                self.lanes.push(event, now);
            } else {
                self.lanes.pass(event.position);
            }
        }
        if page.over {
            self.lanes.end();
        }
    }

    fn is_wanted(&self, event: &Event) -> bool {
        let Some(filter) = &self.filter else { return true };
        // It was made here, so that it is JSON. What cannot be judged is delivered rather than lost.
        serde_json::from_slice(&event.json).map_or(true, |record| filter.matches(&record))
    }

    /// Writes the cursor if it has moved.
    async fn save(&mut self) -> Result<(), Error> {
        let position = self.lanes.cursor();
        if position > self.saved {
            let cursor = Cursor { position, done: false };
            self.state.save(&self.courier.mapping.id, &self.shard.id, cursor).await?;
            self.saved = position;
        }
        Ok(())
    }

    async fn finish(&self) -> Result<(), Error> {
        let cursor = Cursor { position: self.lanes.cursor(), done: true };
        self.state.save(&self.courier.mapping.id, &self.shard.id, cursor).await
    }
}

async fn or_never(reading: Option<&mut Reading>) -> Result<Page, Error> {
    match reading {
        Some(reading) => reading.await,
        None => pending().await,
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}
