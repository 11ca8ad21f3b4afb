//! PostgreSQL, every commit synced, asked by its own load generator over its own protocol.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use partita_bench::Workload;

use super::{Lab, POSTGRES, System};
use crate::cases::Case;
use crate::load::{Extent, ITEM_BYTES, Sample, with_tool};
use crate::machine::{SERVER_CORE, printed, quietly};
use crate::server::{Server, free_port};

/// Where Debian and others put what is not meant for everybody's path.
const FOLDERS: [&str; 3] = ["/usr/lib/postgresql", "/usr/pgsql", "/opt/postgresql"];
/// It refuses to run as root; Debian's package makes this user.
const USER: &str = "postgres";
const SCRIPT: &str = "INSERT INTO items (id, value) VALUES (:id, :value) ON CONFLICT (id) DO UPDATE SET value = excluded.value;\n";

pub(super) struct Postgres;

impl System for Postgres {
    fn name(&self) -> &'static str {
        POSTGRES
    }

    fn about(&self) -> &'static str {
        "upserts by pgbench with prepared statements; no HTTP, no JSON, no signatures; fsync and synchronous_commit on"
    }

    fn install(&self, _: &Lab) -> Result<()> {
        programs().map(drop)
    }

    fn start(&self, _: &Lab, folder: &Path) -> Result<Server> {
        let (port, programs, data) = (free_port()?, programs()?, folder.join("postgres"));
        std::fs::create_dir(&data)?;
        if is_root()? {
            quietly(Command::new("chown").arg(USER).arg(&data).arg(folder))?;
        }
        let mut initdb = as_user(&programs.join("initdb"))?;
        quietly(initdb.args(["--username", USER, "--auth", "trust", "--pgdata"]).arg(&data))?;
        let mut command = as_user(Path::new("taskset"))?;
        command.args(["--cpu-list", SERVER_CORE]).arg(programs.join("postgres"));
        command.arg("-D").arg(&data).args(["-p", &port.to_string(), "-h", "127.0.0.1", "-k"]).arg(&data);
        let server = Server::start(&mut command, port, folder)?;
        let mut psql = Command::new("psql");
        psql.args(connection(port)).args(["--quiet", "--command"]);
        quietly(psql.arg("CREATE TABLE items (id bigint PRIMARY KEY, value text)"))?;
        Ok(server)
    }

    fn measure(&self, server: &Server, case: Case, extent: Extent) -> Result<Option<Sample>> {
        if case.workload != Workload::Put {
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        let script = folder.path().join("upsert.sql");
        std::fs::write(&script, format!("\\set id random(1, {})\n{SCRIPT}", extent.written_keys))?;
        let load = |seconds: f64| {
            let mut pgbench = Command::new("pgbench");
            pgbench.args(connection(server.port)).args([
                "--no-vacuum",
                "--protocol",
                "prepared",
                "--jobs",
                "1",
            ]);
            pgbench.args(["--client", &case.connections.to_string()]);
            // It takes whole seconds.
            pgbench.args(["--time", &seconds.ceil().to_string()]);
            pgbench
                .env("PGDATABASE", USER)
                .args(["--define", &format!("value={}", "x".repeat(ITEM_BYTES))])
                .arg("--file")
                .arg(&script);
            printed(&mut pgbench)
        };
        load(extent.warm_up.as_secs_f64().max(1.0))?;
        let (told, cpu, took) = with_tool(server, || load(extent.duration.as_secs_f64()))?;
        let per_second = figure(&told, "tps = ").context("pgbench told no throughput")?;
        Ok(Some(Sample {
            per_second,
            megabytes_per_second: per_second * 1_024.0 / 1e6,
            // The mean; it tells no quantiles.
            p50_ms: figure(&told, "latency average = ").context("pgbench told no latency")?,
            p99_ms: None,
            server_us: cpu.as_secs_f64() * 1e6 / (per_second * took.as_secs_f64()),
            client_us: None,
            errors: None,
        }))
    }
}

fn connection(port: u16) -> [String; 6] {
    let port = port.to_string();
    ["--host", "127.0.0.1", "--port", &port, "--username", USER].map(str::to_owned)
}

/// The number after some words.
fn figure(told: &str, words: &str) -> Option<f64> {
    told.split_once(words)?.1.split_whitespace().next()?.parse().ok()
}

/// The folder of the newest version's programs.
fn programs() -> Result<PathBuf> {
    let mut found: Vec<_> = FOLDERS
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flat_map(|versions| versions.flatten().map(|version| version.path().join("bin")))
        .filter(|programs| programs.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().context("not installed: `apt-get install postgresql postgresql-contrib`")
}

fn is_root() -> Result<bool> {
    Ok(printed(Command::new("id").arg("-u"))?.trim() == "0")
}

/// A command that does not run as root.
fn as_user(program: &Path) -> Result<Command> {
    if !is_root()? {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", USER, "--clear-groups"]).arg(program);
    Ok(command)
}
