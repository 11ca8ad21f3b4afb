//! A running cluster: started, used, stopped.

mod boot;

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use crate::lease::{Record, Registry};
use crate::{Addresses, Image, Tools, cgroup, configuration, machine, network, process, wait};

/// Volumes of a new cluster.
const VOLUMES: usize = 4;
/// How long the kernel may take to end all of a cluster's processes.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// How much of Kubernetes runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tier {
    /// etcd and the API server, in about two seconds. Objects are stored, defaulted and validated, watches work; nothing happens to
    /// them: no garbage collection, no pods.
    ApiServer,
    /// All of it on one node, in about ten seconds: pods run, services and DNS work, claims bind.
    Node,
}

/// What to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// Names the cluster on this machine, its node (`node-NAME`) and its folder; a DNS label. Without one it is called after its number.
    pub name: Option<String>,
    /// 1 to [`crate::CLUSTERS_MAX`]; chooses its [`Addresses`]. Without one it gets the lowest that is free.
    pub number: Option<u8>,
    /// How much of Kubernetes runs.
    pub tier: Tier,
    /// Imported before [`Cluster::start`] returns, in [`Tier::Node`]; what the node itself needs is always there.
    pub images: Vec<Image>,
    /// Whether the cluster lives on when the value, or the process that started it, is gone.
    pub detached: bool,
    /// The folder that holds the cluster's own.
    pub run_folder: PathBuf,
}

impl Options {
    /// A cluster of a tier, with `CACHE/run` as its run folder, without images, ending with its value.
    #[must_use]
    pub fn new(tier: Tier, cache: &Path) -> Self {
        Self {
            name: None,
            number: None,
            tier,
            images: Vec::new(),
            detached: false,
            run_folder: cache.join("run"),
        }
    }
}

/// A running cluster. Dropping the one that [`Cluster::start`] returned stops it, unless it was started detached; should its process be
/// killed, the kernel stops the cluster.
#[derive(Debug)]
pub struct Cluster {
    record: Record,
    programs: PathBuf,
    /// The thread that started the node's first process, and waits for its end.
    keeper: Option<JoinHandle<()>>,
    detached: bool,
}

impl Cluster {
    /// Starts a cluster and returns when it is ready: the API server answers; in [`Tier::Node`] the node is Ready, DNS serves, and
    /// some volumes of the default storage class `local` wait for claims.
    ///
    /// # Errors
    /// The machine cannot run one, its name or number is taken, or a program failed, with the end of its log. What was started is gone.
    pub fn start(tools: &Tools, options: Options) -> Result<Self> {
        machine::check()?;
        let (mut cluster, lease) = boot::prepare(tools, &options)?;
        match boot::run(&mut cluster, lease, tools, &options) {
            Ok(()) => Ok(cluster),
            Err(error) => {
                let error = error.context(format!("cannot start the cluster {}", cluster.name()));
                cluster.detached = false;
                match cluster.end() {
                    Ok(()) => Err(error),
                    Err(other) => Err(error.context(format!("and cannot remove what is left: {other:#}"))),
                }
            }
        }
    }

    /// The running cluster of that name, which goes on when the value is dropped.
    ///
    /// # Errors
    /// There is none.
    pub fn find(tools: &Tools, name: &str) -> Result<Self> {
        let running = Registry::lock()?.running()?;
        let record = running.into_iter().find(|record| record.name == name).with_context(|| {
            format!("no cluster called {name} runs: `cargo xtask cluster list` shows those that do")
        })?;
        Ok(Self { record, programs: tools.programs().to_path_buf(), keeper: None, detached: true })
    }

    /// The names of the clusters that run, in the order of their numbers.
    ///
    /// # Errors
    /// The process is not root.
    pub fn running() -> Result<Vec<String>> {
        let running = Registry::lock()?.running()?;
        Ok(running.into_iter().map(|record| record.name).collect())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.record.name
    }

