//! The cluster of the suite, and what every step does with it.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use partita_cluster::{Cluster, Image, Options, Tier, Tools, cache_folder};
use serde_json::Value;
use tempfile::TempDir;

/// Where the charts install the operator.
pub(crate) const NAMESPACE: &str = "partita-system";
/// The node of the Region `default`.
pub(crate) const NODE: &str = "partita-default-node-0";
/// How long a state of the cluster may take to come. Generous: it bounds a hang.
const PATIENCE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(100);
/// A volume serves one claim only; the suite makes and drops a few.
const VOLUMES: usize = 4;

/// A running cluster.
pub(crate) struct Lab {
    pub(crate) cluster: Cluster,
    folder: TempDir,
    python: String,
    /// How many loads were started: each has files of its own.
    loads: AtomicUsize,
}

/// What a program printed, and how it ended.
pub(crate) struct Done {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// An access key and where it is good.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) endpoint: String,
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// A load that runs beside a step.
pub(crate) struct Load {
    child: Child,
    stop: PathBuf,
    complaints: PathBuf,
}

impl Lab {
    /// Starts a cluster that has the images and nothing of Partita in it.
    pub(crate) fn start() -> Result<Self> {
        let python = variable("PARTITA_E2E_PYTHON")?;
        let (binary, cache) = (partita_e2e::binary()?, cache_folder()?);
        let tools = Tools::find(&cache)?;
        let images = vec![Image::partita(&binary), tools.versitygw_image(), Image::base()];
        let cluster = Cluster::start(&tools, Options { images, ..Options::new(Tier::Node, &cache) })?;
        cluster.add_volumes(VOLUMES)?;
        let folder = TempDir::new()?;
        // As a user installs the plugin: on the path, under its name.
        std::fs::create_dir(folder.path().join("bin"))?;
        std::os::unix::fs::symlink(&binary, folder.path().join("bin/kubectl-partita"))?;
        Ok(Self { cluster, folder, python, loads: AtomicUsize::new(0) })
    }

    /// A file of the project.
    pub(crate) fn project(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
    }

    /// A folder for what a step writes.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A program in the place of a user beside the cluster: kubectl, helm and the plugin are on its path.
    pub(crate) fn program(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.cluster.command(program);
        let path = command
            .get_envs()
            .find(|(name, _)| *name == "PATH")
            .and_then(|(_, value)| value.map(OsString::from));
        let mut with_plugin = self.folder.path().join("bin").into_os_string();
        with_plugin.push(":");
        with_plugin.push(path.unwrap_or_default());
        command.env("PATH", with_plugin).args(arguments).stdin(Stdio::null());
        command
    }

    /// SIGKILL to a container's process.
    pub(crate) fn kill_container(&self, pod: &str) -> Result<()> {
        let id = self.field(&["-n", NAMESPACE, "pod", pod], "/status/containerStatuses/0/containerID")?;
        let id =
            id.as_str().and_then(|id| id.strip_prefix("containerd://")).context("the container has an id")?;
        let mut kill = self.cluster.node_command("ctr");
        kill.args(["--namespace", "k8s.io", "tasks", "kill", "--signal", "SIGKILL", id]);
        expect(&mut kill).map(drop)
    }

    /// Runs kubectl to its end.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> Result<Done> {
        finished(&mut self.program("kubectl", arguments))
    }

    /// kubectl, which must succeed; its standard output without the line break at its end.
    pub(crate) fn kubectl_ok(&self, arguments: &[&str]) -> Result<String> {
        expect(&mut self.program("kubectl", arguments))
    }

    /// An object as JSON; `None` if there is none.
    pub(crate) fn get(&self, arguments: &[&str]) -> Result<Option<Value>> {
        let mut all = vec!["get", "-o", "json", "--ignore-not-found"];
        all.extend(arguments);
        let text = self.kubectl_ok(&all)?;
        if text.is_empty() { Ok(None) } else { Ok(Some(serde_json::from_str(&text)?)) }
    }

    /// An object's field by JSON pointer; null if there is no such object or field.
    pub(crate) fn field(&self, arguments: &[&str], pointer: &str) -> Result<Value> {
        let object = self.get(arguments)?.unwrap_or_default();
        Ok(object.pointer(pointer).cloned().unwrap_or_default())
    }

