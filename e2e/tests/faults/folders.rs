//! Data folders that cannot be used as they are.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use partita_e2e::{Server, binary, eventually};
use serde_json::json;

use crate::witness::{Witness, make_table};

pub(crate) fn text(path: &Path) -> Result<&str> {
    path.to_str().context("temporary folders have UTF-8 names")
}

/// Starts a server that must refuse to; returns what it says.
pub(crate) fn try_to_start(arguments: &[&str]) -> Result<String> {
    refusal(Command::new(binary()?).args(["local", "--listen", "127.0.0.1:0"]).args(arguments))
}

fn refusal(command: &mut Command) -> Result<String> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let ended = eventually("a refusal", || Ok(child.try_wait()?.is_some()));
    if ended.is_err() {
        child.kill()?;
    }
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ended.with_context(|| format!("it started, or hangs: {said}"))?;
    ensure!(output.status.code() == Some(1), "{} is not a refusal: {said}", output.status);
    ensure!(!said.contains("panicked"), "{said}");
    Ok(said)
}

/// A shell that becomes the program of its arguments after `setup`, in a mount namespace of its own. Root makes one as it is,
/// others as the root of a user namespace.
pub(crate) fn namespace(setup: &str) -> Result<Vec<String>> {
    let root = fs::metadata("/proc/self")?.uid() == 0;
    let unshare =
        if root { vec!["unshare", "--mount"] } else { vec!["unshare", "--map-root-user", "--mount"] };
    let works = Command::new("unshare").args(unshare.iter().skip(1)).arg("true").output();
    let works = works.context("cannot run unshare, of the package util-linux")?;
    if !works.status.success() {
        bail!(
            "no mount namespace can be made: allow user namespaces (sysctl user.max_user_namespaces, \
             kernel.apparmor_restrict_unprivileged_userns=0), or run the tests as root: {}",
            String::from_utf8_lossy(&works.stderr)
        );
    }
    let script = format!("{setup} && exec \"$0\" \"$@\"");
    Ok(unshare.into_iter().map(str::to_owned).chain(["sh".to_owned(), "-c".to_owned(), script]).collect())
}

/// Copies a folder and all that is in it; makes `to` if it is not there.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[test]
fn a_read_only_folder_is_refused_by_name() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let server = Server::start(&["--data", text(&data)?])?;
    make_table(&server, "kept")?;
    ensure!(server.signal("TERM")?.success());
    for place in [data.as_path(), folder.path()] {
        // The second time the folder is not even there, and cannot be made.
        let named = if place == data { data.clone() } else { folder.path().join("other") };
        let place = text(place)?;
        let setup = format!("mount --bind '{place}' '{place}' && mount -o remount,bind,ro '{place}'");
        let shell = namespace(&setup)?;
        let (name, first) = shell.split_first().context("a program has a name")?;
        let mut command = Command::new(name);
        command.args(first).arg(binary()?).args([
            "local",
            "--listen",
            "127.0.0.1:0",
            "--data",
            text(&named)?,
        ]);
        let said = refusal(&mut command)?;
        for part in [text(&named)?, "Read-only file system"] {
            ensure!(said.contains(part), "`{part}` is not in: {said}");
        }
    }
    let server = Server::start(&["--data", text(&data)?])?;
    server.expect("DescribeTable", &json!({"TableName": "kept"}))?;
    Ok(())
}

#[test]
fn a_second_process_is_refused_and_the_first_goes_on() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let arguments = ["--data", text(&data)?];
    let server = Server::start(&arguments)?;
    let witness = Witness::start(&server)?;
    for _ in 0..5 {
        let said = try_to_start(&arguments)?;
        for part in [text(&data)?, "in use by another process", "stop that process"] {
            ensure!(said.contains(part), "`{part}` is not in: {said}");
        }
    }
    witness.unharmed()?;
    // A killed owner leaves no lock behind.
    server.kill()?;
    Server::start(&arguments)?.expect("DescribeTable", &json!({"TableName": "witness"}))?;
    Ok(())
}

#[test]
fn things_in_the_way_are_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("file");
    fs::write(&file, "")?;
    let said = try_to_start(&["--data", text(&file)?])?;
    ensure!(said.contains(text(&file)?), "{said}");
    let data = folder.path().join("data");
    fs::create_dir_all(data.join("store/shards"))?;
    let shard = data.join("store/shards/1");
    fs::write(&shard, "")?;
    let said = try_to_start(&["--data", text(&data)?])?;
    ensure!(said.contains(text(&shard)?), "{said}");
    fs::remove_file(&shard)?;
    Server::start(&["--data", text(&data)?])?.expect("ListTables", &json!({}))?;
    Ok(())
}