    /// Its addresses.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        Addresses::of(self.record.number)
    }

    /// The kubeconfig of its administrator. It works in the runner's network only.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.record.folder.join("kubeconfig")
    }

    /// Everything it keeps on disk; `logs/` has a file per program. Removed with the cluster.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.record.folder
    }

    /// A command in the runner's network, which reaches the API server, services and pods by their addresses. `KUBECONFIG` is set, and
    /// the cluster's programs come first in `PATH`. The process it starts is the program itself: killing it ends it.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}/{}", network::NAMESPACES, network::RUNNER)).arg("--").arg(program);
        self.environment(&mut command);
        command
    }

    /// A command in the node's own namespaces, where its processes, mounts and logs are seen: `ctr`, `pkill`, `mount`. Paths must be
    /// absolute.
    #[must_use]
    pub fn node_command(&self, program: impl AsRef<OsStr>) -> Command {
        let first = self.record.first_process.map(|process| process.to_string()).unwrap_or_default();
        let mut command = Command::new("nsenter");
        command
            .args(["--target", &first, "--mount", "--net", "--pid", "--uts", "--ipc", "--cgroup", "--"])
            .arg(program);
        self.environment(&mut command);
        command
    }

    /// Runs `kubectl` and returns what it printed.
    ///
    /// # Errors
    /// It exited with another status than zero; the message has what it said.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        process::output(self.command("kubectl").args(arguments))
    }

    /// Runs `helm` and returns what it printed.
    ///
    /// # Errors
    /// It exited with another status than zero; the message has what it said.
    pub fn helm(&self, arguments: &[&str]) -> Result<String> {
        process::output(self.command("helm").args(arguments))
    }

    /// Applies manifests, as `kubectl apply --server-side` does, and returns what it printed; the output has the API server's refusal
    /// otherwise.
    ///
    /// # Errors
    /// A manifest was refused; the message says why.
    pub fn apply(&self, manifests: &str) -> Result<String> {
        let output = self
            .feed(self.command("kubectl").args(["apply", "--server-side", "--filename", "-"]), manifests)?;
        ensure!(output.status.success(), "kubectl apply: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Brings an image onto the node.
    ///
    /// # Errors
    /// It cannot be written, or containerd refused it.
    pub fn import(&self, image: &Image) -> Result<()> {
        ensure!(self.record.tier == Tier::Node, "a cluster without a node has no place for images");
        let path = self.image_path(image);
        image.write(&path)?;
        process::output(
            self.node_command("ctr").args(["--namespace", "k8s.io", "images", "import"]).arg(&path),
        )?;
        std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))
    }

    /// Adds empty volumes of the storage class `local`, which any user may write to. A released volume is not used again.
    ///
    /// # Errors
    /// The API server does not answer, or the disk is full.
    pub fn add_volumes(&self, count: usize) -> Result<()> {
        let folder = self.record.folder.join("volumes");
        std::fs::create_dir_all(&folder).context("cannot make the folder of volumes")?;
        let existing = std::fs::read_dir(&folder).context("cannot list volumes")?.count();
        let mut manifests = String::new();
        for number in existing + 1..=existing + count {
            let path = folder.join(number.to_string());
            make_open_folder(&path).with_context(|| format!("cannot make {}", path.display()))?;
            manifests.push_str("---\n");
            manifests.push_str(&configuration::volume_manifest(&self.record, number, &path));
        }
        self.apply(&manifests).map(drop)
    }

    /// When which step of the start was done: lines of a name and seconds since the epoch.
    ///
    /// # Errors
    /// The cluster's folder is gone.
    pub fn timeline(&self) -> Result<String> {
        std::fs::read_to_string(self.record.folder.join("timeline")).context("cannot read the timeline")
    }

    /// Stops the cluster, detached or not, and removes everything of it.
    ///
    /// # Errors
    /// Something could not be removed: the next start tries again.
    pub fn stop(mut self) -> Result<()> {
        self.detached = true; // nothing is left to do when the value is dropped
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        if let Some(first) = self.record.first_process.and_then(Pid::from_raw)
            && Registry::lock()?.runs(&self.record)?
        {
            kill_process(first, Signal::KILL).context("cannot end the cluster's first process")?;
        }
        if let Some(keeper) = self.keeper.take() {
            drop(keeper.join());
        }
        wait::until(STOP_TIMEOUT, "the cluster's processes to end", || {
            Ok((!Registry::lock()?.runs(&self.record)?).then_some(()))
        })?;
        Registry::lock()?.sweep()
    }

    fn feed(&self, command: &mut Command, input: &str) -> Result<Output> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{}`", process::show(command)))?;
        let mut stdin = child.stdin.take().context("standard input is piped")?;
        // It reads all before it says anything that could fill the other pipes.
        stdin.write_all(input.as_bytes()).context("cannot hand over the input")?;
        drop(stdin);
        child.wait_with_output().context("cannot wait for the command")
    }

    fn environment(&self, command: &mut Command) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.programs.clone()).chain(std::env::split_paths(&path));
        if let Ok(path) = std::env::join_paths(folders) {
            command.env("PATH", path);
        }
        let home = self.record.folder.join("home");
        command
            .env("KUBECONFIG", self.kubeconfig())
            // What clients learned of one cluster must not be believed of the next at the same address.
            .env("KUBECACHEDIR", home.join("kubectl"))
            .env("HELM_CACHE_HOME", home.join("helm/cache"))
            .env("HELM_CONFIG_HOME", home.join("helm/config"))
            .env("HELM_DATA_HOME", home.join("helm/data"));
    }

    fn image_path(&self, image: &Image) -> PathBuf {
        self.record.folder.join("images").join(format!("{}.tar", image.name().replace(['/', ':'], "_")))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !self.detached
            && let Err(error) = self.end()
        {
            // Nobody is left to tell if standard error is closed.
            drop(writeln!(std::io::stderr(), "the cluster {} was not removed: {error:#}", self.name()));
        }
    }
}

fn make_open_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir(path)?;
    // Not by the mode of creation, which the process' mask narrows.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777))
}
