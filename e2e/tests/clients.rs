//! Unmodified AWS clients against the built binary.

#![expect(clippy::disallowed_methods, reason = "the installed clients are found through the environment")]

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use partita_e2e::Server;

const KEY: (&str, &str) = ("PARTITATESTKEY000001", "a/secret+that=needs&care");

/// Runs a client's own test runner; its output is shown when it fails.
fn run(command: &mut Command, folder: &str, server: &Server) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(folder);
    command.current_dir(folder).env("PARTITA_ENDPOINT", &server.endpoint);
    command.env("AWS_ACCESS_KEY_ID", KEY.0).env("AWS_SECRET_ACCESS_KEY", KEY.1);
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{command:?} failed: {}\n{text}", output.status);
    Ok(())
}

fn installed(variable: &str) -> Result<String> {
    std::env::var(variable)
        .with_context(|| format!("{variable} is not set: run `cargo xtask test`, which installs the clients"))
}

fn signed() -> Result<Server> {
    Server::start_with(
        &["--ephemeral"],
        &[("PARTITA_ACCESS_KEY_ID", KEY.0), ("PARTITA_SECRET_ACCESS_KEY", KEY.1)],
    )
}

fn pytest() -> Result<Command> {
    let mut command = Command::new(installed("PARTITA_E2E_PYTHON")?);
    command.args(["-B", "-m", "pytest", "--quiet", "-p", "no:cacheprovider"]);
    Ok(command)
}

#[test]
fn boto3_and_the_aws_cli() -> Result<()> {
    run(&mut pytest()?, "python", &Server::start(&["--ephemeral"])?)
}

#[test]
fn boto3_signed() -> Result<()> {
    let tests = ["test_items.py", "test_reads.py", "test_tables.py", "test_pynamodb.py"];
    run(pytest()?.args(tests), "python", &signed()?)
}

fn node(test: &str) -> Result<()> {
    let mut command = Command::new("node");
    command.args(["--test", test]).env("PARTITA_E2E_NODE_MODULES", installed("PARTITA_E2E_NODE_MODULES")?);
    run(&mut command, "javascript", &signed()?)
}

#[test]
fn javascript_sdk_v3_signed() -> Result<()> {
    node("sdk.test.mjs")
}

#[test]
fn electrodb() -> Result<()> {
    node("electrodb.test.mjs")
}

#[test]
fn dynamodb_toolbox() -> Result<()> {
    node("toolbox.test.mjs")
}

#[test]
fn dynamoose() -> Result<()> {
    node("dynamoose.test.mjs")
}

#[test]
fn onetable() -> Result<()> {
    node("onetable.test.mjs")
}

#[test]
fn java_sdk_v2_enhanced_client_signed() -> Result<()> {
    let target = format!("{}/target", installed("PARTITA_E2E_JAVA")?);
    let mut command = Command::new("java");
    command.arg("-cp").arg(format!("{target}/test-classes:{target}/dependency/*"));
    command.args(["org.junit.platform.console.ConsoleLauncher", "execute", "--disable-banner"]);
    command.args(["--select-class", "dev.partita.EnhancedClientTest"]);
    run(&mut command, "java", &signed()?)
}

#[test]
fn go_sdk_v2_signed() -> Result<()> {
    run(Command::new("go").args(["test", "-count=1", "./..."]), "go", &signed()?)
}

/// Streams whose shards end after so many changes, as they do in hours otherwise.
const SHARD_RECORDS: &str = "10";

fn short_shards() -> Result<Server> {
    Server::start(&["--ephemeral", "--stream-shard-records", SHARD_RECORDS])
}

#[test]
fn boto3_on_streams_of_many_shards() -> Result<()> {
    let mut command = pytest()?;
    command.arg("test_streams.py").env("PARTITA_STREAM_SHARD_RECORDS", SHARD_RECORDS);
    run(&mut command, "python", &short_shards()?)
}

#[test]
fn the_kinesis_client_library_on_a_stream() -> Result<()> {
    let target = format!("{}/target", installed("PARTITA_E2E_KCL")?);
    let mut command = Command::new("java");
    command.args(["-cp", &format!("{target}/classes:{target}/dependency/*"), "Consumer"]);
    run(&mut command, "kcl", &short_shards()?)
}

#[test]
fn the_airports_example() -> Result<()> {
    let server = Server::start(&[
        "--ephemeral",
        "--apply",
        concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/airports/table.yaml"),
    ])?;
    let mut command = Command::new(installed("PARTITA_E2E_PYTHON")?);
    command.args(["-B", "airports.py", "--check", "expected-output.txt"]);
    run(&mut command, "../../examples/airports", &server)
}
