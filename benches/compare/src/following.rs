//! How closely the readers of Partita's change log follow: the global index of a table, and a stream.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use partita_bench::{Follow, FollowReport, Pace, Plan, Report, Workload};

use crate::load::{Extent, plan};
use crate::machine::say;
use crate::matrix::{Effort, median};
use crate::system::{Lab, Partita, System as _};

/// As many as where the targets' peak loads are measured.
const CONNECTIONS: usize = 64;
/// The part of its peak load under which an index is watched.
const LOADED: f64 = 0.5;

/// What was measured, in medians.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Following {
    /// Puts a second at half of the peak load of a table with a global index.
    pub(crate) half: f64,
    /// How long after its answer a put was found through the index then.
    pub(crate) index_lag_p99_ms: f64,
    /// Puts a second at the peak load of a table with a stream that is read.
    pub(crate) streamed: f64,
    /// Changes a second that the stream's reader was given meanwhile.
    pub(crate) changes: f64,
    /// How long after the end of that load the reader was given the last change.
    pub(crate) stream_behind: Duration,
}

/// One round.
struct Round {
    half: f64,
    index: FollowReport,
    streamed: f64,
    stream: FollowReport,
}

/// Measures Partita alone, in each round a process of its own.
pub(crate) fn measure(lab: &Lab, data: &Path, effort: Effort) -> Result<Following> {
    let mut rounds = Vec::new();
    for number in 0..effort.rounds {
        say(format!("followers, round {} of {}", number + 1, effort.rounds));
        rounds.push(round(lab, &data.join(format!("following-{number}")), effort.extent)?);
    }
    let of =
        |figure: fn(&Round) -> f64| median(rounds.iter().map(figure)).context("there is at least one round");
    Ok(Following {
        half: of(|round| round.half)?,
        index_lag_p99_ms: of(|round| round.index.lag_ms.p99)?,
        streamed: of(|round| round.streamed)?,
        changes: of(|round| round.stream.changes_per_second.unwrap_or_default())?,
        stream_behind: Duration::from_secs_f64(of(|round| round.stream.caught_up_ms)? / 1e3),
    })
}

fn round(lab: &Lab, folder: &Path, extent: Extent) -> Result<Round> {
    std::fs::create_dir(folder)?;
    let server = Partita.start(lab, folder)?;
    let load = |workload, pace, follow| -> Result<Report> {
        let plan = Plan { pace, follow, ..plan(&server, workload, CONNECTIONS, extent)? };
        Ok(partita_bench::run(&plan, |_| {})?)
    };
    let peak = load(Workload::GsiWrite, Pace::Closed, None)?.requests_per_second;
    let half = Pace::Open { rate: (peak * LOADED).max(1.0) };
    let indexed = load(Workload::GsiWrite, half, Some(Follow::Index))?;
    let streamed = load(Workload::Put, Pace::Closed, Some(Follow::Stream))?;
    server.stop()?;
    let missing = "the follower told nothing";
    Ok(Round {
        half: indexed.requests_per_second,
        index: indexed.followed.context(missing)?,
        streamed: streamed.requests_per_second,
        stream: streamed.followed.context(missing)?,
    })
}
