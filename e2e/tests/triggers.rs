//! Event source mappings, as an unmodified AWS client makes them, with functions that the client itself serves.

#![expect(clippy::disallowed_methods, reason = "the installed clients are found through the environment")]

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use partita_e2e::Server;

const KEY: (&str, &str) = ("PARTITATESTKEY000001", "a/secret+that=needs&care");

/// A server that checks signatures and knows functions at a port that is free.
fn server() -> Result<(Server, String)> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
    let functions = format!("http://127.0.0.1:{port}");
    let keys = [("PARTITA_ACCESS_KEY_ID", KEY.0), ("PARTITA_SECRET_ACCESS_KEY", KEY.1)];
    Ok((Server::start_with(&["--ephemeral", "--lambda-endpoint", &functions], &keys)?, port))
}

fn run(arguments: &[&str], folder: &str, server: &Server, port: &str) -> Result<()> {
    let python = std::env::var("PARTITA_E2E_PYTHON");
    let python = python
        .context("PARTITA_E2E_PYTHON is not set: run `cargo xtask test`, which installs the clients")?;
    let mut command = Command::new(python);
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).arg("-B").args(arguments);
    command.env("PARTITA_ENDPOINT", &server.endpoint).env("PARTITA_LAMBDA_PORT", port);
    command.env("AWS_ACCESS_KEY_ID", KEY.0).env("AWS_SECRET_ACCESS_KEY", KEY.1);
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed: {}\n{text}", output.status);
    Ok(())
}

#[test]
fn boto3_makes_mappings_and_its_functions_are_invoked() -> Result<()> {
    let (server, port) = server()?;
    let tests = "test_event_source_mappings.py";
    run(&["-m", "pytest", "--quiet", "-p", "no:cacheprovider", tests], "clients/python", &server, &port)
}

#[test]
fn the_triggers_example() -> Result<()> {
    let (server, port) = server()?;
    run(
        &["words.py", "--port", &port, "--check", "expected-output.txt"],
        "../examples/triggers",
        &server,
        &port,
    )
}
