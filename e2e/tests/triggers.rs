//! Event source mappings, as an unmodified AWS client makes them, with functions that the client itself serves.

#![expect(clippy::disallowed_methods, reason = "the installed clients are found through the environment")]

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use partita_e2e::{Server, eventually};

const KEY: (&str, &str) = ("PARTITATESTKEY000001", "a/secret+that=needs&care");

fn free_port() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string())
}

/// A server that checks signatures and knows functions at a port that is free.
fn server() -> Result<(Server, String)> {
    let port = free_port()?;
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

/// The manifest as it is, but for the port, which may be taken here.
#[test]
fn the_example_of_a_declared_mapping() -> Result<()> {
    let (folder, port) = (tempfile::tempdir()?, free_port()?);
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/triggers/mapping.yaml");
    let text = std::fs::read_to_string(&example)?;
    ensure!(text.contains("127.0.0.1:9002"), "the example's port is another one now");
    let manifest = folder.path().join("mapping.yaml");
    std::fs::write(&manifest, text.replace("127.0.0.1:9002", &format!("127.0.0.1:{port}")))?;
    let manifest = manifest.to_str().context("temporary folders have UTF-8 names")?;
    let server = Server::start(&["--ephemeral", "--apply", manifest])?;
    run(
        &["events.py", "--port", &port, "--check", "expected-events.txt"],
        "../examples/triggers",
        &server,
        &port,
    )?;
    declared(&server)
}

/// What the commands say of the object, and that it takes its mapping with it.
fn declared(server: &Server) -> Result<()> {
    let ready = || {
        let (_, rows, _) = server.run(&["get", "esm"])?;
        let row = rows.lines().nth(1).unwrap_or_default().to_owned();
        Ok(row.starts_with("published-texts")
            && row.contains("texts")
            && row.contains("Enabled")
            && row.contains("True"))
    };
    eventually("the object to be ready", ready)?;
    let (_, described, _) = server.run(&["describe", "eventsourcemapping", "published-texts"])?;
    ensure!(described.contains("the mapping is as declared"), "{described}");
    let (status, deleted, error) = server.run(&["delete", "esm", "published-texts"])?;
    ensure!(status.success(), "{error}");
    ensure!(deleted == "eventsourcemapping.partita.dev \"published-texts\" deleted\n", "{deleted}");
    let (_, rows, said) = server.run(&["get", "esm"])?;
    ensure!(rows.is_empty() && said.contains("no event source mappings are declared"), "{rows}{said}");
    Ok(())
}
