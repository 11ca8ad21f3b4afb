//! Redis, every write synced, asked by its own load generator over its own protocol.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use partita_bench::Workload;

use super::{Lab, REDIS, System};
use crate::cases::Case;
use crate::load::{Extent, ITEM_BYTES, Sample, with_tool};
use crate::machine::{on_server_core, printed};
use crate::server::{Server, free_port};

/// Requests of each connection that tell how many make a measurement of the length that is wanted.
const TRIAL: usize = 50;

pub(super) struct Redis;

impl System for Redis {
    fn name(&self) -> &'static str {
        REDIS
    }

    fn about(&self) -> &'static str {
        "SET by redis-benchmark; no HTTP, no JSON, no signatures; appendfsync always"
    }

    fn install(&self, _: &Lab) -> Result<()> {
        printed(Command::new("redis-server").arg("--version"))
            .map(drop)
            .context("not installed: `apt-get install redis-server`")
    }

    fn start(&self, _: &Lab, folder: &Path) -> Result<Server> {
        let port = free_port()?;
        let mut command = on_server_core("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"]).arg(folder);
        command.args(["--appendonly", "yes", "--appendfsync", "always"]);
        Server::start(&mut command, port, folder)
    }

    fn measure(&self, server: &Server, case: Case, extent: Extent) -> Result<Option<Sample>> {
        if case.workload != Workload::Put {
            return Ok(None);
        }
        let load = |requests: f64| {
            let mut benchmark = Command::new("redis-benchmark");
            benchmark.args(["-p", &server.port.to_string(), "-t", "set", "--csv"]);
            benchmark.args(["-n", &format!("{requests:.0}"), "-c", &case.connections.to_string()]);
            benchmark.args(["-d", &ITEM_BYTES.to_string(), "-r", &extent.written_keys.to_string()]);
            printed(&mut benchmark)
        };
        let few = f64::from(u32::try_from(TRIAL * case.connections).unwrap_or(u32::MAX));
        let trial = Told::read(&load(few)?)?;
        let requests = few.max(trial.per_second * extent.duration.as_secs_f64());
        let (told, cpu, _) = with_tool(server, || load(requests))?;
        let Told { per_second, p50_ms, p99_ms } = Told::read(&told)?;
        Ok(Some(Sample {
            per_second,
            megabytes_per_second: per_second * 1_024.0 / 1e6,
            p50_ms,
            p99_ms: Some(p99_ms),
            server_us: cpu.as_secs_f64() * 1e6 / requests,
            client_us: None,
            errors: None,
        }))
    }
}

struct Told {
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl Told {
    /// Reads two lines of comma-separated values: the names, and those of SET.
    fn read(told: &str) -> Result<Self> {
        let mut lines = told.lines().map(|line| line.split(',').map(|field| field.trim_matches('"')));
        let (names, values) = (lines.next(), lines.next());
        let fields: Vec<_> = names.into_iter().flatten().zip(values.into_iter().flatten()).collect();
        let field = |wanted: &str| {
            let value =
                fields.iter().find(|(name, _)| *name == wanted).and_then(|(_, value)| value.parse().ok());
            value.with_context(|| format!("redis-benchmark told no {wanted}; version 7 does"))
        };
        Ok(Self {
            per_second: field("rps")?,
            p50_ms: field("p50_latency_ms")?,
            p99_ms: field("p99_latency_ms")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_tool_tells() {
        let told = "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\",\"p95_latency_ms\",\"p99_latency_ms\",\"max_latency_ms\"\n\"SET\",\"51282.05\",\"0.9\",\"0.2\",\"0.871\",\"1.4\",\"1.9\",\"2.1\"\n";
        let told = Told::read(told).unwrap();
        assert_eq!((told.per_second, told.p50_ms, told.p99_ms), (51_282.05, 0.871, 1.9));
        assert!(Told::read("").is_err());
    }
}
