//! The one task through which every write of a shard goes.
//!
//! It takes what has come in since it last looked, notes it in the bookkeeping in the order of its coming (sequences of change
//! records, cursors, dropped tables), and gives the store all of it as one batch. So there is one place where order is
//! made and no lock that writers wait for, and the price that an engine has for a batch is paid once for many writes. Two
//! writes of one group never change the same row: whoever writes a row holds its latch until the row is applied.
//!
//! ```text
//!  commit, register, advance, drop …  ──▶ queue ──▶ note, merge ──▶ store.write ──▶ tell
//! ```

use std::collections::VecDeque;
use std::sync::Arc;

use partita_model::TableId;
use tokio::sync::{mpsc, oneshot};

use super::{Bookkeeping, State};
use crate::error::{Error, Result};
use crate::log::{LogEntry, LogRecord, LogSequence, LogStart, Undo};
use crate::store::{ShardStore, WriteBatch, Written};

/// Requests that wait for the task. More wait outside, holding what they hold anyway; the table engine lets no more writes
/// in than that.
const QUEUE_MAX: usize = 1024;

/// The most requests in one batch of the store: with more, the first ones wait longer than they save.
const GROUP_REQUESTS_MAX: usize = 128;

/// A group that has this many bytes takes no more: what it would save on a batch is little beside writing that much.
const GROUP_BYTES_MAX: usize = 256 * 1024;

/// What a write changes in the bookkeeping besides its rows and records.
#[derive(Debug)]
pub(super) enum Note {
    Nothing,
    Register { table: TableId, reader: String, from: LogStart },
    Close { table: TableId, reader: String },
    Unregister { table: TableId, reader: String },
    Advance { table: TableId, reader: String, upto: LogSequence },
    Drop(Vec<TableId>),
}

/// A write on its way to the store.
#[derive(Debug)]
struct Request {
    batch: WriteBatch,
    entries: Vec<LogEntry>,
    note: Note,
    told: oneshot::Sender<Result<Noted>>,
}

/// A write that was applied.
#[derive(Debug)]
pub(super) struct Noted {
    pub(super) written: Written,
    /// Where a reader begins or ends.
    pub(super) position: LogSequence,
    /// A table whose records up to here nobody needs, once the write is durable.
    pub(super) passed: Option<(TableId, LogSequence)>,
}

/// What noting a request gave.
#[derive(Debug, Default)]
struct Effect {
    position: LogSequence,
    passed: Option<(TableId, LogSequence)>,
    /// Whether a reader came or went.
    readers: bool,
}

/// The way to the task. It ends when the last one is dropped.
#[derive(Debug)]
pub(super) struct Sequencer {
    queue: mpsc::Sender<Request>,
}

impl Sequencer {
    pub(super) fn start(store: Arc<dyn ShardStore>, state: Arc<State>) -> Self {
        let (queue, requests) = mpsc::channel(QUEUE_MAX);
        let task = Task { store, state, passed: VecDeque::new() };
        tokio::spawn(task.run(requests));
        Self { queue }
    }

    /// Applies a batch with its change records and its note.
    pub(super) async fn apply(&self, batch: WriteBatch, entries: Vec<LogEntry>, note: Note) -> Result<Noted> {
        let (told, answer) = oneshot::channel();
        let request = Request { batch, entries, note, told };
        self.queue.send(request).await.map_err(|_| Error::Closed)?;
        answer.await.unwrap_or(Err(Error::Closed))
    }
}

struct Task {
    store: Arc<dyn ShardStore>,
    state: Arc<State>,
    /// Ends of logs that nobody needs any more once these writes are durable.
    passed: VecDeque<(Written, TableId, LogSequence)>,
}

/// Requests that go into one batch.
#[derive(Default)]
struct Group {
    batch: WriteBatch,
    bytes: usize,
    records: Vec<(TableId, LogRecord)>,
    undo: Undo,
    dropped: Vec<TableId>,
    noted: Vec<(oneshot::Sender<Result<Noted>>, Effect)>,
}

impl Group {
    fn changes_readers(&self) -> bool {
        self.noted.iter().any(|(_, effect)| effect.readers)
    }
}

