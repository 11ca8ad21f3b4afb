//! The command line as a user meets it: flags, messages, signals, manifests.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use partita_e2e::{Server, binary, eventually};
use serde_json::json;

const KEY: &str = "PARTITATESTKEY000001";
const SECRET: &str = "a/secret+that=needs&care";

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("temporary folders have UTF-8 names")
}

fn manifest(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: partita.dev/v1\nkind: Table\nmetadata:\n  name: {name}\nspec:\n  tableName: {name}\n  \
         attributeDefinitions:\n    - attributeName: p\n      attributeType: S\n  keySchema:\n    - attributeName: p\n      \
         keyType: HASH\n{spec}"
    )
}

fn billing_mode(server: &Server, table: &str) -> Result<Option<String>> {
    let (status, answer) = server.call("DescribeTable", &json!({"TableName": table}))?;
    let described = &answer["Table"];
    ensure!(
        status == 200
            || answer["__type"].as_str().is_some_and(|name| name.ends_with("ResourceNotFoundException"))
    );
    let mode = described["BillingModeSummary"]["BillingMode"].as_str().unwrap_or("PROVISIONED");
    Ok((described["TableStatus"] == "ACTIVE").then(|| mode.to_owned()))
}

/// Runs the binary to its end and returns whether it succeeded, and its standard error.
fn fails(arguments: &[&str]) -> Result<String> {
    let output = Command::new(binary()?).args(arguments).stdin(Stdio::null()).output()?;
    ensure!(!output.status.success(), "{arguments:?} should have failed");
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_banner_says_how_to_go_on() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let server = Server::start(&["--data", text(&data)?])?;
    let rest = server.wait_for_line("Ctrl-C")?;
    ensure!(!rest.is_empty() && data.is_dir());
    Ok(())
}

#[test]
fn signals_stop_it_cleanly_and_data_stays() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    for (round, signal) in ["TERM", "INT"].into_iter().enumerate() {
        let server = Server::start(&["--data", text(&data)?])?;
        if round == 0 {
            server.expect(
                "CreateTable",
                &json!({"TableName": "kept", "BillingMode": "PAY_PER_REQUEST",
                    "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}]}),
            )?;
            server.expect(
                "PutItem",
                &json!({"TableName": "kept", "Item": {"p": {"S": "a"}, "v": {"N": "1"}}}),
            )?;
        }
        let answer = server.expect("GetItem", &json!({"TableName": "kept", "Key": {"p": {"S": "a"}}}))?;
        ensure!(answer["Item"]["v"]["N"] == "1", "{answer}");
        ensure!(server.signal(signal)?.success(), "SIG{signal} is a clean stop");
    }
    Ok(())
}

#[test]
fn a_failed_store_ends_the_process_which_says_what_to_do() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    // With the signal ignored, a write beyond the limit fails as on a failing disk.
    let ignoring = ["sh", "-c", "trap '' XFSZ; exec 2>\"$0\"; exec \"$@\"", text(&log)?];
    let server = Server::start_under(&ignoring, &["--data", text(&data)?])?;
    server.expect(
        "CreateTable",
        &json!({"TableName": "lost", "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}]}),
    )?;
    let put = |bytes: usize| {
        let item = json!({"p": {"S": "a"}, "v": {"S": "x".repeat(bytes)}});
        server.call("PutItem", &json!({"TableName": "lost", "Item": item}))
    };
    eventually("the table takes items", || Ok(put(1)?.0 == 200))?;
    let limited =
        Command::new("prlimit").args(["--pid", &server.id().to_string(), "--fsize=200000"]).status();
    ensure!(limited.context("cannot run prlimit, of the package util-linux")?.success());
    let (status, _) = put(300_000)?;
    ensure!(status == 500, "nobody knows whether the item was written, yet the answer is {status}");
    ensure!(!server.end()?.success(), "a supervisor sees that it failed");
    let said = fs::read_to_string(&log)?;
    for part in ["ERROR", "the shard store failed", "failing disk, then start again"] {
        ensure!(said.contains(part), "`{part}` is not in the log: {said}");
    }
    let server = Server::start(&["--data", text(&data)?])?;
    let key = json!({"TableName": "lost", "Key": {"p": {"S": "a"}}, "ConsistentRead": true});
    ensure!(server.expect("GetItem", &key)?.get("Item").is_some(), "what was acknowledged is there");
    Ok(())
}

#[test]
fn ephemeral_leaves_nothing_behind() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = Server::start_in(folder.path(), &["--ephemeral"])?;
    server.expect("ListTables", &json!({}))?;
    ensure!(server.signal("TERM")?.success());
    ensure!(fs::read_dir(folder.path())?.next().is_none(), "the working folder is as it was");
    Ok(())
}

#[test]
fn a_second_process_on_the_same_folder_is_refused_and_the_first_goes_on() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let server = Server::start(&["--data", text(&data)?])?;
    let error = fails(&["local", "--listen", "127.0.0.1:0", "--data", text(&data)?])?;
    ensure!(error.contains("in use"), "{error}");
    server.expect("ListTables", &json!({}))?;
    Ok(())
}

