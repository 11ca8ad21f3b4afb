//! Bringing a cluster up: what the machine lends, the node's first process, and what the API server is told.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use super::*;

/// A start takes two to ten seconds alone on the machine; many builds beside it may make that a minute.
const START_TIMEOUT: Duration = Duration::from_secs(180);
/// The same for kubectl, which wants it as text.
const START_TIMEOUT_ARGUMENT: &str = "--timeout=180s";

/// Leases a number and makes what lies outside the namespaces.
pub(super) fn prepare(tools: &Tools, options: &Options) -> Result<(Cluster, File)> {
    if let Some(name) = &options.name {
        check_name(name)?;
    }
    let registry = Registry::lock()?;
    registry.sweep()?;
    let name = |number| options.name.clone().unwrap_or_else(|| format!("test-{number}"));
    let (lease, mut record) =
        registry.lease(options.number, options.tier, name, |name| options.run_folder.join(name))?;
    if record.folder.exists() {
        std::fs::remove_dir_all(&record.folder)
            .with_context(|| format!("cannot remove the remains in {}", record.folder.display()))?;
    }
    std::fs::create_dir_all(record.folder.join("logs"))
        .with_context(|| format!("cannot make {}", record.folder.display()))?;
    // kubelet, containerd and the pods find the folder by its true path.
    record.folder = record.folder.canonicalize().context("cannot resolve the cluster's folder")?;
    network::remove_node(record.number)?;
    network::ensure_runner()?;
    network::add_node(record.number)?;
    record.cgroups = cgroup::create(&record.name)?;
    registry.write(&record)?;
    let programs = tools.programs().to_path_buf();
    Ok((Cluster { record, programs, keeper: None, detached: options.detached }, lease))
}

/// Starts the node's first process and waits until the cluster is ready.
pub(super) fn run(cluster: &mut Cluster, lease: File, tools: &Tools, options: &Options) -> Result<()> {
    configuration::write(&cluster.record)?;
    if options.tier == Tier::Node {
        std::fs::create_dir_all(cluster.record.folder.join("images"))
            .context("cannot make the folder of images")?;
        for image in tools.node_images().iter().chain(&options.images) {
            image.write(&cluster.image_path(image))?;
        }
    }
    let outer = first_process(cluster, lease)?;
    cluster.record.first_process = Some(child_of(outer)?);
    Registry::lock()?.write(&cluster.record)?;
    reached(cluster, "api-server-ready")?;
    if options.tier == Tier::Node {
        node(cluster)?;
    }
    Ok(())
}

/// A name goes into host names, file names and names of cgroups.
fn check_name(name: &str) -> Result<()> {
    let valid =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-';
    ensure!(
        (1..=40).contains(&name.len())
            && name.chars().all(valid)
            && !name.starts_with('-')
            && !name.ends_with('-'),
        "`{name}` cannot name a cluster: use up to 40 lower-case letters, digits and hyphens"
    );
    Ok(())
}

/// Starts the process that becomes the parent of the node's first one, from a thread that lives as long: the signal of a parent's
/// death comes when the *thread* that started a process ends, and a test's thread may end before its cluster is dropped.
fn first_process(cluster: &mut Cluster, lease: File) -> Result<u32> {
    let mut command = cluster.first_command(lease)?;
    let (started, start) = mpsc::channel();
    let keep = move || {
        let child = command.spawn();
        // Closes this process' copy of the lease.
        drop(command);
        match child {
            Ok(mut child) => {
                drop(started.send(Ok(child.id())));
                drop(child.wait());
            }
            Err(error) => drop(started.send(Err(error))),
        }
    };
    cluster.keeper =
        Some(thread::Builder::new().name("cluster".to_owned()).spawn(keep).context("cannot start a thread")?);
    start
        .recv()
        .context("the thread of the cluster ended")?
        .context("cannot start the cluster's first process")
}

/// The process whose parent is `outer`. Process numbers inside the namespace are other ones, so it cannot tell its own.
fn child_of(outer: u32) -> Result<i32> {
    wait::until(START_TIMEOUT, "the cluster's first process", || {
        for entry in std::fs::read_dir("/proc").context("cannot list processes")? {
            let name = entry?.file_name();
            let Some(process) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
            // A process may end while it is looked at.
            let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else { continue };
            // The name in parentheses may hold anything; state and parent follow it.
            let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
            if parent == Some(outer.to_string().as_str()) {
                return Ok(Some(process));
            }
        }
        ensure!(Path::new(&format!("/proc/{outer}")).exists(), "it ended at once");
        Ok(None)
    })
}

/// Waits for a step of the node's first process, which names the program that ended when one does.
fn reached(cluster: &Cluster, step: &str) -> Result<()> {
    let folder = &cluster.record.folder;
    wait::until(START_TIMEOUT, step, || {
        // The file appears with the first step.
        let timeline = std::fs::read_to_string(folder.join("timeline")).unwrap_or_default();
        if timeline.lines().any(|line| line.split(' ').next() == Some(step)) {
            return Ok(Some(()));
        }
        if let Ok(failed) = std::fs::read_to_string(folder.join("failed")) {
            let log = folder.join("logs").join(format!("{}.log", failed.trim()));
            bail!("{} ended:\n{}", failed.trim(), process::tail(&log));
        }
        if !Registry::lock()?.runs(&cluster.record)? {
            bail!("its first process ended:\n{}", process::tail(&folder.join("logs/node.log")));
        }
        Ok(None)
    })
}

/// DNS, storage, and all that a first pod needs.
fn node(cluster: &Cluster) -> Result<()> {
    cluster.apply(&configuration::base_manifests(&cluster.record))?;
    cluster.add_volumes(VOLUMES)?;
    reached(cluster, "up")?;
    let node = format!("node/{}", configuration::node_name(&cluster.record));
    cluster.kubectl(&["wait", &node, "--for=create", START_TIMEOUT_ARGUMENT])?;
    cluster.kubectl(&["wait", &node, "--for=condition=Ready", START_TIMEOUT_ARGUMENT])?;
    // A pod is refused while its namespace has no account.
    cluster.kubectl(&["wait", "serviceaccount/default", "--for=create", START_TIMEOUT_ARGUMENT])?;
    cluster.kubectl(&[
        "--namespace=kube-system",
        "rollout",
        "status",
        "deployment/coredns",
        START_TIMEOUT_ARGUMENT,
    ])?;
    Ok(())
}

impl Cluster {
    /// Enters the node's network namespace, and becomes node.sh there.
    fn first_command(&self, lease: File) -> Result<Command> {
        let folder = &self.record.folder;
        let log = File::create(folder.join("logs/node.log")).context("cannot make a log")?;
        let mut command = Command::new(if self.detached { "nsenter" } else { "setpriv" });
        if !self.detached {
            // The kernel ends the cluster when this process is gone, however that comes.
            command.args(["--pdeathsig", "KILL", "nsenter"]);
        }
        let namespace = network::node_namespace(self.record.number);
        command.arg(format!("--net={}/{namespace}", network::NAMESPACES)).args(["--", "bash"]);
        command.arg(folder.join("node.sh")).arg(folder).arg("join");
        self.environment(&mut command);
        command.stdin(lease).stdout(log.try_clone().context("cannot share a log")?).stderr(log);
        // A terminal's interrupt is for whoever started the cluster.
        command.process_group(0);
        Ok(command)
    }
}
