//! Lets a group grow while those who write to it have something to do.
//!
//! Whoever appends rows does not wake the commit thread itself. A system likes to run a thread that has just been woken,
//! on the very core that the writers share, and the group is cut short: with 64 writers on one core a sync took 7 writes
//! with it. So a task of the writers' own runtime does, once the tasks that were ready have had their turn and the
//! sockets have been looked at: when nothing is to be done that is at once, and under load after a few dozen writes. A
//! busy core decides nothing here that another process could spoil, as a scheduling class or a sleep would.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::queue::Core;
use crate::state::lock;

/// Tells the commit thread that what is queued is to be written. What is queued when it is dropped is written at once.
pub(crate) struct Gatherer {
    core: Arc<Core>,
    queued: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Gatherer {
    /// To be called on the runtime of those who write.
    pub(crate) fn start(core: &Arc<Core>) -> Self {
        let queued = Arc::new(Notify::new());
        let task = {
            let (core, queued) = (Arc::clone(core), Arc::clone(&queued));
            tokio::spawn(async move {
                loop {
                    queued.notified().await;
                    tokio::task::yield_now().await;
                    core.write_now();
                }
            })
        };
        Self { core: Arc::clone(core), queued, task }
    }

    /// Rows were queued.
    pub(crate) fn queued(&self) {
        self.queued.notify_one();
    }
}

impl Drop for Gatherer {
    fn drop(&mut self) {
        self.task.abort();
        self.core.write_now();
    }
}

impl Core {
    /// What is queued is to be written now.
    fn write_now(&self) {
        let mut queue = lock(&self.queue);
        if !queue.pending.parts.is_empty() {
            queue.due = true;
            self.wake(&mut queue);
        }
    }
}