#[test]
fn without_credentials_only_the_loopback_is_listened_on() -> Result<()> {
    let error = fails(&["local", "--ephemeral", "--listen", "0.0.0.0:0"])?;
    ensure!(error.contains("PARTITA_ACCESS_KEY_ID"), "the message says what to do: {error}");
    Ok(())
}

#[test]
fn with_credentials_requests_are_checked() -> Result<()> {
    let server = Server::start_with(
        &["--ephemeral"],
        &[("PARTITA_ACCESS_KEY_ID", KEY), ("PARTITA_SECRET_ACCESS_KEY", SECRET)],
    )?;
    let (status, answer) = server.call("ListTables", &json!({}))?;
    ensure!(
        status == 400 && answer["__type"] == "com.amazon.coral.service#UnrecognizedClientException",
        "{answer}"
    );
    let (status, _, error) = server.run(&["get", "tables"])?;
    ensure!(
        !status.success() && error.contains("PARTITA_ACCESS_KEY_ID"),
        "commands need the key as well: {error}"
    );
    Ok(())
}

#[test]
fn a_folder_of_manifests_is_watched() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("orders.yaml");
    fs::write(&file, manifest("orders", "  billingMode: PAY_PER_REQUEST\n"))?;
    let server = Server::start(&["--ephemeral", "--apply", text(folder.path())?])?;
    eventually("the table of the manifest", || {
        Ok(billing_mode(&server, "orders")?.as_deref() == Some("PAY_PER_REQUEST"))
    })?;

    let spec = "  billingMode: PROVISIONED\n  provisionedThroughput:\n    readCapacityUnits: 3\n    writeCapacityUnits: 4\n";
    fs::write(&file, manifest("orders", spec))?;
    eventually("the edit", || Ok(billing_mode(&server, "orders")?.as_deref() == Some("PROVISIONED")))?;

    fs::write(folder.path().join("broken.yaml"), manifest("broken", "  tableClass: GOLD\n"))?;
    fs::write(folder.path().join("later.yaml"), manifest("later", "  billingMode: PAY_PER_REQUEST\n"))?;
    eventually("the manifest beside a broken one", || Ok(billing_mode(&server, "later")?.is_some()))?;
    ensure!(billing_mode(&server, "broken")?.is_none(), "a refused manifest makes no table");
    Ok(())
}

#[test]
fn a_refused_manifest_says_file_line_and_field() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("broken.yaml");
    fs::write(&file, manifest("broken", "  tableClass: GOLD\n"))?;
    let server = Server::start(&["--ephemeral"])?;
    let (status, _, error) = server.run(&["apply", "-f", text(&file)?])?;
    ensure!(!status.success());
    ensure!(error.contains("broken.yaml:13") && error.contains("spec.tableClass"), "{error}");

    let unquoted = manifest("broken", "").replace("attributeType: S", "attributeType: N");
    fs::write(&file, unquoted)?;
    let (status, _, error) = server.run(&["apply", "-f", text(&file)?])?;
    ensure!(!status.success());
    ensure!(error.contains("broken.yaml:9") && error.contains("quote"), "{error}");
    Ok(())
}