impl Task {
    async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut arrived = Vec::with_capacity(GROUP_REQUESTS_MAX);
        while requests.recv_many(&mut arrived, GROUP_REQUESTS_MAX).await > 0 {
            let mut waiting = arrived.drain(..).peekable();
            while waiting.peek().is_some() {
                let group = self.gather(&mut waiting);
                self.write(group).await;
            }
            drop(waiting);
            self.discard_passed();
        }
    }

    /// Notes requests until the group is full. Those that are refused are told at once.
    fn gather(&self, waiting: &mut impl Iterator<Item = Request>) -> Group {
        let mut group = Group::default();
        let mut order = self.state.order();
        for Request { batch, entries, note, told } in waiting {
            match group.note(&mut order, batch, entries, note) {
                Ok(effect) => group.noted.push((told, effect)),
                // Nobody is there to hear it when the caller is gone.
                Err(error) => drop(told.send(Err(error))),
            }
            if group.bytes >= GROUP_BYTES_MAX {
                break;
            }
        }
        if group.changes_readers() {
            self.state.publish_readers(&order);
        }
        group
    }

    async fn write(&mut self, group: Group) {
        let readers = group.changes_readers();
        let Group { batch, records, undo, dropped, noted, .. } = group;
        if noted.is_empty() {
            return;
        }
        let written = self.store.write(batch).await;
        match written {
            Ok(written) => {
                self.state.tails.push(records, &written);
                for (told, Effect { position, passed, .. }) in noted {
                    self.passed.extend(passed.map(|(table, upto)| (written.clone(), table, upto)));
                    drop(told.send(Ok(Noted { written: written.clone(), position, passed })));
                }
                dropped.into_iter().for_each(|table| self.state.tails.remove(table));
            }
            Err(error) => {
                // Nothing was written, or the store answers nothing any more. In the first case the sequences are given
                // out again, or readers would find a gap.
                let mut order = self.state.order();
                order.take_back(undo, &dropped);
                if readers {
                    self.state.publish_readers(&order);
                }
                drop(order);
                for (told, _) in noted {
                    drop(told.send(Err(error.clone())));
                }
            }
        }
    }

    /// Lets the store remove records that every reader has passed. Not before the cursors are durable: a crash would take
    /// them back to records that are gone.
    fn discard_passed(&mut self) {
        while let Some((written, ..)) = self.passed.front()
            && written.is_durable()
            && let Some((_, table, upto)) = self.passed.pop_front()
        {
            self.state.tails.forget(table, upto);
            self.store.discard_log(table, upto);
        }
    }
}

impl Group {
    /// Notes one request, or refuses it and leaves no trace of it.
    fn note(
        &mut self,
        order: &mut Bookkeeping,
        batch: WriteBatch,
        entries: Vec<LogEntry>,
        note: Note,
    ) -> Result<Effect> {
        order.refuse_dropped(&batch, &entries)?;
        let effect = self.change(order, note)?;
        self.bytes += batch.bytes();
        self.batch.append(batch);
        for entry in entries {
            let table = entry.table;
            self.bytes += entry.payload.len();
            let record = order.log.append(entry, &mut self.batch, &mut self.undo);
            self.records.extend(record.map(|record| (table, record)));
        }
        Ok(effect)
    }

    fn change(&mut self, order: &mut Bookkeeping, note: Note) -> Result<Effect> {
        let (batch, undo) = (&mut self.batch, &mut self.undo);
        let mut effect = Effect::default();
        let table = match note {
            Note::Nothing => return Ok(effect),
            Note::Register { table, reader, from } => {
                order.refuse_table(table)?;
                effect.position = order.log.register(table, &reader, from, batch, undo)?;
                effect.readers = true;
                return Ok(effect);
            }
            Note::Close { table, reader } => {
                effect.position = order.log.close(table, &reader, batch, undo)?;
                effect.readers = true;
                table
            }
            Note::Unregister { table, reader } => {
                order.log.unregister(table, &reader, batch, undo)?;
                effect.readers = true;
                table
            }
            Note::Advance { table, reader, upto } => {
                order.log.advance(table, &reader, upto, batch, undo)?;
                table
            }
            Note::Drop(tables) => {
                effect.readers = true;
                for table in tables {
                    if order.drop_table(table, batch, undo) {
                        self.dropped.push(table);
                    }
                }
                return Ok(effect);
            }
        };
        effect.passed = order.log.table(table).map(|log| (table, LogSequence(log.passed())));
        Ok(effect)
    }
}
