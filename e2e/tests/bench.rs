//! `partita bench` against `partita local`. What it measures is looked at nowhere, only that it measures.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use partita_e2e::{Server, binary};
use serde_json::{Value, json};

const KEY: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "PARTITATESTKEY000001"), ("AWS_SECRET_ACCESS_KEY", "secret")];
/// The same key as the service knows it.
const KNOWN: [(&str, &str); 2] =
    [("PARTITA_ACCESS_KEY_ID", "PARTITATESTKEY000001"), ("PARTITA_SECRET_ACCESS_KEY", "secret")];
const SHORT: [&str; 8] = ["--duration", "0.2", "--warm-up", "0", "--keys", "200", "--connections", "4"];

fn bench(server: &Server, arguments: &[&str]) -> Result<(bool, String, String)> {
    let mut command = Command::new(binary()?);
    command.args(["bench", "--endpoint", &server.endpoint]).args(SHORT).args(arguments).envs(KEY);
    let output = command.output()?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok((output.status.success(), text(output.stdout), text(output.stderr)))
}

#[test]
fn every_workload_runs_signed_and_leaves_no_table_behind() -> Result<()> {
    let server = Server::start_with(&["--ephemeral"], &KNOWN)?;
    let pid = server.id().to_string();
    for workload in ["put", "get", "update", "query", "batch-write", "scan"] {
        let (ok, told, errors) = bench(&server, &[workload, "--json", "--quiet", "--pid", &pid])?;
        ensure!(ok, "{workload}: {errors}");
        let report: Value = serde_json::from_str(&told).context("the report is JSON")?;
        ensure!(report["workload"] == workload && report["errors"] == json!({}), "{report}");
        ensure!(report["server"]["resident_bytes"].as_u64() > Some(0), "{report}");
    }
    let (_, told, errors) = bench(&server, &["get", "--rate", "100", "--distribution", "zipfian", "--keep"])?;
    ensure!(told.contains("100 requests a second") && told.contains("zipfian 0.99"), "{told}{errors}");
    ensure!(errors.contains("filling the table: 200 of 200 items"), "{errors}");
    // It was kept, and is recognised.
    let (ok, _, errors) = bench(&server, &["get"])?;
    ensure!(ok && !errors.contains("filling"), "{errors}");
    Ok(())
}

#[test]
fn tables_of_others_and_wrong_options_are_refused() -> Result<()> {
    let server = Server::start(&["--ephemeral"])?;
    server.expect(
        "CreateTable",
        &json!({
            "TableName": "customers", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "name", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "name", "KeyType": "HASH"}],
        }),
    )?;
    for (arguments, expected) in [
        (&["put", "--table", "customers"][..], "was not made by a benchmark"),
        (&["put", "--rate", "0"], "--rate"),
        (&["put", "--threads", "9"], "--threads"),
    ] {
        let (ok, _, errors) = bench(&server, arguments)?;
        ensure!(!ok && errors.contains(expected), "{arguments:?}: {errors}");
    }
    Ok(())
}
