//! Black-box tests: they start the built `partita` binary and speak to it as its users do.
//!
//! - `tests/clients.rs` runs boto3, the AWS CLI, the JavaScript SDK v3, the Go SDK v2 and the Kinesis Client Library (`clients/`),
//!   unsigned and signed.
//! - `tests/local.rs` covers the command line: flags, manifests, signals.
//! - `tests/crash.rs` kills the process under load and looks for every acknowledged write.
//! - `tests/torture/` kills it many times more and has the whole history judged: [`torture`].
//! - `tests/faults/` sends bad clients, takes away room and file descriptors, damages files, and opens folders of other versions.
//!
//! This crate uses no other crate of Partita, so that it can only know what a user knows. `cargo xtask test` builds the binary and
//! installs the clients first; run alone, the tests say what is missing.

mod state;

pub mod torture;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

pub use state::state;

/// How long a server may take to print its endpoint, a child to end, or a watched state to come. Generous: it bounds a hang.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Time for a process to take a signal before the next one.
const SIGNAL_GAP: Duration = Duration::from_millis(100);

/// A running `partita local`; killed when dropped.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:<port>`.
    pub endpoint: String,
    /// Every line printed to stdout before and with the endpoint.
    pub banner: Vec<String>,
    /// Lines printed later.
    pub output: mpsc::Receiver<String>,
}

/// The built binary: the one that `cargo xtask test` names, else what lies next to the test's own folder.
pub fn binary() -> Result<PathBuf> {
    if let Some(binary) = std::env::var_os("PARTITA_E2E_BINARY") {
        return Ok(binary.into());
    }
    let test = std::env::current_exe()?;
    let release = test.parent().and_then(Path::parent).context("a test lies in target/release/deps")?;
    let binary = release.join("partita");
    ensure!(binary.exists(), "{} is missing: run `cargo xtask test`, which builds it", binary.display());
    Ok(binary)
}

impl Server {
    /// Starts `partita local` on a free port of the loopback with these further arguments.
    pub fn start(arguments: &[&str]) -> Result<Self> {
        Self::start_with(arguments, &[])
    }

    /// [`Self::start`] with environment variables.
    pub fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Self> {
        Self::spawn(Command::new(binary()?).args(arguments_of(arguments)).envs(environment.iter().copied()))
    }

    /// [`Self::start`] with what it logs in a file.
    pub fn start_logging_to(log: std::fs::File, arguments: &[&str]) -> Result<Self> {
        Self::spawn(Command::new(binary()?).args(arguments_of(arguments)).stderr(log))
    }

    /// [`Self::start`] in a working folder.
    pub fn start_in(folder: &Path, arguments: &[&str]) -> Result<Self> {
        Self::spawn(Command::new(binary()?).args(arguments_of(arguments)).current_dir(folder))
    }

    /// [`Self::start`] by another program, such as `prlimit`, that becomes what its last arguments name.
    pub fn start_under(program: &[&str], arguments: &[&str]) -> Result<Self> {
        let (name, first) = program.split_first().context("a program has a name")?;
        Self::spawn(Command::new(name).args(first).arg(binary()?).args(arguments_of(arguments)))
    }

    fn spawn(command: &mut Command) -> Result<Self> {
        command.stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start partita")?;
        let lines = lines_of(child.stdout.take().context("stdout is piped")?);
        let mut server = Self { child, endpoint: String::new(), banner: Vec::new(), output: lines };
        while server.endpoint.is_empty() {
            let line = server
                .output
                .recv_timeout(PATIENCE)
                .context("partita ended or hung before it printed its endpoint")?;
            if let Some(address) =
                line.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next())
            {
                server.endpoint = format!("http://{address}");
            }
            server.banner.push(line);
        }
        Ok(server)
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: no chance to clean up.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Sends a signal such as `TERM` and waits for the end.
    pub fn signal(self, name: &str) -> Result<ExitStatus> {
        self.signals(&[name])
    }

    /// Sends signals one after the other, as long as the process is there, and waits for the end.
    pub fn signals(mut self, names: &[&str]) -> Result<ExitStatus> {
        for name in names {
            let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status()?;
            ensure!(status.success(), "kill failed");
            // Two signals of one kind that come before the first is taken count as one.
            std::thread::sleep(SIGNAL_GAP);
        }
        Ok(self.child.wait()?)
    }

    /// Waits for a process that ends by itself.
    pub fn end(mut self) -> Result<ExitStatus> {
        let mut ended = None;
        eventually("the end of the process", || {
            ended = self.child.try_wait()?;
            Ok(ended.is_some())
        })?;
        ended.context("it has ended")
    }

    /// Waits for a line of output that contains `wanted`.
    pub fn wait_for_line(&self, wanted: &str) -> Result<String> {
        loop {
            let line = self
                .output
                .recv_timeout(PATIENCE)
                .with_context(|| format!("no line with `{wanted}` came"))?;
            if line.contains(wanted) {
                return Ok(line);
            }
        }
    }

    /// One DynamoDB call with a signature that nobody checks. `Ok` holds the status and the body.
    pub fn call(&self, operation: &str, body: &Value) -> Result<(u16, Value)> {
        call(&self.endpoint, operation, body)
    }

    /// A call that must succeed.
    pub fn expect(&self, operation: &str, body: &Value) -> Result<Value> {
        match self.call(operation, body)? {
            (200, answer) => Ok(answer),
            (status, answer) => bail!("{operation} answered {status}: {answer}"),
        }
    }

    /// Runs a command of the binary, such as `get tables`, against this server; `Ok` holds status, stdout and stderr.
    pub fn run(&self, arguments: &[&str]) -> Result<(ExitStatus, String, String)> {
        let output =
            Command::new(binary()?).args(arguments).env("PARTITA_ENDPOINT", &self.endpoint).output()?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok((output.status, text(output.stdout), text(output.stderr)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only if the child has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// One DynamoDB call, as [`Server::call`], to any endpoint.
pub fn call(endpoint: &str, operation: &str, body: &Value) -> Result<(u16, Value)> {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .new_agent();
    let credential = "Credential=any/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0";
    let mut answer = agent
        .post(endpoint)
        .header("X-Amz-Target", format!("DynamoDB_20120810.{operation}"))
        .header("Content-Type", "application/x-amz-json-1.0")
        .header("X-Amz-Date", "20260101T000000Z")
        .header("Authorization", format!("AWS4-HMAC-SHA256 {credential}"))
        .send(body.to_string())?;
    let text = answer.body_mut().with_config().limit(64 << 20).read_to_string()?;
    Ok((answer.status().as_u16(), serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))?))
}

/// Polls until `check` holds; polling a condition, not sleeping for an outcome.
pub fn eventually(what: &str, mut check: impl FnMut() -> Result<bool>) -> Result<()> {
    const PAUSE: Duration = Duration::from_millis(20);
    for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
        if check()? {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    bail!("did not come: {what}")
}

fn arguments_of<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ["local", "--listen", "127.0.0.1:0"].into_iter().chain(more.iter().copied()).collect()
}

pub(crate) fn lines_of(stdout: ChildStdout) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        // Ends with the child's stdout, or when the server was dropped.
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
