//! `kubectl partita status`: what is there, what is wrong with it, and what to do next.

mod next;
mod report;
mod text;

use std::process::ExitCode;

use anyhow::{Context as _, Result};

use super::cluster::{Cluster, Leader};
use super::objects::{Mapping, Region, Table};
use crate::arguments::{StatusForm, StatusOptions};
use crate::terminal;
use report::Report;

/// What was read of a cluster at one time.
#[derive(Debug, Default)]
struct Seen {
    /// `None` if the cluster does not know the kind.
    regions: Option<Vec<Region>>,
    tables: Option<Vec<Table>>,
    mappings: Option<Vec<Mapping>>,
    leaders: Vec<Leader>,
}

pub(super) async fn run(options: &StatusOptions) -> Result<ExitCode> {
    let cluster = Cluster::connect(&options.cluster).await?;
    let report = Report::of(&look(&cluster, options.namespace.as_deref()).await?);
    let text = match options.output {
        None => text::text(&report),
        Some(StatusForm::Json) => {
            format!("{}\n", serde_json::to_string_pretty(&report).context("cannot write JSON")?)
        }
    };
    terminal::print(&text)?;
    Ok(if report.ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn look(cluster: &Cluster, namespace: Option<&str>) -> Result<Seen> {
    let regions = cluster.regions().await?;
    let told = regions.iter().flatten().find_map(|region| region.status.namespace.as_deref());
    let leaders = match namespace.or(told) {
        Some(namespace) => cluster.leaders(Some(namespace)).await?,
        None => Vec::new(),
    };
    Ok(Seen { tables: cluster.tables().await?, mappings: cluster.mappings().await?, regions, leaders })
}

#[cfg(test)]
mod tests;