#[test]
fn commands_act_as_kubectl_would() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("users.yaml");
    fs::write(&file, manifest("users", "  billingMode: PAY_PER_REQUEST\n"))?;
    let server = Server::start(&["--ephemeral"])?;
    let succeeds = |arguments: &[&str]| -> Result<String> {
        let (status, out, error) = server.run(arguments)?;
        ensure!(status.success(), "{arguments:?}: {error}");
        Ok(out)
    };
    ensure!(succeeds(&["apply", "-f", text(&file)?])?.contains("table.partita.dev/users created"));
    ensure!(succeeds(&["apply", "-f", text(&file)?])?.contains("table.partita.dev/users unchanged"));
    eventually("the table is listed as ready", || {
        let out = succeeds(&["get", "tables"])?;
        let mut lines = out.lines();
        let header: Vec<&str> = lines.next().context("a header")?.split_whitespace().collect();
        ensure!(header == ["NAME", "STATUS", "READY", "BILLING", "ITEMS", "AGE"], "{header:?}");
        let row: Vec<&str> = lines.next().context("a row")?.split_whitespace().collect();
        Ok(row.starts_with(&["users", "ACTIVE", "True", "PAY_PER_REQUEST", "0"]))
    })?;
    ensure!(succeeds(&["get", "tables", "-o", "wide"])?.contains(":table/users"));
    ensure!(succeeds(&["get", "table", "users", "-o", "yaml"])?.contains("tableStatus: ACTIVE"));
    ensure!(succeeds(&["describe", "table", "users"])?.contains("Conditions:"));
    ensure!(succeeds(&["delete", "table", "users"])?.contains("table.partita.dev \"users\" deleted"));
    eventually("the table is gone", || Ok(billing_mode(&server, "users")?.is_none()))?;
    ensure!(!server.run(&["get", "table", "users"])?.0.success());
    Ok(())
}

#[test]
fn a_manifest_adopts_a_table_made_by_the_api() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("shared.yaml");
    fs::write(&file, manifest("shared", "  deletionProtectionEnabled: true\n"))?;
    let server = Server::start(&["--ephemeral"])?;
    server.expect(
        "CreateTable",
        &json!({"TableName": "shared", "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}]}),
    )?;
    server.expect("PutItem", &json!({"TableName": "shared", "Item": {"p": {"S": "a"}}}))?;
    let (status, _, error) = server.run(&["apply", "-f", text(&file)?])?;
    ensure!(status.success(), "{error}");
    eventually("the manifest's field", || {
        Ok(
            server.expect("DescribeTable", &json!({"TableName": "shared"}))?["Table"]["DeletionProtectionEnabled"]
                == true,
        )
    })?;
    // The manifest does not name the billing mode, so it stays as the API made it; the items stay too.
    ensure!(billing_mode(&server, "shared")?.as_deref() == Some("PAY_PER_REQUEST"));
    ensure!(server.expect("Scan", &json!({"TableName": "shared"}))?["Count"] == 1);
    Ok(())
}

#[test]
fn fields_not_acted_upon_yet_are_shown() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("later.yaml");
    let spec = "  billingMode: PAY_PER_REQUEST\n  contributorInsights: ENABLE\n  \
                warmThroughput:\n    readUnitsPerSecond: 20000\n";
    fs::write(&file, manifest("later", spec))?;
    let server = Server::start(&["--ephemeral", "--apply", text(&file)?])?;
    eventually("the condition", || {
        let (status, out, _) = server.run(&["get", "table", "later", "-o", "yaml"])?;
        Ok(status.success()
            && out.contains("FieldsNotActedUpon")
            && out.contains("contributorInsights")
            && out.contains("warmThroughput"))
    })?;
    ensure!(billing_mode(&server, "later")?.is_some(), "the table serves all the same");
    Ok(())
}

#[test]
fn a_second_signal_does_not_wait() -> Result<()> {
    let server = Server::start(&["--ephemeral"])?;
    // A request whose body never ends keeps the first signal's drain waiting.
    let mut stalled = std::net::TcpStream::connect(server.endpoint.trim_start_matches("http://"))?;
    stalled.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")?;
    eventually("the request is being read", || Ok(server.call("ListTables", &json!({}))?.0 == 200))?;
    let status = server.signals(&["TERM", "TERM"])?;
    ensure!(!status.success(), "it was not a clean stop: {status}");
    Ok(())
}

#[test]
fn check_uses_an_endpoint_and_leaves_nothing_behind() -> Result<()> {
    let server = Server::start_with(
        &["--ephemeral"],
        &[("PARTITA_ACCESS_KEY_ID", KEY), ("PARTITA_SECRET_ACCESS_KEY", SECRET)],
    )?;
    let check = |secret: &str, timeout: &str| {
        let arguments = ["check", "--endpoint", &server.endpoint, "--timeout", timeout];
        let environment = [("AWS_ACCESS_KEY_ID", KEY), ("AWS_SECRET_ACCESS_KEY", secret)];
        Command::new(binary()?).args(arguments).envs(environment).output().context("cannot start partita")
    };
    let output = check(SECRET, "20")?;
    let told = String::from_utf8(output.stdout)?;
    ensure!(output.status.success() && told.matches("ok ").count() == 7, "{told}");

    let output = check("another-secret", "1")?;
    let told = String::from_utf8(output.stderr)?;
    ensure!(!output.status.success() && told.contains("InvalidSignatureException"), "{told}");
    Ok(())
}