    /// Applies manifests server-side, as GitOps tools do; the outcome is the caller's to judge.
    pub(crate) fn try_apply(&self, manifests: &str) -> Result<Done> {
        self.feed(&["apply", "--server-side", "-f", "-"], manifests)
    }

    /// kubectl with manifests as its standard input.
    pub(crate) fn feed(&self, arguments: &[&str], manifests: &str) -> Result<Done> {
        let mut command = self.program("kubectl", arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("cannot start kubectl")?;
        child.stdin.take().context("stdin is piped")?.write_all(manifests.as_bytes())?;
        Ok(done(child.wait_with_output()?))
    }

    /// [`Self::try_apply`], which must succeed.
    pub(crate) fn apply(&self, manifests: &str) -> Result<()> {
        let done = self.try_apply(manifests)?;
        ensure!(done.success, "kubectl apply failed: {}", done.stderr);
        Ok(())
    }

    /// `kubectl wait`, as scripts do.
    pub(crate) fn wait(&self, condition: &str, object: &[&str]) -> Result<()> {
        let (condition, timeout) =
            (format!("--for={condition}"), format!("--timeout={}s", PATIENCE.as_secs()));
        let mut arguments = vec!["wait", condition.as_str(), timeout.as_str()];
        arguments.extend(object);
        self.kubectl_ok(&arguments).map(drop)
    }

    pub(crate) fn helm(&self, arguments: &[&str]) -> Result<String> {
        expect(&mut self.program("helm", arguments))
    }

    /// The first access key of the Region, at its endpoint inside the cluster.
    pub(crate) fn access(&self) -> Result<Access> {
        let region = self.get(&["region", "default"])?.context("there is no Region")?;
        let service = self
            .get(&["-n", NAMESPACE, "service", "partita-default"])?
            .context("the Region has no Service")?;
        let secret =
            region["status"]["accessKeySecretName"].as_str().context("no secret named in the status")?;
        // The suite runs beside the cluster, where its names are not resolved; its addresses are routed.
        let address = service["spec"]["clusterIP"].as_str().context("the Service has an address")?;
        self.access_of(secret, format!("http://{address}:8000"))
    }

    /// The access key in a Secret.
    pub(crate) fn access_of(&self, secret: &str, endpoint: String) -> Result<Access> {
        let part = |name: &str| {
            let template = format!("go-template={{{{index .data \"{name}\" | base64decode}}}}");
            self.kubectl_ok(&["-n", NAMESPACE, "get", "secret", secret, "-o", &template])
        };
        Ok(Access { endpoint, id: part("accessKeyID")?, secret: part("secretAccessKey")? })
    }

    /// One call with the AWS CLI; `Err` holds what it printed to standard error.
    pub(crate) fn aws(&self, access: &Access, arguments: &[&str]) -> Result<Value> {
        let done = finished(&mut self.aws_command(access, arguments))?;
        ensure!(done.success, "aws dynamodb {arguments:?}: {}", done.stderr);
        if done.stdout.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_str(&done.stdout)?) }
    }

    /// The same for Lambda's API.
    pub(crate) fn lambda(&self, access: &Access, arguments: &[&str]) -> Result<Value> {
        Ok(serde_json::from_str(&expect(&mut self.lambda_command(access, arguments))?)?)
    }

    /// The AWS CLI with an access key in its environment.
    pub(crate) fn aws_command(&self, access: &Access, arguments: &[&str]) -> Command {
        self.service_command("dynamodb", access, arguments)
    }

    /// The same for Lambda's API.
    pub(crate) fn lambda_command(&self, access: &Access, arguments: &[&str]) -> Command {
        self.service_command("lambda", access, arguments)
    }

    fn service_command(&self, service: &str, access: &Access, arguments: &[&str]) -> Command {
        let aws = Path::new(&self.python).with_file_name("aws");
        let mut command = self.program(&aws.to_string_lossy(), &[service]);
        command.args(arguments).args(["--output", "json"]);
        credentials(&mut command, access);
        command
    }

    /// A Python program of the suite with boto3.
    pub(crate) fn python(&self, access: &Access, script: &str, arguments: &[&str]) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("kubernetes").join(script);
        let mut command = self.program(&self.python, &["-B"]);
        command.arg(script).args(arguments);
        credentials(&mut command, access);
        command
    }

    /// Where the test's Python is, for a pod that mounts it.
    pub(crate) fn python_home(&self) -> Result<PathBuf> {
        let home = Path::new(&self.python).parent().and_then(Path::parent);
        Ok(home.context("Python lies in a virtual environment")?.to_owned())
    }

    /// Starts writing to a table, until [`Load::end`].
    pub(crate) fn load(&self, access: &Access, table: &str, name: &str) -> Result<Load> {
        let folder =
            self.folder.path().join(format!("{name}-{}", self.loads.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir(&folder)?;
        let (stop, complaints) = (folder.join("stop"), folder.join("complaints"));
        let mut command = self.python(access, "load.py", &[table, &stop.to_string_lossy()]);
        // A file: nobody reads a pipe while the load runs.
        command.stdout(Stdio::piped()).stderr(std::fs::File::create(&complaints)?);
        let child = command.spawn().context("cannot start the load")?;
        Ok(Load { child, stop, complaints })
    }

    /// Waits for a state; polling a condition, not sleeping for an outcome.
    pub(crate) fn eventually(&self, what: &str, mut check: impl FnMut() -> Result<bool>) -> Result<()> {
        let begin = now();
        while begin.elapsed() < PATIENCE {
            if check()? {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
        bail!("did not come within {} s: {what}", PATIENCE.as_secs())
    }

    /// Checks that a state holds for a while: what must not happen is looked for as long as it would take to happen.
    pub(crate) fn steadily(
        &self,
        what: &str,
        span: Duration,
        mut check: impl FnMut() -> Result<bool>,
    ) -> Result<()> {
        let begin = now();
        while begin.elapsed() < span {
            ensure!(check()?, "did not last: {what}");
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// What somebody who looks for the cause of a failure would look at.
    pub(crate) fn explain(&self) -> String {
        let looks: [&[&str]; 6] = [
            &["get", "pods,services,pvc,pv,secrets", "-A", "-o", "wide"],
            &["get", "regions,tables", "-A", "-o", "yaml"],
            &["get", "events", "-A", "--sort-by=.lastTimestamp"],
            &["-n", NAMESPACE, "logs", "deployment/partita-operator", "--tail=60"],
            &["-n", NAMESPACE, "logs", NODE, "--tail=60"],
            &["-n", NAMESPACE, "logs", NODE, "--previous", "--tail=40"],
        ];
        let mut text = String::new();
        for look in looks {
            let shown = match self.kubectl(look) {
                Ok(done) => format!("{}{}", done.stdout, done.stderr),
                Err(error) => error.to_string(),
            };
            text.push_str(&format!("--- kubectl {}\n{shown}\n", look.join(" ")));
        }
        text
    }
}

impl Load {
    /// Ends the load; its account, once everything acknowledged was found again.
    pub(crate) fn end(self) -> Result<Value> {
        std::fs::write(&self.stop, "")?;
        let done = done(self.child.wait_with_output()?);
        let complaints = std::fs::read_to_string(&self.complaints)?;
        ensure!(done.success, "the load found a fault: {}\n{complaints}", done.stdout);
        Ok(serde_json::from_str(&done.stdout)?)
    }
}

/// Runs a program to its end.
pub(crate) fn finished(command: &mut Command) -> Result<Done> {
    Ok(done(command.output().with_context(|| format!("cannot start {command:?}"))?))
}

/// Runs a program that must succeed; its standard output without the line break at its end.
pub(crate) fn expect(command: &mut Command) -> Result<String> {
    let done = finished(command)?;
    ensure!(done.success, "{command:?} failed:\n{}{}", done.stdout, done.stderr);
    Ok(done.stdout)
}

/// A variable that the test command sets.
#[expect(clippy::disallowed_methods, reason = "the installed clients are found through the environment")]
pub(crate) fn variable(name: &str) -> Result<String> {
    std::env::var(name)
        .with_context(|| format!("{name} is not set: run `cargo xtask test`, which installs what is needed"))
}

#[expect(clippy::disallowed_methods, reason = "a test waits for a real cluster")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

fn credentials(command: &mut Command, access: &Access) {
    command
        .env("AWS_ENDPOINT_URL_DYNAMODB", &access.endpoint)
        .env("AWS_ENDPOINT_URL_LAMBDA", &access.endpoint)
        .env("AWS_ACCESS_KEY_ID", &access.id)
        .env("AWS_SECRET_ACCESS_KEY", &access.secret)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true");
}

fn done(output: Output) -> Done {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim_end().to_owned();
    Done { success: output.status.success(), stdout: text(output.stdout), stderr: text(output.stderr) }
}
