//! `partita describe`: one object in full, with its events.

use anyhow::Result;
use partita_controllers::describe::describe;
use partita_controllers::events::{Event, Severity};
use partita_model::clock::{Clock as _, SystemClock, UnixMillis};

use super::Connection;
use crate::arguments::DescribeOptions;
use crate::terminal;
use crate::wire::{Detail, Happened};

pub(crate) fn run(options: &DescribeOptions) -> Result<()> {
    let connection = Connection::new(&options.target)?;
    let detail: Detail =
        connection.expect("GET", &connection.path(options.kind, Some(&options.name)), None)?;
    let events: Vec<Event> = detail.events.into_iter().map(event).collect();
    terminal::print(&describe(&detail.object, &events, SystemClock.now()))
}

fn event(happened: Happened) -> Event {
    let Happened { warning, reason, message, last_ms, count } = happened;
    let severity = if warning { Severity::Warning } else { Severity::Normal };
    Event { severity, reason, message, last: UnixMillis(last_ms), count }
}
